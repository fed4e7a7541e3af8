"""What DCO is expected to come to on the questions of a log, before anything is trained."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from calm_harness.errors import CalmError
from calm_harness.metrics import Answers, names, statistic
from calm_harness.metrics.bootstrap import estimate
from calm_harness.metrics.compare import to_json
from calm_harness.predictions import Prediction
from calm_harness.predictions.scoring import tabulate
from calm_harness.report.tables import number
from trainer.votes.fixed_point import Partners, by_likelihood, predicted

SHOWN = ("acc", "consistency", "consistency_all", "correct_all", "rankc")


def summarise(scored: Iterable[Prediction], partners: Partners) -> dict[str, Any]:
    """Predict metrics of the questions that all languages have; those of labels are reported where there are some.

    Args:
        scored: questions in languages, whose options were scored.
        partners: whose log-odds are learned.

    Returns:
        `questions`, `before` and `predicted` (metric -> value, stderr and interval), both by log-likelihood; or
        `unknown`, why there is no prediction.
    """
    try:
        table = tabulate(scored)
        tables = {"before": by_likelihood(table), "predicted": predicted(table, partners)}
    except (CalmError, ValueError) as error:
        return {"unknown": str(error)}
    return {"questions": len(table.question_ids), **{name: figures(answers) for name, answers in tables.items()}}


def figures(answers: Answers) -> dict[str, Any]:
    """Estimate the metrics that are shown."""
    known = names(answers.languages, labelled=not answers.hidden, scored=True)
    return to_json(estimate({name: statistic(name, answers) for name in SHOWN if name in known}))


def render(told: Mapping[str, Any]) -> list[str]:
    """Lay a prediction out for reading."""
    if "unknown" in told:
        return [f"where DCO ends up is not known: {told['unknown']}"]
    head = f"where DCO ends up, by log-likelihood ({told['questions']} questions; labels are reported only, never used)"
    before, after = told["before"], told["predicted"]
    return [head, *(f"  {name:<16} {number(before[name])} -> {number(after[name])}" for name in before)]
