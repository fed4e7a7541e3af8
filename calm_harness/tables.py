"""Tables in Markdown, and text that is safe to show (pure functions)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return a table's lines."""
    return [f"| {' | '.join(line)} |" for line in (head, ["---"] * len(head), *rows)]


def printable(text: object) -> str:
    """Show what a terminal or a page would obey (escapes, changes of direction, line ends) as its code instead."""
    return "".join(each if each.isprintable() else f"\\u{ord(each):04x}" for each in str(text))


def number(cell: Mapping[str, Any] | None, sign: str = "") -> str:
    """Render a value with its interval (as `calm_harness.scoring.report` lays it out); "" where it is undefined."""
    if cell is None or cell["value"] is None:
        return ""
    low, high = cell["interval"]
    interval = "" if low is None else f" [{low:{sign}.3f}, {high:{sign}.3f}]"
    return f"{cell['value']:{sign}.3f}{interval}"
