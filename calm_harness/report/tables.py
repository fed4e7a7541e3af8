"""Tables in Markdown and CSV, and other lines that commands end with (pure functions)."""

from __future__ import annotations

import csv
import html
import io
import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from retrieval.text import printable

_ACTIVE = re.compile(r"([\\`*_\[\]|~])")


def markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return a table's lines.

    Raises:
        ValueError: a row has more or fewer cells than the head: they would be read under another's name.
    """
    if any(len(row) != len(head) for row in rows):
        raise ValueError(f"a row of other than {len(head)} cells: {head}")
    return [f"| {' | '.join(line)} |" for line in (head, ["---"] * len(head), *rows)]


def aligned(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return a table's lines for a terminal: columns as wide as what is in them, two spaces between."""
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    return [
        "  ".join(f"{cell:<{width}}" for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in (head, *rows)
    ]


def escaped(text: str) -> str:
    """Return text that Markdown shows as it is, on one line."""
    return _ACTIVE.sub(r"\\\1", html.escape(printable(" ".join(text.split())), quote=False))


def where(folder: Path, report: str, log: str, others: Mapping[str, str] | None = None) -> list[str]:
    """Say where the files of a command are, a line each, and how a leaderboard is made of its folder.

    Args:
        folder: the command's.
        report: its file with figures.
        log: its log.
        others: what is to be said between these two, by name.
    """
    places = {"report": str(folder / report), **(others or {}), "log": str(folder / log)}
    board = shlex.join(["calm", "report", str(folder), "--output", str(folder / "leaderboard")])
    return [f"{name:<12} {place}" for name, place in {**places, "leaderboard": board}.items()]


def left_out(incomplete: int) -> str:
    """Say, behind a number of questions, how many more are not among them since some run lacks them; "" if none."""
    return f" ({incomplete} more were not asked in all of these, and are left out)" if incomplete else ""


def number(cell: Mapping[str, Any] | None, sign: str = "") -> str:
    """Render a value with its interval (see `calm_harness.metrics.compare.to_json`); "" where it is undefined."""
    if cell is None or cell["value"] is None:
        return ""
    low, high = cell["interval"]
    interval = "" if low is None else f" [{low:{sign}.3f}, {high:{sign}.3f}]"
    return f"{cell['value']:{sign}.3f}{interval}"


def to_csv(head: Sequence[str], rows: Iterable[tuple[Sequence[str], Mapping[str, Any]]]) -> str:
    """Render figures with error and interval, a line each, for spreadsheets and plots.

    Args:
        head: what the figures are told apart by.
        rows: these, and a figure (see `calm_harness.metrics.compare.to_json`).
    """
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow([*head, "value", "stderr", "low", "high"])
    writer.writerows([*keys, figure["value"], figure["stderr"], *figure["interval"]] for keys, figure in rows)
    return file.getvalue()
