"""Have a model of lm-eval score the options of questions, perhaps after a statement."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from calm_harness.errors import CalmError
from calm_harness.probes.editing.plan import Asked
from calm_harness.probes.editing.record import Likelihoods

BETWEEN = "\n\n"  # statement and question, as lm-eval parts examples


def score(lm: Any, asked: Sequence[Asked], statement: str = "", *, null: bool) -> list[Likelihoods]:
    """Score the options of all questions, in all languages, at once.

    Args:
        lm: lm-eval's model.
        asked: the questions.
        statement: what stands before each question, and never before a null context.
        null: whether options are also scored after the null context.

    Returns:
        As many as questions.

    Raises:
        CalmError: a log-likelihood is no number: the model is broken.
    """
    from lm_eval.api.instance import Instance

    before = f"{statement}{BETWEEN}" if statement else ""
    pairs: dict[tuple[str, str], int] = {}  # what is asked twice is scored once

    def place(context: str, option: str) -> int:
        return pairs.setdefault((context, option), len(pairs))

    places = []
    for one in asked:
        question = one.question
        after = [place(f"{before}{question.prompt}", option) for option in question.options]
        places.append((after, [place(question.null, option) for option in question.options] if null else []))
    requests = [Instance("loglikelihood", {}, pair, number) for pair, number in pairs.items()]
    found = [float(value) for value, _ in lm.loglikelihood(requests, disable_tqdm=True)]
    if not all(map(math.isfinite, found)):
        raise CalmError(
            "the model scores options with what is no number; load it in float32 or bfloat16 (dtype=...), or lower "
            "--learning_rate"
        )
    return [Likelihoods(tuple(found[at] for at in after), tuple(found[at] for at in alone)) for after, alone in places]
