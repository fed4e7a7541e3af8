"""Part questions into those that are trained on, those that tell when to stop, and those that are only tested on."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
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

    def find(name: str) -> str:
        while leader[name] != name:
            name = leader[name]
        return name

    owner: dict[tuple[str, str], str] = {}
    for row in question_set.rows:
        leader.setdefault(row.question_id, row.question_id)
        other = owner.setdefault((row.language, fingerprint(row.stem)), row.question_id)
        one, two = sorted((find(row.question_id), find(other)))
        leader[two] = one
    found: dict[str, list[str]] = {}
    for name in leader:
        found.setdefault(find(name), []).append(name)
    return [found[name] for name in sorted(found, key=lambda name: hashlib.sha256(name.encode()).hexdigest())]


def split(question_set: QuestionSet, *, train: int | None, dev: int, test: int, rotation: int = 0) -> Split:
    """Part a set's questions.

    The tests of rotations 0, 1, 2, … are disjoint, until all questions have been in one.

    Args:
        question_set: the questions.
        train: how many are trained on; None takes all that are left.
        dev: how many tell when to stop.
        test: how many are only tested on.
        rotation: which of the possible tests is taken.

    Raises:
        CalmError: there are not so many questions.
    """
    parts = groups(question_set)
    total = sum(map(len, parts))
    if (train or 1) + dev + test > total:
        raise CalmError(
            f"{question_set.name} {question_set.split} has {total} questions, "
            f"not {train or 1} to train on, {dev} for dev and {test} to test on"
        )
    skip = rotation * test % total
    order = [*parts, *parts]
    taken: list[list[str]] = [[], [], []]
    passed = 0
    used: set[str] = set()
    sizes = [test, dev, total if train is None else train]
    part = 0
    for group in order:
        if passed < skip:
            passed += len(group)
            continue
        if group[0] in used:
            break
        while part < 3 and len(taken[part]) >= sizes[part]:
            part += 1
        if part == 3:
            break
        taken[part] += group
        used |= set(group)
    return Split(train=tuple(taken[2]), dev=tuple(taken[1]), test=tuple(taken[0]))


def fresh(train: Sequence[str], rounds: int, number: int) -> tuple[str, ...]:
    """Return the training questions of round `number` (from 1), where every round is to have its own."""
    size = len(train) // rounds
    return tuple(train[(number - 1) * size : number * size])
