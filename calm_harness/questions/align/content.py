"""Pair the rows of two files by their content alone, in whatever order they stand (pure)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from calm_harness.questions.align.decoys import Chosen, grade
from calm_harness.questions.align.evidence import Evidence, Item
from calm_harness.questions.align.lexicon import Lexicon
from calm_harness.questions.align.meaning import evidence

LEARNED = 0.1  # share of wrong pairs that does no harm to what words and lengths are learned from
WRONG = 0.005  # share of wrong pairs that is accepted
WRONG_BY_MEANING = 0.002  # and where rows are encoded
UNEQUAL = -50.0  # nats: rows with other numbers of options are no translations of each other
GROWING = 1.01  # times as many pairs as in the last round, for which another one is worth its time
ROUNDS = 10  # at most; pairs settle in three with an encoder, and in eight without

Matrix = NDArray[np.float64]


def by_content(
    left: Sequence[Item], right: Sequence[Item], vectors: tuple[NDArray[np.float32], NDArray[np.float32]] | None = None
) -> tuple[Chosen, Matrix]:
    """Pair rows.

    A first round goes by what translation keeps and, where the rows are encoded, by meaning; the next ones add lengths
    and the words that go together in the pairs of the last, as long as more are found.

    Args:
        left: the rows of one file.
        right: the rows of the other.
        vectors: those of the rows, [n, d] and [m, d], where there is an encoder.

    Returns:
        The pairs, and the evidence of all pairs, [n, m].
    """
    meaning = evidence(*vectors) if vectors is not None else np.zeros((len(left), len(right)))
    meaning = meaning + _unequal(left, right)
    total = meaning + Evidence(left, right, []).matrix()
    graded = grade(total)
    learned = graded.within(LEARNED).pairs
    for _ in range(ROUNDS):
        position_pairs = sorted(learned.items())
        lexicon = Lexicon([item.texts for item in left], [item.texts for item in right], position_pairs)
        total = meaning + Evidence(left, right, position_pairs).matrix() + lexicon.matrix()
        graded = grade(total)
        again = graded.within(LEARNED).pairs
        if len(again) <= GROWING * len(learned):
            break
        learned = again
    return graded.within(WRONG if vectors is None else WRONG_BY_MEANING), total


def _unequal(left: Sequence[Item], right: Sequence[Item]) -> Matrix:
    """[n, m]: what speaks against pairs of rows that both have options, and not equally many."""
    sizes = [np.array([len(item.options) for item in items]) for items in (left, right)]
    unequal = (sizes[0][:, None] != sizes[1]) & (sizes[0][:, None] > 0) & (sizes[1] > 0)
    return np.where(unequal, UNEQUAL, 0.0)
