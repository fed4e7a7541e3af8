"""Part questions into those that are trained on, those that tell when to stop, and those that are only tested on."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from calm_harness.errors import CalmError
from calm_harness.questions import QuestionSet
from calm_harness.questions.schema import fingerprint


@dataclass(frozen=True)
class Split:
    """Question ids; no question of one part has a stem, in any language, of another part."""

    train: tuple[str, ...]
    dev: tuple[str, ...]
    test: tuple[str, ...]


def groups(question_set: QuestionSet) -> list[list[str]]:
    """Put questions together that share a stem in some language, in an order that depends on their ids alone."""
    leader: dict[str, str] = {}  # question -> another of its group; itself for the first

    def find(question: str) -> str:
        while leader[question] != question:
            question = leader[question]
        return question

    first_with_stem: dict[tuple[str, str], str] = {}
    for row in question_set.rows:
        leader.setdefault(row.question_id, row.question_id)
        earlier = first_with_stem.setdefault((row.language, fingerprint(row.stem)), row.question_id)
        first, second = sorted((find(row.question_id), find(earlier)))
        leader[second] = first
    members: dict[str, list[str]] = {}
    for question in leader:
        members.setdefault(find(question), []).append(question)
    return [
        members[question]
        for question in sorted(members, key=lambda question: hashlib.sha256(question.encode()).hexdigest())
    ]


def split(
    question_set: QuestionSet,
    *,
    train: int | None,
    dev: int,
    test: int,
    rotation: int = 0,
    held_out: Mapping[str, str] | None = None,
) -> Split:
    """Part a set's questions.

    The tests of rotations 0, 1, 2, … are disjoint, until all questions have been in one.

    Args:
        question_set: the questions.
        train: how many are trained on; None takes all that are left, and at least one.
        dev: how many tell when to stop.
        test: how many are only tested on.
        rotation: which of the possible tests is taken.
        held_out: questions that are evaluated elsewhere, and where; they may be tested on, and nothing else.

    Raises:
        CalmError: there are not so many questions.
    """
    held_out = held_out or {}
    question_groups = groups(question_set)
    total = sum(map(len, question_groups))
    before = [0, *itertools.accumulate(map(len, question_groups))]
    start = next(number for number, count in enumerate(before) if count >= rotation * test % total)
    least = 1 if train is None else train
    taken: list[list[str]] = [[], [], []]
    sizes = [test, dev, total if train is None else train]
    part = 0
    for group in [*question_groups[start:], *question_groups[:start]]:
        while part < 3 and len(taken[part]) >= sizes[part]:
            part += 1
        if part == 3:
            break
        if part == 0 or not held_out.keys() & set(group):
            taken[part] += group
    if any(len(ids) < size for ids, size in zip(taken, [test, dev, least], strict=True)):
        elsewhere = ", ".join(sorted(set(held_out.values())))
        beside = f", {len(held_out)} of them in evaluations ({elsewhere})" if held_out else ""
        raise CalmError(
            f"{question_set.name} {question_set.split} has {total} questions{beside}, "
            f"not {least} to train on, {dev} for dev and {test} to test on"
        )
    return Split(train=tuple(taken[2]), dev=tuple(taken[1]), test=tuple(taken[0]))


def fresh(train: Sequence[str], rounds: int, number: int) -> tuple[str, ...]:
    """Return the training questions of round `number` (from 1), where every round is to have its own."""
    size = len(train) // rounds
    return tuple(train[(number - 1) * size : number * size])
