"""Pair the rows of two files that stand in the same order, but for rows that one of them lacks (pure functions).

All monotone alignments are weighed by a banded forward-backward pass (a pair hidden Markov model: match, or gap in
either file), and two rows are paired where the pair's share of all alignments is high. What cannot be told apart is
left out, never guessed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from calm_harness.questions.align.evidence import Evidence, Item
from calm_harness.questions.align.lexicon import Lexicon

SURE = 0.9  # posterior probability from which a pair is kept
GAP = math.log(0.005)  # what leaving a row unpaired costs: less than pairing it with any other row mostly does
NARROW = 4  # how far pairs may first lie off the diagonal, beyond the difference in length
EDGE = 1e-3  # the band is widened where an alignment at its edge is likelier than that
WIDEST = 25_000_000  # cells of a band that are worth computing
BLOCK = 1024  # rows whose scores are computed at once

Matrix = NDArray[np.float64]
Score = Callable[[slice, slice], Matrix]  # log-likelihood ratios of some rows of the left file with some of the right


def in_order(left: Sequence[Item], right: Sequence[Item]) -> dict[int, int]:
    """Pair the rows of two files that are translations of each other.

    A first round goes by what translation keeps; a second one adds the words that the first has shown to go together.

    Args:
        left: the rows of one file, in its order.
        right: the rows of the other.

    Returns:
        Positions in the left file -> positions in the right file, both rising. Rows that have no counterpart, or for
        which two are equally likely, are missing.
    """
    diagonal = list(zip(range(len(left)), range(len(right)), strict=False))
    first_pairs = _sure_pairs(left, right, Evidence(left, right, diagonal).matrix)
    evidence = Evidence(left, right, first_pairs)
    lexicon = Lexicon([item.texts for item in left], [item.texts for item in right], first_pairs)
    return dict(
        _sure_pairs(left, right, lambda rows, columns: evidence.matrix(rows, columns) + lexicon.matrix(rows, columns))
    )


def _sure_pairs(left: Sequence[Item], right: Sequence[Item], score: Score) -> list[tuple[int, int]]:
    shares, band = posteriors(len(left), len(right), score)
    rows, places = np.nonzero(shares >= SURE)
    return [(int(row), int(row + place - band)) for row, place in zip(rows, places, strict=True)]


def posteriors(rows: int, columns: int, score: Score) -> tuple[Matrix, int]:
    """Give each pair its share of all monotone alignments.

    Args:
        rows: length of the left file.
        columns: length of the right file.
        score: log-likelihood ratios of pairs.

    Returns:
        [rows, 2 * band + 1] and the band: at row i and place k stands the pair of row i and column i + k - band.
    """
    apart = abs(rows - columns)
    spare = NARROW
    while True:
        band = apart + spare
        shares = _posteriors(_banded(rows, columns, band, score), columns)
        edge = max(shares[:, 0].max(initial=0.0), shares[:, -1].max(initial=0.0))
        if edge < EDGE or band > max(rows, columns) or rows * (apart + 4 * spare) * 2 > WIDEST:
            return shares, band
        spare *= 4


def _banded(rows: int, columns: int, band: int, score: Score) -> Matrix:
    """The scores near the diagonal: [rows, 2 * band + 1], and -inf beyond the right file's ends."""
    scores = np.full((rows, 2 * band + 1), -np.inf)
    for start in range(0, rows, BLOCK):
        block_rows = range(start, min(start + BLOCK, rows))
        first, last = max(0, start - band), min(columns, block_rows.stop + band)
        if first >= last:
            continue
        block = score(slice(block_rows.start, block_rows.stop), slice(first, last))
        for row in block_rows:
            near, far = max(first, row - band), min(last, row + band + 1)
            if near < far:
                scores[row, near - row + band : far - row + band] = block[row - start, near - first : far - first]
    return scores


def _posteriors(scores: Matrix, columns: int) -> Matrix:
    rows, width = scores.shape
    band = width // 2
    turned = columns - rows + 2 * band - np.arange(width)  # where a pair stands when both files are turned round
    inside = (turned >= 0) & (turned < width)
    backward_scores = np.full_like(scores, -np.inf)
    backward_scores[:, inside] = scores[::-1, turned[inside]]
    forward, backward = _sums(scores, columns), _sums(backward_scores, columns)
    total = forward[rows, columns - rows + band]
    after = np.full_like(scores, -np.inf)
    after[:, inside] = backward[rows - 1 :: -1, turned[inside]] if rows else 0.0
    shares: Matrix = np.exp(np.minimum(0.0, forward[:rows] + scores + after - total))
    return shares


def _sums(scores: Matrix, columns: int) -> Matrix:
    """Log sums over all alignments of the first i rows with the first i + k - band columns: [rows + 1, width].

    Within a row a sum is that of its left neighbour and a gap, so, with the gaps taken off, a running sum.
    """
    rows, width = scores.shape
    band = width // 2
    gaps = GAP * np.arange(width)
    sums = np.full((rows + 1, width), -np.inf)
    sums[0, band : band + columns + 1] = GAP * np.arange(min(columns, band) + 1)
    for row in range(1, rows + 1):
        before = sums[row - 1]
        ways = before + scores[row - 1]
        ways[:-1] = np.logaddexp(ways[:-1], before[1:] + GAP)
        first, last = max(0, band - row), min(width, columns - row + band + 1)
        sums[row, first:last] = np.logaddexp.accumulate(ways[first:last] - gaps[first:last]) + gaps[first:last]
    return sums
