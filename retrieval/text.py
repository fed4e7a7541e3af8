"""Text that is safe to show (pure): what every terminal, page, table and chart is given passes here."""

from __future__ import annotations

import hashlib
import math
import unicodedata
from collections.abc import Iterable
from typing import Any

_OBEYED = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")  # Unicode's categories of what is not shown but acted upon
_HEAD, _TAIL = 400, 200  # characters of a message: what is wrong with which file, and the remedy
_JOINERS = "\u200c\u200d"  # which Persian, Hindi and others are written with
LONGEST = 200  # characters of a name in a chart, which draws every one of them


def printable(text: object) -> str:
    """Show what a terminal or a page would obey (escapes, changes of direction, line ends) as its code instead."""
    plain = str(text)
    if plain.isprintable():
        return plain
    return "".join(
        f"\\u{ord(character):04x}"
        if unicodedata.category(character) in _OBEYED and character not in _JOINERS
        else character
        for character in plain
    )


def joined(lines: Iterable[str]) -> str:
    """Join the lines of a text; whatever names are in one, it ends where it ends."""
    return "\n".join(map(printable, lines))


def drawable(content: Any) -> Any:
    """Make all text in lists and tables printable, and short enough to be drawn; what is no number becomes None.

    What is cut ends with a digest of the whole, so that two names that differ do so when they are cut, too.
    """
    if isinstance(content, float):
        return content if math.isfinite(content) else None
    if isinstance(content, dict):
        return {drawable(name): drawable(value) for name, value in content.items()}
    if isinstance(content, list | tuple):
        return [drawable(value) for value in content]
    return _cut(printable(content)) if isinstance(content, str) else content


def _cut(text: str) -> str:
    if len(text) <= LONGEST:
        return text
    return f"{text[:LONGEST]}… {hashlib.sha256(text.encode()).hexdigest()[:6]}"


def one_line(text: object) -> str:
    """Show a message in one line, as `printable` does; of what it quotes at length, the middle is left out."""
    return _shortened(printable(_shortened(str(text))))


def _shortened(text: str) -> str:
    return text if len(text) <= _HEAD + _TAIL else f"{text[:_HEAD]} ... {text[-_TAIL:]}"
