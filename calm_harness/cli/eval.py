"""`calm eval`: lm-eval's own `run`, with our tasks and models already known to it."""

from __future__ import annotations

import argparse

DESCRIPTION = """Evaluate with lm-eval: flags are those of `lm_eval run`, which does the work, and a few of ours.
The calm_* tasks and the models hf-prefix and vllm-prefix (which read a prompt once) are known without --include_path.
Samples are written as they come: a run that was ended goes on when the same command is given again.
"""
EXAMPLES = """examples:
  calm eval --model hf-prefix --model_args pretrained=~/gemma --tasks calm_mini_xl_cloze --batch_size auto
  calm eval --model hf-prefix --model_args pretrained=~/gemma,peft=runs/adapter --tasks calm_mini_xl_cloze
  torchrun --nproc-per-node 2 -m calm_harness eval --model hf-prefix ...     two processes, one half each
  calm eval --tasks calm_xcsqa_xl_cot --dry_run --price 0.15/0.60 ...        tokens and dollars, and stop there
  calm eval --shard 3/16 --log_samples --output_path shards/3 --model ...    the third of 16 parts, for `calm merge`
  calm eval --help-all                                                       all flags
"""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `eval` to the command line."""
    command = subparsers.add_parser(
        "eval",
        help="run lm-eval with our tasks and models",
        description=DESCRIPTION,
        epilog=EXAMPLES,
        usage="calm eval --model hf-prefix --model_args pretrained=MODEL --tasks TASK[,TASK...] [flags]",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("--help-all", action="store_true", help="show all flags and exit")
    command.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run lm-eval with what stands behind `calm eval`."""
    from calm_harness.evaluation import evaluate, parser

    if args.help_all or not args.rest:
        parser().print_help()
    else:
        evaluate(args.rest)
    return 0
