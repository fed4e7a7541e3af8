"""Bootstrap errors and intervals over questions: all languages of a question stay together."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from calm_harness.metrics.intervals import ALIKE, NORMAL, Draws, clopper_pearson
from calm_harness.metrics.sums import Statistic

RESAMPLES = 1000
SEED = 0
FEW = 10  # questions; with fewer, intervals are given, and a warning
BATCH = 4_000_000  # draws held in memory at once
Name = TypeVar("Name", bound=Hashable)


@dataclass(frozen=True)
class Estimate:
    """A value with its standard error and 95% interval; NaN where undefined.

    The error is the bootstrap's; where all resamples are alike (every question right), which does not say that there is
    none, it is the interval's width in normal standard errors.
    """

    value: float
    stderr: float
    low: float
    high: float


def estimate(statistics: Mapping[Name, Statistic]) -> dict[Name, Estimate]:
    """Estimate metrics of one set of questions, all from the same 1000 resamples of its questions.

    A resample enters as the number of times each question was drawn, so a metric costs one matrix product. Intervals
    are Clopper and Pearson's for shares of questions, and a bootstrap's with an imagined question for all others
    (`calm_harness.metrics.intervals`).

    Args:
        statistics: name to metric, all with parts of the same number of questions.

    Returns:
        Name to estimate. With fewer than two questions only the values are defined. Resamples in which a metric is
        undefined (alpha where only one answer was drawn) are left out of its error and interval.
    """
    return {name: _estimate(statistics[name], draws) for name, draws in resampled(statistics).items()}


def _estimate(metric: Statistic, draws: Draws) -> Estimate:
    defined = draws.resamples[~np.isnan(draws.resamples)]
    if len(metric.parts) < 2 or len(defined) < 2:
        return Estimate(draws.value, np.nan, np.nan, np.nan)
    successes = metric.successes
    low, high = draws.interval() if successes is None else clopper_pearson(successes, len(metric.parts))
    alike = np.ptp(defined) < ALIKE
    stderr = (high - low) / (2 * NORMAL) if alike else float(defined.std(ddof=1))
    return Estimate(draws.value, stderr, low, high)


def resampled(statistics: Mapping[Name, Statistic]) -> dict[Name, Draws]:
    """Return each metric in RESAMPLES resamples of its questions; NaN where it is undefined in one.

    The draws depend on nothing but the number of questions: of two runs of the same questions, in the same order, the
    n-th values are of the same resample, and their difference is one of pairs.

    Args:
        statistics: name to metric, all with parts of the same number of questions.
    """
    if not statistics:
        return {}
    parts = np.concatenate([metric.parts for metric in statistics.values()], axis=1)
    ends = np.cumsum([metric.parts.shape[1] for metric in statistics.values()])
    sums = _resample(parts)
    return {
        name: _draws(metric, sums[:, end - metric.parts.shape[1] : end])
        for (name, metric), end in zip(statistics.items(), ends, strict=True)
    }


def _draws(metric: Statistic, sums: NDArray[np.float64]) -> Draws:
    """Finish a metric's sums [RESAMPLES, d], and see what each question and an imagined one contribute."""
    value, count, total = float(metric), len(metric.parts), metric.parts.sum(axis=0)

    def end(question: NDArray[np.float64] | None) -> float:
        return value if question is None else (count + 1) * float(metric.finish(total + question)) - count * value

    ends = end(metric.least), end(metric.most)
    return Draws(value, metric.finish(sums), metric.contributions, ends, metric.limits)


def too_few(questions: int) -> str | None:
    """Say that there are too few questions to tell anything by, or return None."""
    if questions >= FEW:
        return None
    return f"{questions} of at least {FEW} questions: too few to rank or compare by"


def difference(after: Statistic, before: Statistic) -> Statistic:
    """Return the difference of a metric between two runs of the same questions, in the same order.

    A resample draws a question from both runs, so what makes it hard or easy for both falls away from the error.
    """
    width = after.parts.shape[1]

    def finish(sums: NDArray[np.float64]) -> NDArray[np.float64]:
        return after.finish(sums[..., :width]) - before.finish(sums[..., width:])

    def contribute(parts: NDArray[np.float64]) -> NDArray[np.float64]:
        sides = replace(after, parts=parts[:, :width]), replace(before, parts=parts[:, width:])
        apart: NDArray[np.float64] = sides[0].contributions - sides[1].contributions
        return apart

    def both(one: NDArray[np.float64] | None, beside: NDArray[np.float64] | None) -> NDArray[np.float64] | None:
        return None if one is None or beside is None else np.concatenate([one, beside])

    return Statistic(
        np.concatenate([after.parts, before.parts], axis=1),
        finish,
        both(after.least, before.most),
        both(after.most, before.least),
        (after.limits[0] - before.limits[1], after.limits[1] - before.limits[0]),
        contribute,
    )


def _resample(parts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sum parts [Q, d] over resamples of the questions: [RESAMPLES, d]."""
    rng = np.random.default_rng(SEED)
    questions = len(parts)
    batch = max(1, BATCH // max(questions, 1))
    sums = []
    for start in range(0, RESAMPLES, batch):
        resamples = min(batch, RESAMPLES - start)
        draws = rng.integers(0, max(questions, 1), (resamples, questions))
        draws += np.arange(resamples)[:, None] * questions
        counts = np.bincount(draws.ravel(), minlength=resamples * questions).reshape(resamples, questions)
        sums.append(counts @ parts)
    return np.concatenate(sums)
