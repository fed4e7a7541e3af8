"""Charts of runs held against each other: accuracy against consistency, and differences of two."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from calm_harness.report.charts.drawing import SCHEMA, SIDE, WIDE, Spec, bars, zero_line
from calm_harness.report.leaderboard import Row
from calm_harness.report.tables import number

FEW = 20  # points that have a legend in the scatter
GAP = 8  # pixels between the head of an arrow and its point


def scatter(rows: Sequence[Row]) -> Spec | None:
    """Accuracy against consistency, of the same questions, with intervals; arrows from base models to aligned ones."""
    by_number = {row.number: point for row in rows if (point := _point(row))}
    if not by_number:
        return None
    points = list(by_number.values())
    x = _domain(points, "acc")
    y = _domain(points, "consistency")
    arrows = [
        {**_arrow(by_number[row.base], by_number[row.number], x, y), "name": by_number[row.number]["name"]}
        for row in rows
        if row.number in by_number and row.base in by_number
    ]
    with_legend = len(points) <= FEW
    across = {
        "field": "acc",
        "type": "quantitative",
        "scale": {"domain": x},
        "title": "accuracy",
        "axis": {"tickCount": 6},
    }
    up = {
        "field": "consistency",
        "type": "quantitative",
        "scale": {"domain": y},
        "title": "consistency",
        "axis": {"tickCount": 6},
    }
    colour = {
        "field": "model",
        "type": "nominal",
        "title": "model",
        "legend": {"labelLimit": WIDE, "orient": "right"} if with_legend else None,
    }
    layers: list[dict[str, Any]] = [
        *bars(across, up, colour, 0.45),
        {
            "mark": {"type": "point", "filled": True, "size": 70, "opacity": 0.95},
            "encoding": {
                "x": across,
                "y": up,
                "color": colour,
                "shape": {
                    "field": "how",
                    "type": "nominal",
                    "title": "asked",
                    "legend": {"labelLimit": WIDE, "orient": "right"} if with_legend else None,
                },
                "tooltip": [
                    {"field": "name", "type": "nominal", "title": "run"},
                    {"field": "acc shown", "type": "nominal", "title": "accuracy"},
                    {"field": "consistency shown", "type": "nominal", "title": "consistency"},
                    {"field": "alpha", "type": "quantitative", "format": ".3f"},
                ],
            },
        },
    ]
    if arrows:
        ends = {"data": {"values": arrows}}
        layers[2:2] = [
            {
                **ends,
                "mark": {"type": "rule", "strokeWidth": 1.5, "color": "#8a6d00"},
                "encoding": {
                    "x": {**across, "field": "x"},
                    "y": {**up, "field": "y"},
                    "x2": {"field": "x2"},
                    "y2": {"field": "y2"},
                },
            },
            {
                **ends,
                "mark": {
                    "type": "point",
                    "shape": "triangle-up",
                    "filled": True,
                    "size": 90,
                    "color": "#8a6d00",
                    "opacity": 1,
                },
                "encoding": {
                    "x": {**across, "field": "x2"},
                    "y": {**up, "field": "y2"},
                    "angle": {"field": "angle", "type": "quantitative", "scale": None},
                },
            },
        ]
    return {"$schema": SCHEMA, "data": {"values": points}, "width": SIDE, "height": SIDE - 60, "layer": layers}


def _point(row: Row) -> dict[str, Any] | None:
    point: dict[str, Any] = {"name": row.name, "model": row.model, "how": f"{row.run.format}, {row.run.how}"}
    for name in ("acc", "consistency"):
        figure = row.run.figures.get(name)
        if figure is None or figure["value"] is None:
            return None
        low, high = figure["interval"]
        point |= {name: figure["value"], f"{name} low": low, f"{name} high": high}
        point[f"{name} shown"] = number(figure)
    point["alpha"] = row.run.figures.get("alpha", {}).get("value")
    return point


def _domain(points: Sequence[Mapping[str, Any]], name: str) -> list[float]:
    """Return a range, in tenths, that holds all intervals."""
    ends = [point[key] for point in points for key in (name, f"{name} low", f"{name} high") if point[key] is not None]
    return [max(0.0, math.floor(min(ends) * 10) / 10), min(1.0, math.ceil(max(ends) * 10) / 10)]


def _arrow(
    base: Mapping[str, Any], aligned: Mapping[str, Any], x: Sequence[float], y: Sequence[float]
) -> dict[str, float]:
    right = (aligned["acc"] - base["acc"]) / ((x[1] - x[0]) or 1) * SIDE
    up = (aligned["consistency"] - base["consistency"]) / ((y[1] - y[0]) or 1) * (SIDE - 60)
    length = math.hypot(right, up)
    share = max(0.0, length - GAP) / (length or 1)
    return {
        "x": base["acc"],
        "y": base["consistency"],
        "x2": base["acc"] + share * (aligned["acc"] - base["acc"]),
        "y2": base["consistency"] + share * (aligned["consistency"] - base["consistency"]),
        "angle": math.degrees(math.atan2(right, up)),  # clockwise from above
    }


def differences(values: Sequence[Mapping[str, Any]]) -> Spec:
    """How far two runs are apart in each language, with intervals."""
    change = {"field": "value", "type": "quantitative", "title": "accuracy: after minus before"}
    tips = [{"field": name, "type": "nominal"} for name in ("language", "shown")]
    return {
        "$schema": SCHEMA,
        "data": {"values": list(values)},
        "width": SIDE,
        "height": {"step": 24},
        "encoding": {"y": {"field": "language", "type": "nominal", "title": None}},
        "layer": [
            zero_line("x"),
            {"mark": {"type": "rule"}, "encoding": {"x": {**change, "field": "low"}, "x2": {"field": "high"}}},
            {
                "mark": {"type": "point", "filled": True, "size": 70, "opacity": 1},
                "encoding": {"x": change, "tooltip": tips},
            },
        ],
    }
