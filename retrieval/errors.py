"""The one error that users are meant to read, and how commands end with it."""

from __future__ import annotations

import sys
from collections.abc import Callable

from retrieval.text import one_line


class RetrievalError(Exception):
    """Bad input from outside: one line that names the file, the row and the remedy, whatever it quotes of them."""

    def __init__(self, message: object) -> None:
        super().__init__(one_line(message))


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
