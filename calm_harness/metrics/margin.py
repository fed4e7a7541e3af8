"""How far the best option is ahead of the next: an estimate, without labels, of where a model knows more (pure).

A language in which a model knows nothing scores the options close together at the top, whatever it makes of the rest.
So the lead of the best option is taken relative to how far the options lie apart, which is what makes languages
comparable: log-likelihoods of long texts lie further apart than those of short ones. It is taken of log-likelihoods
(`sum`) whichever score decides: of what `pmi` leaves of them it says nothing. How far it can be trusted is measured by
`python -m benchmarks.pivot`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from calm_harness.metrics.sums import Statistic, bounded, divide
from calm_harness.metrics.table import Answers

FEWEST = 3
"""Texts of a question that tell anything: of two, the next is the last, and the lead all there is."""
UNDEFINED = (
    f"no margin: each language needs questions with {FEWEST} texts, and scores that are finite and not all equal"
)
"""What is said where there is none."""


def margin(answers: Answers, language: str | None = None) -> Statistic:
    """Mean lead of the best option over the next ÷ mean lead over the last, in one language; or the languages' mean.

    It is taken of log-likelihoods, where they are known beside the scores. Means are over questions, so a question
    counts by how far its options lie apart. Options with the same text are one: the next is another text. A question
    says nothing in a language where a score is no finite number, or where it has fewer than three texts. Undefined
    (NaN) where no question says anything, or all scores are equal, in any language.

    Raises:
        ValueError: there are no scores.
    """
    if answers.scores is None:
        raise ValueError("the margin needs the options' scores")
    columns = range(len(answers.languages)) if language is None else [answers.languages.index(language)]
    scores = answers.scores if answers.totals is None else answers.totals
    found = np.nan_to_num(gaps(scores, answers.twins, answers.size))[:, list(columns)]
    return ratio(found[..., 0], found[..., 1])


def gaps(
    scores: NDArray[np.float64], twins: NDArray[np.integer[Any]] | None, size: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Measure how far the best option is ahead of the next text, and of the last.

    Args:
        scores: [Q, L, K] of the options.
        twins: [Q, L, K] for each option the first with the same text; None where all differ.
        size: [Q] number of options.

    Returns:
        [Q, L, 2]: both gaps; NaN where a question says nothing in a language.
    """
    if scores.shape[2] < FEWEST:
        return np.full((*scores.shape[:2], 2), np.nan)
    places = np.arange(scores.shape[2])
    there = np.broadcast_to(places < size[:, None, None], scores.shape)
    finite = np.all(np.isfinite(scores) | ~there, axis=2, keepdims=True)
    known = np.where(there & finite, scores, -np.inf)
    same = np.broadcast_to(places, scores.shape) if twins is None else twins
    texts = np.stack([np.where(same == place, known, -np.inf).max(axis=2) for place in places], axis=2)
    ranked = -np.sort(-texts, axis=2)  # the best first, what is no text last
    count = np.isfinite(texts).sum(axis=2)
    last = np.take_along_axis(ranked, np.maximum(count - 1, 0)[..., None], axis=2)[..., 0]
    behind = np.stack([ranked[..., 1], last], axis=2)
    leads: NDArray[np.float64] = np.subtract(
        ranked[..., :1], behind, out=np.full(behind.shape, np.nan), where=(count >= FEWEST)[..., None]
    )
    return leads


def ratio(above: NDArray[np.float64], below: NDArray[np.float64]) -> Statistic:
    """Return Σ above ÷ Σ below over questions, the mean over columns of these; undefined where one is.

    Args:
        above: [Q, C] from 0 to `below`.
        below: [Q, C].
    """
    width = above.shape[1]

    def finish(sums: NDArray[np.float64]) -> NDArray[np.float64]:
        shares: NDArray[np.float64] = divide(sums[..., :width], sums[..., width:]).mean(axis=-1)
        return shares

    usual = below.sum(axis=0) / max(len(below), 1)
    imagined = np.stack([np.concatenate([0 * usual, usual]), np.concatenate([usual, usual])])
    return bounded(np.concatenate([above, below], axis=1), finish, imagined, (0, 1))
