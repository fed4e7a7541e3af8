"""Loops and studies for reading: what training changed, as Markdown (pure)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from calm_harness.metrics.seeds import FEWEST
from calm_harness.report.outcome import (
    Figures,
    LoopOutcome,
    Measured,
    StudyArm,
    StudyBase,
    StudyEvaluation,
    StudyOutcome,
)
from calm_harness.report.tables import markdown, number
from calm_harness.report.training.collapse import collapses
from retrieval.text import joined
from trainer.rounds import calibrated, foretold

SHOWN = ("acc", "consistency", "alpha", "majority_acc", "position_entropy")
OF_ARMS = (
    *("acc", "em", "other_language", "acc_en", "em_en", "consistency", "rankc", "consistency_all", "correct_all"),
    *("alpha", "majority_acc", "position_entropy"),
)
COMPARED = ("acc", "consistency")
TRANSDUCTIVE = (
    "**Transductive**: the model was aligned, without labels, on the very questions that it is evaluated on. Compare "
    "it with nothing that was tested on unseen questions."
)
JUDGED = "Each language is held against what the base model's other languages voted for, before training as after."
BY_SEED = "How far seeds differ (standard deviation of their differences to the base, in points):"
COST = "The round that is kept, and what training took (all rounds together; tokens read in all epochs), by seed:"
UNKNOWN = "not known"
NOT_COMPARABLE = "not comparable: other questions or languages"
TOO_FEW = f"questions alone, of these runs (from {FEWEST} seeds on over seeds as well)"
RIVALS = ("own", "english")  # what a vote over languages has to beat


def loop_markdown(loop: LoopOutcome) -> str:
    """Render a loop's report."""
    settings, best = loop.settings, loop.best
    lines = [f"# {settings['model']}: {settings['task']}, {len(loop.signals) - 1} rounds", ""]
    if loop.transductive:
        lines += [TRANSDUCTIVE, ""]
    best_model = f"round {best.round} ({best.adapter})" if best.adapter else "the base model"
    lines += [f"Kept: {best_model}, without labels ({best.reason}).", "", *_collapsed(loop)]
    for name, evaluation in loop.evaluations.items():
        lines += [
            f"## {name}",
            "",
            f"{evaluation.questions} questions in {', '.join(evaluation.languages)}; 95% intervals, differences paired "
            "by question.",
            "",
        ]
        called = [_round(round_number) for round_number in range(len(evaluation.rounds))]
        lines += _compared(called, evaluation.rounds)
        lines += [*foretold.lines(dict(zip(called, evaluation.rounds, strict=True))), ""]
    if all(signal.entropy is None for signal in loop.signals):  # there are no dev questions
        return joined(lines)
    lines += ["## Without labels, on the dev questions", "", JUDGED, ""]
    lines += markdown(
        ["", "agreement with the first votes", "alpha", "entropy of positions"],
        [
            [_round(round_number), _plain(signal.agreement), _plain(signal.alpha), _plain(signal.entropy)]
            for round_number, signal in enumerate(loop.signals)
        ],
    )
    return joined(lines) + "\n"


def verdict(study: StudyOutcome, name: str) -> list[str]:
    """Say of an evaluation, before anything else, whether the compared arm beats its rivals."""
    lines = []
    evaluation = study.evaluations[name]
    for rival in RIVALS:
        if not {rival, study.against} <= set(evaluation.arms) or rival == study.against:
            continue
        against = evaluation.arms[rival].measured.against
        if against is None:
            lines.append(f"- `{study.against}` and `{rival}` are {NOT_COMPARABLE} ({name}).")
            continue
        other = "" if _same_base(evaluation, study.against, rival) else ", of another base"
        for metric in (name for name in COMPARED if name in against):
            said = _said(against[metric], study, rival)
            apart = f", seeds differ by {_points(against[metric])} points" if len(study.seeds) > 1 else ""
            lines.append(f"- In {metric}, {said}: {number(against[metric], sign='+')} ({name}{other}{apart}).")
    return lines


