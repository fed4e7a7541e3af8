"""Whether what is known in one language is known in another: transfer, its lift over chance, and overlap (pure).

All are of two languages' right answers to the same questions, a boolean each. None is defined where there is nothing to
take a share of: no right answer in the language that is given, or in either.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calm_harness.metrics.sums import Statistic, bounded, divide

Right = NDArray[np.bool_]


def transfer(given: Right, other: Right) -> Statistic:
    """P(right in the other | right in the given language): of [Q] questions right in one, the share right in both."""
    return share_of(given & other, given)


def lift(given: Right, other: Right) -> Statistic:
    """Return how far transfer is above independence: (P(other | given) - P(other)) / (1 - P(other)).

    0 where being right in one language says nothing of the other, 1 where nothing that is right in the given one is
    wrong in the other, below 0 where one is right instead of the other: -P(other) / (1 - P(other)) at the least.
    Undefined also where every answer of the other language is right.
    """

    def finish(sums: NDArray[np.float64]) -> NDArray[np.float64]:
        both, given_right, other_right, questions = np.moveaxis(sums, -1, 0)
        usual = divide(other_right, questions)
        return divide(divide(both, given_right) - usual, 1 - usual)

    ones = np.ones(len(given))
    parts = np.stack([given & other, given, other, ones], axis=1).astype(np.float64)
    kinds = np.array([[0, 0, 0, 1], [0, 1, 0, 1], [0, 0, 1, 1], [1, 1, 1, 1]], dtype=np.float64)
    return bounded(parts, finish, kinds, (-math.inf, 1))


def overlap(one: Right, other: Right) -> Statistic:
    """Of [Q] questions right in either language the share right in both: `onlycorrect` of the authors of DCO."""
    return share_of(one & other, one | other)


def share_of(some: NDArray[Any], among: NDArray[Any]) -> Statistic:
    """Return what share of some questions [Q] are of a kind; undefined where there are none.

    Args:
        some: [Q] how much each question adds to the kind, at most as much as to all of them.
        among: [Q] 1 where it counts, else 0.
    """
    parts = np.stack([some, among], axis=1).astype(np.float64)
    least, most = np.array([0.0, 1.0]), np.array([1.0, 1.0])
    return Statistic(parts, lambda sums: divide(sums[..., 0], sums[..., 1]), least, most, (0, 1))
