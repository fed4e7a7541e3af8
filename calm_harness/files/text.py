"""Read text and JSON files so that whatever is wrong ends in one line that says what to do."""

from __future__ import annotations

import codecs
import json
import locale
import stat
from pathlib import Path
from typing import Any

from calm_harness.errors import CalmError
from retrieval.formats.literals import json_value


def check_file(path: Path, remedy: str) -> None:
    """See that a path names a file: a pipe can be read only once, or never ends, and what is read twice would be lost.

    Raises:
        CalmError: it is missing, or something else.
    """
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        raise CalmError(f"{path} is missing; {remedy}") from None
    except (OSError, ValueError) as error:  # a circle of links; a NUL character
        raise CalmError(f"{path} cannot be read ({reason(error)}); {remedy}") from None
    if not stat.S_ISREG(mode):
        kind = "a folder" if stat.S_ISDIR(mode) else "a pipe or a device; save what comes out of it as a file"
        raise CalmError(f"{path} is no file, but {kind}; {remedy}")


def reason(error: Exception) -> str:
    """Say why a file cannot be read."""
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


def read_text(path: Path, remedy: str) -> str:
    """Read a UTF-8 file that has to be there and to have content.

    Args:
        path: the file.
        remedy: how to get it, as in "run: calm data download calm_release".

    Raises:
        CalmError: it is missing, cannot be read, is empty, or is not UTF-8.
    """
    check_file(path, remedy)
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise CalmError(f"{path} cannot be read ({reason(error)}); {remedy}") from None
    except UnicodeDecodeError as error:
        raise CalmError(f"{path} is not UTF-8 (byte {error.start}); convert it to UTF-8, or {remedy}") from None
    if not text.strip():
        raise CalmError(f"{path} is empty; {remedy}")
    return text


def check_locale(path: Path) -> None:
    """See that a library which reads a file as the locale has it reads the letters that stand there.

    Raises:
        CalmError: it would read others; says what to set.
    """
    encoding = codecs.lookup(locale.getpreferredencoding(False)).name
    if encoding != "utf-8" and path.is_file() and not path.read_bytes().isascii():
        raise CalmError(
            f"{path} has letters that are not ASCII, and files are read here as {encoding}; set PYTHONUTF8=1"
        )


def read_json(path: Path, remedy: str) -> Any:
    """Read a JSON file.

    Raises:
        CalmError: see `read_text`; or it is cut off, or is something else.
    """
    text = read_text(path, remedy)
    try:
        return json_value(text)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise CalmError(f"{path} is cut off or is not JSON ({where}: {error.msg}); {remedy}") from None
