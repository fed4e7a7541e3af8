"""Reading a user's own copy of a set of edits: rows of JSON files, and the texts in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from calm_harness.errors import CalmError
from calm_harness.questions.schema import Source


def folder_of(source: Source, name: str, remedy: str) -> Path:
    """Return the folder of a copy.

    Raises:
        CalmError: none is named, or there is none.
    """
    if source is None:
        raise CalmError(f"{name} is read from your own copy: {name}@FOLDER; {remedy}")
    folder = Path(source).expanduser()
    if not folder.is_dir():
        raise CalmError(f"{name}@{source}: there is no such folder; {remedy}")
    return folder


def text(row: Mapping[str, Any], name: str, where: str) -> str:
    """Return a row's text, without white space around it; "" where it is empty.

    Raises:
        CalmError: there is no such field, or it is no text.
    """
    value = row.get(name)
    if not isinstance(value, str):
        raise CalmError(f"{where} has no text {name!r}; get the file anew")
    return " ".join(value.split())


def texts(row: Mapping[str, Any], name: str) -> list[str]:
    """Return a row's list of texts; what is no text in it, or no list, is passed over."""
    values = row.get(name)
    return [value for value in values if isinstance(value, str)] if isinstance(values, Sequence) else []
