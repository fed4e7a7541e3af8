"""What a loop or a study comes to: `report.json`, which `trainer` writes and the leaderboard reads."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

REPORT = "report.json"
UNSEEN = "unseen"  # the test on questions of the training set that nobody trained on
Figures = Mapping[str, Mapping[str, Any]]
"""Metric to value, stderr and 95% interval, as `calm_harness.metrics.compare.to_json` lays them out."""


@dataclass(frozen=True)
class Measured:
    """A model's figures.

    Attributes:
        metrics: its metrics.
        difference: how far they are from the base model's, paired by question; None for the base model itself.
        against: in a study, how far the compared arm's are from this arm's; None where it is that arm.
    """

    metrics: Figures
    difference: Figures | None = None
    against: Figures | None = None


@dataclass(frozen=True)
class LoopEvaluation:
    """An evaluation after each round; the first of `rounds` is the base model."""

    questions: int
    languages: Sequence[str]
    rounds: Sequence[Measured]


@dataclass(frozen=True)
class WithoutLabels:
    """What a round is judged by: agreement with the first votes, alpha, entropy of positions; None where undefined."""

    agreement: float | None
    alpha: float | None
    entropy: float | None


@dataclass(frozen=True)
class Best:
    """The round that is kept (0 is the base model, without an adapter), and why."""

    round: int
    adapter: str | None
    reason: str


@dataclass(frozen=True)
class LoopOutcome:
    """A loop: evaluations by name, what each round was judged by, all arguments, and the round that is kept."""

    evaluations: Mapping[str, LoopEvaluation]
    signals: Sequence[WithoutLabels]
    settings: Mapping[str, Any]
    best: Best

    @property
    def transductive(self) -> bool:
        """Whether models were aligned on the very questions they were asked."""
        return bool(self.settings.get("transductive"))


@dataclass(frozen=True)
class StudyEvaluation:
    """An evaluation of each arm, all seeds together."""

    questions: int
    languages: Sequence[str]
    base: Measured
    arms: Mapping[str, Measured]


@dataclass(frozen=True)
class StudyOutcome:
    """A study: evaluations by name, the arm that is compared with all others, and what each arm changes."""

    title: str
    seeds: Sequence[int]
    transductive: bool
    against: str
    evaluations: Mapping[str, StudyEvaluation]
    arms: Mapping[str, Any]


def to_json(outcome: LoopOutcome | StudyOutcome) -> str:
    """Lay an outcome out as the content of `report.json`."""
    return json.dumps(_plain(outcome), indent=1, ensure_ascii=False) + "\n"


def _plain(value: Any) -> Any:
    if isinstance(value, Measured):
        return {name: figures for name, figures in vars(value).items() if figures is not None}
    if dataclasses.is_dataclass(value):
        return {name: _plain(part) for name, part in vars(value).items()}
    if isinstance(value, Mapping):
        return {name: _plain(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    return value


def read(path: Path) -> LoopOutcome | StudyOutcome | None:
    """Read a `report.json`.

    Returns:
        None where it is a file of that name, but none of ours.

    Raises:
        OSError, ValueError, KeyError, TypeError, AttributeError: it is damaged.
    """
    content = json.loads(path.read_text(encoding="utf-8"))
    if "signals" in content:
        return LoopOutcome(
            evaluations={
                name: LoopEvaluation(
                    evaluation["questions"],
                    evaluation["languages"],
                    [_measured(figures) for figures in evaluation["rounds"]],
                )
                for name, evaluation in content["evaluations"].items()
            },
            signals=[WithoutLabels(*(signal.get(name) for name in _SIGNALS)) for signal in content["signals"]],
            settings=content["settings"],
            best=Best(**content["best"]),
        )
    if "arms" in content:
        return StudyOutcome(
            title=content["title"],
            seeds=content["seeds"],
            transductive=bool(content.get("transductive")),
            against=content["against"],
            evaluations={
                name: StudyEvaluation(
                    evaluation["questions"],
                    evaluation["languages"],
                    _measured(evaluation["base"]),
                    {arm: _measured(figures) for arm, figures in evaluation["arms"].items()},
                )
                for name, evaluation in content["evaluations"].items()
            },
            arms=content["arms"],
        )
    return None


_SIGNALS = tuple(field.name for field in dataclasses.fields(WithoutLabels))


def _measured(figures: Mapping[str, Any]) -> Measured:
    return Measured(figures["metrics"], figures.get("difference"), figures.get("against"))
