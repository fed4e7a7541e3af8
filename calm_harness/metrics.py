"""Accuracy and cross-lingual consistency: one function a metric (needs numpy, neither torch nor lm-eval).

A metric is a `Statistic`: what it sums over questions, and how those sums become its value. `float(consistency(table))`
is that value, and the same sums make its question bootstrap cheap (`calm_harness.intervals`). All metrics read
`Answers`, a table of complete questions only; an answer in it is the set of options that it may stand for: two answers
are equal where their sets meet, so that options with the same text in one language need no special case. (Where each
answer has to be one option, in `alpha` and the vote, `_resolved` and `_vote` say which.)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from calm_harness.errors import CalmError

PIVOT = "en"
MAX_OPTIONS = 63  # a set of options is one 64-bit integer


@dataclass(frozen=True, slots=True)
class Answer:
    """What a model answered to one question in one language.

    Attributes:
        question_id: the same in all languages.
        language: BCP 47 tag.
        choice: 0-based position of the option in the order that was shown, None for no answer.
        gold: position of the right option, -1 where it is hidden.
        twins: for each option the first option with the same text in this language; `(0, 1, 2)` where all differ.
        scores: the options' scores, where the model was asked for likelihoods.
        truncated: whether the response was cut at the token limit, None where that cannot be known.

    Raises:
        CalmError: choice, gold or scores do not fit the number of options.
    """

    question_id: str
    language: str
    choice: int | None
    gold: int
    twins: tuple[int, ...]
    scores: tuple[float, ...] | None = None
    truncated: bool | None = None

    def __post_init__(self) -> None:
        size = len(self.twins)
        fits = (self.choice is None or 0 <= self.choice < size) and -1 <= self.gold < size
        if not fits or (self.scores is not None and len(self.scores) != size):
            raise CalmError(
                f"question {self.question_id} in {self.language}: "
                f"choice {self.choice}, gold {self.gold} or the scores do not fit its {size} options"
            )

    @property
    def options(self) -> int:
        """Return the 64-bit set of the options that this answer may stand for, 0 for no answer."""
        if self.choice is None:
            return 0
        return sum(1 << i for i, twin in enumerate(self.twins) if twin == self.twins[self.choice])

    @property
    def right(self) -> bool:
        """Return whether one of the options that the answer may stand for is gold."""
        return self.gold >= 0 and bool(self.options >> self.gold & 1)

    def __str__(self) -> str:
        """Return the answer's letter, "-" for no answer (what a sample log shows)."""
        return "-" if self.choice is None else chr(ord("A") + self.choice)


def twins(options: Sequence[str]) -> tuple[int, ...]:
    """For each option the index of the first option with the same text, white space aside.

    Case counts: "Flugzeug" and "flugzeug" are one word, but the genotypes "Aa" and "aa" are two answers.
    """
    texts = [" ".join(option.split()) for option in options]
    return tuple(texts.index(text) for text in texts)


