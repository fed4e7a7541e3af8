"""Rows of one file that are the same question twice (pure functions)."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Sequence

from calm_harness.questions.align.evidence import Item
from calm_harness.questions.schema import as_written, normalise

ALIKE = 0.98  # similarity of stems from which neighbours with equal options and signs are the same question


def doubled_rows(items: Sequence[Item], answers: Sequence[int] | None = None) -> dict[int, int]:
    """Find neighbours that are the same question twice, if only in other words of a second translation.

    Args:
        items: the rows.
        answers: their gold options, -1 where hidden: rows with different gold options are never doubles.

    Returns:
        The later row's position -> the position of the row that it doubles.
    """
    doubled: dict[int, int] = {}
    for place in range(1, len(items)):
        same_gold = answers is None or answers[place - 1] == answers[place]
        if same_gold and _same_question(items[place - 1], items[place]):
            doubled[place] = doubled.get(place - 1, place - 1)
    return doubled


def _same_question(first: Item, second: Item) -> bool:
    if first == second:
        return True
    if first.tokens != second.tokens or len(first.options) != len(second.options):
        return False
    if any(as_written(a) != as_written(b) for a, b in zip(first.options, second.options, strict=True)):
        return False
    if _signs(first.stem) != _signs(second.stem):
        return False
    matcher = difflib.SequenceMatcher(None, normalise(first.stem), normalise(second.stem), autojunk=False)
    return matcher.quick_ratio() >= ALIKE and matcher.ratio() >= ALIKE


def _signs(text: str) -> str:
    """A text's signs, in their order: `12 - 4` and `12 + 4`, `p < .05` and `p > .05` are told apart by them alone."""
    kept = unicodedata.normalize("NFKC", text).replace("−", "-").replace("–", "-")
    return "".join(sign for sign in kept if unicodedata.category(sign)[0] == "S" or sign in "-*/%#&@^")
