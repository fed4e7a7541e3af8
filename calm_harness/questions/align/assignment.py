"""Pair the rows of two files whatever their order: each row with at most one, and how surely (pure).

Evidence is a matrix of log-likelihood ratios, "translations of each other" against "any two rows of the files". Under
the rule that a row has at most one counterpart, the shares of all assignments are found by scaling rows and columns in
turn (Sinkhorn), each row and column having also the way out of no counterpart at all.

Source: Sinkhorn, "A Relationship Between Arbitrary Positive Matrices and Doubly Stochastic Matrices" (1964); the slack
row and column as in Rangarajan, Chui and Bookstein, "The Softassign Procrustes Matching Algorithm" (1997).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

ALONE = 0.1  # how likely a row is held to have no counterpart, before anything is known
ROUNDS = 30  # of scaling; shares settle in about ten
MOST = 600.0  # nats of evidence that exp bears
LEAST = 1e-300  # of a share whose logarithm is taken
Matrix = NDArray[np.float64]
Places = NDArray[np.intp]


class Candidates(NamedTuple):
    """Pairs of rows that are each other's likeliest counterparts, so no row is in two of them.

    Attributes:
        left: [k] rows of the left file, rising.
        right: [k] their counterparts.
        odds: [k] natural log odds of the pair against all else that its two rows could be, another row's or alone.
    """

    left: Places
    right: Places
    odds: NDArray[np.float64]

    def surer(self, odds: float) -> Candidates:
        """Those whose odds are as high."""
        kept = self.odds >= odds
        return Candidates(self.left[kept], self.right[kept], self.odds[kept])

    def pairs(self) -> dict[int, int]:
        """Position in the left file -> position in the right one."""
        return {int(i): int(j) for i, j in zip(self.left, self.right, strict=True)}


def candidates(evidence: Matrix) -> Candidates:
    """Find each row's counterpart.

    Args:
        evidence: [n, m] natural log-likelihood ratios.
    """
    if not evidence.size:
        return Candidates(np.zeros(0, np.intp), np.zeros(0, np.intp), np.zeros(0))
    shares, left_alone, right_alone = _shares(np.minimum(evidence, MOST))
    best = shares.argmax(axis=1)
    left = np.flatnonzero(shares.argmax(axis=0)[best] == np.arange(len(shares)))
    right = best[left]
    own = shares[left, right].copy()
    shares[left, right] = 0.0
    rest = np.maximum(shares.sum(axis=1)[left] + left_alone[left], shares.sum(axis=0)[right] + right_alone[right])
    return Candidates(left, right, np.log(np.maximum(own, LEAST)) - np.log(np.maximum(rest, LEAST)))


def _shares(evidence: Matrix) -> tuple[Matrix, Matrix, Matrix]:
    """Give each pair its share of all assignments: [n, m], and [n] and [m] for the rows and columns alone."""
    n, m = evidence.shape
    prior = (1 - ALONE) / max(n, m)
    most = np.maximum(evidence.max(axis=1), 0.0)  # scaling a row changes no share, and keeps numbers small
    weights = np.exp(evidence - most[:, None]) * prior
    row_alone = ALONE * np.exp(-most)
    # Of a pair that is sure, both factors are one over the root of its weight: from there few rounds are needed.
    by_column = np.minimum(np.exp(-np.maximum(evidence.max(axis=0), 0.0) / 2) / math.sqrt(prior), 1 / ALONE)
    by_row = 1 / (weights @ by_column + row_alone)
    for _ in range(ROUNDS):
        by_column = 1 / (by_row @ weights + ALONE)
        by_row = 1 / (weights @ by_column + row_alone)
    return by_row[:, None] * weights * by_column, by_row * row_alone, by_column * ALONE
