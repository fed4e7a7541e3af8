"""Lay loops and studies out: what training changed, paired by question (pure)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from calm_harness import metrics
from calm_harness.errors import CalmError
from calm_harness.metrics import Answers, Statistic
from calm_harness.metrics.bootstrap import difference, estimate
from calm_harness.metrics.compare import differences, estimates, names_of, to_json
from calm_harness.metrics.seeds import over_seeds, spread, together
from calm_harness.report.outcome import (
    Best,
    Calibrated,
    LoopEvaluation,
    LoopOutcome,
    Measured,
    StudyArm,
    StudyBase,
    StudyEvaluation,
    StudyRound,
    WithoutLabels,
)
from trainer.rounds import calibrated
from trainer.rounds.foretold import foretold, partners_in
from trainer.rounds.stopping import Signal
from trainer.votes.fixed_point import Partners


def loop(
    tables: Mapping[str, Sequence[Answers]], signals: Sequence[Signal], settings: Mapping[str, Any], best: Best
) -> LoopOutcome:
    """Compare each round with the base model.

    Args:
        tables: evaluation -> answers of the base model, of round 1, ...
        signals: of the base model and each round.
        settings: the loop's arguments.
        best: the round that is kept.
    """
    evaluations = {
        name: LoopEvaluation(
            questions=len(rounds[0].question_ids),
            languages=rounds[0].languages,
            rounds=[
                Measured(
                    to_json(estimates(table)),
                    to_json(differences(table, rounds[0])) if number else None,
                    foretold=foretold(rounds[number - 1 : number], [table], partners_in(settings)),
                )
                for number, table in enumerate(rounds)
            ],
        )
        for name, rounds in tables.items()
    }
    without_labels = [
        WithoutLabels(_defined(signal.agreement), _defined(signal.alpha), _defined(signal.entropy))
        for signal in signals
    ]
    return LoopOutcome(evaluations, without_labels, dict(settings), best)


def _defined(value: float) -> float | None:
    return None if np.isnan(value) else value


@dataclass(frozen=True)
class ArmAnswers:
    """An arm's answers to an evaluation.

    Attributes:
        model: the base model's name.
        base: what tells base models apart.
        asked: by seed, what tells apart which questions were asked, in which languages and order of options.
        rounds: by seed, the answers of the base model and of each round.
        kept: by seed, the round that is kept.
        partners: of an arm of DCO, whose log-odds are learned; None of others.
        by_pmi: whether options are scored by `pmi`, in all of these.
    """

    model: str
    base: str
    asked: Sequence[str]
    rounds: Sequence[Sequence[Answers]]
    kept: Sequence[int]
    partners: Partners | None = None
    by_pmi: bool = False


@dataclass(frozen=True)
class _Pooled:
    """Metrics as means over seeds, and of each seed alone."""

    together: Mapping[str, Statistic]
    alone: Sequence[Mapping[str, Statistic]]

    def __sub__(self, other: _Pooled) -> _Pooled:
        """Return the differences of what both have, paired by question, of seed and seed."""
        return _Pooled(
            _differences(self.together, other.together),
            [_differences(*sides) for sides in zip(self.alone, other.alone, strict=True)],
        )

    def figures(self) -> dict[str, dict[str, Any]]:
        """Estimate over seeds and questions together, as JSON, with the spread between seeds."""
        figures: dict[str, dict[str, Any]] = {}
        for name, over_questions in estimate(self.together).items():
            values = [float(metrics_of_seed[name]) for metrics_of_seed in self.alone]
            figures |= to_json({name: over_seeds(over_questions, values, self.together[name].limits)})
            figures[name]["spread"] = _defined(spread(values))
        return figures


def study(
    evaluations: Mapping[str, Mapping[str, ArmAnswers]], seeds: Sequence[int], against: str
) -> dict[str, StudyEvaluation]:
    """Compare each arm with its own base model, and one arm with the others that were asked the same; seeds together.

    Args:
        evaluations: evaluation -> arm -> answers.
        seeds: whose answers they are, in this order.
        against: the arm that is compared with the others.
    """
    return {name: _evaluation(arms, seeds, against) for name, arms in evaluations.items()}


def _evaluation(arms: Mapping[str, ArmAnswers], seeds: Sequence[int], against: str) -> StudyEvaluation:
    bases = {arm: _pool([rounds[0] for rounds in answers.rounds]) for arm, answers in arms.items()}
    kept = {
        arm: _pool([rounds[number] for rounds, number in zip(answers.rounds, answers.kept, strict=True)])
        for arm, answers in arms.items()
    }
    measured = {
        arm: Measured(
            kept[arm].figures(),
            (kept[arm] - bases[arm]).figures(),
            (kept[against] - kept[arm]).figures() if _comparable(arms, against, arm) else None,
            calibrated=_calibrated(arms[arm], bases[arm]) if arms[arm].by_pmi else None,
        )
        for arm in arms
    }
    alike: dict[tuple[str, ...], list[str]] = {}  # base and questions -> the arms that have both
    for arm, answers in arms.items():
        alike.setdefault((answers.base, *answers.asked), []).append(arm)
    return StudyEvaluation(
        [_base(arms[names[0]], names, bases[names[0]]) for names in alike.values()],
        {arm: StudyArm(measured[arm], _rounds(answers, seeds)) for arm, answers in arms.items()},
    )


def _calibrated(answers: ArmAnswers, base: _Pooled) -> Calibrated:
    """Compare the rounds that are kept with the base model, by the base model's null context."""
    tables = [
        calibrated.calibrated(rounds[number], rounds[0])
        for rounds, number in zip(answers.rounds, answers.kept, strict=True)
    ]
    pooled = _pool(tables, calibrated.SHOWN)
    return Calibrated(pooled.figures(), (pooled - base).figures())


