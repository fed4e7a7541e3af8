"""`calm eval`: lm-eval's own `run`, with our tasks and models already known to it."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence

from calm_harness.doctor import lm_eval_finds_tasks, tasks_path

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
    """Complete a command line for `lm_eval run`: say where our tasks are, unless it knows or is told otherwise."""
    named = any(word.split("=")[0] == "--include_path" for word in given)
    include = [] if named or lm_eval_finds_tasks() else ["--include_path", str(tasks_path())]
    return ["run", *given, *include]


def run(args: argparse.Namespace) -> int:
    """Run lm-eval with what stands behind `calm eval`."""
    from lm_eval._cli import HarnessCLI
    from lm_eval.utils import setup_logging

    from calm_harness import hf_prefix  # noqa: F401  (registers the model)

    setup_logging()
    theirs, ours = logging.getLogger("lm_eval"), logging.getLogger("calm_harness")
    ours.handlers, ours.propagate = theirs.handlers, False
    ours.setLevel(theirs.level)
    before, sys.argv = sys.argv, ["lm_eval", *(["run", "--help"] if args.help_all else lm_eval_arguments(args.rest))]
    try:
        cli = HarnessCLI()
        cli.execute(cli.parse_args())
    finally:
        sys.argv = before
    return 0