@dataclass(frozen=True)
class Answers:
    """The answers to Q complete questions in L languages, at most K options a question.

    Attributes:
        question_ids: Q ids, sorted.
        languages: L BCP 47 tags.
        chosen: [Q, L] sets of options as bits; 0 is no answer.
        position: [Q, L] 0-based position of the chosen option, -1 for no answer.
        gold: [Q] position of the right option, -1 where hidden.
        size: [Q] number of options.
        scores: [Q, L, K] options' scores, -inf beyond a question's own; None where there are none.
        truncated: [Q, L] booleans, None where not known.
        incomplete: questions left out, since not all languages were there.
    """

    question_ids: tuple[str, ...]
    languages: tuple[str, ...]
    chosen: NDArray[np.int64]
    position: NDArray[np.int64]
    gold: NDArray[np.int64]
    size: NDArray[np.int64]
    scores: NDArray[np.float64] | None = None
    truncated: NDArray[np.bool_] | None = None
    incomplete: int = 0

    @classmethod
    def collect(cls, answers: Iterable[Answer], languages: Sequence[str]) -> Answers:
        """Put answers, in whatever order they come, into a table of the complete questions.

        Args:
            answers: any number of answers; none may stand twice.
            languages: the languages that a complete question has.

        Raises:
            CalmError: a question is answered twice in a language, its languages disagree about the number of options
                or the right one, or it has fewer than 2 or more than 63 options.
        """
        wanted = tuple(languages)
        by_question: dict[str, dict[str, Answer]] = {}
        for answer in answers:
            answered = by_question.setdefault(answer.question_id, {})
            if answer.language in answered:
                raise CalmError(f"question {answer.question_id} is answered twice in {answer.language}")
            answered[answer.language] = answer
        complete = sorted(q for q, answered in by_question.items() if answered.keys() >= set(wanted))
        table = [[by_question[q][language] for language in wanted] for q in complete]
        for row in table:
            if len({len(a.twins) for a in row}) != 1 or len({a.gold for a in row}) != 1:
                raise CalmError(
                    f"question {row[0].question_id}: languages disagree on the number of options or the gold one"
                )
            if not 2 <= len(row[0].twins) <= MAX_OPTIONS:
                raise CalmError(
                    f"question {row[0].question_id} has {len(row[0].twins)} options, not 2 to {MAX_OPTIONS}"
                )
        shape = (len(complete), len(wanted))
        cells = [answer for row in table for answer in row]
        # Asked of incomplete questions as well, so that a table without a complete one is still one of scores.
        given = [
            answer for answered in by_question.values() for answer in answered.values() if answer.language in wanted
        ]
        scored = all(a.scores is not None for a in given)
        known = all(a.truncated is not None for a in given)
        return cls(
            question_ids=tuple(complete),
            languages=wanted,
            chosen=np.array([a.options for a in cells], dtype=np.int64).reshape(shape),
            position=np.array([-1 if a.choice is None else a.choice for a in cells], dtype=np.int64).reshape(shape),
            gold=np.array([first.gold for first, *_ in table], dtype=np.int64),
            size=np.array([len(first.twins) for first, *_ in table], dtype=np.int64),
            scores=_pad([a.scores or () for a in cells], shape) if scored else None,
            truncated=np.array([a.truncated for a in cells], dtype=np.bool_).reshape(shape) if known else None,
            incomplete=len(by_question) - len(complete),
        )

    def only(self, question_ids: Sequence[str]) -> Answers:
        """Return the table of some of its questions, in the order given."""
        place = {question_id: row for row, question_id in enumerate(self.question_ids)}
        rows = np.array([place[question_id] for question_id in question_ids], dtype=np.int64)
        return replace(
            self,
            question_ids=tuple(question_ids),
            chosen=self.chosen[rows],
            position=self.position[rows],
            gold=self.gold[rows],
            size=self.size[rows],
            scores=None if self.scores is None else self.scores[rows],
            truncated=None if self.truncated is None else self.truncated[rows],
        )

    @property
    def valid(self) -> NDArray[np.bool_]:
        """[Q, L]: whether there is an answer."""
        return self.chosen != 0

    @property
    def right(self) -> NDArray[np.bool_]:
        """[Q, L]: whether the answer is right; no answer is wrong."""
        return (self.chosen >> np.maximum(self.gold, 0)[:, None] & 1).astype(bool) & (self.gold >= 0)[:, None]

    @property
    def hidden(self) -> bool:
        """Whether any question's gold option is hidden."""
        return bool((self.gold < 0).any())

    def voters(self) -> NDArray[np.bool_]:
        """[Q, L, K]: whether the language's answer may stand for the option."""
        width = int(self.size.max(initial=1))
        return (self.chosen[:, :, None] >> np.arange(width) & 1).astype(bool)


