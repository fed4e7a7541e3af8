"""Runs of a tiny model, whose answers mean nothing, and pairs by hand."""

import json

import pytest

from calm_harness import evaluation
from tests import tiny_model

LANGUAGES = ["en", "zh", "ar"]
QUESTIONS = 12


def evaluate(folder, model, tasks, *more, metadata=None):
    words = ["--model", "hf-prefix", "--model_args", f"pretrained={model},dtype=float32", "--device", "cpu"]
    words += ["--tasks", tasks, "--metadata", json.dumps({"languages": LANGUAGES, **(metadata or {})})]
    words += ["--limit", str(QUESTIONS * len(LANGUAGES)), "--batch_size", "8", "--output_path", str(folder)]
    evaluation.evaluate([*words, "--log_samples", *more])


@pytest.fixture(scope="session")
def tiny(tmp_path_factory):
    return tiny_model.write(tmp_path_factory.mktemp("secret-place") / "tiny", 0)


@pytest.fixture(scope="session")
def scored(tiny, tmp_path_factory):
    """A run that scores options."""
    folder = tmp_path_factory.mktemp("scored")
    evaluate(folder, tiny, "calm_mini_xl_cloze")
    return folder


@pytest.fixture(scope="session")
def written(tiny, tmp_path_factory):
    """A run of free text, two samples a row."""
    folder = tmp_path_factory.mktemp("written")
    evaluate(
        folder,
        tiny,
        "calm_mini_xl_cot",
        "--gen_kwargs",
        "max_gen_toks=6,do_sample=True,temperature=1.0",
        metadata={"repeats": 2},
    )
    return folder


def log_of(folder):
    (found,) = folder.rglob("samples_*.jsonl")
    return found


def results_of(folder):
    (found,) = folder.rglob("results_*.json")
    return json.loads(found.read_text("utf-8"))


def rows_of(file):
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()]
