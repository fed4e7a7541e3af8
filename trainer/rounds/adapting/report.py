"""A study of adaptation for reading: number of questions by start, as Markdown (pure)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from calm_harness.metrics.seeds import FEWEST
from calm_harness.report import tables
from calm_harness.report.outcome import StudyOutcome
from calm_harness.report.tables import number
from retrieval.text import joined

METRIC = "acc"
TOO_FEW = f"Intervals are over questions alone, and of these runs (from {FEWEST} seeds on over seeds as well)."
TOGETHER = "Intervals are over seeds and questions together."


def markdown(study: StudyOutcome, targets: Mapping[str, Mapping[int, str]]) -> str:
    """Render the report.

    Args:
        study: whose arms are starts, and are compared with the base model at the same number of questions.
        targets: target language -> number of questions -> name of its evaluation.
    """
    seeds = ", ".join(map(str, study.seeds))
    lines = [
        f"# {study.title}",
        "",
        "Accuracy on the test questions in the target language, after training on the pairs of k of its questions, by "
        "what training starts from: the base model, an adapter trained on English pairs, or one meta-learned on the "
        "other languages. No label is trained on.",
        "",
        f"Means of seeds {seeds} with 95% intervals; σ is the standard deviation between seeds, in points. "
        f"{TOGETHER if len(study.seeds) >= FEWEST else TOO_FEW} Differences are to the base model trained on the same "
        "k questions, paired by question.",
        "",
    ]
    for target, evaluations in targets.items():
        first = study.evaluations[next(iter(evaluations.values()))]
        starts = list(first.arms)
        others = [start for start in starts if start != study.against]
        rows = [
            [
                str(count),
                *(_with_spread(study.evaluations[name].arms[start].measured.metrics.get(METRIC)) for start in starts),
                *(
                    _with_spread(
                        _reversed((study.evaluations[name].arms[start].measured.against or {}).get(METRIC)), "+"
                    )
                    for start in others
                ),
            ]
            for count, name in evaluations.items()
        ]
        lines += [f"## {target}", "", f"{first.bases[0].questions} questions.", ""]
        lines += tables.markdown(["k", *starts, *(f"{start} − {study.against}" for start in others)], rows)
        lines.append("")
    return joined(lines) + "\n"


def _with_spread(cell: Mapping[str, Any] | None, sign: str = "") -> str:
    spread = None if cell is None else cell.get("spread")
    return number(cell, sign) + ("" if spread is None else f", σ {100 * spread:.1f}")


def _reversed(cell: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """Turn base minus start into start minus base."""
    if cell is None or cell["value"] is None:
        return cell
    low, high = cell["interval"]
    return {**cell, "value": -cell["value"], "interval": [low, high] if low is None else [-high, -low]}
