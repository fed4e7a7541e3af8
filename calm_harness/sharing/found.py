"""What of a folder can be a data set: the sample logs of its runs, and its pairs; each is a configuration."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from calm_harness.errors import CalmError
from calm_harness.files import below, iterate_jsonl_rows, read_json
from calm_harness.report.leaderboard import Leaderboard, Row, build
from calm_harness.report.run import Skipped
from calm_harness.report.runs import find
from calm_harness.report.shared import public
from calm_harness.sharing import licences
from calm_harness.sharing.private import Paths
from calm_harness.sharing.rows import laid_out

PAIRS, SUMMARY = "pairs.jsonl", "summary.json"  # as trainer.pairs and its like name them
RESULTS = "results"  # the configuration that has the figures
REMEDY = "make it again"
_SPLIT = re.compile(r"\w+(\.\w+)*")


@dataclass(frozen=True)
class Part:
    """A table of the data set.

    Attributes:
        name: of its configuration.
        split: of the questions, as `datasets` names splits.
        file: where its rows lie.
        rows: begins to read them.
        paths: of this machine, that they may name.
        licence: of its texts, None where it is not known or there is none.
        whose: whose the texts are.
        row: of a log, its run on the leaderboard.
        summary: of pairs.
    """

    name: str
    split: str
    file: Path
    rows: Callable[[], Iterator[dict[str, Any]]]
    paths: Paths
    licence: str | None
    whose: str
    row: Row | None = None
    summary: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Found:
    """A folder's tables, the leaderboard of its runs (None where there is none), and what was passed over."""

    parts: Sequence[Part]
    board: Leaderboard | None
    names: dict[int, str]
    skipped: Sequence[Skipped]


def look(folder: Path) -> Found:
    """Find what can be shared in a folder.

    Raises:
        CalmError: there is nothing, or a log is not the one that its results are of.
    """
    if not folder.is_dir():
        raise CalmError(f"{folder} is no folder; give one with lm-eval's output, or one that trainer.pairs wrote")
    pairs = [path.parent for path in below(folder, SUMMARY) if (path.parent / PAIRS).is_file()]
    if pairs and not below(folder, "results*.json"):
        return Found(_pairs(folder, pairs), None, {}, ())
    found, skipped = find([folder])
    board = build(public.runs(found, public.who(found)), skipped, progress=False)
    wrong = {str(file.path): file for file in board.noted}
    for row in board.rows:
        if row.run.ours and row.run.samples and row.answers is None:
            raise CalmError(f"{wrong[str(row.run.samples)]}; {REMEDY}, or move it away")
    names = configurations(board.rows)
    original = {(run.results, run.task): run for run in found}
    logs = [
        Part(
            names[row.number],
            row.run.split if _SPLIT.fullmatch(row.run.split) else "test",
            row.run.samples,
            _reader(row.run.samples),
            Paths(_settings(row.run.results)),
            *licences.of_run(original[row.run.results, row.run.task]),
            row=row,
        )
        for row in board.rows
        if row.run.samples
    ]
    return Found([*logs, *_pairs(folder, pairs)], board, names, board.skipped)


def configurations(rows: Sequence[Row]) -> dict[int, str]:
    """Name a configuration a run: its task; where several runs are of one, model and mode too, and a number at last."""
    ways: list[Callable[[Row], str]] = [
        lambda row: row.run.task,
        lambda row: f"{row.run.task}-{row.model}-{row.run.how}",
        lambda row: f"{row.run.task}-{row.model}-{row.run.how}-{row.number}",
    ]
    names: dict[int, str] = {}
    for way in ways:
        new = {row.number: _slug(way(row)) for row in rows if row.number not in names}
        counts = Counter(new.values())
        taken = {RESULTS, *names.values()}
        names |= {number: name for number, name in new.items() if counts[name] == 1 and name not in taken}
    return names


def _pairs(folder: Path, places: Sequence[Path]) -> list[Part]:
    parts = []
    for place in places:
        summary = read_json(place / SUMMARY, REMEDY)
        if not isinstance(summary, dict):
            raise CalmError(f"{place / SUMMARY} is no summary of pairs; {REMEDY}")
        inner = [] if place == folder else place.relative_to(folder).parts
        name = "pairs" if len(places) == 1 else _slug("-".join(["pairs", *inner]))
        read = _reader(place / PAIRS)
        licence, whose = licences.of_rows(read())
        paths = Paths(summary.get("settings"))
        parts.append(Part(name, "train", place / PAIRS, read, paths, licence, whose, summary=summary))
    repeated = [name for name, count in Counter(part.name for part in parts).items() if count > 1]
    if repeated:
        raise CalmError(
            f"{folder} has several folders of pairs that would be called {repeated[0]}; push them one by one"
        )
    return parts


def _settings(results: Path) -> list[Any]:
    """Return what a run was told: its model's arguments and its tasks' options, which may name paths."""
    read = read_json(results, REMEDY)
    return [read["config"], *(task.get("metadata") for task in read["configs"].values())]


def _reader(file: Path) -> Callable[[], Iterator[dict[str, Any]]]:
    return lambda: map(laid_out, iterate_jsonl_rows(file, REMEDY))


def _slug(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9._]+", "-", text).strip("-.")
