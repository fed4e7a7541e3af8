"""Which alignment of two files counts, and whether any does."""

from __future__ import annotations

import logging
import math
import random
from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from calm_harness.errors import CalmError
from calm_harness.questions.align import similarity
from calm_harness.questions.align.content import by_content
from calm_harness.questions.align.evidence import Evidence, Item
from calm_harness.questions.align.lexicon import Lexicon
from calm_harness.questions.align.order import in_order
from calm_harness.questions.align.trial import SEED, Trial, trial

log = logging.getLogger(__name__)

How = Literal["order", "content", "meaning"]
TRIED = 1000  # pairs at most that a trial is held on
CHANCE = 0.01  # what random pairings may do as well as an alignment that counts
CLEAR = 1.0  # nats a pair by which it has to be above them; with fewer rows than `FEW` in proportion
FEW = 30
ORDERS = 49  # other orders of so few rows, all of which the files' own has to be better than
FIRST = 9  # of these, after which no more are tried where it is as many of their standard deviations above them as
SURE = 10.0  # this: by chance less than once in 100,000 times (Student's t, 8 degrees of freedom)
TOO_FEW = 5  # rows that random pairings cannot tell apart: only an encoder can
LARGEST = 25_000_000  # cells of evidence that are worth computing: 5,000 rows against 5,000
NEARLY_ALL = 0.9  # of the shorter file's rows, found in their order: no other order is looked for
ABOVE = 2.0  # times as many pairs that order has to find as it finds where there is none
COVERED = 0.2  # of the shorter file's rows that have to find a counterpart, whatever their order
COVERED_OF_FEW = 0.75


class Alignment(dict[int, int]):
    """Position in the left file -> position in the right one; rows that have no sure counterpart are missing.

    Attributes:
        how: in the files' `order`; by `content`; or by content and `meaning`, as an encoder has it.
        trial: the evidence, against random pairings.
        wrong: how many pairs are expected to be wrong (`calm_harness.questions.align.decoys`); None of files in order.
    """

    def __init__(self, pairs: Mapping[int, int], how: How, trial: Trial, wrong: float | None = None) -> None:
        super().__init__(pairs)
        self.how = how
        self.trial = trial
        self.wrong = wrong

    def __str__(self) -> str:
        expected = "" if self.wrong is None else f", {self.wrong:.1f} expected to be wrong"
        return f"by {self.how}: {self.trial}{expected}"


def align(
    left: Sequence[Item], right: Sequence[Item], names: tuple[str, str] = ("the first file", "the second")
) -> Alignment:
    """Pair the rows of two files that are translations of each other.

    Args:
        left: the rows of one file.
        right: the rows of the other.
        names: of the files, for messages.

    Raises:
        CalmError: there is no sign that they are translations of each other.
    """
    for name, rows in zip(names, (left, right), strict=True):
        if not rows:
            raise CalmError(f"{name} has no rows to align; name a file with some")
    _check_sizes(left, right, names)
    shorter = min(len(left), len(right))
    pairs_in_order = in_order(left, right)
    ordered = Alignment(pairs_in_order, "order", _trial_in_order(left, right, pairs_in_order))
    in_their_order = len(ordered) >= TOO_FEW and _clear(ordered.trial) and _is_best_order(left, right, pairs_in_order)
    if in_their_order and len(ordered) >= NEARLY_ALL * shorter:
        return ordered
    in_their_order = in_their_order and ordered.trial.evidence >= CLEAR and _above_chance(left, right, len(ordered))
    if len(left) * len(right) > LARGEST:
        if in_their_order:
            return ordered
        raise CalmError(_refusal(names, f"in their order: {ordered.trial}"))
    assigned = _by_content(left, right)
    enough = math.ceil((COVERED_OF_FEW if shorter < FEW else COVERED) * shorter)
    tellable = assigned.trial.p <= CHANCE or (assigned.how == "meaning" and shorter < TOO_FEW)
    counts = len(assigned) >= max(enough, 1) and tellable and assigned.trial.evidence >= CLEAR
    if in_their_order and not (counts and len(assigned) > len(ordered)):
        return ordered
    if not counts:
        raise CalmError(_refusal(names, f"of {shorter} rows {assigned.trial}"))
    if list(assigned.values()) != sorted(assigned.values()):
        log.warning("%s and %s do not stand in the same order: aligned %s", *names, assigned)
    return assigned


