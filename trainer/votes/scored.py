"""What scores of options count for, and how far apart they are, a block of questions at a time (pure numpy)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from calm_harness import metrics
from trainer.votes.ballots import blocks


def votes(
    scores: NDArray[np.float64], twins: NDArray[np.int16], size: NDArray[np.int64], *, probabilities: bool
) -> NDArray[np.float64]:
    """Turn scores into votes: one for the best option, or softmax; what is the same text counts once.

    Args:
        scores: [Q, L, K], NaN beyond a question's own options, and where a language is missing; they become the votes.
        twins: [Q, L, K] for each option the first with the same text.
        size: [Q] number of options.
        probabilities: whether softmax.

    Returns:
        [Q, L, K]: 0 where nothing is finite.
    """
    for block in blocks(len(scores)):
        for count in np.unique(size[block]):
            here = np.flatnonzero(size[block] == count) + block.start
            scores[here, :, :count] = _votes(scores[here, :, :count], twins[here, :, :count], probabilities)
            scores[here, :, count:] = 0
    return scores


def _votes(scores: NDArray[np.float64], twins: NDArray[np.int16], probabilities: bool) -> NDArray[np.float64]:
    places = np.arange(scores.shape[2])
    usable = np.where((twins == places) & ~np.isnan(scores), scores, -np.inf)
    some = np.isfinite(usable).any(axis=2, keepdims=True)
    if not probabilities:
        best: NDArray[np.bool_] = some & (places == usable.argmax(axis=2)[..., None])
        return best.astype(np.float64)
    likelihoods = np.exp(np.where(some, usable - usable.max(axis=2, keepdims=True, initial=-np.inf), -np.inf))
    total = likelihoods.sum(axis=2, keepdims=True)
    shares: NDArray[np.float64] = np.divide(likelihoods, total, out=np.zeros_like(likelihoods), where=some)
    return shares


def gaps(totals: NDArray[np.float64], twins: NDArray[np.int16], size: NDArray[np.int64]) -> NDArray[np.float64]:
    """[Q, L, 2]: see `calm_harness.metrics.gaps`."""
    found = np.empty((*totals.shape[:2], 2))
    for block in blocks(len(totals)):
        found[block] = metrics.gaps(totals[block], twins[block], size[block])
    return found
