"""Text that is safe to show (pure)."""

from __future__ import annotations

import unicodedata

_OBEYED = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")  # Unicode's categories of what is not shown but acted upon
_HEAD, _TAIL = 400, 200  # characters of a message: what is wrong with which file, and the remedy
_JOINERS = "\u200c\u200d"  # which Persian, Hindi and others are written with


def printable(text: object) -> str:
    """Show what a terminal or a page would obey (escapes, changes of direction, line ends) as its code instead."""
    return "".join(
        f"\\u{ord(character):04x}"
        if unicodedata.category(character) in _OBEYED and character not in _JOINERS
        else character
        for character in str(text)
    )


def one_line(text: object) -> str:
    """Show a message in one line, as `printable` does; of what it quotes at length, the middle is left out."""
    return _shortened(printable(_shortened(str(text))))


def _shortened(text: str) -> str:
    return text if len(text) <= _HEAD + _TAIL else f"{text[:_HEAD]} ... {text[-_TAIL:]}"
