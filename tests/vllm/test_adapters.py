"""The loop with vLLM as its engine: it samples and evaluates there, trains here, and the adapter is the one trained."""

import json
import subprocess
import sys

import pytest
import yaml

from calm_harness.predictions import read
from calm_harness.report.outcome import read as read_outcome
from tests.small_loop import settings

pytestmark = pytest.mark.vllm
ENGINE = "dtype=float32,max_model_len=512,enforce_eager=True,max_num_batched_tokens=1024"


@pytest.fixture(scope="module")
def looped(offline_model, tmp_path_factory):
    """A loop of one round over 12 questions in two languages, from the command line."""
    folder = tmp_path_factory.mktemp("loop")
    told = settings(offline_model, backend="vllm-prefix", model_args=ENGINE, eval_args=[])
    told |= {"output": str(folder / "run, with a comma")}
    told["training"] |= {"learning_rate": 1e-3, "lora_r": 12}
    (folder / "loop.yaml").write_text(yaml.safe_dump(told))
    subprocess.run([sys.executable, "-m", "trainer.loop", "--config", str(folder / "loop.yaml")], check=True)
    return folder / "run, with a comma"


def scores(folder):
    """Read (question, language) -> the options' scores from a log."""
    (log,) = folder.rglob("samples_*.jsonl")
    found = {(row.question_id, row.language): row.scores for row in read(log)}
    assert found
    return found


def test_a_loop_ends_with_a_report(looped):
    outcome = read_outcome(looped / "report.json")
    assert len(outcome.signals) == 2


def test_the_adapter_changes_what_vllm_says(looped):
    before, after = scores(looped / "base" / "sample"), scores(looped / "round1" / "unseen")
    shared = before.keys() & after.keys()
    assert shared
    assert any(abs(before[key][0] - after[key][0]) > 0.5 for key in shared)


def test_the_adapter_scores_as_with_hf(looped, offline_model, tmp_path):
    (results,) = (looped / "round1" / "unseen").rglob("results_*.json")
    picked = looped / "round1" / "unseen" / "samples.json"
    assert json.loads(results.read_text())["config"]["model"] == "vllm-prefix"
    arguments = {"pretrained": str(offline_model), "dtype": "float32", "peft": str(looped / "round1" / "dpo")}
    command = ["calm_harness", "eval", "--model", "hf-prefix", "--model_args", json.dumps(arguments), "--device", "cpu"]
    command += ["--tasks", "calm_mini_xl_cloze", "--metadata", '{"split": "train", "languages": ["en", "fr"]}']
    command += ["--samples", str(picked), "--output_path", str(tmp_path), "--log_samples"]
    subprocess.run([sys.executable, "-m", *command], check=True)
    expected, found = scores(tmp_path), scores(looped / "round1" / "unseen")
    assert found.keys() == expected.keys()
    for key, values in expected.items():
        assert found[key] == pytest.approx(values, abs=0.02)
