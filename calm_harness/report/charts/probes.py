"""A table of a probe as a heat map: what each cell is worth in figures and as a shade (pure)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from calm_harness.report.charts.drawing import SCHEMA, Spec
from calm_harness.report.charts.languages import SHADES
from calm_harness.report.probe import Probe, Table
from calm_harness.report.tables import number

WIDTH, HEIGHT = 66, 44  # pixels of a cell, which hold an interval in small print
LINE = 12  # pixels from a line in a cell to the next
SHORT = 8  # letters of a column's name that stand level above it
LEAST = 0.1  # a difference that is shaded to the full, where none is larger
# Light enough for dark text everywhere, and told apart by who sees no red or no green.
SIDES = ["#e0984f", "#f6f6f4", "#5d9bd5"]
INK = "#1b2733"


def heat(table: Table) -> Spec:
    """Draw a table: in each cell its value, the 95% interval, and, where cells differ in it, how many questions.

    A cell that has no value is left out: the rows and columns are there all the same.
    """
    values = cells(table)
    y, x = (
        {"field": side, "type": "nominal", "title": title, "scale": {"domain": list(names)}}
        for side, title, names in (("row", table.row, table.rows), ("column", table.column, table.columns))
    )
    is_short = all(len(name) <= SHORT for name in table.columns)
    axis = {"orient": "top", **({"labelAngle": 0} if is_short else {"labelAngle": -40, "labelAlign": "left"})}
    tips = [
        {"field": "row", "type": "nominal", "title": table.row},
        {"field": "column", "type": "nominal", "title": table.column},
        {"field": "shown", "type": "nominal", "title": f"{table.figure}, 95% interval"},
        {"field": "questions", "type": "nominal"},
    ]
    shades: Spec = {"field": "value", "type": "quantitative", "title": table.figure, "scale": scale(table)}
    lines = ["brief", "between", *([] if same_count(table) is not None else ["of"])]
    written = [name for name in lines if any(value[name] for value in values)]
    return {
        "$schema": SCHEMA,
        "data": {"values": values},
        "width": {"step": WIDTH},
        "height": {"step": HEIGHT},
        "encoding": {
            "y": y,
            "x": {**x, "axis": axis},
            "tooltip": tips,
            "description": {"field": "told", "type": "nominal"},
        },
        "layer": [
            {
                "mark": {"type": "rect", "stroke": "white", "strokeWidth": 1},
                "encoding": {"color": {**shades, "legend": {"orient": "bottom", "gradientLength": 160}}},
            },
            *(
                {
                    "mark": {
                        "type": "text",
                        "fontSize": 9.5 if place else 12,
                        "dy": LINE * (place - (len(written) - 1) / 2),
                        "aria": False,
                    },
                    "encoding": {"text": {"field": name, "type": "nominal"}, "color": {"value": INK}},
                }
                for place, name in enumerate(written)
            ),
        ],
    }


def scale(table: Table) -> Spec:
    """Return the shades: of shares from 0 to 1, of differences from 0 to both sides alike; wider where values are."""
    values = [value["value"] for value in cells(table)]
    if table.signed:
        most = max([LEAST, *map(abs, values)])
        return {"domain": [-most, 0, most], "range": SIDES, "interpolate": "rgb"}
    return {**SHADES, "domain": [min([0, *values]), max([1, *values])]}


def cells(table: Table) -> list[dict[str, Any]]:
    """Lay out the cells that have a value, line by line.

    Returns:
        `row`, `column`, `value`, `questions`; `shown`: value and interval; `told`: all of it, as a sentence; and what
        stands in the cell: `brief`, `between`, `of`.
    """
    return [
        _cell(table, row, column, cell)
        for row in table.rows
        for column in table.columns
        if (cell := table.cells.get(row, {}).get(column)) is not None and cell["value"] is not None
    ]


def _cell(table: Table, row: str, column: str, cell: Mapping[str, Any]) -> dict[str, Any]:
    sign = "+" if table.signed else ""
    low, high = cell["interval"]
    shown = number(cell, sign)
    return {
        "row": row,
        "column": column,
        "value": cell["value"],
        "shown": shown,
        "questions": cell["questions"],
        "told": f"{table.row} {row}, {table.column} {column}: {table.figure} {shown}, {cell['questions']} questions",
        "brief": _brief(cell["value"], sign),
        "between": "" if low is None else f"[{_brief(low, sign)}, {_brief(high, sign)}]",
        "of": f"n {cell['questions']}",
    }


def same_count(table: Table) -> int | None:
    """Return how many questions each cell is of; None where they differ, or there is no cell."""
    counts = {cell["questions"] for cell in cells(table)}
    return counts.pop() if len(counts) == 1 else None


def titled(probe: Probe, table: Table) -> Spec:
    """Draw a table as a picture that stands alone: with what it is of."""
    count = same_count(table)
    each = "" if count is None else f"{count} questions a cell"
    below = [" · ".join(filter(None, [probe.model, probe.task, each])), *filter(None, [table.note])]
    heading = {"text": f"{probe.title}: {table.title}", "subtitle": below, "anchor": "start", "offset": 12}
    return {**heat(table), "title": heading}


def _brief(value: float, sign: str) -> str:
    """Render a number in little room: .25, -.25, +.25, 1.00."""
    return f"{value:{sign}.2f}".replace("0.", ".", 1) if abs(value) < 0.995 else f"{value:{sign}.2f}"
