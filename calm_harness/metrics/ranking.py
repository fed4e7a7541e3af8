"""How alike the languages rank the options: RankC, and what it is by chance."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from calm_harness.metrics.sums import Statistic, divide, mean
from calm_harness.metrics.table import Answers


def rankc(answers: Answers) -> Statistic:
    """RankC: how alike the languages rank the options; mean over language pairs and questions.

    For two rankings of n options: sum over j of w_j · |overlap of the two top-j sets| ÷ j, w = softmax(n, n-1, …, 1).
    Options with the same score rank in the order they were shown in (so ties make languages more alike), those whose
    score is NaN last. A language without any usable score has no answer, and ranks nothing: as in `consistency`, pairs
    with it do not count, and a question with fewer than two rankings counts 0.

    Source: Qi, Fernández and Bisazza, "Cross-Lingual Consistency of Factual Knowledge in Multilingual Language Models"
    (EMNLP 2023), equations 1 to 3.

    Raises:
        ValueError: there are no scores.
    """
    least = min((_reversed(size) for size in np.unique(answers.size)), default=0.0)
    valid = answers.valid
    pairs = [(valid[:, first] & valid[:, second], alike) for first, second, alike in rankc_by_pair(answers)]
    total = np.sum([np.where(both, alike, 0) for both, alike in pairs], axis=0)
    values = np.nan_to_num(divide(total, np.sum([both for both, _ in pairs], axis=0)))
    return mean(values, least if valid.all() else 0)


def ranks(answers: Answers) -> NDArray[np.int64]:
    """[Q, L, K]: each option's rank by its score, 0 for the best.

    Raises:
        ValueError: there are no scores.
    """
    if answers.scores is None:
        raise ValueError("RankC needs the options' scores")
    order = np.argsort(np.where(np.isnan(answers.scores), np.inf, -answers.scores), axis=2, kind="stable")
    return np.argsort(order, axis=2)


def rankc_by_pair(answers: Answers) -> Iterator[tuple[int, int, NDArray[np.float64]]]:
    """Yield each two languages, by number, and [Q] how alike they rank the options."""
    rank = ranks(answers)
    # An option lies in both top-j sets for every j above its worse rank, so it adds the weights from there on.
    tails = np.zeros((int(answers.size.max(initial=1)) + 1, rank.shape[2]))
    for size in np.unique(answers.size):
        tails[size, :size] = _tails(size)
    for first, second in combinations(range(len(answers.languages)), 2):
        worse = np.maximum(rank[:, first], rank[:, second])
        yield first, second, tails[answers.size[:, None], worse].sum(axis=1)


def _tails(n: int) -> NDArray[np.float64]:
    """[n]: what an option adds whose worse rank this is."""
    return np.cumsum((_rank_weights(n) / np.arange(1, n + 1))[::-1])[::-1]


def _reversed(n: int) -> float:
    """RankC of a ranking of n options and the same backwards: the least there can be."""
    return float(_tails(n)[np.maximum(np.arange(n), np.arange(n)[::-1])].sum())


def _rank_weights(n: int) -> NDArray[np.float64]:
    weights = np.exp(-np.arange(n, dtype=np.float64))
    normalised: NDArray[np.float64] = weights / weights.sum()
    return normalised


def rankc_chance(answers: Answers) -> Statistic:
    """RankC of independent random rankings: .310 for five options, .377 for four."""
    sizes, size_index = np.unique(answers.size, return_inverse=True)
    chance = np.array([_rank_weights(n) @ np.arange(1, n + 1) / n for n in sizes])
    # Known of each question: no imagined one lies beyond those that there are.
    return mean(chance[size_index], chance.min(initial=1), chance.max(initial=0))
