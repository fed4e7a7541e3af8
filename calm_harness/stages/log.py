"""A file to which all goes that this process and those which it starts write to stdout and stderr."""

from __future__ import annotations

import codecs
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, TextIO

OF_CHILDREN = {"PYTHONIOENCODING": "utf-8", "PYTHONUNBUFFERED": "1"}  # in order, and all of it if they are killed
UNLESS_SET = {"TQDM_MININTERVAL": "1"}  # seconds between two drawings of a bar
PIECE = 1 << 20  # bytes that are read at once


class Log:
    """A log that is written to.

    Attributes:
        path: of the file.
        out: where stdout led to.
        err: where stderr led to.
    """

    def __init__(self, path: Path, file: IO[bytes], reader: IO[bytes], out: TextIO, err: TextIO) -> None:
        self.path, self.out, self.err = path, out, err
        self._file, self._reader = file, reader
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def write(self, text: str) -> None:
        """Write a text besides."""
        self._file.write(text.encode("utf-8", "backslashreplace"))

    def read(self) -> str:
        """Return what was written since the last time; of very much, the next piece."""
        return self._decoder.decode(self._reader.read(PIECE))


@contextmanager
def captured(path: Path) -> Iterator[Log]:
    """Send what this process and those which it starts write to stdout and stderr to the end of a file.

    The system's own files are changed, so that what libraries written in C say is there too, and what a child says, of
    which nothing is lost when it is killed, or when this process is: no process stands between the two.

    Raises:
        OSError: the file cannot be written.
    """
    with ExitStack() as undo:
        file = undo.enter_context(path.open("ab", buffering=0))
        reader = undo.enter_context(path.open("rb"))
        reader.seek(0, os.SEEK_END)
        undo.enter_context(_environment())
        out = undo.enter_context(_sent("stdout", 1, file))
        err = undo.enter_context(_sent("stderr", 2, file))
        yield Log(path, file, reader, out, err)


@contextmanager
def _sent(name: str, number: int, file: IO[bytes]) -> Iterator[TextIO]:
    """Send one of this process's streams to a file; yield where it led to."""
    stream: TextIO = getattr(sys, name)
    stream.flush()
    with _kept(stream, number) as (terminal, kept):
        os.dup2(file.fileno(), number)
        to_file = open(  # noqa: SIM115  (handlers of loggers keep it)
            number, "w", buffering=1, encoding="utf-8", errors="backslashreplace", closefd=False
        )
        setattr(sys, name, to_file)
        try:
            yield terminal
        finally:
            setattr(sys, name, stream)
            try:
                to_file.flush()
            finally:
                os.dup2(kept, number)


@contextmanager
def _kept(stream: TextIO, number: int) -> Iterator[tuple[TextIO, int]]:
    """Keep where a stream leads to; of one that is no file of the system's (in a notebook), the stream itself."""
    kept = os.dup(number)
    try:
        if not _leads_to(stream, number):
            yield stream, kept
            return
        errors = "backslashreplace" if stream.errors == "strict" else stream.errors
        with open(kept, "w", buffering=1, encoding=stream.encoding, errors=errors, closefd=False) as terminal:
            yield terminal, kept
    finally:
        os.close(kept)


def _leads_to(stream: TextIO, number: int) -> bool:
    try:
        return stream.fileno() == number
    except (OSError, ValueError):
        return False


@contextmanager
def _environment() -> Iterator[None]:
    """Have children write what a log is to hold."""
    before = {name: os.environ.get(name) for name in (*UNLESS_SET, *OF_CHILDREN)}
    os.environ.update(OF_CHILDREN)
    for name, value in UNLESS_SET.items():
        os.environ.setdefault(name, value)
    try:
        yield
    finally:
        for name, earlier in before.items():
            os.environ.pop(name, None)
            if earlier is not None:
                os.environ[name] = earlier
