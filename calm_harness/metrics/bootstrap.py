"""Bootstrap errors and intervals over questions: all languages of a question stay together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calm_harness.metrics import Statistic

RESAMPLES = 1000
SEED = 0
BATCH = 4_000_000  # draws held in memory at once


@dataclass(frozen=True)
class Estimate:
    """A value with its bootstrap standard error and 95% percentile interval; NaN where undefined."""

    value: float
    stderr: float
    low: float
    high: float


def estimate(statistics: Mapping[str, Statistic]) -> dict[str, Estimate]:
    """Estimate metrics of one set of questions, all from the same 1000 resamples of its questions.

    A resample enters as the number of times each question was drawn, so a metric costs one matrix product.

    Args:
        statistics: name to metric, all with parts of the same number of questions.

    Returns:
        Name to estimate. With fewer than two questions only the values are defined. Resamples in which a metric is
        undefined (alpha where only one answer was drawn) are left out of its error and interval.
    """
    estimates = {}
    for name, samples in resampled(statistics).items():
        defined = samples[~np.isnan(samples)]
        value = float(statistics[name])
        if len(statistics[name].parts) < 2 or len(defined) < 2:
            estimates[name] = Estimate(value, np.nan, np.nan, np.nan)
        else:
            low, high = np.quantile(defined, [0.025, 0.975])
            estimates[name] = Estimate(value, float(defined.std(ddof=1)), float(low), float(high))
    return estimates


def resampled(statistics: Mapping[str, Statistic]) -> dict[str, NDArray[np.float64]]:
    """Return each metric's [RESAMPLES] values in resamples of its questions; NaN where it is undefined in one.

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
        name: metric.finish(sums[:, end - metric.parts.shape[1] : end])
        for (name, metric), end in zip(statistics.items(), ends, strict=True)
    }


def difference(after: Statistic, before: Statistic) -> Statistic:
    """Return the difference of a metric between two runs of the same questions, in the same order.

    A resample draws a question from both runs, so what makes it hard or easy for both falls away from the error.
    """
    width = after.parts.shape[1]

    def finish(sums: NDArray[np.float64]) -> NDArray[np.float64]:
        return after.finish(sums[..., :width]) - before.finish(sums[..., width:])

    return Statistic(np.concatenate([after.parts, before.parts], axis=1), finish)


def by_question(metric: Statistic, question_ids: Sequence[str]) -> Statistic:
    """Let a question that was asked in several runs count once, with the mean of what it adds: it is drawn as one.

    Args:
        metric: with parts [Q, d] for each run's questions.
        question_ids: Q ids, which may come again.
    """
    _, question_index, counts = np.unique(np.array(question_ids), return_inverse=True, return_counts=True)
    parts = np.zeros((len(counts), metric.parts.shape[1]))
    np.add.at(parts, question_index, metric.parts)
    return Statistic(parts / counts[:, None], metric.finish)


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
