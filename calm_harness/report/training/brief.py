"""What came of a loop or a study, for a terminal: before, after, the difference, and where the files are (pure)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from calm_harness.report.outcome import REPORT_TEXT, LoopOutcome, Measured, StudyOutcome
from calm_harness.report.tables import aligned, number, where
from calm_harness.report.training.collapse import collapses
from retrieval.text import joined

FIGURES = ("acc", "em", "consistency")
INTERVALS = "95% intervals over questions, differences paired by question."
LONGEST = 100  # characters of a log's name


def loop(outcome: LoopOutcome, folder: Path, log: str) -> str:
    """Lay out what a loop changed, and where it is.

    Args:
        outcome: what came of it.
        folder: the loop's.
        log: its name.
    """
    lines = [""]
    for name, evaluation in outcome.evaluations.items():
        base, *rounds = evaluation.rounds
        shown = outcome.best.round or len(rounds)
        after = f"round {shown}{'' if outcome.best.round else ', which is not kept'}"
        lines += [_title(name, evaluation.questions, evaluation.languages)]
        lines += [*_changed(base, {"": evaluation.rounds[shown]}, after), ""]
    lines += _collapsed(outcome)
    adapter = outcome.best.adapter
    kept = str(folder / adapter) if adapter else "none: the base model is kept"
    return joined([*lines, INTERVALS, "", *where(folder, REPORT_TEXT, log, {"adapter": kept})])


def study(outcome: StudyOutcome, folder: Path, log: str) -> str:
    """Lay out what the arms of a study changed, and where it is; see `loop`."""
    lines = [""]
    for name, evaluation in outcome.evaluations.items():
        for base in evaluation.bases:
            arms = {arm: evaluation.arms[arm].measured for arm in base.arms}
            lines += [_title(name, base.questions, base.languages), *_changed(base.measured, arms, "after"), ""]
    lines += _collapsed(outcome)
    return joined([*lines, "95% intervals; the report says over what.", "", *where(folder, REPORT_TEXT, log)])


def _collapsed(outcome: LoopOutcome | StudyOutcome) -> list[str]:
    said = collapses(outcome)
    return [*said, ""] if said else []


def log_of(arms: Sequence[str] | None) -> str:
    """Name the log of a study: where it runs some arms only, after these, as another may run others meanwhile."""
    return f"{'-'.join(['study', *(arms or ())])[:LONGEST]}.log"


def _title(name: str, questions: int, languages: Sequence[str]) -> str:
    return f"{name}: {questions} questions in {', '.join(languages)}"


def _changed(base: Measured, models: Mapping[str, Measured], after: str) -> list[str]:
    """Lay out figures before and after.

    Args:
        base: before.
        models: after, by what comes before a figure's name.
        after: what the column is called.
    """
    rows = [
        [
            f"  {name} {figure}" if name else f"  {figure}",
            number(base.metrics.get(figure)),
            number(measured.metrics.get(figure)),
            number((measured.difference or {}).get(figure), sign="+"),
        ]
        for name, measured in models.items()
        for figure in FIGURES
        if figure in base.metrics
    ]
    return aligned(["", "base model", after, "difference"], rows)