def _said(difference: Mapping[str, Any], study: StudyOutcome, rival: str) -> str:
    """Say which of two arms is ahead: in general from three seeds on, else of these runs alone."""
    low, high = difference["interval"]
    side = 0 if low is None else 1 if low > 0 else -1 if high < 0 else 0
    if len(study.seeds) >= FEWEST:
        verb = {1: "beats", -1: "is worse than", 0: "does not beat"}[side]
        return f"`{study.against}` {verb} `{rival}`"
    runs = "on this run" if len(study.seeds) == 1 else f"on these {len(study.seeds)} runs"
    verb = {1: "is ahead of", -1: "is behind", 0: "cannot be told apart from"}[side]
    return f"`{study.against}` {verb} `{rival}` {runs}"


def _same_base(evaluation: StudyEvaluation, arm: str, other: str) -> bool:
    return other in evaluation.base(arm).arms


def study_markdown(study: StudyOutcome) -> str:
    """Render a study's report; what the vote does not do stands first."""
    lines = [f"# {study.title}", ""]
    if study.transductive:
        lines += [TRANSDUCTIVE, ""]
    verdicts = [line for name in study.evaluations for line in verdict(study, name)]
    lines += [*verdicts, ""] if verdicts else []
    lines += _collapsed(study)
    seeds = f"Seed {study.seeds[0]}" if len(study.seeds) == 1 else f"Seeds {_listed(study.seeds)} together"
    over = "seeds and questions together" if len(study.seeds) >= FEWEST else TOO_FEW
    for name, evaluation in study.evaluations.items():
        lines += [f"## {name}", "", *(_asked(base, len(evaluation.bases) > 1) for base in evaluation.bases), ""]
        lines += [
            f"{seeds}, of each the round that is kept; 95% intervals over {over}; differences to each "
            "arm's own base model, paired by question.",
            "",
            *_arms(study, evaluation),
            "",
        ]
    lines += ["## Training", "", COST, "", *_trainings(study)]
    return joined(lines) + "\n"


def _collapsed(outcome: LoopOutcome | StudyOutcome) -> list[str]:
    """List which models say few letters."""
    said = collapses(outcome)
    return [*(f"- {line}" for line in said[:-1]), "", f"**{said[-1]}**", ""] if said else []


def _asked(base: StudyBase, several: bool) -> str:
    """Say what a base model and its arms were asked, and of several which arms these are."""
    asked = f"{base.questions} questions in {', '.join(base.languages)}"
    return f"- {_named(base.arms)}: {asked}, of {base.model}" if several else f"{asked}."


def _named(arms: Sequence[str]) -> str:
    return ", ".join(f"`{arm}`" for arm in arms)


def _arms(study: StudyOutcome, evaluation: StudyEvaluation) -> list[str]:
    """Render an evaluation's tables: arms against base models, one arm against the others, by seed, round, language."""
    arms, several = evaluation.arms, len(evaluation.bases) > 1
    rows = [
        row
        for base in evaluation.bases
        for row in (
            (f"base of {_named(base.arms)}" if several else "base", base.measured),
            *((arm, arms[arm].measured) for arm in base.arms),
        )
    ]
    shown = [metric for metric in OF_ARMS if any(metric in measured.metrics for _, measured in rows)]
    lines = markdown(["", *shown], [[name, *_numbers(of.metrics, shown)] for name, of in rows])
    lines += [*_chance(evaluation), "", "Minus the base model:", ""]
    lines += markdown(
        ["", *shown], [[arm, *_numbers(each.measured.difference or {}, shown, "+")] for arm, each in arms.items()]
    )
    lines += calibrated.lines(evaluation)
    if len(arms) > 1 and study.against in arms:
        lines += ["", f"`{study.against}` minus each other arm:", ""]
        lines += markdown(["", *COMPARED], [_against(study, evaluation, arm) for arm in arms if arm != study.against])
    if len(study.seeds) > 1:
        lines += ["", BY_SEED, "", *_seeds(arms)]
    if any(len(arm.rounds) != 1 for arm in arms.values()) or any(set(kept) != {1} for kept in study.kept.values()):
        lines += ["", "Every round, over the seeds that came so far:", "", *_compared(*_rounds(arms))]
    lines += foretold.lines(dict(zip(*_rounds(arms), strict=True)))
    return lines + _by_language(evaluation)


