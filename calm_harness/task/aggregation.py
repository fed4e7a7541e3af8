"""From the rows of a task to its numbers: lm-eval hands every metric all rows, and wants one number of each."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from calm_harness import metrics
from calm_harness.metrics import Answer, Answers
from calm_harness.metrics.bootstrap import Estimate, estimate, too_few
from calm_harness.metrics.margin import UNDEFINED
from calm_harness.prompts import families
from calm_harness.questions import QuestionSet
from calm_harness.questions.digest import content_digest

log = logging.getLogger(__name__)

Aggregate = Callable[[list[Any]], Any]


class RowValues(dict[str, Any]):
    """A row's values: as a dictionary what the sample log shows of it, by `items` what each metric is computed from.

    lm-eval 0.4.13 takes one dictionary for both. It copies that into the log (`keys`, `update`), and gathers its
    `items` for the metrics, of which every row must have every one. Metrics over questions say nothing of a single row
    (`acc_de` of a Chinese row), so the log is spared them.

    Args:
        logged: what the sample log shows.
        names: the metrics, and their errors.
        answer: the row's answer, from which they all are computed.
    """

    def __init__(self, logged: Mapping[str, Any], names: Sequence[str], answer: Answer) -> None:
        super().__init__(logged)
        self._names = names
        self._answer = answer

    def items(self) -> list[tuple[str, Answer]]:  # type: ignore[override]
        """Return each metric's name with the answer."""
        return [(name, self._answer) for name in self._names]


class Aggregation:
    """The metrics of a run's rows, estimated together and once.

    Args:
        question_set: what was asked.
        names: the metrics.
        task: lm-eval's name of the task, for warnings.
        digest: of the questions, where the set comes without them.
    """

    def __init__(self, question_set: QuestionSet, names: Sequence[str], task: str, digest: str | None = None) -> None:
        self.question_set = question_set
        self.names = names
        self.task = task
        self.digest = digest
        self.report: dict[str, Any] = {}
        self._estimated: tuple[Answer, int, dict[str, Estimate]] | None = None

    def functions(self) -> dict[str, Aggregate]:
        """Return, for each metric and each metric's error, the function from all rows to its number."""
        functions: dict[str, Aggregate] = {"answers": self._rows_used}
        for name in self.names:
            functions[name] = partial(self._number, name, "value")
            functions[f"{name}_stderr"] = partial(self._number, name, "stderr")
        return functions

    def _rows_used(self, rows: list[Answer]) -> int:
        """Count the rows behind the figures: those of questions that were asked in all languages."""
        self._estimates(rows)
        return int(self.report["questions"]) * len(self.question_set.languages)

    def _number(self, name: str, field: str, rows: list[Answer]) -> float | str:
        value = getattr(self._estimates(rows)[name], field)
        return "N/A" if np.isnan(value) else value

    def _estimates(self, rows: list[Answer]) -> dict[str, Estimate]:
        """Estimate all metrics from all rows, once: each metric's list holds the same answers."""
        first = rows[0]
        if self._estimated is None or self._estimated[0] is not first or self._estimated[1] != len(rows):
            table = Answers.collect(rows, self.question_set.languages)
            if table.incomplete:
                log.warning(
                    "%s: left out %d questions not asked in all %d languages (--limit and --samples count rows)",
                    self.task,
                    table.incomplete,
                    len(table.languages),
                )
            few = too_few(len(table.question_ids))
            if few:
                log.warning("%s: %s", self.task, few)
            if "margin" in self.names and np.isnan(float(metrics.margin(table))):
                log.warning("%s: %s", self.task, UNDEFINED)
            estimates = estimate({name: metrics.statistic(name, table) for name in self.names})
            self._estimated = first, len(rows), estimates
            self.report = run_report(self.question_set, table, estimates, self.digest)
        return self._estimated[2]


def run_report(
    question_set: QuestionSet, table: Answers, estimates: Mapping[str, Estimate], digest: str | None = None
) -> dict[str, Any]:
    """Put together what does not fit lm-eval's table, for its results file."""
    return {
        "digest": digest or content_digest(question_set, table.question_ids),
        "set": question_set.name,
        "split": question_set.split,
        "languages": list(question_set.languages),
        "questions": len(table.question_ids),
        "incomplete": table.incomplete,
        "interval": {
            name: [estimate.low, estimate.high] for name, estimate in estimates.items() if not np.isnan(estimate.low)
        },
        "kinds": families.told(question_set.languages),
        "pairwise": metrics.pairwise_report(table),
        "related": metrics.related(table),
    }
