"""`calm eval`: lm-eval's own `run`, with our tasks and models already known to it."""

from __future__ import annotations

import argparse

DESCRIPTION = """Evaluate with lm-eval: every flag but --shard is that of `lm_eval run`, which does the work.
The calm_* tasks and the model hf-prefix (hf that reads each prompt once) are known without --include_path.
"""
EXAMPLES = """examples:
  calm eval --model hf-prefix --model_args pretrained=~/gemma --tasks calm_mini_xl_cloze --batch_size auto
  calm eval --model hf-prefix --model_args pretrained=~/gemma,peft=runs/adapter --tasks calm_mini_xl_cloze
  torchrun --nproc-per-node 2 -m calm_harness eval --model hf-prefix ...     two processes, one half each
  calm eval --shard 3/16 --log_samples --output_path shards/3 --model ...     the third of 16 parts, for `calm merge`
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


def run(args: argparse.Namespace) -> int:
    """Run lm-eval with what stands behind `calm eval`."""
    from calm_harness.evaluation import evaluate, parser

    if args.help_all or not args.rest:
        parser().print_help()
    else:
        evaluate(args.rest)
    return 0
