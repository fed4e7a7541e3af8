"""`calm merge`: join the shards of a run (light to import: the work is imported when it runs)."""

from __future__ import annotations

import argparse
from pathlib import Path

DESCRIPTION = """Join the shards of a run (calm eval --shard N/M) into one log a task and one results file, as a single
process writes them: figures are computed anew from all rows. Where shards are missing, cut off or of different runs,
they are named, and nothing is written.
"""
EXAMPLES = """examples:
  calm eval --shard 1/2 ... --output_path shards/1 --log_samples       on one machine
  calm eval --shard 2/2 ... --output_path shards/2 --log_samples       on another
  calm merge shards/* --output runs/qwen                               and where both can be read
"""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `merge` to the command line."""
    command = subparsers.add_parser(
        "merge",
        help="join the shards of a run that was spread over machines",
        description=DESCRIPTION,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument(
        "shards", nargs="+", type=Path, metavar="SHARD", help="a folder with a shard's output, at any depth"
    )
    command.add_argument("--output", required=True, type=Path, metavar="RUN", help="where the run is to lie")
    command.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Join the shards, and say where the run lies.

    Raises:
        CalmError: shards are missing, cut off or of different runs, or the folder holds something else.
    """
    from calm_harness.shards.join import merge

    output = args.output.expanduser()
    now = merge([path.expanduser() for path in args.shards], output)
    print(f"{output}{'' if now else ' (done before, of the same shards)'}")
    return 0
