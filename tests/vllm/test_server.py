"""A real server: the recipe for servers, chat, and a loop whose adapter the server loads while it runs."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from calm_harness.errors import CalmError
from calm_harness.models import engines
from calm_harness.predictions import read
from tests.conftest import log_of
from tests.small_loop import settings
from tests.vllm.serving import serve

pytestmark = pytest.mark.vllm
ROOT = Path(__file__).parent.parent.parent
ROWS = list(range(12))


@pytest.fixture(scope="module")
def server(offline_model, tmp_path_factory):
    with serve(offline_model, tmp_path_factory.mktemp("server"), "--enable-lora", "--max-lora-rank", "16") as root:
        yield root


def evaluate(*words):
    command = [sys.executable, "-m", "calm_harness", "eval", *map(str, words), "--log_samples"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-4000:]
    return done


def asked(task, **metadata):
    told = {"split": "train", "languages": ["en", "zh", "ar"], **metadata}
    return ["--tasks", task, "--metadata", json.dumps(told), "--samples", json.dumps({task: ROWS})]


def rows(folder):
    return {(row.question_id, row.language): row for row in read(log_of(folder))}


def run_recipe(server, model, task, output, *flags):
    """Run the recipe for servers as it is written."""
    environment = os.environ | {"MODEL": str(model), "URL": f"{server}/v1/completions"}
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    recipe = ["sh", str(ROOT / "recipes" / "evaluate" / "api.sh"), task, str(output), *asked(task)[2:], *flags]
    done = subprocess.run(recipe, env=environment, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr[-4000:]


def test_the_recipe_for_servers_has_free_text_written(server, offline_model, tmp_path):
    run_recipe(server, offline_model, "calm_mini_xl_cot", tmp_path / "served", "--gen_kwargs", "max_gen_toks=12")
    arguments = f"pretrained={offline_model},dtype=float32"
    evaluate("--model", "hf-prefix", "--model_args", arguments, "--device", "cpu", *asked("calm_mini_xl_cot"),
             "--gen_kwargs", "max_gen_toks=12", "--output_path", tmp_path / "hf")  # fmt: skip
    served, expected = rows(tmp_path / "served"), rows(tmp_path / "hf")
    assert served.keys() == expected.keys()
    assert sum(served[key].responses == row.responses for key, row in expected.items()) >= 0.9 * len(ROWS)


@pytest.mark.parametrize("task", ["calm_mini_xl_cloze", "calm_mini_xl"])
def test_the_recipe_for_servers_scores_as_hf_does(server, offline_model, tmp_path, task):
    run_recipe(server, offline_model, task, tmp_path / "served")
    arguments = f"pretrained={offline_model},dtype=float32"
    evaluate("--model", "hf-prefix", "--model_args", arguments, "--device", "cpu", *asked(task), "--output_path",
             tmp_path / "hf")  # fmt: skip
    served, expected = rows(tmp_path / "served"), rows(tmp_path / "hf")
    assert served.keys() == expected.keys()
    assert len(served) == len(ROWS)
    for key, row in expected.items():
        assert served[key].scores == pytest.approx(row.scores, abs=0.02)
        assert served[key].choices == row.choices


def test_a_chat_is_sampled_several_times_each_by_a_seed_of_its_own(server, offline_model, tmp_path):
    arguments = (
        f"model={offline_model},base_url={server}/v1/chat/completions,tokenizer={offline_model},num_concurrent=4"
    )
    words = ["--model", "local-chat-completions", "--model_args", arguments, "--apply_chat_template"]
    words += asked("calm_mini_xl_cot", repeats=3)
    words += ["--gen_kwargs", "do_sample=True,temperature=1.0,max_gen_toks=12"]
    evaluate(*words, "--output_path", tmp_path / "one")
    evaluate(*words, "--output_path", tmp_path / "two")
    one, two = rows(tmp_path / "one"), rows(tmp_path / "two")
    assert all(len(row.responses) == 3 for row in one.values())
    assert sum(len(set(row.responses)) for row in one.values()) > 2 * len(ROWS)
    again = [one[key].responses[n] == two[key].responses[n] for key in one for n in range(3)]
    assert sum(again) >= 0.9 * len(again)  # the same seeds; the order of sums in a batch may differ


def test_a_loop_has_the_server_load_its_adapter(server, offline_model, tmp_path):
    told = settings(
        offline_model,
        backend="local-completions",
        model_args=f"base_url={server}/v1/completions,add_bos_token=True,num_concurrent=4",
        eval_args=[],
        output=str(tmp_path / "run"),
    )
    told["training"] |= {"learning_rate": 1e-3, "lora_r": 12}
    (tmp_path / "loop.yaml").write_text(yaml.safe_dump(told))
    subprocess.run([sys.executable, "-m", "trainer.loop", "--config", str(tmp_path / "loop.yaml")], check=True)
    trained = tmp_path / "run" / "round1" / "unseen"
    asked_of = json.loads(next(trained.rglob("results_*.json")).read_text())["config"]["model_args"]
    assert engines.served_name(tmp_path / "run" / "round1" / "dpo") in json.dumps(asked_of)
    before, after = rows(tmp_path / "run" / "base" / "sample"), rows(trained)
    assert any(abs(before[key].scores[0] - after[key].scores[0]) > 0.5 for key in before.keys() & after.keys())


def test_an_adapter_that_is_none_is_refused_by_the_server_in_a_line(server, tmp_path):
    (tmp_path / "adapter_config.json").write_text('{"r": 8}')
    (tmp_path / "adapter_model.safetensors").write_bytes(b"none")
    arguments = {"base_url": f"{server}/v1/completions"}
    with pytest.raises(CalmError, match="did not load") as error:
        engines.serve("local-completions", arguments, tmp_path)
    assert "\n" not in str(error.value)
