"""From the rows of a task to its numbers: lm-eval hands every metric all rows, and wants one number of each."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from calm_harness import metrics
from calm_harness.metrics import Answer, Answers
from calm_harness.metrics.bootstrap import Estimate, estimate
from calm_harness.questions import QuestionSet

log = logging.getLogger(__name__)

Aggregate = Callable[[list[Any]], Any]


class Outcome(float):
    """A row's own number (1 if right, invalid, truncated), which the sample log shows, and the answer behind it."""

    answer: Answer

    def __new__(cls, value: float, answer: Answer) -> Outcome:
        """Make the number `value`."""
        self = super().__new__(cls, value)
        self.answer = answer
        return self

    def __reduce__(self) -> tuple[type[Outcome], tuple[float, Answer]]:
        return Outcome, (float(self), self.answer)


class Aggregation:
    """The metrics of a run's rows, estimated together and once.

    Args:
        question_set: what was asked.
        names: the metrics.
        task: lm-eval's name of the task, for warnings.
    """

    def __init__(self, question_set: QuestionSet, names: Sequence[str], task: str) -> None:
        self.question_set = question_set
        self.names = names
        self.task = task
        self.report: dict[str, Any] = {}
        self._estimated: tuple[Answer, int, dict[str, Estimate]] | None = None

    def functions(self) -> dict[str, Aggregate]:
        """Return, for each metric and each metric's error, the function from all rows to its number."""
        functions: dict[str, Aggregate] = {"answers": len}
        for name in self.names:
            functions[name] = partial(self._number, name, "value")
            functions[f"{name}_stderr"] = partial(self._number, name, "stderr")
        return functions

    def _number(self, name: str, field: str, rows: list[Answer | Outcome]) -> float | str:
        value = getattr(self._estimates(rows)[name], field)
        return "N/A" if np.isnan(value) else value

    def _estimates(self, rows: list[Answer | Outcome]) -> dict[str, Estimate]:
        """Estimate all metrics from all rows, once: each metric's list holds the same answers."""
        first = _answer(rows[0])
        if self._estimated is None or self._estimated[0] is not first or self._estimated[1] != len(rows):
            table = Answers.collect(map(_answer, rows), self.question_set.languages)
            if table.incomplete:
                log.warning(
                    "%s: left out %d questions not asked in all %d languages (--limit and --samples count rows)",
                    self.task,
                    table.incomplete,
                    len(table.languages),
                )
            estimates = estimate({name: metrics.statistic(name, table) for name in self.names})
            self._estimated = first, len(rows), estimates
            self.report = run_report(self.question_set, table, estimates)
        return self._estimated[2]


def _answer(row: Answer | Outcome) -> Answer:
    return row.answer if isinstance(row, Outcome) else row


def run_report(question_set: QuestionSet, table: Answers, estimates: Mapping[str, Estimate]) -> dict[str, Any]:
    """Put together what does not fit lm-eval's table, for its results file."""
    return {
        "set": question_set.name,
        "split": question_set.split,
        "languages": list(question_set.languages),
        "questions": len(table.question_ids),
        "incomplete": table.incomplete,
        "interval": {
            name: [estimate.low, estimate.high] for name, estimate in estimates.items() if not np.isnan(estimate.low)
        },
        "pairwise": metrics.pairwise_report(table),
    }