def _comparable(arms: Mapping[str, ArmAnswers], against: str, arm: str) -> bool:
    return against in arms and arm != against and arms[arm].asked == arms[against].asked


def _base(answers: ArmAnswers, arms: Sequence[str], pooled: _Pooled) -> StudyBase:
    """Lay a base model out; its intervals are over questions, since it is not trained."""
    tables = [rounds[0] for rounds in answers.rounds]
    return StudyBase(
        model=answers.model,
        arms=arms,
        questions=len({question_id for table in tables for question_id in table.question_ids}),
        languages=tables[0].languages,
        measured=Measured(to_json(estimate(pooled.together))),
    )


def _rounds(answers: ArmAnswers, seeds: Sequence[int]) -> list[StudyRound]:
    """Compare each round with the base model, over the seeds that came so far."""
    compared = []
    for number in range(1, max(map(len, answers.rounds))):
        reached = [place for place, rounds in enumerate(answers.rounds) if number < len(rounds)]
        after, before = (_pool([answers.rounds[place][which] for place in reached]) for which in (number, 0))
        started = [answers.rounds[place][number - 1] for place in reached]
        ended = [answers.rounds[place][number] for place in reached]
        measured = Measured(
            after.figures(), (after - before).figures(), foretold=foretold(started, ended, answers.partners)
        )
        compared.append(StudyRound([seeds[place] for place in reached], measured))
    return compared


def _pool(tables: Sequence[Answers], shown: Sequence[str] | None = None) -> _Pooled:
    """Pool all metrics of seeds, or those that are shown.

    Raises:
        CalmError: the languages differ.
    """
    if any(set(table.languages) != set(tables[0].languages) for table in tables):
        raise CalmError("seeds in different languages cannot be put together")
    known = set.intersection(*(set(names_of(table)) for table in tables))
    names = [name for name in names_of(tables[0]) if name in known and (shown is None or name in shown)]
    alone = [{name: metrics.statistic(name, table) for name in names} for table in tables]
    question_ids = [table.question_ids for table in tables]
    return _Pooled({name: together([of_seed[name] for of_seed in alone], question_ids) for name in names}, alone)


def _differences(left: Mapping[str, Statistic], right: Mapping[str, Statistic]) -> dict[str, Statistic]:
    return {name: difference(left[name], right[name]) for name in left if name in right}
