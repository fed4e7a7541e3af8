"""A metric as sums over questions: what makes its question bootstrap cheap."""

from __future__ import annotations

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
    """

    parts: NDArray[np.float64]
    finish: Callable[[NDArray[np.float64]], NDArray[np.float64]]

    def __float__(self) -> float:
        """Return the metric's value, NaN where it is undefined."""
        return float(self.finish(self.parts.sum(axis=0)))


def mean(values: NDArray[Any]) -> Statistic:
    """Return the mean over questions of [Q] values."""
    parts = np.stack([values.astype(np.float64), np.ones(len(values))], axis=1)
    return Statistic(parts, lambda sums: divide(sums[..., 0], sums[..., 1]))


def divide(above: NDArray[Any], below: NDArray[Any]) -> NDArray[np.float64]:
    """Divide, NaN where the divisor is 0."""
    above, below = np.asarray(above, dtype=np.float64), np.asarray(below, dtype=np.float64)
    undefined = np.full(np.broadcast(above, below).shape, np.nan)
    ratio: NDArray[np.float64] = np.divide(above, below, out=undefined, where=below != 0)
    return ratio
