"""How often answers are right, by language, by question and by the vote over languages; and how often there is none."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from calm_harness.metrics.sums import Statistic, bounded, divide, mean
from calm_harness.metrics.table import Answers

PIVOT = "en"


def acc(answers: Answers, language: str | None = None) -> Statistic:
    """Share of right answers, over all languages or in one; no answer counts as wrong."""
    right = answers.right if language is None else answers.right[:, [answers.languages.index(language)]]
    return mean(right.mean(axis=1))


def em(answers: Answers, language: str | None = None) -> Statistic:
    """Share of free answers that are right and in the language that was asked for; over all languages or in one.

    The exact match of SQuAD and MLQA, normalised as `calm_harness.answers.short` says.

    Raises:
        ValueError: options were shown.
    """
    right = answers.right & _own_language(answers)
    return mean((right if language is None else right[:, [answers.languages.index(language)]]).mean(axis=1))


def other_language(answers: Answers) -> Statistic:
    """Share of free answers that are right, but in another language than was asked for: `acc` minus `em`.

    Raises:
        ValueError: options were shown.
    """
    return mean((answers.right & ~_own_language(answers)).mean(axis=1))


def _own_language(answers: Answers) -> NDArray[np.bool_]:
    if answers.own_language is None:
        raise ValueError("these are no free answers")
    return answers.own_language


def correct_all(answers: Answers) -> Statistic:
    """Share of questions that are right in all languages."""
    return mean(np.all(answers.right, axis=1))


def correct_any(answers: Answers) -> Statistic:
    """Share of questions that are right in at least one language."""
    return mean(np.any(answers.right, axis=1))


def potential(answers: Answers) -> Statistic:
    """`correct_any` minus the accuracy of the best language: what asking each question in its best language could add.

    The best language is the best of each resample. Where several are equally good, the best of few questions looks
    better than it is: value and interval are then a little too low. Guesses in many languages are right in one by
    chance as well: read it with `potential_chance`.
    """
    return _over_the_best(answers.right, np.any(answers.right, axis=1), lambda any_right, _: any_right)


def potential_chance(answers: Answers) -> Statistic:
    """The potential if languages with these accuracies were right independently of each other."""
    nothing = np.zeros(len(answers.right), dtype=bool)
    return _over_the_best(answers.right, nothing, lambda _, right: 1 - np.prod(1 - right, axis=-1))


def _over_the_best(
    right: NDArray[np.bool_],
    any_right: NDArray[np.bool_],
    reached: Callable[[NDArray[np.float64], NDArray[np.float64]], NDArray[np.float64]],
) -> Statistic:
    """Return what is reached minus the accuracy of the best language.

    Args:
        right: [Q, L].
        any_right: [Q] of which the share is handed on.
        reached: from that share [...] and accuracies [..., L] to an accuracy.
    """
    width = right.shape[1]

    def finish(sums: NDArray[np.float64]) -> NDArray[np.float64]:
        shares = divide(sums[..., :-1], sums[..., -1:])
        above: NDArray[np.float64] = reached(shares[..., 0], shares[..., 1:]) - shares[..., 1:].max(axis=-1)
        return np.maximum(above, 0)  # below it by rounding alone

    parts = np.column_stack([any_right, right, np.ones(len(right))]).astype(np.float64)
    # Right in one language, or in one that is not the best, which of equal ones is none of these.
    alone = np.column_stack([np.ones(width + 1), np.eye(width + 1, width), np.ones(width + 1)])
    alike = np.array([[0.0] * (width + 1) + [1.0], [1.0] * (width + 2)])
    return bounded(parts, finish, np.concatenate([alike, alone]), (0, 1))


def _vote(answers: Answers) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return [Q, K] the options with the most votes, and [Q] whether they are different answers: a tie.

    Options that the same languages voted for are one answer (their texts are the same there), not a tie.
    """
    voters = answers.voters()
    votes = voters.sum(axis=1)
    winners = (votes == votes.max(axis=1, keepdims=True)) & (votes > 0)
    first = winners.argmax(axis=1)
    backers = np.take_along_axis(voters, first[:, None, None], axis=2)
    return winners, ((voters != backers).any(axis=1) & winners).any(axis=1)


def majority_acc(answers: Answers) -> Statistic:
    """Accuracy of the vote over languages; a tie, or no vote at all, counts as wrong."""
    winners, tie = _vote(answers)
    gold_wins = np.take_along_axis(winners, np.maximum(answers.gold, 0)[:, None], axis=1)[:, 0]
    return mean(gold_wins & ~tie & (answers.gold >= 0))


def tied(answers: Answers) -> Statistic:
    """Share of questions whose vote over languages is a tie."""
    return mean(_vote(answers)[1])


def pivot_gap(answers: Answers) -> Statistic:
    """English accuracy minus the mean accuracy of the other languages."""
    pivot = answers.languages.index(PIVOT)
    return mean(answers.right[:, pivot] - np.delete(answers.right, pivot, axis=1).mean(axis=1), low=-1)


def invalid(answers: Answers) -> Statistic:
    """Share of (question, language) with no answer."""
    return mean((~answers.valid).mean(axis=1))


def truncated(answers: Answers) -> Statistic:
    """Share of (question, language) whose response was cut at the token limit.

    Raises:
        ValueError: it is not known of the responses whether they were cut.
    """
    if answers.truncated is None:
        raise ValueError("it is not known which responses were cut")
    return mean(answers.truncated.mean(axis=1))


def unfinished(answers: Answers) -> Statistic:
    """Share of (question, language) whose response has thoughts that never end.

    Raises:
        ValueError: there are no responses.
    """
    if answers.unfinished is None:
        raise ValueError("there are no responses whose thoughts could end")
    return mean(answers.unfinished.mean(axis=1))
