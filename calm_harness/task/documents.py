"""A question set as lm-eval's documents: a row a question and language."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import datasets

from calm_harness.questions import QuestionSet
from calm_harness.task.options import Options

log = logging.getLogger(__name__)

COLUMNS = ("question_id", "language", "stem", "options", "answer", "order", "prompt")


def read_set(read: Callable[..., QuestionSet], name: str, options: Options) -> QuestionSet:
    """Read what a task's options ask for.

    Args:
        read: `calm_harness.questions.load`, or `few_shot_pool`.
        name: of the question set.
        options: split, source, languages and order of options.
    """
    return read(
        name,
        split=options.split,
        source=options.source,
        languages=options.languages,
        option_seed=options.option_seed,
    )


def warn_of(question_set: QuestionSet, task: str) -> None:
    """Say what of a set could not be used, and where its languages disagree."""
    left_out = sum(finding.kind in ("unparsed", "unaligned") for finding in question_set.findings)
    if left_out:
        log.warning("%s: %d rows could not be used; see: calm data audit", task, left_out)
    disputed = sum(len({row.answer for row in question}) > 1 for question in question_set.questions())
    if disputed:
        log.warning(
            "%s: languages disagree on the gold option of %d questions; that of %s counts; see: calm data audit",
            task,
            disputed,
            question_set.languages[0],
        )


def lay_out(
    question_set: QuestionSet, passages: Sequence[Sequence[Mapping[str, Any]]] | None = None
) -> datasets.Dataset:
    """Lay a set out as documents; where languages disagree on the gold option, the first one's counts."""
    rows = [replace(row, answer=question[0].answer) for question in question_set.questions() for row in question]
    columns = {name: [getattr(row, name) for row in rows] for name in COLUMNS}
    return datasets.Dataset.from_dict(columns if passages is None else {**columns, "passages": passages})
