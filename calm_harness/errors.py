"""The one error that users are meant to read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from retrieval.text import one_line


class CalmError(Exception):
    """Bad input from outside: one line that names the file, the row and the remedy.

    Commands print the message alone and exit with a non-zero status; a traceback would only hide it. Whatever it
    quotes of the input, it stays one line that a terminal can show.
    """

    def __init__(self, message: object) -> None:
        super().__init__(one_line(message))


class LastLineError(CalmError, SystemExit):
    """A `CalmError` in somebody else's program, which nobody catches there.

    Python ends a program that a SystemExit leaves with its message, on stderr, and status 1. So `lm_eval` with a task
    of ours ends in our line, and whoever catches a `CalmError`, or any `Exception`, catches this one as well.
    """

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.code = f"calm: {self}"


def first_of(names: Sequence[str], most: int = 4) -> str:
    """Name what there is, for a message: the first few, where there are more."""
    return ", ".join([*names[:most], *(["…"] if len(names) > most else [])])


@contextmanager
def ends_in_one_line() -> Iterator[None]:
    """Let a `CalmError` that leaves the block end the program in its one line, unless it is caught on its way."""
    try:
        yield
    except CalmError as error:
        raise LastLineError(str(error)) from None
