"""What a terminal or a pipe can show, and what of the command line can be read."""

from __future__ import annotations

import codecs
import io
import json
import sys

from retrieval.text import printable


def show_all() -> None:
    """Have this process's output show what its encoding lacks (a terminal's, a pipe's) as its code, as JSON has it."""
    codecs.register_error("as_json", _as_json)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="as_json")


def _as_json(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeEncodeError)
    return json.dumps(error.object[error.start : error.end])[1:-1], error.end


def garbled() -> str | None:
    """Say which word of the command line is of bytes that Python cannot read here, and what to do; None if none is.

    Python takes such bytes for halves of characters, which no file of ours can hold.
    """
    for word in sys.argv[1:]:
        if any("\ud800" <= character <= "\udfff" for character in word):
            encoding = sys.getfilesystemencoding()
            return f"{printable(word)} is not {encoding}: set PYTHONUTF8=1, or if that is set, rename it in UTF-8"
    return None
