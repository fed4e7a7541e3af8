"""How long chosen and rejected texts are, and how pairs are matched by it.

DPO learns whatever tells the sides apart, so also their length. `--balance_length` takes, for each rejected response,
the sample with the winning answer whose length is closest; then, language by language, the pairs that pull the mean
difference furthest from nothing are left out, until leaving out another would bring it no nearer or half are gone.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from functools import cache
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
    from transformers import AutoTokenizer

    try:
        loaded = AutoTokenizer.from_pretrained(os.path.expanduser(tokenizer))
    except (OSError, ValueError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise CalmError(f"tokenizer {tokenizer} cannot be loaded ({reason}); name the model to be trained") from None

    @cache
    def tokens(text: str) -> int:
        return len(loaded.encode(text, add_special_tokens=False))

    return Measure("tokens", tokens)


def levelled(gaps: Sequence[int]) -> list[int]:
    """Return the numbers of the pairs to keep, so that their mean gap comes as near to nothing as they allow.

    Args:
        gaps: of each pair, by how much its chosen text is longer than its rejected one.
    """
    left = dict(enumerate(gaps))
    total = sum(gaps)
    while len(left) > 1 and len(left) - 1 >= KEPT * len(gaps):
        number = min(left, key=lambda number: abs(total - left[number]))
        if abs(total - left[number]) / (len(left) - 1) >= abs(total) / len(left):
            break
        total -= left.pop(number)
    return list(left)


def compare(rows: Sequence[Mapping[str, Any]], measure: Measure) -> Lengths:
    """Compare the lengths of the sides of pairs."""
    return Lengths(measure.unit, *(_by(rows, column, measure.length) for column in ("language", "source")))


def _by(rows: Sequence[Mapping[str, Any]], column: str, length: Callable[[str], int]) -> dict[str, dict[str, Any]]:
    groups: dict[str, dict[str, list[list[int]]]] = {}
    for row in rows:
        lengths = [length(said(row[side]).strip()) for side in SIDES]
        groups.setdefault(row[column], {}).setdefault(str(row["question_id"]), []).append(lengths)
    return {name: _means(list(questions.values())) for name, questions in groups.items()}


def _means(questions: Sequence[Sequence[Sequence[int]]]) -> dict[str, Any]:
    sums = np.array([[*np.sum(lengths, axis=0), len(lengths)] for lengths in questions], dtype=np.float64)
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
