"""Lay loops and studies out: what training changed, paired by question (pure)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from calm_harness import metrics
from calm_harness.intervals import by_question, difference, estimate
from calm_harness.metrics import Answers, Statistic
from calm_harness.scoring import differences, estimates, names
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
    measured = [{name: _defined(value) for name, value in asdict(one).items()} for one in signals]
    return {"evaluations": evaluations, "signals": measured, "settings": dict(settings)}


def _defined(value: float) -> float | None:
    return None if np.isnan(value) else value


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
            [_round(place), *(_plain(one[name]) for name in ("agreement", "alpha", "entropy"))]
            for place, one in enumerate(found["signals"])
        ],
    )
    return "\n".join(lines) + "\n"


def study(before: Mapping[str, Answers], after: Mapping[str, Mapping[str, Answers]], against: str) -> dict[str, Any]:
    """Compare each arm with the base model, and one arm with all others; all seeds together.

    Args:
        before: evaluation -> answers of the base model, in the order of the arms' answers.
        after: evaluation -> arm -> answers; a question may come again, of another seed.
        against: the arm that is compared with the others.
    """
    evaluations = {}
    for name, arms in after.items():
        base = _statistics(before[name])
        found = {arm: _statistics(table) for arm, table in arms.items()}
        rows = {}
        for arm, own in found.items():
            rows[arm] = {"metrics": laid_out(estimate(own)), "difference": _apart(own, base)}
            if arm != against and against in found:
                rows[arm]["against"] = _apart(found[against], own)
        evaluations[name] = {
            "questions": len(set(before[name].question_ids)),
            "languages": list(before[name].languages),
            "base": {"metrics": laid_out(estimate(base))},
            "arms": rows,
        }
    return {"against": against, "evaluations": evaluations}


def _statistics(table: Answers) -> dict[str, Statistic]:
    return {name: by_question(metrics.statistic(name, table), table.question_ids) for name in names(table)}


def _apart(after: Mapping[str, Statistic], before: Mapping[str, Statistic]) -> dict[str, Any]:
    return laid_out(estimate({name: difference(after[name], before[name]) for name in after if name in before}))


RIVALS = ("own", "english")


def verdict(found: Mapping[str, Any], name: str) -> list[str]:
    """Say of an evaluation, before anything else, whether the compared arm beats its rivals."""
    lines = []
    for rival in RIVALS:
        row = found["evaluations"][name]["arms"].get(rival, {})
        for metric in COMPARED if "against" in row else ():
            apart = row["against"][metric]
            low, high = apart["interval"]
            better = "beats" if low > 0 else "is worse than" if high < 0 else "does not beat"
            lines.append(f"- In {metric}, `{found['against']}` {better} `{rival}`: {number(apart, sign='+')} ({name}).")
    return lines


def study_markdown(found: Mapping[str, Any]) -> str:
    """Render a study's report; what the vote does not do stands first."""
    lines = [f"# {found['title']}", ""]
    if found["transductive"]:
        lines += [TRANSDUCTIVE, ""]
    said = [line for name in found["evaluations"] for line in verdict(found, name)]
    lines += [*said, ""] if said else []
    for name, evaluation in found["evaluations"].items():
        seeds = ", ".join(map(str, found["seeds"]))
        lines += [
            f"## {name}",
            "",
            f"{evaluation['questions']} questions in {', '.join(evaluation['languages'])}; seeds {seeds} together; 95% "
            "intervals over questions, differences paired by question.",
            "",
        ]
        arms = evaluation["arms"]
        lines += _compared(["base", *arms], [evaluation["base"], *arms.values()])
        if any("against" in row for row in arms.values()):
            lines += ["", f"`{found['against']}` minus each other arm:", ""]
            lines += markdown(
                ["", *COMPARED],
                [
                    [arm, *(number(row["against"].get(each), sign="+") for each in COMPARED)]
                    for arm, row in arms.items()
                    if "against" in row
                ],
            )
        if f"acc_{evaluation['languages'][0]}" in evaluation["base"]["metrics"]:
            lines += ["", "Accuracy by language, minus the base model's:", ""]
            lines += markdown(
                ["", *evaluation["languages"]],
                [
                    [
                        arm,
                        *(number(row["difference"][f"acc_{tag}"], sign="+") for tag in evaluation["languages"]),
                    ]
                    for arm, row in arms.items()
                ],
            )
        lines.append("")
    return "\n".join(lines) + "\n"


def _plain(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


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
