"""The grid of needles: every language, place and length beside the needle alone, the haystack alone, and neither."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from calm_harness.errors import CalmError
from calm_harness.metrics import Answers
from calm_harness.metrics.bootstrap import Estimate
from calm_harness.metrics.compare import to_json
from calm_harness.predictions import Prediction, asked_languages, read
from calm_harness.predictions.scoring import tabulate
from calm_harness.probes.barrier import chance
from calm_harness.probes.found import accuracy, compared
from calm_harness.probes.mixed import in_order


@dataclass(frozen=True)
class Spot:
    """Where a needle lies.

    Attributes:
        language: of the needle: a tag, or `same` as the question's.
        place: as it was asked for: `start`, `0.25`.
        length: the most tokens of the haystack.
    """

    language: str
    place: str
    length: int


@dataclass(frozen=True)
class Logs:
    """The sample logs of a grid.

    Attributes:
        floor: without any passage.
        alone: language -> the needle alone.
        without: length -> the haystack alone.
        hidden: the needle in the haystack.
    """

    floor: Path
    alone: Mapping[str, Path]
    without: Mapping[int, Path]
    hidden: Mapping[Spot, Path]


Figures = dict[str, dict[str, Any]]  # name -> value, stderr, interval, questions


def grid(logs: Logs) -> dict[str, Any]:
    """Lay runs side by side.

    Args:
        logs: all of them, of the same questions.

    Returns:
        `languages` (of the questions), `questions`, `incomplete_questions`, `chance`, `needle_languages`, `places`,
        `lengths`; language of the question, or `all` -> figures, of the `floor`, of the needle `alone` (by its
        language) and of the haystack alone (`without`, by length); and `cells`, a list with the `length`, `language`
        and `place` of each needle, its `figures` (see `calm_harness.probes.found`) and where it came to stand: `at`,
        `tokens`, `haystack_tokens` and `haystack_passages`, means over rows.

    Raises:
        CalmError: a log cannot be read, is of other questions, or is none of such a run.
    """
    floor, _ = _read(logs.floor, None)
    alone = {tag: _read(log, True)[0] for tag, log in logs.alone.items()}
    without = {length: _read(log, False)[0] for length, log in logs.without.items()}
    _check_same(floor, {logs.floor: floor} | {logs.alone[tag]: table for tag, table in alone.items()})
    cells = []
    for spot, log in logs.hidden.items():
        table, rows = _read(log, True)
        try:
            figures = compared(table, alone[spot.language], without[spot.length])
        except CalmError as error:
            raise CalmError(f"{log}: {error}") from None
        cells.append(
            {
                "length": spot.length,
                "language": spot.language,
                "place": spot.place,
                "figures": _figures(figures, table),
                **_stands(rows),
            }
        )
    return {
        "languages": list(floor.languages),
        "questions": len(floor.question_ids),
        "incomplete_questions": floor.incomplete,
        "chance": chance(floor),
        "needle_languages": list(logs.alone),
        "places": list(dict.fromkeys(spot.place for spot in logs.hidden)),
        "lengths": sorted(logs.without),
        "floor": _figures(accuracy(floor), floor),
        "alone": {tag: _figures(accuracy(table), table) for tag, table in alone.items()},
        "without": {str(length): _figures(accuracy(without[length]), floor) for length in sorted(without)},
        "cells": sorted(cells, key=lambda cell: cell["length"]),
    }


def _read(log: Path, shown: bool | None) -> tuple[Answers, list[Prediction]]:
    """Read a log whose rows show a needle, a haystack alone, or neither (None)."""
    asked = asked_languages.of_results(log)
    rows = in_order(list(read(log)), asked)
    for row in rows:
        if (row.needle.get("shown") if row.needle else None) is not shown:
            wanted = {True: "with a needle", False: "without a needle", None: "without passages"}[shown]
            raise CalmError(f"{log}: question {row.question_id} in {row.language} was not asked {wanted}; run it anew")
    return tabulate(rows, asked), rows


def _check_same(floor: Answers, others: Mapping[Path, Answers]) -> None:
    for log, table in others.items():
        if (table.question_ids, table.languages) != (floor.question_ids, floor.languages):
            raise CalmError(f"{log}: it is of other questions than the run without passages; run both anew")


def _figures(estimates: Mapping[str, Mapping[str, Estimate]], table: Answers) -> dict[str, Figures]:
    """Lay estimates out; all are of all questions."""
    count = {"questions": len(table.question_ids)}
    return {tag: {name: {**figure, **count} for name, figure in to_json(own).items()} for tag, own in estimates.items()}


def _stands(rows: Sequence[Prediction]) -> dict[str, float | None]:
    """Say where needles came to stand, whole passages being what they are: means over rows."""
    names = ("at", "tokens", "haystack_tokens", "haystack_passages")
    values = {name: [row.needle[name] for row in rows if row.needle[name] is not None] for name in names}
    return {name: sum(found) / len(found) if found else None for name, found in values.items()}
