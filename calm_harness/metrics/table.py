"""Answers, and the table of them that all metrics read: complete questions only.

An answer in the table is the set of options that it may stand for: two answers are equal where their sets meet, so that
options with the same text in one language need no special case.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calm_harness.errors import CalmError

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
        totals: the options' log-likelihoods, where they are known beside scores that are something else.
        truncated: whether the response was cut at the token limit, None where that cannot be known.
        unfinished: whether the response's thoughts never end, None where there is no response.

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
    unfinished: bool | None = None
    totals: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        size = len(self.twins)
        fits = (self.choice is None or 0 <= self.choice < size) and -1 <= self.gold < size
        if not fits or any(part is not None and len(part) != size for part in (self.scores, self.totals)):
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
        totals: [Q, L, K] options' log-likelihoods, likewise; None where the scores are all there is.
        truncated: [Q, L] booleans, None where not known.
        unfinished: [Q, L] booleans, None where there are no responses.
        twins: [Q, L, K] for each option the first with the same text, itself beyond a question's own; None where no two
            options that have scores are the same.
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
    unfinished: NDArray[np.bool_] | None = None
    twins: NDArray[np.int64] | None = None
    totals: NDArray[np.float64] | None = None
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
        tags = tuple(languages)
        by_question: dict[str, dict[str, Answer]] = {}
        for answer in answers:
            by_language = by_question.setdefault(answer.question_id, {})
            if answer.language in by_language:
                raise CalmError(f"question {answer.question_id} is answered twice in {answer.language}")
            by_language[answer.language] = answer
        complete_ids = sorted(
            question_id for question_id, by_language in by_question.items() if by_language.keys() >= set(tags)
        )
        table = [[by_question[question_id][language] for language in tags] for question_id in complete_ids]
        for row in table:
            if len({len(a.twins) for a in row}) != 1 or len({a.gold for a in row}) != 1:
                raise CalmError(
                    f"question {row[0].question_id}: languages disagree on the number of options or the gold one"
                )
            if not 2 <= len(row[0].twins) <= MAX_OPTIONS:
                raise CalmError(
                    f"question {row[0].question_id} has {len(row[0].twins)} options, not 2 to {MAX_OPTIONS}"
                )
        shape = (len(complete_ids), len(tags))
        cells = [answer for row in table for answer in row]
        # Asked of incomplete questions as well, so that a table without a complete one is still one of scores.
        in_languages = [
            answer for by_language in by_question.values() for answer in by_language.values() if answer.language in tags
        ]
        scored = all(a.scores is not None for a in in_languages)

        def marks(name: str) -> NDArray[np.bool_] | None:
            known = all(getattr(answer, name) is not None for answer in in_languages)
            return np.array([getattr(a, name) for a in cells], dtype=np.bool_).reshape(shape) if known else None

        return cls(
            question_ids=tuple(complete_ids),
            languages=tags,
            chosen=np.array([a.options for a in cells], dtype=np.int64).reshape(shape),
            position=np.array([-1 if a.choice is None else a.choice for a in cells], dtype=np.int64).reshape(shape),
            gold=np.array([first.gold for first, *_ in table], dtype=np.int64),
            size=np.array([len(first.twins) for first, *_ in table], dtype=np.int64),
            scores=_pad([a.scores or () for a in cells], shape) if scored else None,
            totals=_pad([a.totals or a.scores or () for a in cells], shape) if scored else None,
            truncated=marks("truncated"),
            unfinished=marks("unfinished"),
            twins=_twins([a.twins for a in cells], shape) if scored else None,
            incomplete=len(by_question) - len(complete_ids),
        )

    def only(self, question_ids: Sequence[str]) -> Answers:
        """Return the table of some of its questions, in the order given."""
        row_of = {question_id: row for row, question_id in enumerate(self.question_ids)}
        rows = np.array([row_of[question_id] for question_id in question_ids], dtype=np.int64)
        return replace(
            self,
            question_ids=tuple(question_ids),
            chosen=self.chosen[rows],
            position=self.position[rows],
            gold=self.gold[rows],
            size=self.size[rows],
            scores=None if self.scores is None else self.scores[rows],
            totals=None if self.totals is None else self.totals[rows],
            truncated=None if self.truncated is None else self.truncated[rows],
            unfinished=None if self.unfinished is None else self.unfinished[rows],
            twins=None if self.twins is None else self.twins[rows],
        )

    @property
    def valid(self) -> NDArray[np.bool_]:
        """[Q, L]: whether there is an answer."""
        return np.not_equal(self.chosen, 0)

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
    orders = [[table.languages.index(language) for language in first.languages] for table in tables]
    width = max(int(table.size.max(initial=1)) for table in tables)

    def columns(name: str) -> NDArray[Any]:
        return np.concatenate([getattr(table, name)[:, order] for table, order in zip(tables, orders, strict=True)])

    def known(name: str) -> NDArray[np.bool_] | None:
        return columns(name) if all(getattr(table, name) is not None for table in tables) else None

    def padded(name: str) -> NDArray[np.float64] | None:
        parts = [getattr(table, name) for table in tables]
        if any(part is None for part in parts):
            return None
        parts = [part[:, order, :width] for part, order in zip(parts, orders, strict=True)]
        sizes = [((0, 0), (0, 0), (0, width - part.shape[2])) for part in parts]
        return np.concatenate([np.pad(*pair, constant_values=-np.inf) for pair in zip(parts, sizes, strict=True)])

    def same(table: Answers, order: list[int]) -> NDArray[np.int64]:
        twins = np.broadcast_to(np.arange(width), (*table.position.shape, width)).copy()
        if table.twins is not None:
            twins[..., : table.twins.shape[2]] = table.twins[:, order]
        return twins

    return Answers(
        question_ids=tuple(name for table in tables for name in table.question_ids),
        languages=first.languages,
        chosen=columns("chosen"),
        position=columns("position"),
        gold=np.concatenate([table.gold for table in tables]),
        size=np.concatenate([table.size for table in tables]),
        scores=padded("scores"),
        totals=padded("totals"),
        truncated=known("truncated"),
        unfinished=known("unfinished"),
        twins=np.concatenate(list(map(same, tables, orders))) if any(t.twins is not None for t in tables) else None,
        incomplete=sum(table.incomplete for table in tables),
    )


def _pad(scores: list[tuple[float, ...]], shape: tuple[int, int]) -> NDArray[np.float64]:
    width = max(map(len, scores), default=0)
    padded = [row + (-np.inf,) * (width - len(row)) for row in scores]
    return np.array(padded, dtype=np.float64).reshape(*shape, width)


def _twins(rows: list[tuple[int, ...]], shape: tuple[int, int]) -> NDArray[np.int64] | None:
    if all(len(set(row)) == len(row) for row in rows):
        return None
    width = max(map(len, rows))
    return np.array([row + tuple(range(len(row), width)) for row in rows], dtype=np.int64).reshape(*shape, width)
