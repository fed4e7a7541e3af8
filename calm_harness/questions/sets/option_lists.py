"""Options that stand in one value: a list, its text, a letter an option, or a line an option (pure)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from string import ascii_uppercase
from typing import Any

from calm_harness.questions.sets.own_marks import without_marks
from retrieval.formats.literals import json_value, python_value

_ITEM = re.compile(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|None""", re.DOTALL)
_PRINTED = re.compile(rf"\[\s*(?:{_ITEM.pattern})(?:\s+(?:{_ITEM.pattern}))+\s*\]", re.DOTALL)  # numpy: no commas


def read_options(value: object) -> Sequence[Any] | None:
    """Read a list, {A: ..., B: ...}, or what a text says of either; None where it is no such thing.

    A text is JSON, Python or numpy as `str` writes it (nothing in it is executed), or has a line an option, `A. 6`.
    """
    parsed = _read_text(value.strip()) if isinstance(value, str) else value
    if isinstance(parsed, Mapping):
        by_letter = {str(name).upper(): option for name, option in parsed.items()}
        letters = sorted(by_letter)
        in_order = len(letters) == len(parsed) and letters == list(ascii_uppercase[: len(letters)])
        return [by_letter[letter] for letter in letters] if letters and in_order else None
    return parsed if isinstance(parsed, list | tuple) else None


def _read_text(text: str) -> Any:
    """What a text says; the text itself where that is no list."""
    if _PRINTED.fullmatch(text):  # Python would join its texts to one
        return [python_value(item) for item in _ITEM.findall(text)]
    if text.startswith(("[", "(", "{")):
        for parse in (json_value, python_value):
            try:
                return parse(text)
            except ValueError:
                continue
    lines = [line for line in text.splitlines() if line.strip()]
    return (without_marks(lines) if len(lines) > 1 else None) or text
