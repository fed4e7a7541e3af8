"""Passages in every language, and zero-shot."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from calm_harness.cli.axes.axis import Axis, Cell, read_manifest, without_passages
from calm_harness.errors import CalmError
from calm_harness.files import iterate_jsonl_rows
from calm_harness.passages.choice import GLOSSARY, NONE, PASSAGE_CHOICES, REFERENCES
from calm_harness.questions import SETS
from calm_harness.questions.selection import check_tags

if TYPE_CHECKING:
    from calm_harness.metrics import Answers


def axis(args: argparse.Namespace) -> Axis:
    """Lay out the runs with passages in every language, and zero-shot."""
    zero_shot = without_passages(args.tasks)
    manifest = read_manifest(args.index)
    check_tags(args.index, manifest.languages)  # each has a folder
    explained = [GLOSSARY] if args.glossary else []
    kinds = args.passage_languages or default_kinds(args.tasks.split("_")[1], list(manifest.languages)) + explained
    if GLOSSARY in kinds and not explained:
        raise CalmError("--passage_languages: glossary needs a table of labels; give --glossary labels.csv, or titles")
    if (explained or args.pivot) and GLOSSARY not in kinds:
        raise CalmError("--glossary and --pivot are for passages of kind glossary; add it to --passage_languages")
    check_kinds(kinds, list(manifest.languages), args.index)
    cells = {kind: Cell(args.tasks, {"index": args.index, "passage_language": kind}) for kind in kinds}
    if NONE in cells:
        cells[NONE] = Cell(zero_shot, {})
    if GLOSSARY in cells:
        told = {"glossary": args.glossary, **({"pivot": args.pivot} if args.pivot else {})}
        cells[GLOSSARY] = Cell(args.tasks, {"passage_language": GLOSSARY, **told})
    return Axis(cells, _of_passages)


def _of_passages(logs: Mapping[str, Path]) -> tuple[dict[str, Any], str, str]:
    from calm_harness.grid import grid, to_csv, to_markdown
    from calm_harness.predictions.scoring import table_of

    runs = {kind: table_of(path) for kind, path in logs.items()}
    table = grid(runs, _covered(logs[GLOSSARY], runs[GLOSSARY]) if GLOSSARY in logs else None)
    return table, to_markdown(table), to_csv(table)


def _covered(log: Path, run: Answers) -> dict[str, Any]:
    """Count what the glossary said of the questions that the grid is of."""
    from calm_harness.passages.glossary.lines import coverage

    asked = set(run.question_ids)
    docs = (row["doc"] for row in iterate_jsonl_rows(log, "run it again"))
    return coverage(doc for doc in docs if str(doc["question_id"]) in asked)


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
