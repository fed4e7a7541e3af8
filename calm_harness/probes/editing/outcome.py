"""What edits in one language do to answers in another, with their controls (needs numpy alone).

The measures are those of *MLaKE* (arXiv 2404.04990), success and locality by language of the edit and of the question,
but a model chooses between answers here, and success is held against two controls: the model as it is, which may prefer
the new answer by itself; and another fact's edit, since any edit moves answers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calm_harness.errors import CalmError
from calm_harness.metrics import Statistic
from calm_harness.metrics.bootstrap import difference, estimate
from calm_harness.metrics.compare import to_json
from calm_harness.metrics.sums import mean, share
from calm_harness.probes.editing.plan import Plan
from calm_harness.probes.editing.record import Key, Likelihoods, Line
from calm_harness.questions.facts import NEW, OLD, RIGHT, Fact, Question
from calm_harness.task.option_scores import option_scores

Array = NDArray[np.float64]
SIGNED = ("effect", "gain", "hop_effect", "hop_gain")  # figures that are differences
OF_KNOWN = ("success", "before", "other", "effect", "gain")  # figures that are also of facts known before alone
WHERE = ("diagonal", "elsewhere")  # asked in the edit's language; in another


@dataclass(frozen=True)
class Outcome:
    """What E edits in A languages did to answers in Q languages; NaN where a thing was not asked.

    Attributes:
        fact_ids: E.
        languages: of edits and of questions, A = Q.
        before: [E, 1, Q] whether the model as it is scores the new answer higher than the old one.
        success: [E, A, Q] whether it does after the edit.
        other: [E, A, Q] whether it does after another fact's edit.
        known: [E, Q] whether the model as it is scores the old answer highest of all options.
        locality: [E, A, Q] share of other questions answered as before.
        hop_before, hop, hop_other: the like of two-hop questions: share of them whose right answer is the highest.
        chance: of `hop`, and of `locality`, by guessing; NaN where there are none.
    """

    fact_ids: tuple[str, ...]
    languages: tuple[str, ...]
    before: Array
    success: Array
    other: Array
    known: NDArray[np.bool_]
    locality: Array
    hop_before: Array
    hop: Array
    hop_other: Array
    chance: Mapping[str, float] = field(default_factory=dict)

    @property
    def figures(self) -> dict[str, Array]:
        """Name -> [E, A, Q]: all figures, those of two-hop questions where any was asked.

        `effect` is success minus that after another fact's edit, `gain` minus that before any; `hop_effect` and
        `hop_gain` are the like.
        """
        shape = self.success.shape
        found = {
            "success": self.success,
            "before": np.broadcast_to(self.before, shape),
            "other": self.other,
            "effect": self.success - self.other,
            "gain": self.success - self.before,
            "locality": self.locality,
        }
        if not np.isnan(self.hop).all():
            found |= {
                "hop": self.hop,
                "hop_before": np.broadcast_to(self.hop_before, shape),
                "hop_other": self.hop_other,
            }
            found |= {"hop_effect": self.hop - self.hop_other, "hop_gain": self.hop - self.hop_before}
        return found


def outcome(plan: Plan, rule: str, lines: Mapping[tuple[str | None, str | None], Line]) -> Outcome:
    """Lay out what was asked and answered.

    Args:
        plan: of the run.
        rule: how options are scored (`calm_harness.task.option_scores`).
        lines: (edited, told in) -> answers; (None, None) are those before any edit.

    Raises:
        CalmError: a line is missing or lacks a question: the run was not finished.
    """
    answers = _Answers(rule, plan, lines)
    tags = plan.languages
    ids = [fact.fact_id for fact in plan.edits]
    by_id = {fact.fact_id: fact for fact in plan.edits}

    def cube(fill: Any) -> Array:
        return np.array(
            [[[fill(fact, told, asked) for asked in tags] for told in tags] for fact in plan.edits], dtype=float
        )

    def control(fact: Fact, told: str, asked: str, what: Any) -> float:
        other = plan.control.get(fact.fact_id)
        return np.nan if other is None else what(by_id[other], told, fact, asked)

    return Outcome(
        tuple(ids),
        tags,
        before=np.array(
            [[[answers.won(None, None, fact, asked) for asked in tags]] for fact in plan.edits], dtype=float
        ),
        success=cube(lambda fact, told, asked: answers.won(fact, told, fact, asked)),
        other=cube(lambda fact, told, asked: control(fact, told, asked, answers.won)),
        known=np.array([[answers.best(None, None, fact, asked) == OLD for asked in tags] for fact in plan.edits]),
        locality=cube(lambda fact, told, asked: answers.same(fact, told, plan.kept, asked)),
        hop_before=np.array(
            [[[answers.hop(None, None, fact, asked) for asked in tags]] for fact in plan.edits], dtype=float
        ),
        hop=cube(lambda fact, told, asked: answers.hop(fact, told, fact, asked)),
        hop_other=cube(lambda fact, told, asked: control(fact, told, asked, answers.hop)),
        chance={
            "locality": _guessed(fact.questions[tag] for fact in plan.kept for tag in tags),
            "hop": _guessed(one for fact in plan.edits for tag in tags for one in fact.hops.get(tag, ())),
        },
    )


def _guessed(questions: Iterable[Question]) -> float:
    shares = [1 / len(question.options) for question in questions]
    return float(np.mean(shares)) if shares else np.nan


class _Answers:
    """Scores of options after each edit, found by what was asked."""

    def __init__(self, rule: str, plan: Plan, lines: Mapping[tuple[str | None, str | None], Line]) -> None:
        self.rule, self.lines = rule, lines
        self.alone = lines[None, None].answers if (None, None) in lines else {}

    def scores(self, edited: Fact | None, told: str | None, key: Key, question: Question) -> Sequence[float]:
        """Score a question's options; the null context is that of the edited model, where it was asked of it."""
        name = None if edited is None else edited.fact_id
        line = self.lines.get((name, told))
        found: Likelihoods | None = None if line is None else line.answers.get(key)
        if found is None:
            raise CalmError(f"the edit of {name} in {told} was not asked for {tuple(key)}; remove the run's folder")
        null = found.null or self.alone[key].null
        count = len(question.options)
        if len(found.after) != count or len(null) not in (0, count):
            raise CalmError(f"the edit of {name} in {told} has other options of {tuple(key)}; remove the run's folder")
        return option_scores([*found.after, *null], question.options)[self.rule]

    def own(self, edited: Fact | None, told: str | None, fact: Fact, asked: str) -> Sequence[float]:
        return self.scores(edited, told, Key(fact.fact_id, asked, None), fact.questions[asked])

    def won(self, edited: Fact | None, told: str | None, fact: Fact, asked: str) -> float:
        """1 where the new answer is scored higher than the old one, else 0."""
        scores = self.own(edited, told, fact, asked)
        return float(scores[NEW] > scores[OLD])

    def best(self, edited: Fact | None, told: str | None, fact: Fact, asked: str) -> int:
        return int(np.argmax(self.own(edited, told, fact, asked)))

    def same(self, edited: Fact, told: str, kept: Sequence[Fact], asked: str) -> float:
        """Return the share of facts that are answered as before the edit."""
        return float(
            np.mean([self.best(edited, told, one, asked) == self.best(None, None, one, asked) for one in kept])
        )

    def hop(self, edited: Fact | None, told: str | None, fact: Fact, asked: str) -> float:
        """Return the share of a fact's two-hop questions whose right answer is scored highest; NaN without any."""
        scores = [
            self.scores(edited, told, Key(fact.fact_id, asked, number), question)
            for number, question in enumerate(fact.hops.get(asked, ()))
        ]
        return float(np.mean([np.argmax(each) == RIGHT for each in scores])) if scores else np.nan


