"""Which of several runs of the same questions is ahead of all others, and in which metrics (pure)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from calm_harness.metrics.bootstrap import FEW
from calm_harness.metrics.catalogue import HIGHER_IS_BETTER
from calm_harness.metrics.intervals import Draws, holm


def ahead(runs: Sequence[Mapping[str, Draws]]) -> list[tuple[str, ...]]:
    """Name for each run the metrics in which it is ahead of every other.

    In each metric the run with the best value is held against all others, by the intervals of the differences, paired
    by question. To be ahead of all is to be ahead of the one that comes nearest: the largest p-value counts, and needs
    no correction for the number of runs (an intersection-union test). Over the metrics Holm's correction holds: of
    runs that are equally good, one group in twenty has any that is said to be ahead in anything.

    Nobody is ahead on fewer than FEW questions. Metrics that a run lacks or that are undefined in one, and those of
    which neither more nor less is better, do not count.

    Args:
        runs: for each run its metrics in resamples of the questions, the same for all, in the same order.

    Source: Berger, "Multiparameter Hypothesis Testing and Acceptance Sampling" (1982), for the test over runs.
    """
    leaders: dict[str, int] = {}
    chances: dict[str, float] = {}
    for name, higher in HIGHER_IS_BETTER.items():
        if len(runs) < 2 or higher is None or not all(name in run and not np.isnan(run[name].value) for run in runs):
            continue
        draws = [run[name] for run in runs]
        if draws[0].contributions.shape[1] < FEW:
            continue
        values = [each.value for each in draws]
        leader = int(np.argmax(values) if higher else np.argmin(values))
        rivals = draws[:leader] + draws[leader + 1 :]
        apart = [draws[leader] - rival if higher else rival - draws[leader] for rival in rivals]
        leaders[name] = leader
        chances[name] = max(difference.chance() for difference in apart)
    certain = holm(chances)
    return [
        tuple(name for name, leader in leaders.items() if leader == place and name in certain)
        for place in range(len(runs))
    ]
