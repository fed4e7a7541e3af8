"""`calm eval`: lm-eval's own `run`, with our tasks and models already known to it."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from types import SimpleNamespace
from typing import Any

from calm_harness.doctor import tasks_path

DESCRIPTION = """Evaluate with lm-eval: every flag is that of `lm_eval run`, which does the work.
The calm_* tasks and the model hf-prefix (hf that reads each prompt once) are known without --include_path.
"""
EXAMPLES = """examples:
  calm eval --model hf-prefix --model_args pretrained=~/gemma --tasks calm_mini_xl_cloze --batch_size auto
  calm eval --model hf-prefix --model_args pretrained=~/gemma,peft=runs/adapter --tasks calm_mini_xl_cloze
  torchrun --nproc-per-node 2 -m calm_harness eval --model hf-prefix ...     two processes, one half each
  calm eval --help-all                                                       all of lm-eval's flags
"""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `eval` to the command line."""
    command = subparsers.add_parser(
        "eval",
        help="run lm-eval with our tasks and models",
        description=DESCRIPTION,
        epilog=EXAMPLES,
        usage="calm eval --model hf-prefix --model_args pretrained=MODEL --tasks TASK[,TASK...] [lm-eval's flags]",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("--help-all", action="store_true", help="show all of lm-eval's flags and exit")
    command.set_defaults(run=run)


def lm_eval_arguments(given: Sequence[str]) -> list[str]:
    """Complete a command line for `lm_eval run`: say where our tasks are, unless another folder is named."""
    named = any(word.split("=")[0] == "--include_path" for word in given)
    return ["run", *given, *([] if named else ["--include_path", str(tasks_path())])]


def run(args: argparse.Namespace) -> int:
    """Run lm-eval with what stands behind `calm eval`."""
    evaluate(["run", "--help"] if args.help_all else lm_eval_arguments(args.rest))
    return 0


def evaluate(words: Sequence[str]) -> None:
    """Run a command line of lm_eval, with our models registered and our logging shown beside its own."""
    from lm_eval._cli import HarnessCLI
    from lm_eval.utils import setup_logging

    from calm_harness import hf_prefix  # noqa: F401  (registers the model)

    setup_logging()
    theirs, ours = logging.getLogger("lm_eval"), logging.getLogger("calm_harness")
    ours.handlers, ours.propagate = theirs.handlers, False
    ours.setLevel(theirs.level)
    before, sys.argv = sys.argv, ["lm_eval", *words]
    try:
        cli = HarnessCLI()
        parsed = cli.parse_args()
        with _index(everything=not _only_ours(parsed)):
            cli.execute(parsed)
    finally:
        sys.argv = before


def _only_ours(parsed: argparse.Namespace) -> bool:
    tasks = [name for word in parsed.tasks or () for name in str(word).split(",")]
    return bool(tasks) and all(name.startswith("calm_") for name in tasks)


@contextmanager
def _index(*, everything: bool) -> Iterator[None]:
    """Let lm-eval read its own many thousand task files only where one of them is wanted: it takes ten seconds."""
    import lm_eval.tasks

    manager = lm_eval.tasks.TaskManager
    if not everything:
        lm_eval.tasks.TaskManager = partial(manager, include_defaults=False)
    try:
        yield
    finally:
        lm_eval.tasks.TaskManager = manager


@contextmanager
def model_loaded_once() -> Iterator[None]:
    """Let all evaluations within use one and the same model: for command lines that name the same."""
    import lm_eval.api.registry

    find = lm_eval.api.registry.get_model
    loaded: dict[str, Any] = {}

    def remembering(name: str) -> Any:
        kind = find(name)

        def create(*arguments: Any) -> Any:
            if name not in loaded:
                make = kind.create_from_arg_obj if isinstance(arguments[0], dict) else kind.create_from_arg_string
                loaded[name] = make(*arguments)
            return loaded[name]

        return SimpleNamespace(create_from_arg_obj=create, create_from_arg_string=create)

    lm_eval.api.registry.get_model = remembering
    try:
        yield
    finally:
        lm_eval.api.registry.get_model = find