def summary(found: Outcome) -> dict[str, dict[str, dict[str, Any]]]:
    """Estimate each figure, of questions in the edit's language and in others, and how far these are apart.

    Returns:
        `all` facts, and those `known` in the question's language before -> `diagonal`, `elsewhere`, `gap` (the first
        minus the second, over facts that have both; only of success, effect and gain) -> figure -> cell.
    """
    own = np.eye(len(found.languages), dtype=bool)
    masks = {"diagonal": own, "elsewhere": ~own}
    tables: dict[str, dict[str, dict[str, Any]]] = {}
    for which, kept in _kept(found).items():
        table: dict[str, dict[str, Any]] = {where: {} for where in (*WHERE, "gap")}
        for name, values in _figures(found, which).items():
            sides = {where: ~np.isnan(values) & mask & kept for where, mask in masks.items()}
            for where, there in sides.items():
                if there.any():
                    table[where][name] = _cell(values, there, _low(name))
            if name in ("success", "effect", "gain"):
                both = np.all([there.any(axis=(1, 2)) for there in sides.values()], axis=0)
                if both.any():
                    parts = [_share(values[both], there[both], _low(name)) for there in sides.values()]
                    table["gap"][name] = _estimated(difference(*parts))
        tables[which] = {where: row for where, row in table.items() if row}
    return tables


def matrices(found: Outcome) -> dict[str, dict[str, dict[str, dict[str, Any]]]]:
    """Estimate each figure by language of the edit and of the question.

    Returns:
        figure -> `all` or `known` -> language of the edit -> language of the question -> cell. A cell has value,
        stderr, 95% interval, and how many facts (`questions`) it is of; it is absent where there are none.
    """
    tables: dict[str, dict[str, dict[str, dict[str, Any]]]] = {}
    for name, values in found.figures.items():
        tables[name] = {}
        for which, kept in _kept(found).items():
            if name not in _figures(found, which):
                continue
            there = ~np.isnan(values) & kept
            rows: dict[str, dict[str, Any]] = {tag: {} for tag in found.languages}
            for told, asked in np.argwhere(there.any(axis=0)):
                cell = _cell(values[:, [told], asked], there[:, [told], asked], _low(name))
                rows[found.languages[told]][found.languages[asked]] = cell
            tables[name][which] = rows
    return tables


def _figures(found: Outcome, which: str) -> dict[str, Array]:
    """Return the figures that make sense of some facts: what other questions are answered is not of the fact's own."""
    return {name: values for name, values in found.figures.items() if which == "all" or name in OF_KNOWN}


def _kept(found: Outcome) -> dict[str, NDArray[np.bool_]]:
    """Which facts count: name -> [E, A, Q]."""
    shape = found.success.shape
    return {"all": np.ones(shape, dtype=bool), "known": np.broadcast_to(found.known[:, None, :], shape)}


def _low(name: str) -> float:
    return -1 if name in SIGNED else 0


def _cell(values: Array, there: NDArray[np.bool_], low: float) -> dict[str, Any]:
    """Estimate the mean of [E, ...] values where there are any; facts without any do not count."""
    some = there.reshape(len(there), -1).any(axis=1)
    return _estimated(_share(values[some], there[some], low))


def _share(values: Array, there: NDArray[np.bool_], low: float) -> Statistic:
    flat, flags = values.reshape(len(values), -1), there.reshape(len(there), -1)
    if (flags.sum(axis=1) == 1).all():
        return mean(np.where(flags, flat, 0).sum(axis=1), low=low)
    return share(flat, flags, low=low)


def _estimated(statistic: Statistic) -> dict[str, Any]:
    return {**to_json(estimate({"": statistic}))[""], "questions": len(statistic.parts)}
