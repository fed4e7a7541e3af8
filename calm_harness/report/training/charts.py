"""What loops and studies came to, as charts of rounds, arms and numbers of languages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from calm_harness.files import below
from calm_harness.report import outcome
from calm_harness.report.charts import SCHEMA, Spec, zero_line
from calm_harness.report.outcome import REPORT, UNSEEN, LoopOutcome, StudyOutcome
from calm_harness.report.run import Skipped
from calm_harness.report.runs import short_names
from calm_harness.report.tables import number
from calm_harness.report.training import arrows
from calm_harness.report.training.collapse import collapses
from retrieval.text import printable

SHOWN = ("acc", "consistency", "alpha")
COMPARED = ("acc", "consistency")
FEWEST = 3  # different numbers of languages that make a curve
_POINT = {"type": "point", "filled": True, "size": 60, "opacity": 1}
_CHANGE = [{"field": name, "type": "nominal"} for name in ("arm", "measure", "shown")]


@dataclass(frozen=True)
class Training:
    """A loop's or study's chart.

    Attributes:
        title: what it is of.
        kind: of a study `arrows`, `languages` or `arms`, of a loop `rounds`.
        transductive: whether models were aligned on the very questions they were asked.
        spec: the chart.
        values: what it shows, row by row, for readers of tables.
        collapsed: which models say few letters (`calm_harness.report.training.collapse`), of the study or loop.
    """

    title: str
    kind: str
    transductive: bool
    spec: Spec
    values: Sequence[Mapping[str, Any]]
    collapsed: Sequence[str] = ()


def find(paths: Sequence[Path]) -> tuple[list[Training], list[Skipped]]:
    """Read all reports of `trainer.loop` and `trainer.study` below folders.

    Returns:
        Their charts, and the reports that cannot be read. Other files of that name are none of ours.
    """
    studies: list[Training] = []
    loops: list[Training] = []
    skipped: list[Skipped] = []
    files = list(dict.fromkeys(file for path in paths if path.is_dir() for file in below(path, REPORT)))
    names = short_names(str(file.parent) for file in files)
    for file in files:
        try:
            reported = outcome.read(file)
            if isinstance(reported, LoopOutcome):
                loops.append(_loop(names[str(file.parent)], reported))
            elif reported is not None:
                studies += _study(reported)
        except Exception as error:
            skipped.append(Skipped(file, f"cannot be read ({type(error).__name__}: {error}); make the report again"))
    return studies + loops, skipped


def _loop(name: str, loop: LoopOutcome) -> Training:
    values = [
        {
            "evaluation": evaluation_name,
            "round": round_number,
            "measure": metric,
            **_shown(measured.metrics.get(metric), ""),
        }
        for evaluation_name, evaluation in loop.evaluations.items()
        for round_number, measured in enumerate(evaluation.rounds)
        for metric in SHOWN
    ]
    values += [
        {"evaluation": "without labels", "round": round_number, "measure": measure, **_shown(_bare(value), "")}
        for round_number, signal in enumerate(loop.signals)
        for measure, value in vars(signal).items()
        if value is not None
    ]
    title = f"Rounds of {printable(name)}"
    return Training(title, "rounds", loop.transductive, rounds(values), values, _collapsed(loop))


def _study(study: StudyOutcome) -> list[Training]:
    """Draw a study's levels, then what changed: by number of languages, if arms differ in it, and by arm."""
    language_counts = _languages(study)
    values = [
        {
            **{"evaluation": evaluation_name, "arm": arm, "languages": language_counts.get(arm), "measure": metric},
            **_shown((of_arm.measured.difference or {}).get(metric), "+"),
        }
        for evaluation_name, evaluation in study.evaluations.items()
        for arm, of_arm in evaluation.arms.items()
        for metric in COMPARED
    ]
    title, transductive, points = printable(study.title), study.transductive, arrows.points(study)
    trainings = []
    if points:
        name = f"{title}: accuracy against consistency"
        trainings.append(Training(name, "arrows", transductive, arrows.arrows(points), points))
    if len({value["languages"] for value in values}) >= FEWEST and len(language_counts) == len(study.arms):
        spec = curve(sorted(values, key=lambda value: value["languages"]))
        trainings.append(Training(f"{title}: by number of languages", "languages", transductive, spec, values))
    first, *others = [*trainings, Training(title, "arms", transductive, arms(values), values)]
    return [replace(first, collapsed=_collapsed(study)), *others]


def _collapsed(outcome: LoopOutcome | StudyOutcome) -> list[str]:
    return list(map(printable, collapses(outcome)))


