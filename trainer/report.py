"""Lay loops and studies out: what training changed, paired by question (pure)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from calm_harness.metrics import Answers
from calm_harness.scoring import differences, estimates
from calm_harness.scoring import report as laid_out
from calm_harness.tables import markdown, number
from trainer.stopping import Signal

SHOWN = ("acc", "consistency", "alpha", "majority_acc", "position_entropy")
COMPARED = ("acc", "consistency")
TRANSDUCTIVE = (
    "**Transductive**: the model was aligned, without labels, on the very questions that it is evaluated on. Compare "
    "it with nothing that was tested on unseen questions."
)


def loop(
    tables: Mapping[str, Sequence[Answers]], signals: Sequence[Signal], settings: Mapping[str, Any]
) -> dict[str, Any]:
    """Compare each round with the base model.

    Args:
        tables: evaluation -> answers of the base model, of round 1, ...
        signals: of the base model and each round.
        settings: the loop's arguments.
    """
    evaluations = {}
    for name, rounds in tables.items():
        evaluations[name] = {
            "questions": len(rounds[0].question_ids),
            "languages": list(rounds[0].languages),
            "rounds": [
                {
                    "metrics": laid_out(estimates(table)),
                    **({"difference": laid_out(differences(table, rounds[0]))} if place else {}),
                }
                for place, table in enumerate(rounds)
            ],
        }
    return {"evaluations": evaluations, "signals": [asdict(one) for one in signals], "settings": dict(settings)}


def loop_markdown(found: Mapping[str, Any]) -> str:
    """Render a loop's report."""
    settings, best = found["settings"], found["best"]
    lines = [f"# {settings['model']}: {settings['task']}, {len(found['signals']) - 1} rounds", ""]
    if settings["transductive"]:
        lines += [TRANSDUCTIVE, ""]
    kept = f"round {best['round']} ({best['adapter']})" if best["adapter"] else "the base model"
    lines += [f"Kept: {kept}, by agreement without labels ({best['reason']}).", ""]
    for name, evaluation in found["evaluations"].items():
        languages = ", ".join(evaluation["languages"])
        lines += [
            f"## {name}",
            "",
            f"{evaluation['questions']} questions in {languages}; 95% intervals, differences paired by question.",
            "",
        ]
        lines += _compared([_round(place) for place in range(len(evaluation["rounds"]))], evaluation["rounds"])
        lines.append("")
    lines += ["## Without labels, on the dev questions", ""]
    lines += markdown(
        ["", "agreement with the first vote", "alpha", "entropy of positions"],
        [
            [_round(place), *(f"{one[name]:.3f}" for name in ("agreement", "alpha", "entropy"))]
            for place, one in enumerate(found["signals"])
        ],
    )
    return "\n".join(lines) + "\n"


def _round(place: int) -> str:
    return f"round {place}" if place else "base"


def _compared(names: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> list[str]:
    shown = [name for name in SHOWN if any(name in row["metrics"] for row in rows)]
    compared = [name for name in COMPARED if any(name in row.get("difference", {}) for row in rows)]
    return markdown(
        ["", *shown, *(f"{name} − base" for name in compared)],
        [
            [name, *(number(row["metrics"].get(each)) for each in shown)]
            + [number(row.get("difference", {}).get(each), sign="+") for each in compared]
            for name, row in zip(names, rows, strict=True)
        ],
    )
