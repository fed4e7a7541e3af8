"""How far languages give the same answer: consistency, agreement beyond chance, and the spread of positions."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from calm_harness.metrics.sums import Statistic, bounded, divide, mean, pseudo_values
from calm_harness.metrics.table import Answers


def _equal_pairs(answers: Answers) -> NDArray[np.int64]:
    """[Q]: language pairs with the same valid answer."""
    counts = np.zeros(len(answers.chosen), dtype=np.int64)
    for first, second in combinations(range(len(answers.languages)), 2):
        counts += answers.chosen[:, first] & answers.chosen[:, second] != 0
    return counts


def consistency(answers: Answers) -> Statistic:
    """Equal pairs among a question's valid answers ÷ pairs of valid answers, 0 below two; mean over questions.

    The measure of the CALM authors' code (`utils/get_consistency_score.py` in `wangym2/CALM`): an answer that cannot be
    read is left out of the pairs. Theirs deletes from a list while walking along it, and so keeps every second one of
    unreadable answers that stand side by side; here all are left out.
    """
    valid = answers.valid.sum(axis=1)
    pairs = valid * (valid - 1) // 2
    return mean(np.nan_to_num(divide(_equal_pairs(answers), pairs)))


def consistency_strict(answers: Answers) -> Statistic:
    """Equal pairs ÷ all language pairs, where no answer equals nothing; mean over questions."""
    width = len(answers.languages)
    return mean(_equal_pairs(answers) / (width * (width - 1) / 2))


def consistency_all(answers: Answers) -> Statistic:
    """Share of questions with one and the same valid answer in all languages."""
    return mean(np.asarray(np.bitwise_and.reduce(answers.chosen, axis=1) != 0))


def _by_size(parts: NDArray[np.float64], size: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Lay each question's parts [Q, d] into the columns of its number of options [Q]: [Q, S * d], and the S sizes."""
    sizes, size_index = np.unique(size, return_inverse=True)
    wide = np.zeros((len(parts), len(sizes), parts.shape[1]))
    wide[np.arange(len(parts)), size_index] = parts
    return wide.reshape(len(parts), len(sizes) * parts.shape[1]), sizes


def alpha(answers: Answers) -> Statistic:
    """Krippendorff's alpha, nominal: agreement beyond chance; 1 - observed ÷ expected disagreement.

    Questions are the units, languages the observers, positions of options the values; no answer is a missing value, and
    questions with fewer than two answers do not count. A position means the same only among questions with equally many
    options, so disagreements are taken within each number of options and then added up. Where options share a text, an
    answer counts for the one that most languages chose, the first of several. Undefined (NaN) where only one answer
    occurs.

    Source: Krippendorff, "Computing Krippendorff's Alpha-Reliability" (2011), section C (nominal data, missing values).
    """
    counts = _resolved(answers)
    m = counts.sum(axis=1)
    counts = np.where((m >= 2)[:, None], counts, 0)
    observed = np.where(m >= 2, (m**2 - (counts**2).sum(axis=1)) / np.maximum(m - 1, 1), 0)

    def expected(values: NDArray[np.float64]) -> NDArray[np.float64]:
        n = values.sum(axis=-1)
        return np.nan_to_num(divide(n**2 - (values**2).sum(axis=-1), n - 1))

    imagined, imagined_size = _imagined(counts, answers)
    total = len(answers.languages)
    disagreeing = np.minimum((total**2 - (imagined**2).sum(axis=1)) / max(total - 1, 1), total)
    questions = np.concatenate([disagreeing[:, None], imagined], axis=1)
    return _beyond_chance(
        np.concatenate([observed[:, None], counts], axis=1), answers.size, expected, questions, imagined_size
    )


def kappa_strict(answers: Answers) -> Statistic:
    """Fleiss' kappa where an answer that cannot be read agrees with nothing: agreement beyond chance, over all pairs.

    Observed is the share of language pairs with the same answer, expected the chance that two answers, drawn one after
    the other from all languages' answers, are the same. An answer that cannot be read is a category of its own: it is
    among those that are drawn from, and the same as none, not even as itself. So silence lowers what is observed and
    what is expected; where all are silent, both are 0, and so is kappa. Of n answers with one number of options that
    can all be read, 1 - alpha = (1 - kappa) · (n - 1) ÷ n: alpha takes no answer for a draw of itself.

    Numbers of options, and options that share a text, are dealt with as in `alpha`. Undefined (NaN) where only one
    answer occurs.

    Source: Fleiss, "Measuring Nominal Scale Agreement among Many Raters" (1971); what it makes of answers that cannot
    be read is ours.
    """
    counts, width = _resolved(answers), len(answers.languages)
    unread = width - counts.sum(axis=1)

    def unequal(values: NDArray[np.float64], silent: NDArray[np.float64]) -> NDArray[np.float64]:
        apart: NDArray[np.float64] = (width**2 - (values**2).sum(axis=-1) - silent) / max(width - 1, 1)
        return np.minimum(np.maximum(apart, 0), width)

    def expected(values: NDArray[np.float64]) -> NDArray[np.float64]:
        n: NDArray[np.float64] = values.sum(axis=-1)
        return n - np.nan_to_num(divide((values[..., :-1] ** 2).sum(axis=-1), n))

    parts = np.stack([unequal(counts, unread), *counts.T, unread], axis=1)
    imagined, imagined_size = _imagined(counts, answers)
    read = np.stack([unequal(imagined, np.zeros(1)), *imagined.T, np.zeros(len(imagined))], axis=1)
    silent = np.zeros((len(np.unique(answers.size)), parts.shape[1]))
    silent[:, 0] = silent[:, -1] = width
    questions = np.concatenate([read, silent])
    sizes = np.concatenate([imagined_size, np.unique(answers.size)])
    return _beyond_chance(parts, answers.size, expected, questions, sizes)