def _is_best_order(left: Sequence[Item], right: Sequence[Item], pairs: Mapping[int, int]) -> bool:
    """Whether pairs have more evidence than other orders of their rows, when words and lengths are learned from those.

    A trial learns from the pairs that it tries. What it learns from wrong ones fits them better than it fits random
    pairings; so those have to be learned from as well.
    """
    some_left, some_right = _some(left, right, pairs, FEW)
    rng = random.Random(SEED)
    above = _learned_evidence(some_left, some_right)
    others: list[float] = []
    for _ in range(ORDERS):
        others.append(_learned_evidence(some_left, rng.sample(some_right, len(some_right))))
        if others[-1] >= above:
            return False
        if len(others) == FIRST and above - np.mean(others) > SURE * np.std(others, ddof=1) > 0:
            return True
    return True


def _learned_evidence(left: Sequence[Item], right: Sequence[Item]) -> float:
    """Mean evidence of rows that stand side by side, above that of any two rows."""
    evidence = _evidence_in_order(left, right)
    return float(evidence.diagonal().mean() - evidence.mean())


def _evidence_in_order(left: Sequence[Item], right: Sequence[Item]) -> NDArray[np.float64]:
    """[n, n]: the evidence of all pairs, as learned from rows that stand side by side."""
    diagonal = [(place, place) for place in range(len(left))]
    lexicon = Lexicon([item.texts for item in left], [item.texts for item in right], diagonal)
    return Evidence(left, right, diagonal).matrix() + lexicon.matrix()


def _above_chance(left: Sequence[Item], right: Sequence[Item], found: int) -> bool:
    """Whether order finds far more pairs than where there is none: rows that fit each other can always be chosen."""
    mixed = random.Random(SEED).sample(list(right), len(right))
    return found > ABOVE * len(in_order(left, mixed))


def _by_content(left: Sequence[Item], right: Sequence[Item]) -> Alignment:
    encoded = similarity.available()
    vectors = (similarity.vectors(left), similarity.vectors(right)) if encoded else None
    (pairs, wrong), evidence = by_content(left, right, vectors)
    how: How = "meaning" if encoded else "content"
    return Alignment(dict(sorted(pairs.items())), how, trial(evidence, pairs), wrong)


def _trial_in_order(left: Sequence[Item], right: Sequence[Item], pairs: Mapping[int, int]) -> Trial:
    """Hold pairs that were found by order against random pairings, by what translation keeps."""
    some_left, some_right = _some(left, right, pairs, TRIED)
    evidence = _evidence_in_order(some_left, some_right) if some_left else np.zeros((0, 0))
    return trial(evidence, {place: place for place in range(len(some_left))})


def _some(
    left: Sequence[Item], right: Sequence[Item], pairs: Mapping[int, int], most: int
) -> tuple[list[Item], list[Item]]:
    """Take at most so many pairs, from all over the files."""
    tried = list(pairs.items())[:: math.ceil(len(pairs) / most) or 1]
    return [left[i] for i, _ in tried], [right[j] for _, j in tried]


def _clear(test: Trial) -> bool:
    return test.p <= CHANCE and test.evidence - test.chance >= CLEAR * min(1.0, test.pairs / FEW)


def _check_sizes(left: Sequence[Item], right: Sequence[Item], names: tuple[str, str]) -> None:
    """Say what is wrong where no question of one file can be one of the other."""
    sizes = [{len(item.options) for item in items if item.options} for items in (left, right)]
    if all(sizes) and sizes[0].isdisjoint(sizes[1]):
        counts = [" or ".join(map(str, sorted(numbers))) for numbers in sizes]
        raise CalmError(
            f"the questions of {names[1]} have {counts[1]} options, those of {names[0]} {counts[0]}; correct the "
            "files, or name files that are translations of each other"
        )


def _refusal(names: tuple[str, str], evidence: str) -> str:
    remedy = "give both files the questions' ids (columns: id), or files that are translations of each other"
    if not similarity.available():
        remedy += "; rows can be compared by meaning where an encoder is: pip install 'calm-harness[offline]'"
    return f"{names[1]} and {names[0]} have no ids, and no sign of being translations ({evidence}); {remedy}"
