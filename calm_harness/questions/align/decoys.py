"""How many pairs of an alignment are wrong, from rows whose counterparts were taken away (pure).

Likelihood ratios are never quite right: numbers of one case history go together, some words stand in every question. So
how often a row finds a wrong counterpart is not believed but tried, on the files themselves: their rows are parted in
halves, paired rows in the same one, and the left rows of one half are paired with the right rows of the other. There
no pair can be right. As in the target-decoy search of proteomics: Elias and Gygi, "Target-decoy search strategy for
increased confidence in large-scale protein identifications by mass spectrometry" (Nature Methods 2007).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from calm_harness.questions.align.assignment import Candidates, Matrix, candidates

SURE = 0.9  # share of all assignments from which a pair is kept, however few are wrong
HALVINGS = 2
SEED = 0
TOLERATED = 0.1  # wrong pairs to be expected of a small file, of which a share would be less than that
SETTLED = 20  # rounds in which the expected number of wrong pairs settles


class Chosen(NamedTuple):
    """Pairs that were sure enough.

    Attributes:
        pairs: position in the left file -> position in the right one.
        wrong: how many of them are expected to be wrong.
    """

    pairs: dict[int, int]
    wrong: float


class Graded(NamedTuple):
    """Pairs that may be kept, the least sure first, and what keeping a pair and all that are surer is expected to cost.

    Attributes:
        found: all that are sure enough, however few are wrong.
        thresholds: [k] their odds, rising.
        wrong: [k] how many pairs from there on are expected to be wrong.
    """

    found: Candidates
    thresholds: NDArray[np.float64]
    wrong: NDArray[np.float64]

    def within(self, rate: float) -> Chosen:
        """Keep as many pairs as can be kept with no more than a share of them expected to be wrong."""
        kept = len(self.thresholds) - np.arange(len(self.thresholds))
        good = np.flatnonzero(self.wrong <= np.maximum(rate * kept, TOLERATED))
        if not good.size:
            return Chosen({}, 0.0)
        return Chosen(self.found.surer(self.thresholds[good[0]]).pairs(), float(self.wrong[good[0]]))


def grade(evidence: Matrix) -> Graded:
    """Find pairs, and how many of them are expected to be wrong.

    Args:
        evidence: [n, m] natural log-likelihood ratios.
    """
    found = candidates(evidence).surer(math.log(SURE / (1 - SURE)))
    thresholds = np.sort(found.odds)
    if not len(thresholds):
        return Graded(found, thresholds, thresholds)
    decoys = np.sort(np.concatenate([_decoys(evidence, found, SEED + place) for place in range(HALVINGS)]))
    found_decoys = (len(decoys) - np.searchsorted(decoys, thresholds)) / HALVINGS
    kept = len(thresholds) - np.arange(len(thresholds))
    return Graded(found, thresholds, expected_wrong(found_decoys, kept, evidence.shape))


def expected_wrong(decoys: NDArray[np.float64], kept: NDArray[np.intp], shape: tuple[int, int]) -> NDArray[np.float64]:
    """Expect so many wrong pairs.

    Two rows can be paired wrongly where both are free: not paired, or wrongly so. In the halves all are free, on half
    of the cells.

    Args:
        decoys: [k] pairs that the halves have, at each threshold.
        kept: [k] pairs of the whole.
        shape: rows of the two files.
    """
    wrong = np.zeros(len(decoys))
    for _ in range(SETTLED):
        free = [np.minimum((rows - kept + wrong) / rows, 1.0) for rows in shape]
        wrong = np.minimum(2 * decoys * free[0] * free[1], kept)
    return wrong


def _decoys(evidence: Matrix, found: Candidates, seed: int) -> NDArray[np.float64]:
    """Odds of the pairs between halves."""
    rng = np.random.default_rng(seed)
    left, right = (rng.permutation(rows) < rows / 2 for rows in evidence.shape)
    right[found.right] = left[found.left]
    across = (np.ix_(left, ~right), np.ix_(~left, right))
    return np.concatenate([candidates(evidence[cells]).odds for cells in across])
