"""The one error that users are meant to read, and how commands end with it."""

from __future__ import annotations

from collections.abc import Callable

from retrieval.process import ending
from retrieval.text import printable


class RetrievalError(Exception):
    """Bad input from outside: one line that names the file, the row and the remedy; shown as `printable` has it."""

    def __str__(self) -> str:
        return printable(super().__str__())


def run(program: str, command: Callable[[], int]) -> int:
    """Run a command, what it imports included; see `retrieval.process.ending`."""
    return ending.run(program, command, (RetrievalError,))
