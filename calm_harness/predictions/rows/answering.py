"""Read the answers out of responses, row by row, in all processes of the machine where there are many."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from functools import cached_property
from itertools import islice
from multiprocessing import get_context
from typing import Generic, NamedTuple, TypeVar

from calm_harness import answers
from calm_harness.predictions.prediction import Prediction
from calm_harness.prompts.answer_words import Words
from calm_harness.prompts.languages import own_words
from calm_harness.runtime import workers

MANY = 20_000  # responses from which it pays to read their answers in several processes
PIECE = 64  # rows that a process is given at a time
AHEAD = 4  # pieces a process that are read ahead of what is taken

Place = TypeVar("Place")
Choices = tuple[int | None, ...]


class Rows(Generic[Place]):
    """The rows of a file, which are read anew whenever they are gone through, and what their responses answer.

    Args:
        read: yields each row's place and the row, as it stands in the file.
    """

    def __init__(self, read: Callable[[], Iterable[tuple[Place, Prediction]]]) -> None:
        self._read = read

    def __iter__(self) -> Iterator[tuple[Place, Prediction]]:
        """Yield rows with the answers that `choices` do not cover yet, in the file's order."""
        rows = ((place, self.begun(row)) for place, row in self._read())
        pieces = iter(lambda: list(islice(rows, PIECE)), [])
        count = workers()
        waiting: deque[tuple[list[tuple[Place, Prediction]], Future[list[Answered]]]] = deque()
        responses = 0
        with ExitStack() as stack:
            pool: ProcessPoolExecutor | None = None
            for piece in pieces:
                unread = [_unread(row) for _, row in piece]
                responses += sum(len(row.responses) for row in unread)
                if count == 1 or responses < MANY:
                    yield from _with(piece, _answers(unread))
                    continue
                if pool is None:
                    pool = stack.enter_context(ProcessPoolExecutor(count, mp_context=get_context("spawn")))
                waiting.append((piece, pool.submit(_answers, unread)))
                if len(waiting) > AHEAD * count:
                    first, future = waiting.popleft()
                    yield from _with(first, future.result())
            for piece, future in waiting:
                yield from _with(piece, future.result())

    def begun(self, row: Prediction) -> Prediction:
        """Say of a row that its responses begin within thoughts that their prompt opened, where no row's log says it.

        Where none of a file's responses closes them, lm-eval was told to take thoughts off (`think_end_token`).
        """
        return replace(row, in_thoughts=(True,) * len(row.responses)) if _opens(row) and self._closes else row

    @cached_property
    def _closes(self) -> bool:
        opening = (replace(row, in_thoughts=(True,) * len(row.responses)) for _, row in self._read() if _opens(row))
        return any(row.spoken(number).finished for row in opening for number in range(len(row.responses)))


def answered(predictions: Iterable[Prediction]) -> list[Prediction]:
    """Read the answers of a file's rows that are there already."""
    rows = list(predictions)
    return [row for _, row in Rows(lambda: enumerate(rows))]


def _opens(row: Prediction) -> bool:
    return bool(row.responses and not row.in_thoughts and answers.opened(row.prompt or "", row.thinking))


class _Unread(NamedTuple):
    responses: tuple[str, ...]
    options: tuple[str, ...]
    language: str
    thinking: tuple[str, ...]
    begun: tuple[bool, ...]
    own: Words | None


class Answered(NamedTuple):
    """What responses answer, and whether the thoughts of the first one never end."""

    choices: Choices
    unfinished: bool


def _unread(row: Prediction) -> _Unread:
    own = own_words({"language": row.language, "words": row.words})
    done = len(row.choices)
    return _Unread(row.responses[done:], row.options, row.language, row.thinking, row.begun[done:], own)


def _answers(rows: Sequence[_Unread]) -> list[Answered]:
    return [_read(row) for row in rows]


def _read(row: _Unread) -> Answered:
    said = [
        answers.read(response, row.options, row.language, thinking=row.thinking, in_thoughts=begun, own=row.own)
        for response, begun in zip(row.responses, row.begun, strict=True)
    ]
    return Answered(tuple(choice for choice, _ in said), bool(said) and not said[0][1])


def _with(piece: Sequence[tuple[Place, Prediction]], found: Sequence[Answered]) -> Iterator[tuple[Place, Prediction]]:
    for (place, row), said in zip(piece, found, strict=True):
        yield place, with_answers(row, said.choices, said.unfinished) if said.choices else row


def with_answers(row: Prediction, choices: Choices, unfinished: bool) -> Prediction:
    """Return a row with answers beside those that it has."""
    return replace(row, choices=(*row.choices, *choices), unfinished=row.unfinished if row.choices else unfinished)
