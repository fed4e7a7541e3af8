"""What a person sees: lines, warnings, and on a terminal a line that is written over while something runs."""

from __future__ import annotations

import os
import unicodedata
from typing import TextIO

from retrieval.text import printable

USUAL = 80  # columns, where a terminal does not say how many it has


class Terminal:
    """The streams of a command.

    Args:
        out: for what it says.
        err: for warnings.
    """

    def __init__(self, out: TextIO, err: TextIO) -> None:
        self._out, self._err = out, err
        self.rewrites = out.isatty()
        self._width = 0  # columns that the line takes which will be written over

    def say(self, line: str) -> None:
        """Write a line."""
        self._write(f"{printable(line)}\n", self._out)

    def warn(self, line: str) -> None:
        """Write a line to stderr."""
        self._write(f"{printable(line)}\n", self._err)

    def echo(self, text: str) -> None:
        """Write a text as it is."""
        self._write(text, self._out)

    def rewrite(self, line: str) -> None:
        """Write a line over the last one that was written so, where this is a terminal."""
        if not self.rewrites:
            return
        shown = cut(printable(line), columns(self._out) - 1)
        now = width(shown)
        self._out.write(f"\r{shown}{' ' * (self._width - now)}")
        self._out.flush()
        self._width = now

    def clear(self) -> None:
        """Take away the line that was to be written over."""
        if self._width:
            self._out.write(f"\r{' ' * self._width}\r")
            self._out.flush()
            self._width = 0

    def _write(self, text: str, stream: TextIO) -> None:
        self.clear()
        stream.write(text)
        stream.flush()


def columns(stream: TextIO) -> int:
    """Return how many columns a terminal has."""
    try:
        return os.get_terminal_size(stream.fileno()).columns or USUAL
    except (OSError, ValueError):
        return USUAL


def width(text: str) -> int:
    """Return how many columns a text takes; letters of East Asia take two, accents of their own none."""
    return sum(map(_width, text))


def cut(text: str, most: int) -> str:
    """Return what of a text has room in so many columns."""
    taken = 0
    for place, character in enumerate(text):
        taken += _width(character)
        if taken > most:
            return text[:place]
    return text


def _width(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