def stack(tables: Sequence[Answers]) -> Answers:
    """Put tables of the same languages below each other; a question may come again, from another run.

    Raises:
        CalmError: the languages differ.
    """
    first = tables[0]
    if any(set(table.languages) != set(first.languages) for table in tables):
        raise CalmError("runs in different languages cannot be put together")
    order = [[table.languages.index(language) for language in first.languages] for table in tables]
    width = max(int(table.size.max(initial=1)) for table in tables)

    def columns(name: str) -> NDArray:
        return np.concatenate([getattr(table, name)[:, at] for table, at in zip(tables, order, strict=True)])

    def padded(table: Answers, at: list[int]) -> NDArray[np.float64]:
        assert table.scores is not None
        scores = table.scores[:, at, :width]
        return np.pad(scores, ((0, 0), (0, 0), (0, width - scores.shape[2])), constant_values=-np.inf)

    scored = all(table.scores is not None for table in tables)
    return Answers(
        question_ids=tuple(name for table in tables for name in table.question_ids),
        languages=first.languages,
        chosen=columns("chosen"),
        position=columns("position"),
        gold=np.concatenate([table.gold for table in tables]),
        size=np.concatenate([table.size for table in tables]),
        scores=np.concatenate(list(map(padded, tables, order))) if scored else None,
        truncated=columns("truncated") if all(table.truncated is not None for table in tables) else None,
        incomplete=sum(table.incomplete for table in tables),
    )


def _pad(scores: list[tuple[float, ...]], shape: tuple[int, int]) -> NDArray[np.float64]:
    width = max(map(len, scores), default=0)
    padded = [row + (-np.inf,) * (width - len(row)) for row in scores]
    return np.array(padded, dtype=np.float64).reshape(*shape, width)


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


def _mean(values: NDArray) -> Statistic:
    """Return the mean over questions of [Q] values."""
    parts = np.stack([values.astype(np.float64), np.ones(len(values))], axis=1)
    return Statistic(parts, lambda sums: _divide(sums[..., 0], sums[..., 1]))


def _divide(above: NDArray, below: NDArray) -> NDArray[np.float64]:
    above, below = np.asarray(above, dtype=np.float64), np.asarray(below, dtype=np.float64)
    return np.divide(above, below, out=np.full(np.broadcast(above, below).shape, np.nan), where=below != 0)


def _equal_pairs(answers: Answers) -> NDArray[np.int64]:
    """[Q]: language pairs with the same valid answer."""
    counts = np.zeros(len(answers.chosen), dtype=np.int64)
    for one, other in combinations(range(len(answers.languages)), 2):
        counts += answers.chosen[:, one] & answers.chosen[:, other] != 0
    return counts


def acc(answers: Answers, language: str | None = None) -> Statistic:
    """Share of right answers, over all languages or in one; no answer counts as wrong."""
    right = answers.right if language is None else answers.right[:, [answers.languages.index(language)]]
    return _mean(right.mean(axis=1))


def consistency(answers: Answers) -> Statistic:
    """Equal pairs among a question's valid answers ÷ pairs of valid answers, 0 below two; mean over questions.

    The measure of the CALM authors' code (`utils/get_consistency_score.py` in `wangym2/CALM`): an answer that cannot be
    read is left out of the pairs. Theirs deletes from a list while walking along it, and so keeps every second one of
    unreadable answers that stand side by side; here all are left out.
    """
    valid = answers.valid.sum(axis=1)
    pairs = valid * (valid - 1) // 2
    return _mean(np.nan_to_num(_divide(_equal_pairs(answers), pairs)))


def consistency_strict(answers: Answers) -> Statistic:
    """Equal pairs ÷ all language pairs, where no answer equals nothing; mean over questions."""
    width = len(answers.languages)
    return _mean(_equal_pairs(answers) / (width * (width - 1) / 2))


def consistency_all(answers: Answers) -> Statistic:
    """Share of questions with one and the same valid answer in all languages."""
    return _mean(np.asarray(np.bitwise_and.reduce(answers.chosen, axis=1) != 0))


def correct_all(answers: Answers) -> Statistic:
    """Share of questions that are right in all languages."""
    return _mean(np.all(answers.right, axis=1))


def correct_any(answers: Answers) -> Statistic:
    """Share of questions that are right in at least one language."""
    return _mean(np.any(answers.right, axis=1))


