"""The one error that users are meant to read, and how commands end with it."""

from __future__ import annotations

import sys
from collections.abc import Callable

from retrieval.text import printable


class RetrievalError(Exception):
    """Bad input from outside: one line that names the file, the row and the remedy; shown as `printable` has it."""

    def __str__(self) -> str:
        return printable(super().__str__())


def run(program: str, command: Callable[[], int]) -> int:
    """Run a command; bad input is one line on stderr and status 1."""
    try:
        return command()
    except RetrievalError as error:
        print(f"{program}: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"{program}: interrupted; run it again", file=sys.stderr)
        return 130  # as shells have it
