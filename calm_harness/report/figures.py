"""Read figures of a results file: numbers as lm-eval writes them, and what is said of pairs of languages."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from calm_harness.prompts.families import TRAITS
from retrieval.text import printable

Pair = dict[str, Any] | None


def finite(value: Any) -> float | None:
    """Return a number; None where lm-eval wrote N/A, NaN or an infinity."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)


def pairwise(tables: Any) -> dict[str, dict[str, dict[str, Pair]]]:
    """Read tables of language × language: value, interval and number of questions; None where there is nothing.

    Older results have the values alone.
    """
    return {
        printable(name): {
            printable(first): {printable(second): _pair(cell) for second, cell in (line or {}).items()}
            for first, line in table.items()
        }
        for name, table in (tables or {}).items()
    }


def _pair(cell: Any) -> Pair:
    if isinstance(cell, Mapping):
        return {**_figure(cell), "questions": finite(cell.get("questions"))}
    value = finite(cell)
    return None if value is None else {"value": value, "interval": [None, None], "questions": None}


def related(traits: Any) -> dict[str, dict[str, dict[str, dict[str, Any]]]]:
    """Read the means over pairs of languages that share a script or a family, and over others; {} of older results."""
    return {
        trait: {
            printable(measure): {
                printable(side): {**_figure(figure), "pairs": finite(figure.get("pairs"))}
                for side, figure in sides.items()
            }
            for measure, sides in traits[trait].items()
        }
        for trait in TRAITS
        if traits and trait in traits
    }


def _figure(cell: Mapping[str, Any]) -> dict[str, Any]:
    low, high = cell.get("interval") or (None, None)
    ends = [finite(low), finite(high)]
    return {"value": finite(cell.get("value")), "interval": [None, None] if None in ends else ends}
