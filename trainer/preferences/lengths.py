"""How long chosen and rejected texts are, and how pairs are matched by it.

DPO learns whatever tells the sides apart, so also their length. `--balance_length` takes, for each rejected response,
the sample with the winning answer whose length is closest; then, language by language, the pairs that pull the mean
difference furthest from nothing are left out, until leaving out another would bring it no nearer or half are gone.
"""

from __future__ import annotations

import os
from array import array
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from calm_harness.errors import CalmError
from calm_harness.metrics import Statistic
from calm_harness.metrics.bootstrap import estimate
from calm_harness.metrics.compare import to_json
from trainer.preferences.same_question import said

SIDES = ("chosen", "rejected")
FACTOR = 2
"""How far chosen and rejected responses may differ in mean length: what tells them apart is what is learned."""
KEPT = 0.5  # share of a language's pairs that is kept, however their lengths differ


class Measure(NamedTuple):
    """Tells how long a text is, and in what."""

    unit: str
    length: Callable[[str], int]


class Lengths(NamedTuple):
    """Mean lengths of chosen and rejected texts, and their difference with its interval: name -> figures.

    Attributes:
        unit: tokens or characters.
        by_language: of each language.
        by_source: of each source of chosen texts.
    """

    unit: str
    by_language: dict[str, dict[str, Any]]
    by_source: dict[str, dict[str, Any]]


def measure(tokenizer: str | None) -> Measure:
    """Return what tells how long a text is: in tokens of a model, or in characters where none is named.

    Raises:
        CalmError: there is no such tokenizer.
    """
    if tokenizer is None:
        return Measure("characters", len)
    loaded = load(tokenizer)

    @lru_cache(maxsize=4096)  # texts of a question are measured again and again
    def tokens(text: str) -> int:
        return len(loaded.encode(text, add_special_tokens=False))

    return Measure("tokens", tokens)


