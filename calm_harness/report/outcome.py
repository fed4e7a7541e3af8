"""What a loop or a study comes to: `report.json`, which `trainer` writes and the leaderboard reads."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path
from typing import Any

from retrieval.formats.literals import json_value

REPORT, REPORT_TEXT = "report.json", "report.md"
UNSEEN = "unseen"  # the test on questions of the training set that nobody trained on
Figures = Mapping[str, Mapping[str, Any]]
"""Metric to value, stderr and 95% interval, as `calm_harness.metrics.compare.to_json` lays them out; of a study's arms
also `spread`, the standard deviation between seeds (None of a single one)."""


@dataclass(frozen=True)
class Foretold:
    """Where DCO was to end up, and where it did; all by log-likelihood, whichever score decides elsewhere.

    Attributes:
        before: of the model that training started from.
        predicted: what was to come of it, if these very questions were trained on.
        after: what came of it.
    """

    before: Figures
    predicted: Figures
    after: Figures


@dataclass(frozen=True)
class Calibrated:
    """An arm's figures by `pmi` with the base model's likelihoods after the null context, and how far they are from
    the base model's, which are by the same.
    """

    metrics: Figures
    difference: Figures


@dataclass(frozen=True)
class Measured:
    """A model's figures.

    Attributes:
        metrics: its metrics.
        difference: how far they are from the base model's, paired by question; None for the base model itself.
        against: in a study, how far the compared arm's are from this arm's; None where it is that arm, or where they
            were asked other questions.
        foretold: of a round of DCO, where it was to end up; None of others.
        calibrated: of an arm whose options are scored by `pmi`, the same calibrated by the base model; None of others.
    """

    metrics: Figures
    difference: Figures | None = None
    against: Figures | None = None
    foretold: Foretold | None = None
    calibrated: Calibrated | None = None


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
class StudyBase:
    """A base model, the arms that are compared with it, and what they were asked, all seeds together."""

    model: str
    arms: Sequence[str]
    questions: int
    languages: Sequence[str]
    measured: Measured


@dataclass(frozen=True)
class StudyRound:
    """A round of an arm, over the seeds that came so far."""

    seeds: Sequence[int]
    measured: Measured


@dataclass(frozen=True)
class StudyArm:
    """An arm: the rounds that are kept, all seeds together, and each round, from 1 on."""

    measured: Measured
    rounds: Sequence[StudyRound]


@dataclass(frozen=True)
class StudyEvaluation:
    """An evaluation of each arm, and of the base models that they are compared with."""

    bases: Sequence[StudyBase]
    arms: Mapping[str, StudyArm]

    def base(self, arm: str) -> StudyBase:
        """Return the base that an arm is compared with."""
        return next(base for base in self.bases if arm in base.arms)


@dataclass(frozen=True)
class Cost:
    """What an arm's trainings took: seconds, and tokens that were read in all epochs; None where it is not known."""

    seconds: float | None
    tokens: float | None


@dataclass(frozen=True)
class StudyOutcome:
    """A study.

    Attributes:
        title: what it is called.
        seeds: all arms' seeds.
        transductive: whether models were aligned on the very questions they were asked.
        against: the arm that is compared with all others.
        evaluations: by name.
        kept: arm -> the round that is kept, by seed (0 is the base model).
        arms: what each arm changes.
        costs: arm -> what training it took, by seed, of all rounds together.
    """

    title: str
    seeds: Sequence[int]
    transductive: bool
    against: str
    evaluations: Mapping[str, StudyEvaluation]
    kept: Mapping[str, Sequence[int]]
    arms: Mapping[str, Any]
    costs: Mapping[str, Sequence[Cost]] = field(default_factory=dict)


def to_json(outcome: LoopOutcome | StudyOutcome) -> str:
    """Lay an outcome out as the content of `report.json`."""
    return json.dumps(_plain(outcome), indent=1, ensure_ascii=False) + "\n"


def _plain(value: Any) -> Any:
    if isinstance(value, Measured):
        return {name: _plain(figures) for name, figures in vars(value).items() if figures is not None}
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
    content = json_value(path.read_text(encoding="utf-8"))
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
            signals=[WithoutLabels(*(_number(signal.get(name)) for name in _SIGNALS)) for signal in content["signals"]],
            settings=content["settings"],
            best=Best(**content["best"]),
        )
    if "arms" in content:
        if "kept" not in content:
            raise ValueError("it is of an earlier version, which compared all arms with one base model")
        return StudyOutcome(
            title=content["title"],
            seeds=content["seeds"],
            transductive=bool(content.get("transductive")),
            against=content["against"],
            evaluations={
                name: StudyEvaluation(
                    [StudyBase(**{**base, "measured": _measured(base["measured"])}) for base in evaluation["bases"]],
                    {arm: _arm(parts) for arm, parts in evaluation["arms"].items()},
                )
                for name, evaluation in content["evaluations"].items()
            },
            kept=content["kept"],
            arms=content["arms"],
            costs={
                arm: [Cost(*(_number(cost.get(name)) for name in _COSTS)) for cost in by_seed]
                for arm, by_seed in content.get("costs", {}).items()
            },
        )
    return None


_SIGNALS = tuple(part.name for part in dataclasses.fields(WithoutLabels))
_COSTS = tuple(part.name for part in dataclasses.fields(Cost))


def _arm(parts: Mapping[str, Any]) -> StudyArm:
    rounds = [StudyRound(part["seeds"], _measured(part["measured"])) for part in parts["rounds"]]
    return StudyArm(_measured(parts["measured"]), rounds)


def _measured(figures: Mapping[str, Any]) -> Measured:
    foretold = None if figures.get("foretold") is None else Foretold(**figures["foretold"])
    calibrated = None if figures.get("calibrated") is None else Calibrated(**figures["calibrated"])
    told = [figures["metrics"], figures.get("difference"), figures.get("against")]
    nested = [each for part in (foretold, calibrated) if part is not None for each in vars(part).values()]
    for cells in [told[0], *(part for part in told[1:] if part is not None), *nested]:
        for cell in cells.values():
            low, high = cell["interval"]
            for value in (cell["value"], cell.get("stderr"), low, high, cell.get("spread")):
                _number(value)
            if (low is None) != (high is None):
                raise ValueError("an interval has one end")
            if low is not None and low > high:
                raise ValueError("an interval ends before it starts")
    return Measured(told[0], told[1], told[2], foretold, calibrated)


def _number(value: Any) -> float | None:
    """Return a figure, or None where it is undefined.

    Raises:
        ValueError: it is something else, also NaN, which a chart cannot show.
    """
    if value is not None and (isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value)):
        raise ValueError(f"{value!r} is no figure")
    return value
