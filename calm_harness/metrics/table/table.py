"""A table of answers, and the ledger that it is made of."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from calm_harness.errors import CalmError
from calm_harness.metrics.table.answer import Answer
from calm_harness.metrics.table.frame import tidy

if TYPE_CHECKING:
    import pandas as pd

MAX_OPTIONS = 63  # a set of options is one 64-bit integer


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
        own_language: [Q, L] booleans, None where options were shown.
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
    own_language: NDArray[np.bool_] | None = None
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
        ledger = Ledger()
        for answer in answers:
            ledger.add(answer)
        return ledger.table(languages)

    def only(self, question_ids: Sequence[str]) -> Answers:
        """Return the table of some of its questions, in the order given."""
        row_of = {question_id: row for row, question_id in enumerate(self.question_ids)}
        rows = np.array([row_of[question_id] for question_id in question_ids], dtype=np.int64)
        columns: dict[str, Any] = {
            name: values[rows] for name, values in vars(self).items() if isinstance(values, np.ndarray)
        }
        return replace(self, question_ids=tuple(question_ids), **columns)

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

    def decided(self, scores: NDArray[np.float64]) -> Answers:
        """Return the answers that other scores [Q, L, K] decide, which are taken for log-likelihoods as well.

        They are -inf beyond a question's own options. Twins of the best option are chosen with it; where no score is
        finite, there is no answer.
        """
        there = np.asarray(np.isfinite(scores).any(axis=2))
        best = np.where(there, np.where(np.isnan(scores), -np.inf, scores).argmax(axis=2), -1)
        places = np.arange(scores.shape[2])
        twins = np.broadcast_to(places, scores.shape) if self.twins is None else self.twins
        same = np.equal(twins, np.take_along_axis(twins, np.maximum(best, 0)[..., None], axis=2))
        within = places < self.size[:, None, None]
        chosen = np.where(same & within & there[..., None], np.int64(1) << places, 0).sum(axis=2)
        return replace(self, chosen=chosen, position=best, scores=scores, totals=scores)

    def to_pandas(self) -> pd.DataFrame:
        """Lay the table out as a frame, a row a question and language.

        Returns:
            `question_id`, `language` (string); `chosen`, `gold` (Int64): positions in the order shown, missing where
            there is no answer or the label is hidden; `chosen_set` (int64): the options that the answer may stand for,
            as bits: two answers are equal where they have one in common; `options` (int64): how many; `valid` (bool);
            `right` (boolean), missing where the label is hidden; `truncated`, `unfinished` and `own_language` (bool)
            where they are known.

        >>> from calm_harness.metrics import Answer, Answers
        >>> answers = [Answer("q1", "en", 1, 1, (0, 1, 2)), Answer("q1", "fr", None, 1, (0, 1, 2))]
        >>> Answers.collect(answers, ["en", "fr"]).to_pandas()[["language", "chosen", "gold", "right"]]
          language  chosen  gold  right
        0       en       1     1   True
        1       fr    <NA>     1  False
        """
        hidden, marks = self.gold[:, None] < 0, ("truncated", "unfinished", "own_language")
        columns = {
            "chosen": self.position,
            "chosen_set": self.chosen,
            "gold": self.gold[:, None],
            "options": self.size[:, None],
            "valid": self.valid,
            "right": self.right,
            **{name: getattr(self, name) for name in marks if getattr(self, name) is not None},
        }
        missing = {"chosen": ~self.valid, "gold": hidden, "right": hidden}
        return tidy(self.question_ids, self.languages, columns, missing)

    def voters(self) -> NDArray[np.bool_]:
        """[Q, L, K]: whether the language's answer may stand for the option."""
        width = int(self.size.max(initial=1))
        return (self.chosen[:, :, None] >> np.arange(width) & 1).astype(bool)


