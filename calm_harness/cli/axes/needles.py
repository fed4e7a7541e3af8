"""The passage that answers, by its language, its place and the length of its haystack, and what it is held against."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from calm_harness.cli.axes.axis import Axis, Cell, read_manifest, without_passages
from calm_harness.errors import CalmError
from calm_harness.passages.choice import NONE
from calm_harness.passages.needle.settings import MIXED, PLACES, SAME, position
from calm_harness.questions.selection import check_tags

if TYPE_CHECKING:
    from lm_eval.config.evaluate_config import EvaluatorConfig

    from calm_harness.probes.needle import Spot
    from calm_harness.report.probe import Probe


def axis(args: argparse.Namespace) -> Axis:
    """Lay out the runs: needles, needles alone, haystacks alone, and zero-shot.

    The longest haystack is first: what does not fit into the model's context is said before much is asked.
    """
    from calm_harness.probes.needle import Logs, Spot

    zero_shot = without_passages(args.tasks)
    manifest = read_manifest(args.index)
    languages = args.needle_languages or [SAME]
    around = {name: getattr(args, name) for name in ("haystack", "haystack_language") if getattr(args, name)}
    check_tags(args.index, manifest.languages)  # each has a folder
    _check_languages("--needle_languages", args.index, languages, [*sorted(manifest.languages), SAME])
    _check_languages(
        "--haystack_language",
        args.index,
        [around.get("haystack_language", SAME)],
        [*sorted(manifest.languages), SAME, MIXED],
    )
    places = args.needle_positions or list(PLACES)
    for place in places:
        position(_number(place))
    lengths = sorted(map(_length, args.haystack_tokens or []), reverse=True)
    if not lengths:
        raise CalmError("--needle: how long are the haystacks? --haystack_tokens 500,2000")
    told = {"index": args.index}

    def needle(language: str) -> dict[str, Any]:
        return {**told, "needle": True, "needle_language": language}

    spots = {
        _name(spot): spot for spot in (Spot(tag, place, n) for n in lengths for tag in languages for place in places)
    }
    cells = {
        name: {
            **needle(spot.language),
            **around,
            "needle_position": _number(spot.place),
            "haystack_tokens": spot.length,
        }
        for name, spot in spots.items()
    }
    without = {f"haystack_{length}": length for length in lengths}
    cells |= {name: {**told, "needle": False, **around, "haystack_tokens": length} for name, length in without.items()}
    alone = {f"alone_{tag}": tag for tag in languages}
    cells |= {name: {**needle(tag), "haystack_passages": 0} for name, tag in alone.items()}

    def tables(logs: Mapping[str, Path]) -> tuple[dict[str, Any], str, str]:
        from calm_harness.probes.needle import grid
        from calm_harness.probes.needle_tables import to_csv, to_markdown

        table = grid(
            Logs(
                floor=logs[NONE],
                alone={tag: logs[name] for name, tag in alone.items()},
                without={length: logs[name] for name, length in without.items()},
                hidden={spot: logs[name] for name, spot in spots.items()},
            )
        )
        return table, to_markdown(table), to_csv(table)

    runs = {name: Cell(args.tasks, metadata) for name, metadata in cells.items()}
    return Axis({**runs, NONE: Cell(zero_shot, {})}, tables, _probe, partial(_check, cells))


def _probe(table: Mapping[str, Any], log: Path) -> Probe:
    from calm_harness.probes.needle_tables import to_probe
    from calm_harness.report.runs import run_of

    return to_probe(table, run_of(log))


def _check(cells: Mapping[str, Mapping[str, Any]], name: str, config: EvaluatorConfig) -> None:
    """See that runs are told of needles by the grid alone, and nothing that is not for them.

    Args:
        cells: name of a run with passages -> what the grid tells it.
        name: of a run.
        config: what it is told in all.

    Raises:
        CalmError: they are.
    """
    from calm_harness.task.inputs import set_of
    from calm_harness.task.options import OF_NEEDLE, Options, of_set

    metadata = of_set(config.metadata, str(set_of(config.tasks[0])))
    for option in OF_NEEDLE:
        if option in metadata and option not in cells.get(name, {}):
            raise CalmError(f"--metadata: {option} is what the runs of --needle differ in, or a flag; leave it out")
    Options.from_metadata(metadata)


def _name(spot: Spot) -> str:
    return f"{spot.language}_{spot.place}_{spot.length}"


def _check_languages(flag: str, index: str, tags: Sequence[str], known: Sequence[str]) -> None:
    """See that an index has the languages that are asked for.

    Raises:
        CalmError: it lacks one.
    """
    for tag in tags:
        if tag not in known:
            raise CalmError(f"{flag}: {index} has no passages in {tag!r}; there are {', '.join(known)}")


def _number(place: str) -> str | float:
    """Read a place as the task's options have it."""
    try:
        return place if place in PLACES else float(place)
    except ValueError:
        return place


def _length(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise CalmError(f"--haystack_tokens: {text!r} is no number of tokens; write them as in 500,2000")
    return int(text)
