"""Runs of two tiny models, made by `calm_harness.evaluate`, of the same questions of mini."""

import pytest

from calm_harness import evaluate
from tests import tiny_model
from tests.once import made_once

TASK = "calm_mini_xl_cloze"
LANGUAGES = ["en", "zh", "fr"]
QUESTIONS = 12


@pytest.fixture(scope="session")
def tiny(tmp_path_factory):
    """A folder of two models, `one` and `two`."""

    def make(folder):
        for seed, name in enumerate(("one", "two")):
            tiny_model.write(folder / name, seed=seed)

    return made_once(tmp_path_factory, "tiny_of_api", make)


def ask(model, *, tasks=TASK, questions=QUESTIONS, languages=LANGUAGES, metadata=None, **settings):
    """Ask the first questions of mini."""
    return evaluate(
        "hf-prefix",
        tasks,
        model_args={"pretrained": str(model), "dtype": "float32"},
        metadata={"languages": list(languages), **(metadata or {})},
        batch_size=8,
        device="cpu",
        limit=questions * len(languages),
        **settings,
    )


@pytest.fixture(scope="session")
def runs(tiny, tmp_path_factory):
    """The folders of two runs, `one` and `two`."""

    def make(folder):
        for name in ("one", "two"):
            ask(tiny / name, output_path=folder / name)

    return made_once(tmp_path_factory, "runs_of_api", make)
