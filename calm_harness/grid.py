"""Question language × passage language: accuracy and consistency of one task with passages of every kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from calm_harness.errors import CalmError
from calm_harness.metrics import Answers
from calm_harness.metrics.compare import differences, estimates, to_json
from calm_harness.passages.choice import NONE
from calm_harness.passages.glossary.lines import said
from calm_harness.report import tables
from calm_harness.report.tables import left_out, markdown, number
from retrieval.text import joined

SHOWN = ("acc", "consistency", "alpha", "correct_all", "majority_acc")
COMPARED = ("acc", "consistency")


def grid(runs: Mapping[str, Answers], glossary: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Lay runs side by side.

    Args:
        runs: passage language (or `none`, `oracle`, ...) -> answers, all to the same questions in the same languages.
        glossary: of a run with a glossary, of how many questions that says something
            (`calm_harness.passages.glossary.lines.coverage`).

    Returns:
        `languages` (of the questions), `questions`, `incomplete_questions` (left out, as they were not asked in all of
        these), `glossary`, where there is one, and `cells`: passage language -> `metrics` and, where `none` is
        among the runs, `difference` from it, paired by question; each name -> value, stderr and 95% interval.

    Raises:
        CalmError: the runs are of different questions.
    """
    first_name, first = next(iter(runs.items()))
    for name, run in runs.items():
        if (run.question_ids, set(run.languages)) != (first.question_ids, set(first.languages)):
            raise CalmError(f"the runs of {first_name} and {name} are of different questions; run both anew")
    cells: dict[str, Any] = {}
    for name, run in runs.items():
        cells[name] = {"metrics": to_json(estimates(run))}
        if NONE in runs and name != NONE:
            cells[name]["difference"] = to_json(differences(run, runs[NONE]))
    counts = {"questions": len(first.question_ids), "incomplete_questions": first.incomplete}
    told = {} if glossary is None else {"glossary": dict(glossary)}
    return {"languages": list(first.languages), **counts, **told, "cells": cells}


def to_markdown(table: Mapping[str, Any]) -> str:
    """Render two tables: metrics with their intervals, and accuracy by question language."""
    cells, languages = table["cells"], table["languages"]
    shown = [metric for metric in SHOWN if any(metric in cell["metrics"] for cell in cells.values())]
    compared = [metric for metric in COMPARED if any(metric in cell.get("difference", {}) for cell in cells.values())]
    lines = markdown(
        ["passages", *shown, *(f"{metric} − zero-shot" for metric in compared)],
        [
            [passages, *(number(cell["metrics"].get(metric)) for metric in shown)]
            + [number(cell.get("difference", {}).get(metric), sign="+") for metric in compared]
            for passages, cell in cells.items()
        ],
    )
    lines += ["", "Accuracy by language of the question:", ""]
    lines += markdown(
        ["passages", *languages],
        [
            [passages, *(number(cell["metrics"].get(f"acc_{language}")) for language in languages)]
            for passages, cell in cells.items()
        ],
    )
    if "glossary" in table:
        lines += ["", said(table["glossary"])]
    left = left_out(table["incomplete_questions"])
    head = f"{table['questions']} questions in {', '.join(languages)}{left}; 95% intervals over questions."
    return joined([head, "", *lines]) + "\n"


def to_csv(table: Mapping[str, Any]) -> str:
    """Render a row a metric and passage language, for spreadsheets and plots."""
    return tables.to_csv(
        ["passages", "kind", "metric"],
        (
            ((passages, kind, metric), figure)
            for passages, cell in table["cells"].items()
            for kind, figures in cell.items()
            for metric, figure in figures.items()
        ),
    )