def _against(study: StudyOutcome, evaluation: StudyEvaluation, arm: str) -> list[str]:
    name = arm if _same_base(evaluation, study.against, arm) else f"{arm} (of another base)"
    against = evaluation.arms[arm].measured.against
    if against is None:
        return [name, *[NOT_COMPARABLE] * len(COMPARED)]
    return [name, *(number(against.get(metric), sign="+") for metric in COMPARED)]


def _numbers(figures: Figures, shown: Sequence[str], sign: str = "") -> list[str]:
    return [number(figures.get(metric), sign) for metric in shown]


def _chance(evaluation: StudyEvaluation) -> list[str]:
    """Say what RankC is of rankings at random, where there is one."""
    cells = [base.measured.metrics.get("rankc_chance") for base in evaluation.bases]
    values = dict.fromkeys(f"{cell['value']:.3f}" for cell in cells if cell and cell["value"] is not None)
    return ["", f"RankC of rankings at random: {', '.join(values)}."] if values else []


def _seeds(arms: Mapping[str, StudyArm]) -> list[str]:
    """Render how far seeds differ, in points."""
    rows = [
        [arm, *(_points((of_arm.measured.difference or {}).get(metric)) for metric in COMPARED)]
        for arm, of_arm in arms.items()
    ]
    return markdown(["", *COMPARED], rows)


def _trainings(study: StudyOutcome) -> list[str]:
    """Render which round each seed keeps, and what its training took."""
    rows = [
        [arm, ", ".join(map(_round, kept))]
        + [_spent([getattr(cost, name) for cost in study.costs.get(arm, ())]) for name in ("seconds", "tokens")]
        for arm, kept in study.kept.items()
    ]
    return markdown(["", "kept", "seconds", "tokens"], rows)


def _spent(by_seed: Sequence[float | None]) -> str:
    if all(value is None for value in by_seed):
        return UNKNOWN
    return "; ".join(UNKNOWN if value is None else f"{value:,.0f}" for value in by_seed)


def _listed(seeds: Sequence[int]) -> str:
    return ", ".join(map(str, seeds))


def _points(cell: Mapping[str, Any] | None) -> str:
    return "" if cell is None or cell["spread"] is None else f"{100 * cell['spread']:.1f}"


def _rounds(arms: Mapping[str, StudyArm]) -> tuple[list[str], list[Measured]]:
    """Name all rounds of all arms, and give their figures."""
    rows = {
        f"{arm}, {_round(place)} (seeds {_listed(compared.seeds)})": compared.measured
        for arm, of_arm in arms.items()
        for place, compared in enumerate(of_arm.rounds, start=1)
    }
    return list(rows), list(rows.values())


def _by_language(evaluation: StudyEvaluation) -> list[str]:
    """Render accuracy by language, a table for each choice of languages."""
    lines = []
    for languages in dict.fromkeys(tuple(base.languages) for base in evaluation.bases):
        bases = [base for base in evaluation.bases if tuple(base.languages) == languages]
        if f"acc_{languages[0]}" not in bases[0].measured.metrics:
            continue
        lines += ["", "Accuracy by language, minus the base model's:", ""]
        lines += markdown(
            ["", *languages],
            [
                [
                    arm,
                    *(number((evaluation.arms[arm].measured.difference or {})[f"acc_{tag}"], "+") for tag in languages),
                ]
                for base in bases
                for arm in base.arms
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
