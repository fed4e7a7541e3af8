"""Tables in Markdown (pure functions)."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from typing import Any

from retrieval.text import printable

_ACTIVE = re.compile(r"([\\`*_\[\]|~])")


def markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return a table's lines."""
    return [f"| {' | '.join(line)} |" for line in (head, ["---"] * len(head), *rows)]


def escaped(text: str) -> str:
    """Return text that Markdown shows as it is, on one line."""
    return _ACTIVE.sub(r"\\\1", html.escape(printable(" ".join(text.split())), quote=False))


def number(cell: Mapping[str, Any] | None, sign: str = "") -> str:
    """Render a value with its interval (see `calm_harness.metrics.compare.to_json`); "" where it is undefined."""
    if cell is None or cell["value"] is None:
        return ""
    low, high = cell["interval"]
    interval = "" if low is None else f" [{low:{sign}.3f}, {high:{sign}.3f}]"
    return f"{cell['value']:{sign}.3f}{interval}"
