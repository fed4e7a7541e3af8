"""Pair the rows of two files whatever their order: each row with at most one, as far as the evidence is sure (pure).

Evidence is a matrix of log-likelihood ratios, "translations of each other" against "any two rows of the files". Under
the rule that a row has at most one counterpart, the shares of all assignments are found by scaling rows and columns in
turn (Sinkhorn), each row and column having also the way out of no counterpart at all.

Source: Sinkhorn, "A Relationship Between Arbitrary Positive Matrices and Doubly Stochastic Matrices" (1964); the slack
row and column as in Rangarajan, Chui and Bookstein, "The Softassign Procrustes Matching Algorithm" (1997).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

ALONE = 0.1  # how likely a row is held to have no counterpart, before anything is known
ROUNDS = 30  # of scaling; shares settle in about ten
Matrix = NDArray[np.float64]


def shares(evidence: Matrix) -> Matrix:
    """Give each pair its share of all assignments.

    Args:
        evidence: [n, m] natural log-likelihood ratios.

    Returns:
        [n, m]; rows and columns add up to 1 at most, and to less where a row may have no counterpart.
    """
    n, m = evidence.shape
    most = np.maximum(evidence.max(axis=1, initial=0.0), 0.0)  # scaling a row changes no share, and keeps numbers small
    weights = np.exp(evidence - most[:, None]) * ((1 - ALONE) / max(n, m))
    row_alone = ALONE * np.exp(-most)
    by_column = np.ones(m)
    for _ in range(ROUNDS):
        by_row = 1 / (weights @ by_column + row_alone)
        by_column = 1 / (by_row @ weights + ALONE)
    by_row = 1 / (weights @ by_column + row_alone)
    scaled: Matrix = by_row[:, None] * weights * by_column
    return scaled


def sure_pairs(evidence: Matrix, sure: float) -> dict[int, int]:
    """Pair rows whose share of all assignments is at least `sure` (more than one half)."""
    if not evidence.size:
        return {}
    left, right = np.nonzero(shares(evidence) >= sure)
    return {int(i): int(j) for i, j in zip(left, right, strict=True)}
