"""Lay loops and studies out: what training changed, paired by question (pure)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from calm_harness import metrics
from calm_harness.metrics import Answers, Statistic
from calm_harness.metrics.bootstrap import by_question, difference, estimate
from calm_harness.metrics.compare import differences, estimates, names_of, to_json
from calm_harness.report.outcome import (
    Best,
    LoopEvaluation,
    LoopOutcome,
    Measured,
    StudyEvaluation,
    WithoutLabels,
)
from trainer.rounds.stopping import Signal


def loop(
    tables: Mapping[str, Sequence[Answers]], signals: Sequence[Signal], settings: Mapping[str, Any], best: Best
) -> LoopOutcome:
    """Compare each round with the base model.

    Args:
        tables: evaluation -> answers of the base model, of round 1, ...
        signals: of the base model and each round.
        settings: the loop's arguments.
        best: the round that is kept.
    """
    evaluations = {
        name: LoopEvaluation(
            questions=len(rounds[0].question_ids),
            languages=rounds[0].languages,
            rounds=[
                Measured(to_json(estimates(table)), to_json(differences(table, rounds[0])) if number else None)
                for number, table in enumerate(rounds)
            ],
        )
        for name, rounds in tables.items()
    }
    without_labels = [
        WithoutLabels(_defined(signal.agreement), _defined(signal.alpha), _defined(signal.entropy))
        for signal in signals
    ]
    return LoopOutcome(evaluations, without_labels, dict(settings), best)


def _defined(value: float) -> float | None:
    return None if np.isnan(value) else value


def study(
    before: Mapping[str, Answers], after: Mapping[str, Mapping[str, Answers]], against: str
) -> dict[str, StudyEvaluation]:
    """Compare each arm with the base model, and one arm with all others; all seeds together.

    Args:
        before: evaluation -> answers of the base model, in the order of the arms' answers.
        after: evaluation -> arm -> answers; a question may come again, of another seed.
        against: the arm that is compared with the others.
    """
    evaluations = {}
    for name, arms in after.items():
        base = _statistics(before[name])
        statistics = {arm: _statistics(table) for arm, table in arms.items()}
        compared = statistics.get(against)
        evaluations[name] = StudyEvaluation(
            questions=len(set(before[name].question_ids)),
            languages=before[name].languages,
            base=Measured(to_json(estimate(base))),
            arms={
                arm: Measured(
                    metrics=to_json(estimate(of_arm)),
                    difference=_apart(of_arm, base),
                    against=_apart(compared, of_arm) if compared is not None and arm != against else None,
                )
                for arm, of_arm in statistics.items()
            },
        )
    return evaluations


def _statistics(table: Answers) -> dict[str, Statistic]:
    return {name: by_question(metrics.statistic(name, table), table.question_ids) for name in names_of(table)}


def _apart(left: Mapping[str, Statistic], right: Mapping[str, Statistic]) -> dict[str, Any]:
    return to_json(estimate({name: difference(left[name], right[name]) for name in left if name in right}))
