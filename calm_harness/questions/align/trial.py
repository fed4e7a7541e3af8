"""Whether the pairs of an alignment are translations: their evidence against that of random pairings (pure)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

PERMUTATIONS = 999
SEED = 0


@dataclass(frozen=True)
class Trial:
    """A permutation test of pairs.

    Attributes:
        pairs: how many were tried.
        evidence: their mean evidence, a natural log-likelihood ratio a pair.
        chance: the mean of random pairings of the same rows.
        p: share of random pairings (the pairs themselves counted among them) whose mean evidence is as high.
    """

    pairs: int
    evidence: float
    chance: float
    p: float

    def __str__(self) -> str:
        return (
            f"{self.pairs} pairs, evidence {self.evidence:.1f} nats a pair, random pairings of the same rows "
            f"{self.chance:.1f}, p = {self.p:.3f}"
        )


def trial(evidence: NDArray[np.float64], pairs: Mapping[int, int]) -> Trial:
    """Hold pairs against random pairings of their rows.

    Args:
        evidence: [n, m] of all pairs of the two files.
        pairs: position in the left file -> position in the right one.
    """
    if not pairs:
        return Trial(0, 0.0, 0.0, 1.0)
    square = evidence[np.ix_(list(pairs.keys()), list(pairs.values()))]
    count = len(square)
    rows = np.arange(count)
    observed = float(square[rows, rows].mean())
    rng = np.random.default_rng(SEED)
    drawn = np.array([square[rows, rng.permutation(count)].mean() for _ in range(PERMUTATIONS)])
    as_high = int((drawn >= observed - 1e-12).sum())
    return Trial(count, observed, float(drawn.mean()), (1 + as_high) / (1 + PERMUTATIONS))
