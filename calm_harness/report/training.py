"""Read what loops and studies reported, for the charts of rounds, arms and numbers of languages."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from calm_harness.report import charts
from calm_harness.report.runs import Skipped, short_names
from calm_harness.tables import number, printable

REPORT = "report.json"
UNSEEN = "unseen"  # what trainer.loop calls the test on questions of the training set that nobody trained on
KINDS = ("languages", "arms", "rounds")
SHOWN = ("acc", "consistency", "alpha")
COMPARED = ("acc", "consistency")
FEWEST = 3  # different numbers of languages that make a curve


@dataclass(frozen=True)
class Training:
    """A loop's or study's chart.

    Attributes:
        title: what it is of.
        kind: `rounds`, `languages` or `arms`.
        transductive: whether models were aligned on the very questions they were asked.
        spec: the chart.
        values: what it shows, row by row, for readers of tables.
    """

    title: str
    kind: str
    transductive: bool
    spec: charts.Spec
    values: Sequence[Mapping[str, Any]]


def find(paths: Sequence[Path]) -> tuple[list[Training], list[Skipped]]:
    """Read all reports of `trainer.loop` and `trainer.study` below folders.

    Returns:
        Their charts, and the reports that cannot be read. Other files of that name are none of ours.
    """
    found, skipped = [], []
    files = list(dict.fromkeys(file for path in paths if path.is_dir() for file in sorted(path.rglob(REPORT))))
    names = short_names(str(file.parent) for file in files)
    for file in files:
        try:
            report = json.loads(file.read_text(encoding="utf-8"))
            if "signals" in report:
                found.append(_loop(names[str(file.parent)], report))
            elif "arms" in report:
                found += _study(report)
        except Exception as error:
            skipped.append(Skipped(file, f"cannot be read ({type(error).__name__}: {error}); make the report again"))
    return sorted(found, key=lambda training: KINDS.index(training.kind)), skipped


def _loop(name: str, report: Mapping[str, Any]) -> Training:
    values = []
    for evaluation, found in report["evaluations"].items():
        for place, each in enumerate(found["rounds"]):
            values += [
                {"evaluation": evaluation, "round": place, "measure": name, **_shown(each["metrics"].get(name), "")}
                for name in SHOWN
            ]
    for place, signal in enumerate(report["signals"]):
        values += [
            {"evaluation": "without labels", "round": place, "measure": name, **_shown(_bare(signal[name]), "")}
            for name in ("agreement", "alpha", "entropy")
            if signal.get(name) is not None
        ]
    transductive = bool(report["settings"].get("transductive"))
    return Training(f"Rounds of {printable(name)}", "rounds", transductive, charts.rounds(values), values)


def _study(report: Mapping[str, Any]) -> list[Training]:
    values = []
    sizes = _languages(report)
    for evaluation, found in report["evaluations"].items():
        for arm, each in found["arms"].items():
            values += [
                {
                    **{"evaluation": evaluation, "arm": arm, "languages": sizes.get(arm), "measure": name},
                    **_shown(each["difference"].get(name), "+"),
                }
                for name in COMPARED
            ]
    transductive = bool(report.get("transductive"))
    title = printable(report["title"])
    result = [Training(title, "arms", transductive, charts.arms(values), values)]
    if len({value["languages"] for value in values}) >= FEWEST and len(sizes) == len(report["arms"]):
        spec = charts.curve(sorted(values, key=lambda value: value["languages"]))
        result.append(Training(f"{title}: by number of languages", "languages", transductive, spec, values))
    return result


def _languages(report: Mapping[str, Any]) -> dict[str, int]:
    """Return in how many languages each arm was trained, where arms differ in that alone."""
    tested = report["evaluations"].get(UNSEEN)  # on questions of the set that was trained on, in its languages
    every = len(tested["languages"]) if tested else None
    result = {}
    for arm, settings in report["arms"].items():
        pairs = settings.get("pairs", {})
        if set(settings) <= {"pairs"} and set(pairs) <= {"languages"}:
            languages = len(pairs["languages"]) if pairs.get("languages") else every
            if languages is not None:
                result[arm] = languages
    return result


def _bare(value: float) -> dict[str, Any]:
    return {"value": value, "interval": [None, None]}


def _shown(found: Mapping[str, Any] | None, sign: str) -> dict[str, Any]:
    if found is None or found["value"] is None:
        return {"value": None, "shown": ""}
    low, high = found["interval"]
    return {"value": found["value"], "low": low, "high": high, "shown": number(found, sign)}
