"""Pair the rows of two files that stand in the same order, but for rows that one of them lacks (pure functions).

All monotone alignments are weighed by a banded forward-backward pass (a pair hidden Markov model: match, or gap in
either file), and two rows are paired where the pair's share of all alignments is high. What cannot be told apart is
left out, never guessed.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence

from calm_harness.questions.align.evidence import Evidence, Item
from calm_harness.questions.align.lexicon import Lexicon

SURE = 0.9  # posterior probability from which a pair is kept
GAP = math.log(0.005)  # what leaving a row unpaired costs: less than pairing it with any other row mostly does
NARROW = 4  # how far pairs may first lie off the diagonal, beyond the difference in length
EDGE = 1e-3  # the band is widened where an alignment at its edge is likelier than that

Score = Callable[[int, int], float]


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
    first_pairs = _sure_pairs(left, right, Evidence(left, right, diagonal).score)
    evidence = Evidence(left, right, first_pairs)
    lexicon = Lexicon([item.texts for item in left], [item.texts for item in right], first_pairs)
    return dict(_sure_pairs(left, right, lambda i, j: evidence.score(i, j) + lexicon.score(i, j)))


def _sure_pairs(left: Sequence[Item], right: Sequence[Item], score: Score) -> list[tuple[int, int]]:
    shares = posteriors(len(left), len(right), functools.cache(score))
    return sorted(pair for pair, share in shares.items() if share >= SURE)


def posteriors(rows: int, columns: int, score: Score) -> dict[tuple[int, int], float]:
    """Give each pair its share of all monotone alignments (shares below 1e-6 are left out).

    Args:
        rows: length of the left file.
        columns: length of the right file.
        score: log-likelihood ratio of a pair.
    """
    band = NARROW
    while True:
        shares = _posteriors(rows, columns, abs(rows - columns) + band, score)
        edge = max((share for (i, j), share in shares.items() if abs(i - j) >= abs(rows - columns) + band), default=0.0)
        if edge < EDGE or band > max(rows, columns):
            return shares
        band *= 4


def _posteriors(rows: int, columns: int, band: int, score: Score) -> dict[tuple[int, int], float]:
    forward = _sums(rows, columns, band, score)
    backward = _sums(rows, columns, band, lambda i, j: score(rows - 1 - i, columns - 1 - j))
    total = forward[rows, columns]
    shares = {}
    for (i, j), before in forward.items():
        after = backward.get((rows - 1 - i, columns - 1 - j))
        if i < rows and j < columns and after is not None:
            share = math.exp(min(0.0, before + score(i, j) + after - total))
            if share > 1e-6:
                shares[i, j] = share
    return shares


def _sums(rows: int, columns: int, band: int, score: Score) -> dict[tuple[int, int], float]:
    """Log sums over all alignments of the first i rows with the first j columns, within the band."""
    sums = {(0, 0): 0.0}
    for i in range(rows + 1):
        for j in range(max(0, i - band), min(columns, i + band) + 1):
            ways = [GAP + sums[cell] for cell in ((i - 1, j), (i, j - 1)) if cell in sums]
            if i and j and (i - 1, j - 1) in sums:
                ways.append(score(i - 1, j - 1) + sums[i - 1, j - 1])
            if ways:
                top = max(ways)
                sums[i, j] = top + math.log(sum(math.exp(way - top) for way in ways))
    return sums
