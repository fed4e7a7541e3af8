"""Pair the rows of two files by their content alone, in whatever order they stand (pure)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from calm_harness.questions.align.assignment import sure_pairs
from calm_harness.questions.align.evidence import Evidence, Item
from calm_harness.questions.align.lexicon import Lexicon
from calm_harness.questions.align.meaning import evidence

SURE = 0.9  # share of all assignments from which a pair is kept
SURER = 0.99  # in the first round, whose pairs the words and lengths of the next rounds are learned from
UNEQUAL = -50.0  # nats: rows with other numbers of options are no translations of each other
ROUNDS = 5  # at most; pairs settle in two or three

Matrix = NDArray[np.float64]


def by_content(
    left: Sequence[Item], right: Sequence[Item], vectors: tuple[NDArray[np.float32], NDArray[np.float32]] | None = None
) -> tuple[dict[int, int], Matrix]:
    """Pair rows.

    A first round goes by what translation keeps and, where the rows are encoded, by meaning; the next ones add lengths
    and the words that go together in the pairs of the last.

    Args:
        left: the rows of one file.
        right: the rows of the other.
        vectors: those of the rows, [n, d] and [m, d], where there is an encoder.

    Returns:
        Position in the left file -> position in the right one, and the evidence of all pairs, [n, m].
    """
    meaning = evidence(*vectors) if vectors is not None else np.zeros((len(left), len(right)))
    meaning = meaning + _unequal(left, right)
    total = meaning + Evidence(left, right, []).matrix()
    pairs = sure_pairs(total, SURER)
    for _ in range(ROUNDS):
        position_pairs = sorted(pairs.items())
        lexicon = Lexicon([item.texts for item in left], [item.texts for item in right], position_pairs)
        total = meaning + Evidence(left, right, position_pairs).matrix() + lexicon.matrix()
        again = sure_pairs(total, SURE)
        if again == pairs:
            break
        pairs = again
    return pairs, total


def _unequal(left: Sequence[Item], right: Sequence[Item]) -> Matrix:
    """[n, m]: what speaks against pairs of rows that both have options, and not equally many."""
    sizes = [np.array([len(item.options) for item in items]) for items in (left, right)]
    unequal = (sizes[0][:, None] != sizes[1]) & (sizes[0][:, None] > 0) & (sizes[1] > 0)
    return np.where(unequal, UNEQUAL, 0.0)
