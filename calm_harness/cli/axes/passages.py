"""Passages in every language, and zero-shot."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from calm_harness.cli.axes.axis import Axis, Cell, read_manifest, without_passages
from calm_harness.errors import CalmError
from calm_harness.passages.choice import NONE, PASSAGE_CHOICES, REFERENCES
from calm_harness.questions import SETS
from calm_harness.questions.selection import check_tags


def axis(args: argparse.Namespace) -> Axis:
    """Lay out the runs with passages in every language, and zero-shot."""
    zero_shot = without_passages(args.tasks)
    manifest = read_manifest(args.index)
    check_tags(args.index, manifest.languages)  # each has a folder
    kinds = args.passage_languages or default_kinds(args.tasks.split("_")[1], list(manifest.languages))
    check_kinds(kinds, list(manifest.languages), args.index)
    cells = {kind: Cell(args.tasks, {"index": args.index, "passage_language": kind}) for kind in kinds}
    if NONE in cells:
        cells[NONE] = Cell(zero_shot, {})
    return Axis(cells, _of_passages)


def _of_passages(logs: Mapping[str, Path]) -> tuple[dict[str, Any], str, str]:
    from calm_harness.grid import grid, to_csv, to_markdown
    from calm_harness.predictions.scoring import table_of

    table = grid({kind: table_of(path) for kind, path in logs.items()})
    return table, to_markdown(table), to_csv(table)


def default_kinds(name: str, languages: Sequence[str]) -> list[str]:
    """List what passages a set's questions may be shown, from an index that has passages in some languages."""
    info = SETS[name]
    tags = [tag for tag in info.languages if tag in languages] if info.languages else list(languages)
    same = ["same"] if set(info.languages) <= set(languages) else []
    return [NONE, *same, "any", *tags, *(REFERENCES if info.passages else [])]


def check_kinds(kinds: Sequence[str], languages: Sequence[str], index: str) -> None:
    """See, before anything is run, that an index has the languages that are asked for.

    Raises:
        CalmError: it has not.
    """
    for kind in kinds:
        if kind not in (NONE, *PASSAGE_CHOICES, *languages):
            *choices, last = (NONE, *PASSAGE_CHOICES)
            raise CalmError(
                f"--passage_languages: {index} has no passages in {kind!r} (it has {', '.join(languages)}); "
                f"besides there are {', '.join(choices)} and {last}"
            )
