"""What was sampled for each question in each language, which stays in the logs until it is asked for."""

from __future__ import annotations

import functools
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from calm_harness.errors import CalmError
from calm_harness.files import Place
from calm_harness.predictions import Prediction
from calm_harness.predictions.rows.alike import Alike
from calm_harness.predictions.rows.log import TaskLog

Cell = tuple[int, int]  # number of a question, number of a language
NONE = -1  # no answer; not known


class Found(NamedTuple):
    """A row of a log: the log's number, where the row stands in it, and the row with its answers."""

    log: int
    place: Place
    row: Prediction


class Cells(Mapping[Cell, Prediction]):
    """The samples of questions in languages, in the order in which they were first met.

    In memory are where each row lies and what its responses answer, some 60 bytes a row and 2 a sample; whenever its
    texts are asked for, the row is read from its log.

    Args:
        logs: of our own tasks.
        rows: those of their rows that are kept, in their order.

    Attributes:
        question_ids: the questions' ids, in the order in which they were first met.
        languages: BCP 47 tags, likewise.
        sizes: how many options each question has.
        scored: whether options were scored: both, where some were and some were not.

    Raises:
        CalmError: a log cannot be read, or a question was not asked alike in its languages.
    """

    def __init__(self, logs: Sequence[TaskLog], rows: Iterable[Found]) -> None:
        self._logs = logs
        self._columns = columns = _Columns()
        alike = Alike(scores=False)
        for found in rows:
            alike.check(found.row)
            columns.add(found)
        alike.finish()
        self.question_ids, self.languages = tuple(columns.questions), tuple(columns.languages)
        self.sizes, self.scored = tuple(columns.sizes), columns.scored
        keys = np.asarray(columns.question, dtype=np.int64) * len(self.languages) + np.asarray(columns.language)
        self._rows = np.argsort(keys, kind="stable")  # cell by cell, and in a cell as they were met
        self._keys, starts = np.unique(keys[self._rows], return_index=True)
        self._bounds = np.append(starts, len(keys))
        self._met = np.argsort(self._rows[starts])  # the cells, as numbers of `_keys`, as they were met

    def __len__(self) -> int:
        return len(self._keys)

    def __iter__(self) -> Iterator[Cell]:
        return (self._cell(number) for number in self._met)

    def __getitem__(self, cell: Cell) -> Prediction:
        """Read the samples of a question in a language, of all runs together.

        Raises:
            KeyError: there are none.
            CalmError: runs do not fit together, or a log is another file since.
        """
        question, language = cell
        key = question * len(self.languages) + language
        number = int(np.searchsorted(self._keys, key))
        if not 0 <= language < len(self.languages) or number == len(self) or self._keys[number] != key:
            raise KeyError(cell)
        rows = self._rows[self._bounds[number] : self._bounds[number + 1]]
        return functools.reduce(joined, map(self._read, rows.tolist()))

    def places(self) -> NDArray[np.int64]:
        """[C, 2]: the cells, in their order."""
        keys = self._keys[self._met]
        return np.stack([keys // len(self.languages), keys % len(self.languages)], axis=1)

    def of_several(self) -> Iterator[Cell]:
        """Yield the cells that several runs have."""
        return (self._cell(number) for number in self._met if self._bounds[number + 1] - self._bounds[number] > 1)

    def _cell(self, number: int) -> Cell:
        question, language = divmod(int(self._keys[number]), len(self.languages))
        return question, language

    def _read(self, number: int) -> Prediction:
        """Read a row again; what its responses answer is known."""
        columns = self._columns
        row = self._logs[columns.log[number]].at(Place(columns.start[number], columns.size[number]))
        end = columns.ends[number]
        choices = columns.choices[columns.ends[number - 1] if number else 0 : end]
        unfinished = columns.unfinished[number]
        return replace(
            row,
            gold=columns.golds[columns.question[number]],
            choices=tuple(None if choice == NONE else choice for choice in choices),
            unfinished=None if unfinished == NONE else bool(unfinished),
        )


class _Columns:
    """What is kept of each row, each kind in an array of its own."""

    def __init__(self) -> None:
        self.questions: dict[str, int] = {}
        self.languages: dict[str, int] = {}
        self.scored: set[bool] = set()
        self.golds = array("h")  # of questions: all rows have the gold option of the first
        self.sizes = array("h")
        self.log = array("i")
        self.start = array("q")
        self.size = array("i")
        self.question = array("i")
        self.language = array("h")
        self.unfinished = array("b")
        self.ends = array("q")  # of its answers among `choices`
        self.choices = array("h")

    def add(self, found: Found) -> None:
        row = found.row
        question = self.questions.setdefault(str(row.question_id), len(self.questions))
        if question == len(self.golds):
            self.golds.append(row.gold)
            self.sizes.append(len(row.options))
        check_size(row, self.sizes[question])
        self.scored.add(bool(row.continuations))
        self.log.append(found.log)
        self.start.append(found.place.start)
        self.size.append(found.place.size)
        self.question.append(question)
        self.language.append(self.languages.setdefault(row.language, len(self.languages)))
        self.unfinished.append(NONE if row.unfinished is None else row.unfinished)
        self.choices.extend(NONE if choice is None else choice for choice in row.choices)
        self.ends.append(len(self.choices))


def check_size(row: Prediction, size: int) -> None:
    """See that a row was shown options in its own language, and as many as the others of its question.

    Raises:
        CalmError: it was not.
    """
    if row.own_language is not None:
        raise CalmError(
            f"question {row.question_id} in {row.language} was asked without options (an _open task), of which pairs "
            "are; take a run of a _cot or _cloze task"
        )
    if row.mix:
        raise CalmError(
            f"question {row.question_id} in {row.language} was asked in mixed languages (mix={row.mix['kind']}), "
            "which may show the right option: a probe, and never training data; take a run without mix"
        )
    if row.needle:
        raise CalmError(
            f"question {row.question_id} in {row.language} was asked with a needle in a haystack: a probe, and never "
            "training data; take a run without needle"
        )
    if len(row.options) != size:
        raise CalmError(f"question {row.question_id}: languages disagree on the number of options")


def joined(first: Prediction, second: Prediction) -> Prediction:
    """Put the samples of two runs together, of one question in one language.

    Raises:
        CalmError: the runs differ in what they asked or in the order of options, or scored.
    """
    where = f"question {first.question_id} in {first.language}"
    if first.continuations:
        raise CalmError(f"{where}: two runs scored its options; name one of them")
    if first.options != second.options:
        raise CalmError(f"{where}: runs show its options in another order; sample with one option_seed")
    if first.prompt != second.prompt:
        raise CalmError(f"{where}: runs asked it in other words; make pairs of each apart")
    return replace(
        first,
        choices=first.choices + second.choices,
        responses=first.responses + second.responses,
        cut=first.cuts + second.cuts,
        in_thoughts=first.begun + second.begun,
    )
