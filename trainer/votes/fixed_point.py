"""Where DCO ends up, computed from what the base model scores before any training (pure numpy).

DCO (Direct Consistency Optimization; the loss is that of its authors' code, Betswish/ConsistencyRL) draws two options
of a question at random, and asks of each language that the change of their log-odds be the log-odds that another
language, its partner, had before training. What that loss is least at needs no training: as it is a mean of distances,
a language's odds become its own plus the median of its partners'. No label enters.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from calm_harness.metrics import PIVOT, Answers
from trainer.votes.pools import middle, takes_part

Partners = Literal["english", "random", "all"]
"""Which languages stand in a pair: English with each other one, each with one that is drawn, each with each."""
BLOCK = 512  # questions that are worked on at once: each takes L × K × K numbers


def partners_of(languages: Sequence[str], partners: Partners) -> NDArray[np.bool_]:
    """[L, L]: which languages may be a language's partners.

    Raises:
        ValueError: English is to be one, and is not there.
    """
    english = np.array([language == PIVOT for language in languages])
    if partners != "english":
        return ~np.eye(len(languages), dtype=np.bool_)
    if not english.any():
        raise ValueError(f"partners=english needs samples in {PIVOT}, not only {', '.join(languages)}")
    one_is_english: NDArray[np.bool_] = np.not_equal(english[:, None], english)
    return one_is_english


def fixed_point(
    scores: NDArray[np.float64],
    partners: NDArray[np.bool_],
    twins: NDArray[np.integer[Any]] | None = None,
    size: NDArray[np.int64] | None = None,
) -> NDArray[np.float64]:
    """Compute the options' log-likelihoods after DCO, up to a constant of the question in a language.

    Of two options that is exact: own log-odds plus the median of the partners' (halfway between the two in the middle,
    where any point between is as good). Of more, the medians of pairs of options need not fit together: a may be ahead
    of b, b of c, and c of a. Then an option has the mean of its odds against all options, which are the scores whose
    differences are closest to the odds (least squares over all pairs, which are drawn alike); the best option is the
    one with the largest.

    A language takes part in a question where all options have finite scores. Where two options share a text in a
    language, it can neither learn nor teach about them; what they have in common has the mean of what they would have.

    Args:
        scores: [Q, L, K] log-likelihoods of the options under the base model.
        partners: [L, L] see `partners_of`.
        twins: [Q, L, K] for each option the first with the same text; None where all differ.
        size: [Q] number of options; None where all questions have K.

    Returns:
        [Q, L, K]: NaN where a language takes no part.
    """
    same_text = np.broadcast_to(np.arange(scores.shape[2]), scores.shape) if twins is None else twins.astype(np.int64)
    sizes = np.full(len(scores), scores.shape[2]) if size is None else size
    after = np.empty(scores.shape)
    for start in range(0, len(scores), BLOCK):
        block = slice(start, start + BLOCK)
        after[block] = _fixed_point(scores[block], partners, same_text[block], sizes[block])
    return after


def _fixed_point(
    scores: NDArray[np.float64], partners: NDArray[np.bool_], twins: NDArray[np.int64], size: NDArray[np.int64]
) -> NDArray[np.float64]:
    options = takes_part(scores, size)
    values = np.where(options, np.take_along_axis(scores, twins, axis=2), np.nan)
    same = (twins[..., :, None] == twins[..., None, :]) & options[..., :, None] & options[..., None, :]
    odds = np.where(same, np.nan, values[..., :, None] - values[..., None, :])  # [Q, L, K, K]
    after = np.empty_like(values)
    for language, of_language in enumerate(partners):
        changes = middle(odds[:, of_language]) if of_language.any() else np.full_like(odds[:, 0], np.nan)
        learned = np.where(same[:, language] | np.isnan(changes), 0, changes).sum(axis=2) / size[:, None]
        shared = same[:, language] / np.maximum(same[:, language].sum(axis=2, keepdims=True), 1)
        after[:, language] = values[:, language] + np.einsum("qij,qj->qi", shared, learned)
    return after


def predicted(answers: Answers, partners: Partners) -> Answers:
    """Return the answers that a model gives after DCO on these very questions, by log-likelihood.

    Where a language takes no part, it answers as before.

    Raises:
        ValueError: there are no scores, or English is to be a partner and is not there.
    """
    scores = _totals(answers)
    after = fixed_point(scores, partners_of(answers.languages, partners), answers.twins, answers.size)
    return answers.decided(np.where(np.isnan(after), scores, after))


def by_likelihood(answers: Answers) -> Answers:
    """Return the answers that log-likelihoods decide, whichever score decided.

    Raises:
        ValueError: there are no scores.
    """
    return answers.decided(_totals(answers))


def _totals(answers: Answers) -> NDArray[np.float64]:
    totals = answers.scores if answers.totals is None else answers.totals
    if totals is None:
        raise ValueError("a prediction needs the options' scores")
    return totals
