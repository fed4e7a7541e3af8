"""Seeds together: means over them, and how another training, tested on other questions, would come out (pure).

An interval over questions takes a training for the only one that there could be. Here the variance of a mean over seeds
is that between seeds and that over questions together: what drawing seeds and questions apart from each other comes to
(the pigeonhole bootstrap), which is never too small, whether all seeds were asked the same questions or each its own.
Student's t has Satterthwaite's degrees of freedom, at most twice those of the seeds: where three happen to lie close to
each other, he takes them for many.

Sources: Owen, "The pigeonhole bootstrap" (2007); Satterthwaite, "An Approximate Distribution of Estimates of Variance
Components" (1946). The limit is ours; how often a difference is seen where there is none, and where there is one, is
simulated by `python -m benchmarks.verdicts`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from calm_harness.metrics.bootstrap import Estimate
from calm_harness.metrics.intervals import NORMAL, TAIL
from calm_harness.metrics.sums import Statistic

FEWEST = 3  # seeds that say anything about others


def together(metrics: Sequence[Statistic], question_ids: Sequence[Sequence[str]]) -> Statistic:
    """Return the mean of a metric over seeds, weighed by their questions; a question of several seeds is drawn as one.

    Each seed is another model, so what is no mean over questions is taken seed by seed: answers of one that always says
    "B" and of one that always says "D", put together, would look as if positions varied, and agreement beyond chance.

    Args:
        metrics: of each seed, with parts of its questions.
        question_ids: of each seed.
    """
    counts = np.array([len(ids) for ids in question_ids])
    known, index = np.unique(np.concatenate([np.array(ids, dtype=object) for ids in question_ids]), return_inverse=True)
    rows = np.split(index, np.cumsum(counts)[:-1])
    shares = counts / len(known)  # of the questions, that a seed is asked
    weights = counts / counts.sum()
    if all(metric.successes is not None for metric in metrics):  # one share of questions, whose interval is exact
        parts = np.zeros((len(known), 2))
        for metric, at in zip(metrics, rows, strict=True):
            parts[at] += metric.parts
        return replace(metrics[0], parts=parts / np.bincount(index)[:, None])
    ends = np.cumsum([metric.parts.shape[1] for metric in metrics])
    columns = [slice(end - metric.parts.shape[1], end) for metric, end in zip(metrics, ends, strict=True)]
    parts = np.zeros((len(known), ends[-1]))
    for metric, at, column in zip(metrics, rows, columns, strict=True):
        parts[at, column] = metric.parts

    def finish(sums: NDArray[np.float64]) -> NDArray[np.float64]:
        values = [metric.finish(sums[..., column]) for metric, column in zip(metrics, columns, strict=True)]
        mean: NDArray[np.float64] = np.tensordot(weights, np.stack(values), axes=1)
        return mean

    def contribute(parts: NDArray[np.float64]) -> NDArray[np.float64]:
        apart: NDArray[np.float64] = np.zeros(())
        for metric, at, column, weight, share in zip(metrics, rows, columns, weights, shares, strict=True):
            of_seed = replace(metric, parts=parts[at, column])
            found = of_seed.contributions
            wide = np.zeros((len(found), len(known)))
            wide[:, at] = weight / share * (found - float(of_seed))
            apart = apart + wide
        return float(finish(parts.sum(axis=0))) + apart

    def imagined(questions: Sequence[NDArray[np.float64] | None]) -> NDArray[np.float64] | None:
        added = [share * question for share, question in zip(shares, questions, strict=True) if question is not None]
        return np.concatenate(added) if len(added) == len(metrics) else None

    return Statistic(
        parts,
        finish,
        imagined([metric.least for metric in metrics]),
        imagined([metric.most for metric in metrics]),
        (weights @ [metric.limits[0] for metric in metrics], weights @ [metric.limits[1] for metric in metrics]),
        contribute,
    )


def spread(values: Sequence[float]) -> float:
    """Return the standard deviation between seeds; NaN of a single one, or where a seed's value is undefined."""
    return float(np.std(values, ddof=1)) if len(values) > 1 else math.nan


def over_seeds(over_questions: Estimate, values: Sequence[float], limits: tuple[float, float]) -> Estimate:
    """Widen an estimate by how far seeds differ.

    Args:
        over_questions: of all seeds together.
        values: the seeds' own; with fewer than `FEWEST` the estimate stays as it is.
        limits: least and greatest value that there can be.

    Returns:
        An estimate without error and interval where a seed's value is undefined.
    """
    if len(values) < FEWEST:
        return over_questions
    value, of_seeds = over_questions.value, spread(values) ** 2 / len(values)
    variance = of_seeds + over_questions.stderr**2
    if math.isnan(variance):
        return Estimate(value, math.nan, math.nan, math.nan)
    share = of_seeds / variance if variance else 0.0
    times = _student((len(values) - 1) / max(share**2, 1 / 2)) / NORMAL
    below, above = (
        times * math.hypot(side, NORMAL * math.sqrt(of_seeds))
        for side in (value - over_questions.low, over_questions.high - value)
    )
    low, high = min(max(value - below, limits[0]), value), max(min(value + above, limits[1]), value)
    return Estimate(value, math.sqrt(variance), low, high)


def _student(freedom: float) -> float:
    """Return how many standard errors lie to either side of a 95% interval."""
    from scipy.special import stdtrit  # takes a while to import

    return float(stdtrit(freedom, 1 - TAIL))
