"""Evidence from an encoder's similarities: how much nearer two rows are than either is to others (pure).

Rows of one subject are near each other in any language, so what counts is the margin: the cosine of a pair minus the
mean of the cosines of both rows with their nearest rows. Of translations it lies well above that of the nearest other
row. Where there are hardly any other rows, the cosine itself has to do.

Source of the margin: Artetxe and Schwenk, "Margin-based Parallel Corpus Mining with Multilingual Sentence Embeddings"
(ACL 2019), section 3. The distributions to begin with were measured with multilingual-e5-small on the training
questions of X-CSQA, Chinese and French against English; with many rows, those of the files themselves count.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

NEAREST = 4  # rows whose mean similarity a pair's is held against; with no more of them the cosine counts
Normal = tuple[float, float]  # mean and spread
TRANSLATIONS: Normal = (0.034, 0.017)  # margins of translations
OTHERS: Normal = (-0.010, 0.009)  # and of a row with the nearest row that is not its translation
NEAR: Normal = (0.886, 0.025)  # cosines of translations
ANY: Normal = (0.800, 0.025)  # and of a row with any other
ENOUGH = 50  # pairs that count as much as what was measured elsewhere
STRONGEST = 30.0  # nats; beyond that the tail of a normal distribution says nothing
Matrix = NDArray[np.float64]


def evidence(left: NDArray[np.float32], right: NDArray[np.float32]) -> Matrix:
    """Natural log-likelihood ratios of all pairs: a translation against the nearest of all other rows.

    Both are taken as normal with one spread, so that being nearer is always more evidence.

    Args:
        left: [n, d] vectors of length 1.
        right: [m, d], likewise.

    Returns:
        [n, m]
    """
    cosines = np.asarray(left @ right.T, dtype=np.float64)
    if max(cosines.shape) <= NEAREST:
        return _ratio(cosines, NEAR, ANY)
    margin = _margins(cosines)
    ratio = _ratio(margin, *_distributions(margin))
    clipped: Matrix = np.clip(ratio + np.log(max(margin.shape)), -STRONGEST, STRONGEST)
    return clipped


def _ratio(values: Matrix, translations: Normal, others: Normal) -> Matrix:
    (high, wide), (low, narrow) = translations, others
    ratio: Matrix = (values - (high + low) / 2) * (max(high - low, 0.0) / ((wide**2 + narrow**2) / 2))
    return ratio


def _margins(cosines: Matrix) -> Matrix:
    near = [
        np.sort(cosines, axis=axis).take(range(-min(NEAREST, cosines.shape[axis]), 0), axis=axis).mean(axis=axis)
        for axis in (1, 0)
    ]
    margin: Matrix = cosines - (near[0][:, None] + near[1]) / 2
    return margin


def _distributions(margin: Matrix) -> tuple[Normal, Normal]:
    """Margins of translations and of the nearest others, from rows that choose each other."""
    best = margin.argmax(axis=1)
    mutual = np.flatnonzero(margin.argmax(axis=0)[best] == np.arange(len(margin)))
    chosen = margin[mutual, best[mutual]]
    others = margin[mutual]
    others[np.arange(len(mutual)), best[mutual]] = -np.inf
    return _blended(chosen, TRANSLATIONS), _blended(others.max(axis=1), OTHERS)


def _blended(values: Matrix, prior: Normal) -> Normal:
    """Mean and spread of what was measured here and elsewhere together, robust against some wrong pairs."""
    if len(values) == 0:
        return prior
    mean, spread = prior
    weight = len(values) / (len(values) + ENOUGH)
    here = float(np.median(values))
    deviation = 1.48 * float(np.median(np.abs(values - here)))
    return weight * here + (1 - weight) * mean, weight * max(deviation, spread / 2) + (1 - weight) * spread