class Ledger:
    """Answers as they come, in tens of bytes each.

    Attributes:
        questions: the questions' ids, and their numbers, as they were first met.
        languages: BCP 47 tags, likewise.
        samples: the most samples of a question in a language.
    """

    def __init__(self) -> None:
        self.questions: dict[str, int] = {}
        self.languages: dict[str, int] = {}
        self.samples = 0
        by_answer = {"question": "i", "language": "h", "gold": "h", "size": "h", "taken": "h", "scored": "b"}
        self._columns = {name: array(kind) for name, kind in by_answer.items()}
        # -1 where it is not known
        self._marks = {name: array("b") for name in ("truncated", "unfinished", "own_language")}
        self._chosen, self._position = array("q"), array("h")  # answer by answer, sample by sample
        # Scored answer by scored answer, option by option; of one without log-likelihoods its scores.
        self._scores, self._totals, self._twins = array("d"), array("d"), array("h")

    def add(self, answer: Answer, *others: Answer) -> None:
        """Add what a model answered, and its other samples of the same question in the same language."""
        question = self.questions.setdefault(answer.question_id, len(self.questions))
        language = self.languages.setdefault(answer.language, len(self.languages))
        size, scored = len(answer.twins), answer.scores is not None
        told = question, language, answer.gold, size, 1 + len(others), scored
        for column, value in zip(self._columns.values(), told, strict=True):
            column.append(value)
        for name, marks in self._marks.items():
            mark = getattr(answer, name)
            marks.append(-1 if mark is None else mark)
        for sample in (answer, *others):
            self._chosen.append(sample.options if size <= MAX_OPTIONS else 0)  # more are refused in a table
            self._position.append(-1 if sample.choice is None else sample.choice)
        if answer.scores is not None:
            self._scores.extend(answer.scores)
            self._totals.extend(answer.totals or answer.scores)
            self._twins.extend(answer.twins)
        self.samples = max(self.samples, 1 + len(others))

    def table(self, languages: Sequence[str]) -> Answers:
        """Return the table of the questions that have an answer in all of some languages; see `Answers.collect`."""
        rows, ids = self._rows(languages), list(self.questions)
        columns = {name: np.asarray(column) for name, column in self._columns.items()}
        size, gold = columns["size"].astype(np.int64), columns["gold"].astype(np.int64)
        question_ids = tuple(ids[question] for question in columns["question"][rows[:, 0]])
        _check(question_ids, size[rows], gold[rows])
        # Asked of incomplete questions as well, so that a table without a complete one is still one of scores.
        asked = np.isin(columns["language"], [self.languages.get(language, -1) for language in languages])
        scored = bool(columns["scored"][asked].all())
        firsts = (np.cumsum(columns["taken"], dtype=np.int64) - columns["taken"])[rows]
        starts = np.cumsum(size * columns["scored"]) - size

        def marks(name: str) -> NDArray[np.bool_] | None:
            told = np.asarray(self._marks[name])
            return (told[rows] > 0) if (told[asked] >= 0).all() else None

        def wide(flat: array[Any], beyond: NDArray[Any]) -> NDArray[Any]:
            values = np.broadcast_to(beyond, (*rows.shape, len(beyond))).copy()
            for count in np.unique(size[rows]):
                here = size[rows] == count
                values[here, :count] = np.asarray(flat)[starts[rows[here]][:, None] + np.arange(count)]
            return values

        places = np.arange(size[rows].max(initial=0))
        beyond = np.full(len(places), -np.inf)
        twins = wide(self._twins, places) if scored else places
        return Answers(
            question_ids=question_ids,
            languages=tuple(languages),
            chosen=np.asarray(self._chosen)[firsts],
            position=np.asarray(self._position)[firsts].astype(np.int64),
            gold=gold[rows[:, 0]],
            size=size[rows[:, 0]],
            scores=wide(self._scores, beyond) if scored else None,
            totals=wide(self._totals, beyond) if scored else None,
            truncated=marks("truncated"),
            unfinished=marks("unfinished"),
            own_language=marks("own_language"),
            twins=None if (twins == places).all() else twins,
            incomplete=len(self.questions) - len(rows),
        )

    def votes(self, languages: Sequence[str]) -> dict[str, Answers]:
        """Return tables in which every sample is a language, of each language alone and of `all` together.

        They have the questions of `table`, and no scores; where there are fewer samples, there is no answer.
        """
        table, rows = self.table(languages), self._rows(languages)
        taken = np.asarray(self._columns["taken"]).astype(np.int64)
        samples = np.arange(self.samples)
        there = samples < taken[rows][..., None]
        places = np.where(there, (np.cumsum(taken) - taken)[rows][..., None] + samples, 0)
        chosen = np.where(there, np.asarray(self._chosen)[places], 0)
        position = np.where(there, np.asarray(self._position)[places], -1)
        columns = {language: slice(number, number + 1) for number, language in enumerate(languages)}
        return {
            name: Answers(
                question_ids=table.question_ids,
                languages=tuple(f"{language}/{sample}" for language in languages[column] for sample in samples),
                chosen=chosen[:, column].reshape(len(rows), -1),
                position=position[:, column].reshape(len(rows), -1).astype(np.int64),
                gold=table.gold,
                size=table.size,
            )
            for name, column in (*columns.items(), ("all", slice(None)))
        }

    def _rows(self, languages: Sequence[str]) -> NDArray[np.int64]:
        """[Q, L]: the answers of the complete questions, by number, the questions in the order of their ids.

        Raises:
            CalmError: a question is answered twice in a language.
        """
        ids = list(self.questions)
        question, language = (np.asarray(self._columns[name]) for name in ("question", "language"))
        keys = question.astype(np.int64) * len(self.languages) + language
        _, firsts = np.unique(keys, return_index=True)
        if len(firsts) < len(keys):
            again = int(np.setdiff1d(np.arange(len(keys)), firsts)[0])
            tag = list(self.languages)[language[again]]
            raise CalmError(f"question {ids[question[again]]} is answered twice in {tag}")
        if not self.languages.keys() >= set(languages):
            return np.zeros((0, len(languages)), dtype=np.int64)
        row_of = np.full((len(ids), len(self.languages)), -1)
        row_of[question, language] = np.arange(len(keys))
        row_of = row_of[:, [self.languages[language] for language in languages]]
        complete = np.flatnonzero((row_of >= 0).all(axis=1)).tolist()
        return row_of[sorted(complete, key=ids.__getitem__)]


def _check(question_ids: Sequence[str], size: NDArray[np.int64], gold: NDArray[np.int64]) -> None:
    """See that languages agree on the number of options and on the right one, [Q, L] each.

    Raises:
        CalmError: they do not, or there are fewer than 2 options or more than 63.
    """
    apart = (size != size[:, :1]).any(axis=1) | (gold != gold[:, :1]).any(axis=1)
    wrong = np.flatnonzero(apart | (size[:, 0] < 2) | (size[:, 0] > MAX_OPTIONS))
    if len(wrong):
        question = f"question {question_ids[wrong[0]]}"
        if apart[wrong[0]]:
            raise CalmError(f"{question}: languages disagree on the number of options or the gold one")
        raise CalmError(f"{question} has {size[wrong[0], 0]} options, not 2 to {MAX_OPTIONS}")
