"""The one error that users are meant to read."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import TracebackType

Hook = Callable[[type[BaseException], BaseException, TracebackType | None], object]


class CalmError(Exception):
    """Bad input from outside: one line that names the file, the row and the remedy.

    Commands print the message alone and exit with a non-zero status; a traceback would only hide it.
    """


def quiet_excepthook(previous: Hook) -> Hook:
    """Return a hook for `sys.excepthook` that prints a CalmError as its one line and leaves all else to `previous`."""

    def hook(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
        if isinstance(error, CalmError):
            print(f"calm: {error}", file=sys.stderr)
        else:
            previous(kind, error, traceback)

    return hook
