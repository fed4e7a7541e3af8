"""Trainings that end in few letters: said wherever their figures stand (pure).

An answer that is given whatever is asked is the same in all languages, and sometimes right in all of them: consistency,
`consistency_all` and `correct_all` rise by it, and nothing is known better. Rounds are judged by this where there are
dev questions (`trainer.rounds.stopping`); here it is said of the questions that figures are of, also where nothing was
judged.
"""

from __future__ import annotations

from collections.abc import Iterator

from calm_harness.metrics.agreement import SPREAD
from calm_harness.report.outcome import LoopOutcome, Measured, StudyOutcome

MEANING = (
    "Letters that are said whatever is asked agree in all languages: of these models, consistency and correct_all are "
    "not to be read by themselves."
)


def collapses(outcome: LoopOutcome | StudyOutcome) -> list[str]:
    """Say which models give fewer different letters than their base model, a line each, and last what that means.

    Nothing where none does.
    """
    found: dict[str, list[str]] = {}
    for evaluation, who, base, measured in _models(outcome):
        for before, after in _entropies(base, measured):
            found.setdefault(who, []).append(f"{before:.3f} to {after:.3f} in {evaluation}")
    lines = [
        f"{who}: positions of answers collapsed (position_entropy {', '.join(each)})." for who, each in found.items()
    ]
    return [*lines, MEANING] if lines else []


def _models(outcome: LoopOutcome | StudyOutcome) -> Iterator[tuple[str, str, Measured, Measured]]:
    """Yield evaluation, name, base model and model of each model that is reported."""
    if isinstance(outcome, LoopOutcome):
        for name, of_loop in outcome.evaluations.items():
            base, *rounds = of_loop.rounds
            yield from ((name, f"round {number}", base, each) for number, each in enumerate(rounds, start=1))
        return
    for name, of_study in outcome.evaluations.items():
        for arm, found in of_study.arms.items():
            yield name, arm, of_study.base(arm).measured, found.measured


def _entropies(base: Measured, measured: Measured) -> Iterator[tuple[float, float]]:
    """Yield both entropies of positions where the second is too low, by more than chance."""
    name = "position_entropy"
    before, after, apart = (
        figures.get(name) for figures in (base.metrics, measured.metrics, measured.difference or {})
    )
    if before is None or after is None or apart is None or None in (before["value"], after["value"]):
        return
    high = apart["interval"][1]
    if after["value"] < SPREAD * before["value"] and high is not None and high < 0:
        yield before["value"], after["value"]
