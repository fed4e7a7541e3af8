"""Keep here what the pages' tables show of a report.

python docs/figures/take.py rivals runs/studies/rivals/report.json
python docs/figures/take.py rivals_chat runs/studies/rivals_chat_small/report.json
python docs/figures/take.py adapt runs/studies/adapt/report.json
python docs/figures/take.py edit_context runs/edit/edit.json         # edit_weights likewise
python docs/figures/take.py needle_xquad runs/xquad/grid.json        # needle_mini and needle_long likewise
python docs/figures/take.py mix_qwen runs/mix_qwen/grid.json
python docs/figures/take.py transfer scores.json                    # of calm score --json scores.json
python docs/figures/tables.py                                        # then the pages
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
METRICS = ("acc", "acc_en", "consistency", "rankc", "consistency_all", "correct_all", "alpha", "position_entropy")
OPEN = ("em", "em_en", "other_language")
Figure = Mapping[str, Any]


def rivals(study: Mapping[str, Any]) -> dict[str, Any]:
    """Keep of a study's report differences to the base model and between arms, and mean costs of its seeds."""

    def kept(figures: Mapping[str, Figure] | None) -> dict[str, Figure]:
        return {
            name: {"value": figure["value"], "interval": figure["interval"]}
            for name, figure in (figures or {}).items()
            if name in METRICS + OPEN
        }

    def measured(arm: Mapping[str, Any]) -> dict[str, Any]:
        found = arm["measured"]
        parts = {name: kept(found.get(name)) for name in ("difference", "against")}
        return {**parts, "calibrated": kept((found.get("calibrated") or {}).get("difference"))}

    evaluations = {
        name: {
            "questions": asked["bases"][0]["questions"],
            "languages": len(asked["bases"][0]["languages"]),
            "base": kept(asked["bases"][0]["measured"]["metrics"]),
            "arms": {arm: measured(found) for arm, found in asked["arms"].items()},
        }
        for name, asked in study["evaluations"].items()
    }
    costs = {
        arm: {name: mean([cost[name] for cost in spent]) for name in spent[0]} for arm, spent in study["costs"].items()
    }
    whole = {"title": study["title"], "seeds": study["seeds"], "against": study["against"]}
    return {**whole, "evaluations": evaluations, "costs": costs}


def mean(costs: Sequence[float | None]) -> float | None:
    """Return the mean of what is known, or None."""
    known = [cost for cost in costs if cost is not None]
    return sum(known) / len(known) if len(known) == len(costs) else None


def adapt(study: Mapping[str, Any]) -> dict[str, Any]:
    """Keep accuracy of a study of adaptation, by target, number of questions and start."""
    cells: dict[str, Any] = {}
    for name, asked in study["evaluations"].items():
        target, count = name.removesuffix(" questions").split(", ")
        found = cells.setdefault(target, {"questions": asked["bases"][0]["questions"], "k": {}})
        found["k"][count] = {start: start_of(arm["measured"]) for start, arm in asked["arms"].items()}
    return {"title": study["title"], "seeds": study["seeds"], "against": study["against"], "cells": cells}


def start_of(measured: Mapping[str, Any]) -> dict[str, Figure]:
    """Keep a start's accuracy, and how far the start that others are held against is ahead of it."""
    ahead = (measured.get("against") or {}).get("acc")
    return {"acc": measured["metrics"]["acc"], **({"against": ahead} if ahead else {})}


def edit(table: Mapping[str, Any]) -> dict[str, Any]:
    """Keep all but the matrices of `edit.json`."""
    return {name: value for name, value in table.items() if name != "matrices"}


def transfer(score: Mapping[str, Any]) -> dict[str, Any]:
    """Keep of `calm score --json` transfer and lift by pair of languages, and their means by script."""
    pairwise = {name: score["pairwise"][name] for name in ("transfer", "lift")}
    return {"questions": score["questions"], "pairwise": pairwise, "related": {"script": score["related"]["script"]}}


def main() -> None:
    """Write the file of a name."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", help="of the file here, without .json")
    parser.add_argument("report", type=Path)
    args = parser.parse_args()
    found = json.loads(args.report.read_text("utf-8"))
    takes = {"rivals": rivals, "adapt": adapt, "edit": edit, "needle": dict, "mix": dict, "transfer": transfer}
    kept = takes[args.name.partition("_")[0]](found)
    text = json.dumps(kept, indent=1, ensure_ascii=False)
    (HERE / f"{args.name}.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