def _languages(study: StudyOutcome) -> dict[str, int]:
    """Return in how many languages each arm was trained, where arms differ in that alone."""
    unseen = study.evaluations.get(UNSEEN)  # on questions of the set that was trained on, in its languages
    full_count = len(unseen.bases[0].languages) if unseen else None
    counts = {}
    for arm, settings in study.arms.items():
        pairs = settings.get("pairs", {})
        if set(settings) <= {"pairs"} and set(pairs) <= {"languages"}:
            count = len(pairs["languages"]) if pairs.get("languages") else full_count
            if count is not None:
                counts[arm] = count
    return counts


def _bare(value: float) -> dict[str, Any]:
    return {"value": value, "interval": [None, None]}


def _shown(cell: Mapping[str, Any] | None, sign: str) -> dict[str, Any]:
    if cell is None or cell["value"] is None:
        return {"value": None, "shown": ""}
    low, high = cell["interval"]
    return {"value": cell["value"], "low": low, "high": high, "shown": number(cell, sign)}


def rounds(values: Sequence[Mapping[str, Any]]) -> Spec:
    """A loop's rounds: small multiples of each evaluation and measure, with intervals."""
    evaluations = dict.fromkeys(value["evaluation"] for value in values)
    lines = []
    for evaluation in evaluations:
        evaluation_values = [value for value in values if value["evaluation"] == evaluation]
        multiples = [
            _small([value for value in evaluation_values if value["measure"] == measure], measure)
            for measure in dict.fromkeys(value["measure"] for value in evaluation_values)
        ]
        lines.append({"title": {"text": evaluation, "anchor": "start"}, "hconcat": multiples})
    return {"$schema": SCHEMA, "vconcat": lines}


def _small(values: list[Mapping[str, Any]], measure: str) -> Spec:
    y = {
        "field": "value",
        "type": "quantitative",
        "title": None,
        "scale": {"zero": False},
        "axis": {"tickCount": 5},
    }
    tips = [{"field": name, "type": "nominal"} for name in ("measure", "round", "shown")]
    bars = {
        "mark": {"type": "rule", "opacity": 0.6},
        "encoding": {"y": {**y, "field": "low"}, "y2": {"field": "high"}},
    }
    x = {"field": "round", "type": "ordinal", "title": "round (0: base)", "axis": {"labelAngle": 0}}
    return {
        "title": {"text": measure, "fontWeight": "normal", "fontSize": 11},
        "data": {"values": values},
        "width": 150,
        "height": 110,
        "encoding": {"x": x},
        "layer": [
            *([bars] if any(value.get("low") is not None for value in values) else []),
            {"mark": {"type": "line"}, "encoding": {"y": y}},
            {
                "mark": {"type": "point", "filled": True, "size": 60, "opacity": 1},
                "encoding": {"y": y, "tooltip": tips},
            },
        ],
    }


def curve(values: Sequence[Mapping[str, Any]]) -> Spec:
    """What training changed by the number of languages that it was in, with intervals."""
    x = {"field": "languages", "type": "ordinal", "title": "languages in training", "axis": {"labelAngle": 0}}
    change = {"field": "value", "type": "quantitative", "title": "change"}
    layers = [
        zero_line("y"),
        {"mark": {"type": "rule"}, "encoding": {"y": {**change, "field": "low"}, "y2": {"field": "high"}}},
        {"mark": {"type": "line"}, "encoding": {"y": change}},
        {"mark": _POINT, "encoding": {"y": change, "tooltip": _CHANGE}},
    ]
    return _grid(values, {"width": 240, "height": 180, "encoding": {"x": x}, "layer": layers})


def arms(values: Sequence[Mapping[str, Any]]) -> Spec:
    """A study's arms: what each changed, with intervals."""
    names = list(dict.fromkeys(value["arm"] for value in values))
    y = {"field": "arm", "type": "nominal", "title": None, "sort": names}
    change = {"field": "value", "type": "quantitative", "title": "change"}
    layers = [
        zero_line("x"),
        {"mark": {"type": "rule"}, "encoding": {"x": {**change, "field": "low"}, "x2": {"field": "high"}}},
        {"mark": _POINT, "encoding": {"x": change, "tooltip": _CHANGE}},
    ]
    return _grid(values, {"width": 240, "height": {"step": 20}, "encoding": {"y": y}, "layer": layers})


def _grid(values: Sequence[Mapping[str, Any]], spec: Spec) -> Spec:
    """Lay a chart out for each evaluation (row) and measure (column)."""
    sides = {"column": "measure", "row": "evaluation"}
    facet = {side: {"field": name, "type": "nominal", "title": None, "sort": None} for side, name in sides.items()}
    return {"$schema": SCHEMA, "data": {"values": list(values)}, "facet": facet, "spec": spec}