def _beyond_chance(
    question_parts: NDArray[np.float64],
    size: NDArray[np.int64],
    expected: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    imagined: NDArray[np.float64],
    imagined_size: NDArray[np.int64],
) -> Statistic:
    """Return 1 - observed ÷ expected disagreement, both added up over numbers of options.

    Args:
        question_parts: [Q, 1 + V] each question's disagreement, and its answers by value.
        size: [Q] its number of options.
        expected: from sums of the answers [..., V] to disagreement by chance [...].
        imagined: [C, 1 + V] the same of imagined questions.
        imagined_size: [C] their numbers of options.
    """
    parts, sizes = _by_size(question_parts, size)
    width = question_parts.shape[1]

    def finish(sums: NDArray[np.float64]) -> NDArray[np.float64]:
        grouped = sums.reshape(*sums.shape[:-1], len(sizes), width)
        by_chance = expected(grouped[..., 1:]).sum(axis=-1)
        return 1 - divide(grouped[..., 0].sum(axis=-1), by_chance)

    def contribute(parts: NDArray[np.float64]) -> NDArray[np.float64]:
        """Beside pseudo-values, which differ by the rarity of answers too, give what disagreement alone does."""
        disagreement = parts.reshape(len(parts), len(sizes), width)[..., 0].sum(axis=-1)
        share = np.nan_to_num(divide(len(parts) * disagreement, disagreement.sum()))
        return np.stack([pseudo_values(parts, finish), 1 - (1 - finish(parts.sum(axis=0))) * share])

    return bounded(parts, finish, _by_size(imagined, imagined_size)[0], (-1, 1), contribute)


def _resolved(answers: Answers) -> NDArray[np.float64]:
    """[Q, K]: answers by position, each counted once, for that of its options which most languages chose."""
    voters = answers.voters()
    votes = voters.sum(axis=1)
    best = np.where(voters, votes[:, None, :], 0).argmax(axis=2)
    counts = np.zeros(votes.shape)
    for column in range(len(answers.languages)):
        rows = np.flatnonzero(answers.valid[:, column])
        counts[rows, best[rows, column]] += 1
    return counts


SPREAD = 0.8  # of a base model's entropy of positions: with less, positions collapsed


def position_entropy(answers: Answers) -> Statistic:
    """Entropy of the answers' positions ÷ its maximum, log(number of options): 1 for an even spread, 0 for "always B".

    Taken within each number of options, then averaged over answers. A sample of an even spread is never quite even: the
    value is a little too low for few questions, and the interval reaches further up than down.
    """
    width = int(answers.size.max(initial=1))
    counts = (answers.position[:, :, None] == np.arange(width)).sum(axis=1).astype(np.float64)
    parts, sizes = _by_size(counts, answers.size)
    maximum = np.log(sizes)

    def finish(sums: NDArray[np.float64]) -> NDArray[np.float64]:
        grouped = sums.reshape(*sums.shape[:-1], len(sizes), width)
        n = grouped.sum(axis=-1)
        share = np.nan_to_num(divide(grouped, n[..., None]))
        entropy = (share * np.log(1 / np.where(share > 0, share, 1))).sum(axis=-1)
        return divide((n * entropy / maximum).sum(axis=-1), n.sum(axis=-1))

    imagined, _ = _by_size(*_imagined(counts, answers))
    return bounded(parts, finish, imagined, (0, 1))


def _imagined(counts: NDArray[np.float64], answers: Answers) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Imagine, for each number of options, questions whose answers are placed in the most extreme ways.

    All answers at the commonest position or at the rarest, spread evenly, or spread evenly over all but the commonest.

    Args:
        counts: [Q, K] answers by position.
        answers: the table.

    Returns:
        [C, K] answers by position, and [C] the number of options.
    """
    kinds, sizes = [], np.unique(answers.size)
    for size in sizes:
        seen = counts[answers.size == size, :size].sum(axis=0)
        common, rare = seen.argmax(), seen.argmin()
        kind = np.zeros((4, counts.shape[1]))
        kind[0, common] = kind[1, rare] = 1
        kind[2, :size] = 1 / size
        kind[3, :size] = 1 / (size - 1)
        kind[3, common] = 0
        kinds.append(kind * len(answers.languages))
    return np.concatenate([np.zeros((0, counts.shape[1])), *kinds]), np.repeat(sizes, 4)
