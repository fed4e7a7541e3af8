"""Accuracy against consistency in a study: an arrow an arm, from its base model to what training made of it (pure)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from calm_harness.report.charts import SCHEMA, Spec, bars
from calm_harness.report.outcome import Measured, StudyEvaluation, StudyOutcome
from calm_harness.report.tables import number

SIDES = {"acc": ("accuracy", 270), "consistency": ("consistency", 240)}
"""What lies across and what up: measure -> title, and pixels of a panel, which a narrow window shows whole."""
COLUMNS = 2  # panels beside each other, where the page does not know better
HEAD = 9  # pixels of an arrow's head: a shorter arrow has no direction, and is a point
LETTER, LINE = 5.5, 12  # pixels of a label's letter, and of its height
LONGEST = 20  # letters of a label
BESIDE = 9  # pixels from a head to its label
GREY = "#8a8f94"  # of base models
COLOURS = (
    *("#4c78a8", "#f58518", "#54a24b", "#e45756", "#b279a2", "#439894", "#d4a017", "#9d755d"),
    *("#e377c2", "#9ecae9", "#ffbf79", "#88d27a", "#c5b0d5", "#83bcb6", "#d8b5a5"),
)
Row = Mapping[str, Any]


def points(study: StudyOutcome) -> list[dict[str, Any]]:
    """Return each evaluation's base models and arms that have both measures, with where an arm's arrow begins."""
    return [row for name, evaluation in study.evaluations.items() for row in _of_evaluation(name, evaluation)]


def _of_evaluation(name: str, evaluation: StudyEvaluation) -> Iterator[dict[str, Any]]:
    for base in evaluation.bases:
        called = "base" if len(evaluation.bases) == 1 else f"base: {base.model}"
        start = _point(base.measured)
        if start is None:
            continue
        yield {"evaluation": name, "arm": called, "base": None, **start}
        for arm in base.arms:
            end = _point(evaluation.arms[arm].measured)
            if end is not None:
                yield {"evaluation": name, "arm": arm, "base": called, **end}


def _point(measured: Measured) -> dict[str, Any] | None:
    point: dict[str, Any] = {}
    for measure in SIDES:
        cell = measured.metrics.get(measure)
        if cell is None or cell["value"] is None:
            return None
        low, high = cell["interval"]
        point |= {measure: cell["value"], f"{measure} low": low, f"{measure} high": high}
        point[f"{measure} shown"] = number(cell)
        point[f"{measure} − base"] = number((measured.difference or {}).get(measure), "+")
    return point


def arrows(rows: Sequence[Row]) -> Spec:
    """Draw a panel for each evaluation.

    Args:
        rows: see `points`.
    """
    bases = list(dict.fromkeys(row["arm"] for row in rows if row["base"] is None))
    arms = list(dict.fromkeys(row["arm"] for row in rows if row["base"] is not None))
    colours = [GREY] * len(bases) + [COLOURS[place % len(COLOURS)] for place in range(len(arms))]
    colour = {
        "field": "arm",
        "type": "nominal",
        "title": None,
        "scale": {"domain": bases + arms, "range": colours},
        "legend": {"orient": "bottom", "columns": 2, "labelLimit": 120, "symbolOpacity": 1, "symbolType": "circle"},
    }
    evaluations = dict.fromkeys(row["evaluation"] for row in rows)
    panels = [_panel(name, [row for row in rows if row["evaluation"] == name], colour) for name in evaluations]
    return {"$schema": SCHEMA, "columns": COLUMNS, "concat": panels}


def _panel(name: str, rows: Sequence[Row], colour: Spec) -> Spec:
    scales = {measure: _Scale(rows, measure) for measure in SIDES}
    across, up = (
        {
            "type": "quantitative",
            "title": title,
            "scale": {"domain": [scales[measure].low, scales[measure].high], "nice": False},
            "axis": {"tickCount": 5},
        }
        for measure, (title, _) in SIDES.items()
    )
    starts = {row["arm"]: row for row in rows if row["base"] is None}
    shafts = [
        {
            "arm": row["arm"],
            **{f"{side} {end}": of[side] for side in SIDES for end, of in (("from", start), ("to", row))},
        }
        for row in rows
        if row["base"] is not None and (start := starts[row["base"]])
    ]
    # Base models last, so that they are seen on the points of arms that stay there.
    heads = [{**row, **_head(row, starts, scales)} for row in sorted(rows, key=lambda row: row["base"] is None)]
    barred = [row for row in rows if all(row[f"{side} low"] is not None for side in SIDES) and row["base"] is not None]
    x, y = {**across, "field": "acc"}, {**up, "field": "consistency"}
    return {
        "title": {"text": name, "anchor": "start", "limit": SIDES["acc"][1]},
        "data": {"values": list(rows)},
        "width": SIDES["acc"][1],
        "height": SIDES["consistency"][1],
        "layer": [
            *({"data": {"values": barred}, **layer} for layer in bars(x, y, colour, 0.25)),
            {
                "data": {"values": shafts},
                "mark": {"type": "rule", "strokeWidth": 1.5},
                "encoding": {
                    "x": {**across, "field": "acc from"},
                    "x2": {"field": "acc to"},
                    "y": {**up, "field": "consistency from"},
                    "y2": {"field": "consistency to"},
                    "color": colour,
                },
            },
            {
                "data": {"values": heads},
                "mark": {"type": "point", "filled": True, "size": HEAD**2, "opacity": 1},
                "encoding": {
                    "x": x,
                    "y": y,
                    "color": colour,
                    "shape": {"field": "shape", "type": "nominal", "scale": None, "legend": None},
                    "angle": {"field": "angle", "type": "quantitative", "scale": None},
                    "tooltip": [
                        {"field": "arm", "type": "nominal"},
                        *({"field": f"{side} shown", "type": "nominal", "title": side} for side in SIDES),
                        *({"field": f"{side} − base", "type": "nominal"} for side in SIDES),
                    ],
                },
            },
            {
                "data": {"values": _labels(rows, scales)},
                "mark": {"type": "text", "fontSize": 10},
                "encoding": {"x": x, "y": y, "text": {"field": "text", "type": "nominal"}},
            },
        ],
    }


class _Scale:
    """From a measure to pixels and back, so that all intervals are seen.

    Attributes:
        low: the least value, in twentieths.
        high: the greatest.
    """

    def __init__(self, rows: Sequence[Row], measure: str) -> None:
        names = (measure, f"{measure} low", f"{measure} high")
        values = [row[name] for row in rows for name in names if row[name] is not None]
        self.low = max(0.0, math.floor(min(values) * 20) / 20)
        self.high = max(min(1.0, math.ceil(max(values) * 20) / 20), self.low + 1 / 20)
        self._pixels = SIDES[measure][1] / (self.high - self.low)

    def pixel(self, value: float) -> float:
        return (value - self.low) * self._pixels

    def value(self, pixel: float) -> float:
        return self.low + pixel / self._pixels


def _head(row: Row, starts: Mapping[str, Row], scales: Mapping[str, _Scale]) -> dict[str, Any]:
    """Say how what an arrow leads to is drawn; a base model is where it begins."""
    if row["base"] is None:
        return {"shape": "diamond", "angle": 0}
    start = starts[row["base"]]
    right, up = (scales[side].pixel(row[side]) - scales[side].pixel(start[side]) for side in SIDES)
    if math.hypot(right, up) < HEAD:
        return {"shape": "circle", "angle": 0}
    return {"shape": "triangle-up", "angle": math.degrees(math.atan2(right, up))}  # clockwise from above


def _labels(rows: Sequence[Row], scales: Mapping[str, _Scale]) -> list[dict[str, Any]]:
    """Place a name beside each head where it covers nothing; where it would on all sides, legend and tooltip say it."""
    width, height = (pixels for _, pixels in SIDES.values())
    heads = [tuple(scales[side].pixel(row[side]) for side in SIDES) for row in rows]
    taken = [_box(x, y, HEAD, HEAD) for x, y in heads]
    labels = []
    for row, (x, y) in zip(rows, heads, strict=True):
        text = row["arm"] if len(row["arm"]) <= LONGEST else f"{row['arm'][: LONGEST - 1]}…"
        wide = LETTER * len(text)
        aside = BESIDE + wide / 2
        for right, up in (
            (aside, 0),
            (-aside, 0),
            (0, LINE),
            (0, -LINE),
            (aside, LINE),
            (aside, -LINE),
            (-aside, LINE),
            (-aside, -LINE),
        ):
            left, low, end, top = box = _box(x + right, y + up, wide, LINE)
            inside = left >= 0 and low >= 0 and end <= width and top <= height
            if inside and not any(_meet(box, other) for other in taken):
                taken.append(box)
                at = zip(SIDES, (x + right, y + up), strict=True)
                labels.append({"text": text, **{side: scales[side].value(pixel) for side, pixel in at}})
                break
    return labels


_Box = tuple[float, float, float, float]


def _box(x: float, y: float, width: float, height: float) -> _Box:
    """Return the left, lower, right and upper edge of what has its middle at a place."""
    return x - width / 2, y - height / 2, x + width / 2, y + height / 2


def _meet(one: _Box, other: _Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
