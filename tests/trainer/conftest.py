"""Logs of real responses and real likelihoods, to vote on."""

import json

import pytest

from calm_harness.evaluation import evaluate
from calm_harness.questions import load
from tests.conftest import log_of
from tests.once import made_once


@pytest.fixture(scope="session")
def cloze_log(offline_model, tmp_path_factory):
    """A log of calm_mini_xl_cloze: 20 training questions in three languages, scored by the offline model."""
    languages = ["en", "fr", "zh"]
    rows = load("mini", split="train", languages=languages).rows
    wanted = {row.question_id for row in rows[:60]}
    picked = [number for number, row in enumerate(rows) if row.question_id in wanted]

    def make(folder):
        (folder / "picked.json").write_text(json.dumps({"calm_mini_xl_cloze": picked}))
        words = ["--model", "hf-prefix", "--model_args", f"pretrained={offline_model},dtype=float32", "--device", "cpu"]
        words += ["--tasks", "calm_mini_xl_cloze", "--metadata", json.dumps({"split": "train", "languages": languages})]
        words += ["--samples", str(folder / "picked.json"), "--batch_size", "auto", "--output_path", str(folder)]
        evaluate([*words, "--log_samples"])

    return log_of(made_once(tmp_path_factory, "cloze", make))
