"""`calm report`: a leaderboard of lm-eval runs (light to import: the work is imported when it runs)."""

from __future__ import annotations

import argparse
import importlib.util
import sys
from pathlib import Path

from calm_harness.errors import CalmError

DESCRIPTION = """Read lm-eval output folders (results files, and sample logs where there are any) of any number of runs,
and write a leaderboard: leaderboard.html, which works from disk, leaderboard.md, leaderboard.csv, and charts as SVG and
PNG. Or write it as a static Space of the Hugging Face Hub. What is broken is passed over with a line that says why.
"""
EXAMPLES = """examples:
  calm report runs --output report                        everything below runs/
  calm report runs --output report --serve                and open http://127.0.0.1:8000/leaderboard.html
  calm report runs --text                                 a table here, no files
  calm report runs --repeated latest --output report      of the same run done twice, the last one
  calm report runs --model_card runs/demo/round1/dpo      add the results to an adapter's model card
  calm report runs --space space                          then: hf upload USER/NAME space . --repo-type space
"""
PAGE_NEEDS = ("jinja2", "itables", "vl_convert")
NEEDED = {"output": PAGE_NEEDS, "space": PAGE_NEEDS, "text": ("rich",)}


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `report` to the command line."""
    command = subparsers.add_parser(
        "report",
        help="a leaderboard of runs: page, tables, charts, model card",
        description=DESCRIPTION,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument(
        "runs", nargs="+", type=Path, metavar="RUN", help="a folder with lm-eval's output, at any depth"
    )
    command.add_argument("--output", type=Path, metavar="DIR", help="where the leaderboard is to lie")
    command.add_argument("--title", default="Cross-lingual consistency", help="its heading (%(default)s)")
    command.add_argument(
        "--repeated", choices=["all", "latest"], default="all", help="of the same run done twice: two rows, or the last"
    )
    command.add_argument("--text", action="store_true", help="print the ranking")
    command.add_argument(
        "--model_card", type=Path, metavar="DIR", help="write the results into this adapter's README.md"
    )
    command.add_argument(
        "--space", type=Path, metavar="DIR", help="write it as a static Space of the Hub, without this machine's paths"
    )
    command.add_argument("--serve", action="store_true", help="serve the page on 127.0.0.1 until Ctrl-C")
    command.add_argument("--port", type=int, default=8000, help="for --serve; 0 for any that is free (%(default)s)")
    command.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Read the runs and write what is asked for.

    Raises:
        CalmError: nothing is asked for, a package is missing, there is no run, or none of the adapter's.
    """
    _check(args)
    from calm_harness.report.leaderboard import build
    from calm_harness.report.runs import find

    runs, skipped = find([path.expanduser() for path in args.runs])
    latest = args.repeated == "latest"
    if args.space:
        from calm_harness.report.shared import space

        for path in space.write(runs, skipped, args.runs, args.space.expanduser(), args.title, latest=latest):
            print(path)
        return 0
    board = build(runs, skipped, latest=latest, progress=sys.stderr.isatty())
    for file in board.skipped:
        print(f"passed over: {file}", file=sys.stderr)
    for file in board.noted:
        print(f"no answers of {file}; its figures are shown", file=sys.stderr)
    for file in board.apart:
        print(f"not compared: {file}", file=sys.stderr)
    if args.text:
        _print(board)
    if args.output:
        from calm_harness.report.files import write

        for path in write(board, args.runs, args.output.expanduser(), args.title):
            print(path)
    if args.model_card:
        from calm_harness.report.cards import add_results

        print(add_results(args.model_card.expanduser(), board))
    if args.serve:
        from calm_harness.report.page.serve import serve

        serve(args.output.expanduser(), args.port)
    return 0


def _check(args: argparse.Namespace) -> None:
    """See that what is asked for fits together, and that what makes it is installed."""
    others = args.output or args.text or args.model_card
    if not (others or args.space):
        raise CalmError("say what to make: --output DIR, --text, --model_card DIR or --space DIR")
    if args.space and others:
        raise CalmError("--space has names without paths, unlike the others; make it with a command of its own")
    if args.serve and not args.output:
        raise CalmError("--serve needs --output DIR, where the page lies")
    packages = [package for flag, names in NEEDED.items() if getattr(args, flag) for package in names]
    missing_packages = [package for package in packages if importlib.util.find_spec(package) is None]
    if missing_packages:
        raise CalmError(f"{', '.join(missing_packages)} is not installed: pip install 'calm-harness[report]'")


def _print(board: object) -> None:
    from rich.console import Console

    from calm_harness.report.ranking import NOTE, to_terminal

    console = Console()
    for table in to_terminal(board, console.width):  # type: ignore[arg-type]
        console.print(table)
    console.print(NOTE, style="dim", markup=False)
