"""The ranking as Markdown, CSV and a table in the terminal (pure but for the terminal)."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from typing import TYPE_CHECKING

from calm_harness.metrics.bootstrap import FEW, too_few
from calm_harness.report.leaderboard import Leaderboard, Row, by_accuracy
from calm_harness.report.tables import escaped, markdown, number
from retrieval.text import joined, printable

if TYPE_CHECKING:
    from rich.table import Table

NOTE = (
    "Values with 95% intervals over questions; of plain lm-eval tasks, 1.96 standard errors to either "
    "side. ★: ahead of every other run that was asked the same questions in the same format and mode, by the interval "
    f"of the difference, paired by question, after Holm's correction over the metrics; none below {FEW} questions."
)
COLUMNS = (
    *("model", "adapter", "revision", "task", "set", "split", "questions", "languages", "format", "mode"),
    *("transductive", "settings", "date", "metric", "value", "stderr", "low", "high", "best", "results"),
)
CELL = 15  # characters that a metric takes in a terminal


def to_markdown(board: Leaderboard, title: str) -> str:
    """Render the ranking, a table for each set of questions."""
    lines = [f"# {escaped(title)}", "", NOTE]
    for scope in scopes(board):
        rows = _ranked(board, scope)
        columns = [name for name in board.columns if any(name in row.run.figures for row in rows)]
        lines += ["", f"## {escaped(scope)}", ""]
        few = note(rows)
        lines += [few, ""] if few else []
        lines += markdown(
            ["model", "format", "mode", *columns, "date"],
            [
                [escaped(row.model), escaped(row.run.format), escaped(row.run.how)]
                + [_cell(row, name) for name in columns]
                + [f"{row.run.date:%Y-%m-%d %H:%M}"]
                for row in rows
            ],
        )
    headings = {"Not on the leaderboard": board.skipped, "Without answers": board.noted, "Not compared": board.apart}
    for heading, files in headings.items():
        if files:
            lines += ["", f"## {heading}", ""]
            lines += [f"- {escaped(str(file))}" for file in files]
    return joined(lines) + "\n"


def scopes(board: Leaderboard) -> list[str]:
    """Name the sets of questions, in order."""
    return list(dict.fromkeys(row.scope for row in board.rows))


def note(rows: Iterable[Row]) -> str | None:
    """Say that rows are of too few questions, where it is known of how many."""
    counts = [row.run.questions for row in rows if row.run.questions]
    return too_few(min(counts)) if counts else None


def _ranked(board: Leaderboard, scope: str) -> list[Row]:
    return by_accuracy(row for row in board.rows if row.scope == scope)


def _cell(row: Row, name: str) -> str:
    return number(row.run.figures.get(name)) + (" ★" if name in row.best else "")


def to_csv(board: Leaderboard) -> str:
    """Render one line a run and metric, accuracies of single languages included; values unrounded."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in board.rows:
        run = row.run
        settings = " ".join(f"{name}={value}" for name, value in run.settings.items())
        who = [run.model, run.adapter or "", run.revision, run.task, run.set_name, run.split, run.questions]
        how = [" ".join(run.languages), run.format, run.how, run.transductive, settings, run.date.isoformat()]
        for name, cell in run.figures.items():
            figures = [cell["value"], cell["stderr"], *cell["interval"], name in row.best]
            writer.writerow([_inert(value) for value in (*who, *how, name, *figures, str(run.results))])
    return file.getvalue()


def _inert(value: object) -> object:
    """Keep a spreadsheet from taking a name for a formula, and from obeying what is in it."""
    if not isinstance(value, str):
        return value
    return f"'{printable(value)}" if value[:1] in ("=", "+", "-", "@") else printable(value)


def to_terminal(board: Leaderboard, width: int) -> list[Table]:
    """Lay the ranking out for `rich`: for each set of questions as many tables as its metrics need.

    Args:
        board: the leaderboard.
        width: of the terminal, in characters.
    """
    from rich.table import Table
    from rich.text import Text

    run_width = max(24, width // 4)
    per_table = max(1, (width - run_width - 4) // CELL)
    tables = []
    for scope in scopes(board):
        rows = _ranked(board, scope)
        columns = [name for name in board.columns if any(name in row.run.figures for row in rows)]
        for start in range(0, len(columns), per_table):
            few = Text(note(rows) or "") or None
            table = Table(title=None if start else Text(scope), title_justify="left", title_style="bold", caption=few)
            table.add_column("run", overflow="fold", min_width=run_width, max_width=run_width)
            for name in columns[start : start + per_table]:
                table.add_column(name, justify="right", no_wrap=True, min_width=CELL - 3)
            for row in rows:
                cells = [
                    Text(_small(row, name), style="bold" * (name in row.best))
                    for name in columns[start : start + per_table]
                ]
                how = Text(f"\n{row.run.format}, {row.run.how}", style="dim")
                table.add_row(Text(row.model) + how, *cells)
            tables.append(table)
    return tables


def _small(row: Row, name: str) -> str:
    """Render a cell on two lines: value and, below it, interval."""
    cell = row.run.figures.get(name)
    if cell is None or cell["value"] is None:
        return ""
    low, high = cell["interval"]
    interval = "" if low is None else f"\n[{low:.2f}, {high:.2f}]"
    return f"{'★ ' if name in row.best else ''}{cell['value']:.3f}{interval}"
