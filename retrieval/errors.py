"""The one error that users are meant to read, and how commands end with it."""

from __future__ import annotations

from collections.abc import Callable

from retrieval.process import ending
from retrieval.text import one_line


class RetrievalError(Exception):
    """Bad input from outside: one line that names the file, the row and the remedy, whatever it quotes of them."""

    def __init__(self, message: object) -> None:
        super().__init__(one_line(message))


def run(program: str, command: Callable[[], int]) -> int:
    """Run a command, what it imports included; see `retrieval.process.ending`."""
    return ending.run(program, command, (RetrievalError,))
