"""Loops and studies for reading: what training changed, as Markdown (pure)."""

from __future__ import annotations

from collections.abc import Sequence

from calm_harness.report.outcome import LoopOutcome, Measured, StudyEvaluation, StudyOutcome
from calm_harness.report.tables import markdown, number

SHOWN = ("acc", "consistency", "alpha", "majority_acc", "position_entropy")
COMPARED = ("acc", "consistency")
TRANSDUCTIVE = (
    "**Transductive**: the model was aligned, without labels, on the very questions that it is evaluated on. Compare "
    "it with nothing that was tested on unseen questions."
)
JUDGED = "Each language is held against what the base model's other languages voted for, before training as after."
RIVALS = ("own", "english")  # what a vote over languages has to beat


def loop_markdown(loop: LoopOutcome) -> str:
    """Render a loop's report."""
    settings, best = loop.settings, loop.best
    lines = [f"# {settings['model']}: {settings['task']}, {len(loop.signals) - 1} rounds", ""]
    if loop.transductive:
        lines += [TRANSDUCTIVE, ""]
    best_model = f"round {best.round} ({best.adapter})" if best.adapter else "the base model"
    lines += [f"Kept: {best_model}, without labels ({best.reason}).", ""]
    for name, evaluation in loop.evaluations.items():
        lines += [
            f"## {name}",
            "",
            f"{evaluation.questions} questions in {', '.join(evaluation.languages)}; 95% intervals, differences paired "
            "by question.",
            "",
        ]
        lines += _compared([_round(round_number) for round_number in range(len(evaluation.rounds))], evaluation.rounds)
        lines.append("")
    if all(signal.entropy is None for signal in loop.signals):  # there are no dev questions
        return "\n".join(lines)
    lines += ["## Without labels, on the dev questions", "", JUDGED, ""]
    lines += markdown(
        ["", "agreement with the first votes", "alpha", "entropy of positions"],
        [
            [_round(round_number), _plain(signal.agreement), _plain(signal.alpha), _plain(signal.entropy)]
            for round_number, signal in enumerate(loop.signals)
        ],
    )
    return "\n".join(lines) + "\n"


def verdict(study: StudyOutcome, name: str) -> list[str]:
    """Say of an evaluation, before anything else, whether the compared arm beats its rivals."""
    lines = []
    for rival in RIVALS:
        measured = study.evaluations[name].arms.get(rival)
        if measured is None or measured.against is None:
            continue
        for metric in COMPARED:
            difference = measured.against[metric]
            low, high = difference["interval"]
            verb = "beats" if low > 0 else "is worse than" if high < 0 else "does not beat"
            lines.append(f"- In {metric}, `{study.against}` {verb} `{rival}`: {number(difference, sign='+')} ({name}).")
    return lines


def study_markdown(study: StudyOutcome) -> str:
    """Render a study's report; what the vote does not do stands first."""
    lines = [f"# {study.title}", ""]
    if study.transductive:
        lines += [TRANSDUCTIVE, ""]
    verdicts = [line for name in study.evaluations for line in verdict(study, name)]
    lines += [*verdicts, ""] if verdicts else []
    seeds = ", ".join(map(str, study.seeds))
    for name, evaluation in study.evaluations.items():
        lines += [
            f"## {name}",
            "",
            f"{evaluation.questions} questions in {', '.join(evaluation.languages)}; seeds {seeds} together; 95% "
            "intervals over questions, differences paired by question.",
            "",
            *_arms(study, evaluation),
            "",
        ]
    return "\n".join(lines) + "\n"


def _arms(study: StudyOutcome, evaluation: StudyEvaluation) -> list[str]:
    """Render an evaluation's tables: arms against the base model, one arm against the others, by language."""
    arms, languages = evaluation.arms, evaluation.languages
    lines = _compared(["base", *arms], [evaluation.base, *arms.values()])
    differences = {arm: measured.against for arm, measured in arms.items() if measured.against is not None}
    if differences:
        lines += ["", f"`{study.against}` minus each other arm:", ""]
        lines += markdown(
            ["", *COMPARED],
            [
                [arm, *(number(figures.get(name), sign="+") for name in COMPARED)]
                for arm, figures in differences.items()
            ],
        )
    if f"acc_{languages[0]}" in evaluation.base.metrics:
        lines += ["", "Accuracy by language, minus the base model's:", ""]
        lines += markdown(
            ["", *languages],
            [
                [arm, *(number((measured.difference or {})[f"acc_{tag}"], sign="+") for tag in languages)]
                for arm, measured in arms.items()
            ],
        )
    return lines


def _plain(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def _round(round_number: int) -> str:
    return f"round {round_number}" if round_number else "base"


def _compared(names: Sequence[str], rows: Sequence[Measured]) -> list[str]:
    shown = [name for name in SHOWN if any(name in row.metrics for row in rows)]
    compared = [name for name in COMPARED if any(name in (row.difference or {}) for row in rows)]
    return markdown(
        ["", *shown, *(f"{name} − base" for name in compared)],
        [
            [name, *(number(row.metrics.get(metric)) for metric in shown)]
            + [number((row.difference or {}).get(metric), sign="+") for metric in compared]
            for name, row in zip(names, rows, strict=True)
        ],
    )