def load(tokenizer: str) -> Any:
    """Load the tokenizer of a model, in whose tokens texts are counted.

    Raises:
        CalmError: there is none.
    """
    from transformers import AutoTokenizer

    try:
        return AutoTokenizer.from_pretrained(os.path.expanduser(tokenizer))
    except (OSError, ValueError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise CalmError(f"tokenizer {tokenizer} cannot be loaded ({reason}); name the model to be trained") from None


def levelled(gaps: Sequence[int]) -> list[int]:
    """Return the numbers of the pairs to keep, so that their mean gap comes as near to nothing as they allow.

    What is left out next is the pair, the first of several, whose gap is nearest to the sum of all that are left.

    Args:
        gaps: of each pair, by how much its chosen text is longer than its rejected one.
    """
    order = sorted(range(len(gaps)), key=gaps.__getitem__)  # by gap, and those of one gap in their order
    ranked = [gaps[number] for number in order]
    left = _Left(len(gaps))
    total, count = sum(gaps), len(gaps)
    while count > 1 and count - 1 >= KEPT * len(gaps):
        above = bisect_left(ranked, total)
        places = [left.at_or_above(above)]
        if (below := left.below(above)) >= 0:
            places.append(left.at_or_above(bisect_left(ranked, ranked[below])))  # the first of that gap
        place = min(
            (place for place in places if place < len(ranked)),
            key=lambda place: (abs(total - ranked[place]), order[place]),
        )
        if abs(total - ranked[place]) / (count - 1) >= abs(total) / count:
            break
        total -= ranked[place]
        count -= 1
        left.take_out(place)
    return sorted(order[place] for place in range(len(order)) if left.at_or_above(place) == place)


class _Left:
    """Which of the places 0 to n - 1 are left, and the next of them on either side (union-find)."""

    def __init__(self, count: int) -> None:
        self._up = list(range(count + 1))  # to where to go on from a place; `count` is the end
        self._down = list(range(count + 1))  # likewise, a place further; 0 is the end

    def take_out(self, place: int) -> None:
        """Take a place out."""
        self._up[place] = place + 1
        self._down[place + 1] = place

    def at_or_above(self, place: int) -> int:
        """Return the first place from this one on that is left, or n."""
        return self._followed(self._up, place)

    def below(self, place: int) -> int:
        """Return the last place before this one that is left, or -1."""
        return self._followed(self._down, place) - 1

    @staticmethod
    def _followed(ways: list[int], place: int) -> int:
        while ways[place] != place:
            ways[place] = ways[ways[place]]
            place = ways[place]
        return place


class Sums:
    """The lengths of the sides of pairs, as these come: some 30 bytes a pair.

    Args:
        measure: tells how long a text is.
    """

    def __init__(self, measure: Measure) -> None:
        self._measure = measure
        self._names: dict[str, dict[str, int]] = {"language": {}, "source": {}}
        self._named = {column: array("h") for column in self._names}
        self._questions = array("i")
        self._lengths = {side: array("i") for side in SIDES}

    def add(self, row: Mapping[str, Any], question: int) -> None:
        """Add a pair, as it is laid out, and the number of its question."""
        for column, numbers in self._names.items():
            self._named[column].append(numbers.setdefault(row[column], len(numbers)))
        self._questions.append(question)
        for side in SIDES:
            self._lengths[side].append(self._measure.length(said(row[side]).strip()))

    def compare(self) -> Lengths:
        """Compare the sides."""
        return Lengths(self._measure.unit, *(self._by(column) for column in self._names))

    def _by(self, column: str) -> dict[str, dict[str, Any]]:
        named, questions = np.array(self._named[column]), np.array(self._questions)
        sides = [np.array(self._lengths[side], dtype=np.float64) for side in SIDES]
        means = {}
        for name, number in self._names[column].items():
            here = named == number
            _, firsts, inverse = np.unique(questions[here], return_index=True, return_inverse=True)
            sums = [np.bincount(inverse, weights=side[here]) for side in sides]
            means[name] = _means(np.stack([*sums, np.bincount(inverse)], axis=1)[np.argsort(firsts)])
        return means


def _means(sums: np.ndarray) -> dict[str, Any]:
    """Compare the sums [Q, 3] of questions: lengths of both sides, and how many pairs."""
    means = sums[:, :2].sum(axis=0) / sums[:, 2].sum()
    parts = np.stack([sums[:, 0] - sums[:, 1], sums[:, 2]], axis=1)

    def finish(sums: np.ndarray) -> np.ndarray:
        mean: np.ndarray = np.divide(
            sums[..., 0], sums[..., 1], out=np.full(sums.shape[:-1], np.nan), where=sums[..., 1] > 0
        )
        return mean

    return {
        **dict(zip(SIDES, means.round(1).tolist(), strict=True)),
        **to_json(estimate({"difference": Statistic(parts, finish)})),
    }


def warnings(lengths: Lengths) -> list[str]:
    """Say where chosen responses are much shorter or longer than rejected ones."""
    found = []
    for column, means in (("language", lengths.by_language), ("source", lengths.by_source)):
        for name, mean in means.items():
            shorter, longer = sorted(SIDES, key=lambda side: mean[side])
            if mean[longer] > FACTOR * mean[shorter]:
                found.append(
                    f"{column} {name}: {longer} texts are more than {FACTOR} times as long as {shorter} ones "
                    f"({mean[longer]:.0f} and {mean[shorter]:.0f} {lengths.unit}): what tells them apart is learned"
                )
    return found


def render(unit: str, means: Mapping[str, Mapping[str, Any]]) -> str:
    """Lay mean lengths out in a line."""
    return f"mean {unit}, chosen and rejected: " + ", ".join(
        f"{name} {mean['chosen']:.0f} and {mean['rejected']:.0f}" + _interval(mean["difference"])
        for name, mean in means.items()
    )


def _interval(difference: Mapping[str, Any]) -> str:
    low, high = difference["interval"]
    return "" if low is None else f" (difference {difference['value']:+.1f} [{low:+.1f}, {high:+.1f}])"
