"""When to stop a loop, and which round to keep, without a label (pure).

A model is judged by how often its answers are what the first round's other languages voted for, and by alpha. The base
model is held against a vote in which its answer did not count, like every later model: otherwise it would agree with
itself, in two languages always. A later round is preferred where it is ahead by more than one standard error, paired
over the dev questions; by chance alone one of two equal models is ahead of the other half of the time.

Source: the one standard error rule of Breiman, Friedman, Olshen and Stone, "Classification and Regression Trees"
(1984), section 3.4.3. How often better, equal and worse rounds are kept: `python -m benchmarks.stopping`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calm_harness import metrics
from calm_harness.errors import CalmError
from calm_harness.metrics import Answers, Statistic
from calm_harness.metrics.bootstrap import Estimate, difference, estimate
from calm_harness.metrics.sums import divide
from trainer.votes.policies import Vote


@dataclass(frozen=True)
class Signal:
    """What a model answers to the questions that nobody trains on.

    Attributes:
        agreement: share of answers that the first round's other languages voted for, where that vote had a winner.
        alpha: Krippendorff's alpha.
        entropy: of the answers' positions, 1 for an even spread.
        together: agreement and alpha together; what is undefined counts nothing.
    """

    agreement: float
    alpha: float
    entropy: float
    together: Statistic


NOTHING = Signal(np.nan, np.nan, np.nan, Statistic(np.zeros((0, 1)), lambda sums: sums[..., 0]))
"""Where there are no dev questions."""


@dataclass(frozen=True)
class Verdict:
    """Whether to go on, which round is the best so far (0 is the base model), and why."""

    stop: bool
    best: int
    reason: str


def signal(table: Answers, others: Vote, question_ids: Sequence[str], languages: Sequence[str]) -> Signal:
    """Measure answers against the first round's votes.

    Args:
        table: the answers.
        others: for each language the vote of the others, [Q, L].
        question_ids: the vote's Q questions.
        languages: the vote's L languages.

    Raises:
        CalmError: there is nothing to hold answers against.
    """
    if len(languages) < 2:
        raise CalmError(
            f"a loop in {', '.join(languages)} alone has no other language to judge a round by; "
            "give dev_questions: 0, which runs all rounds, or more languages"
        )
    if not (others.votes > 0).any():
        raise CalmError(
            f"the base model gave no valid answer to any of {len(question_ids)} dev questions, so no round can be "
            "judged; let it answer (a _cloze task, or more max_gen_toks), or give dev_questions: 0"
        )
    rows = {question_id: number for number, question_id in enumerate(question_ids)}
    columns = [list(languages).index(language) for language in table.languages]
    target = np.array([others.winner[rows[question_id], columns] for question_id in table.question_ids])
    voted = target >= 0
    equal = (table.chosen >> np.maximum(target, 0) & 1).astype(bool) & voted
    agreement, alpha = _share(equal, voted), metrics.alpha(table)
    entropy = float(metrics.position_entropy(table))
    return Signal(float(agreement), float(alpha), entropy, _sum(agreement, alpha))


def _share(counted: NDArray[np.bool_], among: NDArray[np.bool_]) -> Statistic:
    """Return the share of [Q, L] cells that count, among those that could."""
    parts = np.stack([counted.sum(axis=1), among.sum(axis=1)], axis=1).astype(np.float64)
    return Statistic(parts, lambda sums: divide(sums[..., 0], sums[..., 1]))


def _sum(first: Statistic, second: Statistic) -> Statistic:
    """Add two metrics of the same questions; what is undefined counts nothing."""
    width = first.parts.shape[1]

    def finish(sums: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.nan_to_num(first.finish(sums[..., :width])) + np.nan_to_num(second.finish(sums[..., width:]))

    return Statistic(np.concatenate([first.parts, second.parts], axis=1), finish)


def judge(signals: Sequence[Signal], min_entropy: float) -> Verdict:
    """Judge after a round.

    Args:
        signals: of the base model, and of every round so far, on the same questions.
        min_entropy: the least part of the base model's entropy that a round may keep.
    """

    def keeps_spread(number: int) -> bool:
        """Whether a round's entropy is defined and high enough."""
        return signals[number].entropy >= min_entropy * signals[0].entropy

    best, last = 0, len(signals) - 1
    for number in filter(keeps_spread, range(1, last)):
        best = number if _is_ahead(_rise(signals[best], signals[number])) else best
    if not keeps_spread(last):
        entropies = f"{signals[0].entropy:.3f} to {signals[last].entropy:.3f}"
        return Verdict(True, best, f"the answers' positions collapsed (entropy {entropies})")
    before, after, rise = signals[best], signals[last], _rise(signals[best], signals[last])
    numbers = (
        f"agreement {before.agreement:.3f} to {after.agreement:.3f}, alpha {before.alpha:.3f} to {after.alpha:.3f}, "
        f"together {rise.value:+.3f}, standard error {rise.stderr:.3f}"
    )
    if _is_ahead(rise):
        return Verdict(False, last, f"agreement + alpha rises by more than its standard error: {numbers}")
    name = f"round {best}" if best else "the base model"
    return Verdict(True, best, f"agreement + alpha is not above that of {name} by a standard error: {numbers}")


def _rise(before: Signal, after: Signal) -> Estimate:
    """Say how far agreement and alpha together rise, paired by question."""
    return estimate({"rise": difference(after.together, before.together)})["rise"]


def _is_ahead(rise: Estimate) -> bool:
    return rise.value > rise.stderr
