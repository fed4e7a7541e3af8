"""Charts of languages: accuracy by language, tables of language × language, pairs that are related and others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from calm_harness.metrics.by_pair.related import MEASURES
from calm_harness.prompts.families import TRAITS
from calm_harness.report.charts.drawing import SCHEMA, SIDE, Spec
from calm_harness.report.leaderboard import Row

STEP = 30  # pixels of a cell
# Light enough for dark text everywhere; a lift below 0 has the lightest.
SHADES = {"range": ["#f4f8fc", "#4f94d4"], "domain": [0, 1], "clamp": True}


def heat_map(rows: Sequence[Row]) -> Spec | None:
    """Accuracy by language: a line a run, of the same questions; None where labels are hidden."""
    values = [
        {"name": row.name, "language": language, **_cell(row.run.figures.get(f"acc_{language}"))}
        for row in rows
        for language in row.run.languages
        if row.run.figures.get(f"acc_{language}", {}).get("value") is not None
    ]
    if not values:
        return None
    languages = list(dict.fromkeys(value["language"] for value in values))
    return _matrix(values, "accuracy", y=("name", [row.name for row in rows]), x=("language", languages))


PAIRS = {  # titles of a table of language × language: of its shades, its lines and its columns
    "consistency": ("agreement", None, None),
    "rankc": ("RankC", None, None),
    "transfer": ("P(column | line)", "right in", "right in as well"),
    "lift": ("lift", "right in", "right in as well"),
    "overlap": ("overlap", None, None),
}


def pairs(table: Mapping[str, Mapping[str, Mapping[str, Any] | None]], name: str) -> Spec:
    """Draw a table of language × language of a run: one of `calm_harness.metrics.pairwise_report`."""
    title, lines, columns = PAIRS[name]
    languages = list(table)
    values = [
        {"one": first, "other": second, **_cell(cell), "questions": cell["questions"]}
        for first, line in table.items()
        for second, cell in line.items()
        if cell is not None and cell["value"] is not None
    ]
    spec = _matrix(values, title, y=("one", languages), x=("other", languages), titles=(lines, columns))
    spec["encoding"]["tooltip"].append({"field": "questions", "type": "nominal", "title": "of questions"})
    return spec


def kin_values(related: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Lay out what pairs that share a script, or a family, come to: see `calm_harness.metrics.related`."""
    return [
        {
            "measure": measure,
            "languages": _side(side, trait),
            **_cell(figure),
            "pairs": "" if figure["pairs"] is None else round(figure["pairs"]),
        }
        for trait, measures in related.items()
        for measure, sides in measures.items()
        for side, figure in sides.items()
        if figure["value"] is not None
    ]


def _side(side: str, trait: str) -> str:
    return f"{trait}: same minus other" if side == "difference" else f"{side} {trait}"


def kin(values: Sequence[Mapping[str, Any]]) -> Spec:
    """Draw the means over pairs that share a script, or a family, and over others: of each measure below each other."""
    order = [_side(side, trait) for trait in TRAITS for side in ("same", "other", "difference")]
    across = {"field": "value", "type": "quantitative", "title": "mean over pairs of languages"}
    tips: list[dict[str, Any]] = [{"field": name, "type": "nominal"} for name in ("measure", "languages")]
    tips += [
        {"field": "value", "type": "quantitative", "format": ".3f"},
        {"field": "interval", "type": "nominal", "title": "95% interval"},
        {"field": "pairs", "type": "nominal"},
    ]
    return {
        "$schema": SCHEMA,
        "data": {"values": list(values)},
        "facet": {"row": {"field": "measure", "type": "nominal", "title": None, "sort": list(MEASURES)}},
        "spec": {
            "width": SIDE - 100,
            "height": {"step": 22},
            "encoding": {"y": {"field": "languages", "type": "nominal", "title": None, "sort": order}},
            "layer": [
                {"mark": {"type": "rule"}, "encoding": {"x": {**across, "field": "low"}, "x2": {"field": "high"}}},
                {
                    "mark": {"type": "point", "filled": True, "size": 70, "opacity": 1},
                    "encoding": {"x": across, "tooltip": tips},
                },
            ],
        },
    }


def _matrix(
    values: list[dict[str, Any]],
    title: str,
    *,
    y: tuple[str, Sequence[str]],
    x: tuple[str, Sequence[str]],
    titles: tuple[str | None, str | None] = (None, None),
) -> Spec:
    """Draw values as shades, with lines and columns of a field and in an order."""
    tips: list[dict[str, Any]] = [
        {"field": name, "type": "nominal", **({"title": heading} if heading else {})}
        for (name, _), heading in zip((y, x), titles, strict=True)
    ]
    tips.append({"field": "value", "type": "quantitative", "format": ".3f", "title": title})
    tips.append({"field": "interval", "type": "nominal", "title": "95% interval"})
    axes = {
        "y": {
            "field": y[0],
            "type": "nominal",
            "sort": list(y[1]),
            "title": titles[0],
        },
        "x": {
            "field": x[0],
            "type": "nominal",
            "sort": list(x[1]),
            "title": titles[1],
            "axis": {"orient": "top", "labelAngle": 0},
        },
    }
    return {
        "$schema": SCHEMA,
        "data": {"values": values},
        "width": {"step": STEP + 14},
        "height": {"step": STEP},
        "encoding": {**axes, "tooltip": tips},
        "layer": [
            {
                "mark": {"type": "rect", "stroke": "white", "strokeWidth": 1},
                "encoding": {
                    "color": {"field": "value", "type": "quantitative", "scale": SHADES, "title": title},
                },
            },
            {
                "mark": {"type": "text", "fontSize": 11},
                "encoding": {
                    "text": {"field": "shown", "type": "nominal"},
                    "color": {"value": "#1b2733"},
                },
            },
        ],
    }


def _cell(figure: Mapping[str, Any] | None) -> dict[str, Any]:
    if figure is None or figure["value"] is None:
        return {}
    low, high = figure["interval"]
    interval = "" if low is None else f"[{low:.3f}, {high:.3f}]"
    return {"value": figure["value"], "low": low, "high": high, "interval": interval, "shown": _short(figure["value"])}


def _short(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}".replace("0.", ".", 1)
