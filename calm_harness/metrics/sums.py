"""A metric as sums over questions: what makes its question bootstrap cheap."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Statistic:
    """A metric as sums over questions.

    Attributes:
        parts: [Q, d] what each question adds.
        finish: from sums [..., d] to values [...]; NaN where undefined.
        least: [d] what a question would add that lowers the value most; None where that is not known.
        most: [d] what a question would add that raises it most.
        limits: least and greatest value that there can be.
        contribute: from parts to [V, Q] contributions; None for the jackknife's pseudo-values alone.
    """

    parts: NDArray[np.float64]
    finish: Callable[[NDArray[np.float64]], NDArray[np.float64]]
    least: NDArray[np.float64] | None = None
    most: NDArray[np.float64] | None = None
    limits: tuple[float, float] = (-math.inf, math.inf)
    contribute: Callable[[NDArray[np.float64]], NDArray[np.float64]] | None = None

    def __float__(self) -> float:
        """Return the metric's value, NaN where it is undefined."""
        return float(self.finish(self.parts.sum(axis=0)))

    @property
    def contributions(self) -> NDArray[np.float64]:
        """[V, Q]: what each question contributes, in one way or several; the value is the mean."""
        if self.contribute is not None:
            return self.contribute(self.parts)
        return pseudo_values(self.parts, self.finish)[None]

    @property
    def successes(self) -> int | None:
        """Of a share of questions the number that count; None where a question may add anything but 0 or 1 of 1."""
        if self.least is None or self.most is None or self.least.tolist() != [0, 1] or self.most.tolist() != [1, 1]:
            return None
        values, ones = self.parts[:, 0], self.parts[:, 1]
        return int(values.sum()) if np.all(ones == 1) and np.all((values == 0) | (values == 1)) else None


def pseudo_values(
    parts: NDArray[np.float64], finish: Callable[[NDArray[np.float64]], NDArray[np.float64]]
) -> NDArray[np.float64]:
    """[Q]: the jackknife's pseudo-values: of a mean each question's value, and the like for others."""
    total, count = parts.sum(axis=0), len(parts)
    value, without = finish(total), finish(total - parts)
    pseudo: NDArray[np.float64] = np.where(np.isnan(without), value, count * value - (count - 1) * without)
    return pseudo


def mean(values: NDArray[Any], low: float = 0, high: float = 1) -> Statistic:
    """Return the mean over questions of [Q] values, which lie between `low` and `high`."""
    parts = np.stack([values.astype(np.float64), np.ones(len(values))], axis=1)
    least, most = np.array([low, 1.0]), np.array([high, 1.0])
    return Statistic(parts, lambda sums: divide(sums[..., 0], sums[..., 1]), least, most, (low, high))


def share(values: NDArray[Any], there: NDArray[np.bool_], low: float = 0) -> Statistic:
    """Return the mean of [Q, L] values where there is one; a question counts as often as it has one.

    Args:
        values: between `low` and 1; what stands where there is none does not matter.
        there: [Q, L] where there is one; a column without any is none that another question could have a value in.
        low: the least that a value can be.
    """
    most = float(there.any(axis=0).sum())
    kept = np.where(there, values, 0).astype(np.float64)
    return Statistic(
        np.stack([kept.sum(axis=1), there.sum(axis=1).astype(np.float64)], axis=1),
        lambda sums: divide(sums[..., 0], sums[..., 1]),
        np.array([low * most, most]),
        np.array([most, most]),
        (low, 1),
    )


def bounded(
    parts: NDArray[np.float64],
    finish: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    imagined: NDArray[np.float64],
    limits: tuple[float, float],
    contribute: Callable[[NDArray[np.float64]], NDArray[np.float64]] | None = None,
) -> Statistic:
    """Return a metric that is no mean.

    Args:
        parts: [Q, d] what each question adds.
        finish: from sums to values.
        imagined: [C, d] what questions of the most extreme kinds would add, of which the two that move the value most
            are taken.
        limits: least and greatest value that there can be.
        contribute: from parts to contributions; None for the jackknife's alone.
    """
    values = finish(parts.sum(axis=0) + imagined)
    if np.isnan(values).all():  # also where there is no question
        return Statistic(parts, finish, limits=limits, contribute=contribute)
    least, most = imagined[np.nanargmin(values)], imagined[np.nanargmax(values)]
    return Statistic(parts, finish, least, most, limits, contribute)


def divide(above: NDArray[Any], below: NDArray[Any]) -> NDArray[np.float64]:
    """Divide, NaN where the divisor is 0."""
    above, below = np.asarray(above, dtype=np.float64), np.asarray(below, dtype=np.float64)
    undefined = np.full(np.broadcast(above, below).shape, np.nan)
    ratio: NDArray[np.float64] = np.divide(above, below, out=undefined, where=below != 0)
    return ratio
