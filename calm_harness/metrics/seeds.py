"""Intervals over seeds and questions together: how another training, tested on other questions, would come out (pure).

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

import numpy as np

from calm_harness.metrics.bootstrap import Estimate
from calm_harness.metrics.intervals import NORMAL, TAIL

FEWEST = 3  # seeds that say anything about others


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
    together = of_seeds + over_questions.stderr**2
    if math.isnan(together):
        return Estimate(value, math.nan, math.nan, math.nan)
    share = of_seeds / together if together else 0.0
    times = _student((len(values) - 1) / max(share**2, 1 / 2)) / NORMAL
    below, above = (
        times * math.hypot(side, NORMAL * math.sqrt(of_seeds))
        for side in (value - over_questions.low, over_questions.high - value)
    )
    return Estimate(value, math.sqrt(together), max(value - below, limits[0]), min(value + above, limits[1]))


def _student(freedom: float) -> float:
    """Return how many standard errors lie to either side of a 95% interval."""
    from scipy.special import stdtrit  # takes a while to import

    return float(stdtrit(freedom, 1 - TAIL))
