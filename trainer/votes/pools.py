"""Pools of options' scores over languages: what all of them together make of a question (pure numpy).

A vote counts each language's best option; a pool weighs how sure each is. All three kinds are log-linear: what is added
up over languages, or has its median taken, are logarithms. (The mean of probabilities, a linear pool, is `--vote
crosslingual --probabilities true`.)
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from trainer.votes.ballots import blocks

Pool = Literal["log", "zscored", "median"]
"""What is pooled: log-probabilities, added up (`log`) or their median (`median`, where DCO with all partners ends up);
scores less their mean over the question's texts and divided by their standard deviation, added up (`zscored`)."""
EQUAL = 1e-9  # of the largest score: texts whose scores deviate by less are equally good


def pooled(
    scores: NDArray[np.float64],
    pool: Pool = "log",
    twins: NDArray[np.integer[Any]] | None = None,
    size: NDArray[np.int64] | None = None,
) -> NDArray[np.float64]:
    """Pool the scores of options over languages.

    A language takes part in a question where all the question's options have finite scores. Options with the same text
    are one text to a language: it is counted once in the sum of probabilities, in mean and in deviation, and all these
    options have its score, that of the first.

    Args:
        scores: [Q, L, K] log-likelihoods or other scores, NaN where a language is missing.
        pool: one of `Pool`.
        twins: [Q, L, K] for each option the first with the same text; None where all differ.
        size: [Q] number of options; None where all questions have K.

    Returns:
        [Q, K]: of `log` and `median` log-probabilities up to a constant of the question, of `zscored` sums; NaN beyond
        a question's own options, where no language takes part, and of an option that has an earlier one's text in all
        languages.
    """
    questions, _, options = scores.shape
    same = np.broadcast_to(np.arange(options), scores.shape) if twins is None else twins.astype(np.int64)
    sizes = np.full(questions, options) if size is None else size
    found = np.full((questions, options), np.nan)
    for block in blocks(questions):
        options_of = takes_part(scores[block], sizes[block])
        standard = _standard(scores[block], pool, same[block], options_of)
        first, last = (np.where(options_of, same[block], beyond) for beyond in (options, -1))
        repeats = (first.min(axis=1) == last.max(axis=1)) & (last.max(axis=1) != np.arange(options))
        of_all = middle(standard) if pool == "median" else np.nansum(standard, axis=1)
        found[block] = np.where(options_of.any(axis=1) & ~repeats, of_all, np.nan)
    return found


def middle(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """[Q, ...]: the median over the second axis of what is known, the mean of the two in the middle; NaN of nothing."""
    ranked, count = np.sort(values, axis=1), (~np.isnan(values)).sum(axis=1, keepdims=True)
    below, above = (
        np.take_along_axis(ranked, np.maximum(place, 0), axis=1)[:, 0] for place in ((count - 1) // 2, count // 2)
    )
    halfway: NDArray[np.float64] = (below + above) / 2
    return halfway


def takes_part(scores: NDArray[np.float64], size: NDArray[np.int64]) -> NDArray[np.bool_]:
    """[Q, L, K]: the options of a question [Q] in a language all of whose scores [Q, L, K] are finite."""
    there = np.broadcast_to((np.arange(scores.shape[2]) < size[:, None])[:, None], scores.shape)
    taking_part: NDArray[np.bool_] = there & (np.isfinite(scores) | ~there).all(axis=2, keepdims=True)
    return taking_part


def _standard(
    scores: NDArray[np.float64], pool: Pool, twins: NDArray[np.int64], options: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """[Q, L, K]: scores of options that take part made comparable between languages; NaN elsewhere."""
    texts = options & (twins == np.arange(scores.shape[2]))
    values = np.where(options, np.take_along_axis(scores, twins, axis=2), np.nan)
    once = np.where(texts, values, np.nan)
    count = np.maximum(texts.sum(axis=2, keepdims=True), 1)
    if pool == "zscored":
        away = values - np.nansum(once, axis=2, keepdims=True) / count
        spread = np.sqrt(np.nansum(np.where(texts, away, np.nan) ** 2, axis=2, keepdims=True) / count)
        differ = spread > EQUAL * np.nan_to_num(np.abs(once)).max(axis=2, keepdims=True)
        standardised: NDArray[np.float64] = np.where(differ, away / np.where(differ, spread, 1), 0 * away)
        return standardised
    away = values - np.nan_to_num(np.where(texts, values, -np.inf).max(axis=2, keepdims=True), neginf=0)
    total = np.where(texts, np.exp(np.where(texts, away, 0)), 0).sum(axis=2, keepdims=True)
    shares: NDArray[np.float64] = away - np.log(np.where(total > 0, total, 1))
    return shares