def _by_size(answers: Answers, parts: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Lay each question's parts [Q, d] into the columns of its number of options: [Q, S * d], and the S sizes."""
    sizes, which = np.unique(answers.size, return_inverse=True)
    wide = np.zeros((len(parts), len(sizes), parts.shape[1]))
    wide[np.arange(len(parts)), which] = parts
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
    parts, _ = _by_size(answers, np.concatenate([observed[:, None], counts], axis=1))
    width = counts.shape[1] + 1

    def finish(sums: NDArray[np.float64]) -> NDArray[np.float64]:
        grouped = sums.reshape(*sums.shape[:-1], -1, width)
        values = grouped[..., 1:]
        n = values.sum(axis=-1)
        expected = _divide(n**2 - (values**2).sum(axis=-1), n - 1)
        return 1 - _divide(grouped[..., 0].sum(axis=-1), np.nan_to_num(expected).sum(axis=-1))

    return Statistic(parts, finish)


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


def position_entropy(answers: Answers) -> Statistic:
    """Entropy of the answers' positions ÷ its maximum, log(number of options): 1 for an even spread, 0 for "always B".

    Taken within each number of options, then averaged over answers. A sample of an even spread is never quite even: the
    value is a little too low for few questions, and the interval of an even spread does not reach 1.
    """
    width = int(answers.size.max(initial=1))
    counts = (answers.position[:, :, None] == np.arange(width)).sum(axis=1).astype(np.float64)
    parts, sizes = _by_size(answers, counts)
    most = np.log(sizes)

    def finish(sums: NDArray[np.float64]) -> NDArray[np.float64]:
        grouped = sums.reshape(*sums.shape[:-1], len(sizes), width)
        n = grouped.sum(axis=-1)
        share = np.nan_to_num(_divide(grouped, n[..., None]))
        entropy = (share * np.log(1 / np.where(share > 0, share, 1))).sum(axis=-1)
        return _divide((n * entropy / most).sum(axis=-1), n.sum(axis=-1))

    return Statistic(parts, finish)


def rankc(answers: Answers) -> Statistic:
    """RankC: how alike the languages rank the options; mean over language pairs and questions.

    For two rankings of n options: sum over j of w_j · |overlap of the two top-j sets| ÷ j, w = softmax(n, n-1, …, 1).
    Options with the same score rank in the order they were shown in (so ties make languages more alike), those whose
    score is NaN last.

    Source: Qi, Fernández and Bisazza, "Cross-Lingual Consistency of Factual Knowledge in Multilingual Language Models"
    (EMNLP 2023), equations 1 to 3.

    Raises:
        ValueError: there are no scores.
    """
    return _mean(np.mean([alike for _, _, alike in _rankc_by_pair(answers)], axis=0))


def ranks(answers: Answers) -> NDArray[np.int64]:
    """[Q, L, K]: each option's rank by its score, 0 for the best.

    Raises:
        ValueError: there are no scores.
    """
    if answers.scores is None:
        raise ValueError("RankC needs the options' scores")
    order = np.argsort(np.where(np.isnan(answers.scores), np.inf, -answers.scores), axis=2, kind="stable")
    return np.argsort(order, axis=2)


def _rankc_by_pair(answers: Answers) -> Iterator[tuple[int, int, NDArray[np.float64]]]:
    """Yield each two languages, by number, and [Q] how alike they rank the options."""
    rank = ranks(answers)
    # An option lies in both top-j sets for every j above its worse rank, so it adds the weights from there on.
    tails = np.zeros((int(answers.size.max(initial=1)) + 1, rank.shape[2]))
    for size in np.unique(answers.size):
        tails[size, :size] = np.cumsum((_rank_weights(size) / np.arange(1, size + 1))[::-1])[::-1]
    for one, other in combinations(range(len(answers.languages)), 2):
        worse = np.maximum(rank[:, one], rank[:, other])
        yield one, other, tails[answers.size[:, None], worse].sum(axis=1)


def _rank_weights(n: int) -> NDArray[np.float64]:
    weights = np.exp(-np.arange(n, dtype=np.float64))
    return weights / weights.sum()


def rankc_chance(answers: Answers) -> Statistic:
    """RankC of independent random rankings: .310 for five options, .377 for four."""
    sizes, which = np.unique(answers.size, return_inverse=True)
    return _mean(np.array([_rank_weights(n) @ np.arange(1, n + 1) / n for n in sizes])[which])


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
    chosen = np.take_along_axis(winners, np.maximum(answers.gold, 0)[:, None], axis=1)[:, 0]
    return _mean(chosen & ~tie & (answers.gold >= 0))


def tied(answers: Answers) -> Statistic:
    """Share of questions whose vote over languages is a tie."""
    return _mean(_vote(answers)[1])


def pivot_gap(answers: Answers) -> Statistic:
    """English accuracy minus the mean accuracy of the other languages."""
    pivot = answers.languages.index(PIVOT)
    return _mean(answers.right[:, pivot] - np.delete(answers.right, pivot, axis=1).mean(axis=1))


def invalid(answers: Answers) -> Statistic:
    """Share of (question, language) with no answer."""
    return _mean((~answers.valid).mean(axis=1))


def truncated(answers: Answers) -> Statistic:
    """Share of (question, language) whose response was cut at the token limit.

    Raises:
        ValueError: it is not known of the responses whether they were cut.
    """
    if answers.truncated is None:
        raise ValueError("it is not known which responses were cut")
    return _mean(answers.truncated.mean(axis=1))


def pairwise(answers: Answers) -> dict[str, NDArray[np.float64]]:
    """Language × language tables, [L, L]: `consistency` (over valid pairs) and, with scores, `rankc`."""
    valid = answers.valid
    shape = (len(answers.languages), len(answers.languages))
    tables = {"consistency": np.full(shape, np.nan)}
    for one, other in combinations(range(len(answers.languages)), 2):
        both = valid[:, one] & valid[:, other]
        equal = answers.chosen[:, one] & answers.chosen[:, other] != 0
        tables["consistency"][[one, other], [other, one]] = _divide(equal.sum(), both.sum())
    if answers.scores is not None:
        tables["rankc"] = np.full(shape, np.nan)
        for one, other, alike in _rankc_by_pair(answers):
            tables["rankc"][[one, other], [other, one]] = float(_mean(alike))
    return tables


def pairwise_report(answers: Answers) -> dict[str, dict[str, dict[str, float | None]]]:
    """The pairwise tables by name and language, for JSON: None where undefined, the diagonal included."""
    return {
        name: {
            one: {
                other: None if np.isnan(value) else float(value)
                for other, value in zip(answers.languages, row, strict=True)
            }
            for one, row in zip(answers.languages, table, strict=True)
        }
        for name, table in pairwise(answers).items()
    }


HIGHER_IS_BETTER = {
    "acc": True,
    "consistency": True,
    "consistency_strict": True,
    "consistency_all": True,
    "correct_all": True,
    "correct_any": True,
    "alpha": True,
    "rankc": True,
    "rankc_chance": None,
    "majority_acc": True,
    "tied": False,
    "pivot_gap": None,
    "position_entropy": None,
    "invalid": False,
    "truncated": False,
}
"""Every metric and its direction; None where neither more nor less is better in itself."""

_OF_LABELS = ("acc", "correct_all", "correct_any", "majority_acc", "pivot_gap")
_OF_ONE_LANGUAGE = ("acc", "position_entropy", "invalid", "truncated")


def names(languages: Sequence[str], *, labelled: bool, scored: bool, responses: bool) -> list[str]:
    """Name the metrics that make sense for a run, `acc_<lang>` included.

    Args:
        languages: the run's languages; a single one has no cross-lingual metric.
        labelled: whether gold answers are known.
        scored: whether options have scores (likelihoods), which RankC needs.
        responses: whether answers are free text of which it is known whether they were cut.
    """
    chosen = list(HIGHER_IS_BETTER)
    if len(languages) < 2:
        chosen = [name for name in chosen if name in _OF_ONE_LANGUAGE]
    if not labelled:
        chosen = [name for name in chosen if name not in _OF_LABELS]
    if not scored:
        chosen = [name for name in chosen if not name.startswith("rankc")]
    if not responses:
        chosen.remove("truncated")
    if PIVOT not in languages and "pivot_gap" in chosen:
        chosen.remove("pivot_gap")
    return chosen + [f"acc_{language}" for language in languages if labelled]


def statistic(name: str, answers: Answers) -> Statistic:
    """Return the metric of that name, `acc_<lang>` included."""
    if name.startswith("acc_"):
        return acc(answers, name.removeprefix("acc_"))
    metric: Callable[[Answers], Statistic] = globals()[name]
    return metric(answers)
