"""When to stop a loop, and which round to keep, without a label (pure)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from calm_harness import metrics
from calm_harness.metrics import Answers
from trainer.votes.policies import Vote


@dataclass(frozen=True)
class Signal:
    """What a model answers to the questions that nobody trains on.

    Attributes:
        agreement: share of answers that are the first round's cross-lingual vote, where that vote had a winner.
        alpha: Krippendorff's alpha.
        entropy: of the answers' positions, 1 for an even spread.
    """

    agreement: float
    alpha: float
    entropy: float

    @property
    def value(self) -> float:
        """Agreement and alpha together; what is undefined counts nothing."""
        return float(np.nan_to_num(self.agreement) + np.nan_to_num(self.alpha))


@dataclass(frozen=True)
class Verdict:
    """Whether to go on, which round is the best so far (0 is the base model), and why."""

    stop: bool
    best: int
    reason: str


def signal(table: Answers, first: Vote, question_ids: Sequence[str], languages: Sequence[str]) -> Signal:
    """Measure answers against the first round's vote.

    Args:
        table: the answers.
        first: the vote, [Q, L].
        question_ids: the vote's Q questions.
        languages: the vote's L languages.
    """
    rows = {question_id: number for number, question_id in enumerate(question_ids)}
    columns = [list(languages).index(language) for language in table.languages]
    target = np.array([first.winner[rows[question_id], columns] for question_id in table.question_ids])
    voted = target >= 0
    equal = (table.chosen >> np.maximum(target, 0) & 1).astype(bool) & voted
    agreement = equal.sum() / voted.sum() if voted.any() else np.nan
    return Signal(float(agreement), float(metrics.alpha(table)), float(metrics.position_entropy(table)))


def judge(signals: Sequence[Signal], min_entropy: float) -> Verdict:
    """Judge after a round.

    Args:
        signals: of the base model, and of every round so far.
        min_entropy: the least part of the base model's entropy that a round may keep.
    """
    eligible = [number for number, signal in enumerate(signals) if signal.entropy >= min_entropy * signals[0].entropy]
    best = max(eligible, key=lambda number: (signals[number].value, -number))
    last = len(signals) - 1
    if last not in eligible:
        entropies = f"{signals[0].entropy:.3f} to {signals[last].entropy:.3f}"
        return Verdict(True, best, f"the answers' positions collapsed (entropy {entropies})")
    if best != last:
        return Verdict(
            True, best, f"agreement + alpha is not above round {best}'s: {_change(signals[best], signals[last])}"
        )
    before = max(eligible[:-1], key=lambda number: signals[number].value)
    return Verdict(False, best, f"agreement + alpha rises: {_change(signals[before], signals[last])}")


def _change(before: Signal, after: Signal) -> str:
    """Say each with its numbers: the sum may rise where one of them falls."""
    return f"agreement {before.agreement:.3f} to {after.agreement:.3f}, alpha {before.alpha:.3f} to {after.alpha:.3f}"
