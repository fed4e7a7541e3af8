"""What the built-in set promises of the offline model: something to align, and options that tell nothing."""

import numpy as np
import pytest
from lm_eval import simple_evaluate
from lm_eval.api.instance import Instance
from lm_eval.models.huggingface import HFLM
from lm_eval.tasks import TaskManager

from calm_harness import prompts, questions
from calm_harness.questions.sets.mini import LANGUAGES, SPLITS
from calm_harness.task.paths import tasks_path

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def lm(offline_model) -> HFLM:
    return HFLM(pretrained=str(offline_model), device="cpu", dtype="float32", batch_size=16)


@pytest.mark.timeout(3600)
def test_the_training_split_leaves_something_to_align(lm):
    manager = TaskManager(include_path=str(tasks_path()), include_defaults=False, metadata={"split": "train"})
    results = simple_evaluate(lm, tasks=["calm_mini_xl_cloze"], task_manager=manager, bootstrap_iters=0)
    found = results["results"]["calm_mini_xl_cloze"]
    low, _ = results["configs"]["calm_mini_xl_cloze"]["metadata"]["calm"]["interval"]["pivot_gap"]
    assert found["acc_en,none"] >= 0.5
    assert low > 0
    assert found["consistency,none"] < 0.7


@pytest.fixture(scope="module")
def blank(lm) -> dict[str, dict[str, list[float]]]:
    """Language -> score -> for each of the 160 questions, right or not when the stem is blanked out, minus chance."""
    docs = [
        {
            "question_id": row.question_id,
            "language": row.language,
            "stem": "",
            "options": row.options,
            "gold": row.answer,
        }
        for split in SPLITS
        for row in questions.load("mini", split=split).rows
    ]
    choices = [prompts.cloze_choices(doc) for doc in docs]
    asked = [(prompts.cloze_text(doc), choice) for doc, own in zip(docs, choices, strict=True) for choice in own]
    likelihoods = iter(lm.loglikelihood([Instance("loglikelihood", {}, pair, 0) for pair in asked]))
    found: dict[str, dict[str, list[float]]] = {language: {"sum": [], "bytes": []} for language in LANGUAGES}
    for doc, own in zip(docs, choices, strict=True):
        after = np.array([next(likelihoods)[0] for _ in own])
        scores = {"sum": after, "bytes": after / [len(choice.encode()) for choice in own]}
        for name, hits in found[doc["language"]].items():
            hits.append((int(np.argmax(scores[name])) == doc["gold"]) - 1 / len(own))
    return found


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("score", ["sum", "bytes"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_options_alone_do_not_tell_the_answer(blank, language, score):
    hits = np.array(blank[language][score])
    error = hits.std(ddof=1) / np.sqrt(len(hits))
    assert abs(hits.mean()) < 1.96 * error + 0.03
