"""`calm push`: runs and pairs as a data set of the Hub (light to import: the work is imported when it runs)."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from calm_harness.errors import CalmError

DESCRIPTION = """Push what lies in a folder to the Hugging Face Hub as a data set: a configuration for each sample log,
one for the figures of all runs, one for pairs; Parquet, with a data card. Nothing of this machine goes up: paths are
cut to their last part, and a row that holds a secret is refused. Texts go up only where the licence of the question set
is known and lets them be passed on, or you name one; else push without them.
"""
EXAMPLES = """examples:
  calm push runs/first --repo USER/NAME --dry_run --output shared     writes the folder, asks nobody
  calm push runs/first --repo USER/NAME --private                     pushes it (first: hf auth login)
  calm push runs/xcsqa --repo USER/NAME --without_texts               ids, answers, scores and figures
  calm push runs/pairs --repo USER/NAME --license cc-by-4.0           pairs, under a licence that you may give
"""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `push` to the command line."""
    command = subparsers.add_parser(
        "push",
        help="share runs or pairs as a data set of the Hub",
        description=DESCRIPTION,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("folder", type=Path, metavar="RUN", help="lm-eval's output, or what trainer.pairs wrote")
    command.add_argument(
        "--repo", required=True, metavar="USER/NAME", help="the data set; it is made if it is not there"
    )
    command.add_argument("--private", action="store_true", help="make it one that only you see")
    command.add_argument("--without_texts", action="store_true", help="leave questions, prompts and responses at home")
    command.add_argument("--license", metavar="ID", help="the licence of the data set, as the Hub names it (cc-by-4.0)")
    command.add_argument("--dry_run", action="store_true", help="write the folder to --output, and push nothing")
    command.add_argument(
        "--output", type=Path, metavar="DIR", help="where the folder is to lie; kept when it is pushed"
    )
    command.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Write the folder and push it, or say what would be pushed.

    Raises:
        CalmError: there is nothing to push, something must not be, or the Hub says no.
    """
    from calm_harness.sharing import folder, found, hub

    if args.dry_run and not args.output:
        raise CalmError("--dry_run needs --output DIR, where the folder is to lie")
    hub.check_name(args.repo)
    content = found.look(args.folder.expanduser())
    for file in content.skipped:
        print(f"passed over: {file}", file=sys.stderr)
    with tempfile.TemporaryDirectory() as scratch:
        output = (args.output or Path(scratch) / "dataset").expanduser()
        tables = folder.write(content, output, args.repo, texts=not args.without_texts, licence=args.license)
        for table in tables:
            print(f"{table.name}: {table.rows} rows ({table.split})")
        size = sum(path.stat().st_size for path in output.rglob("*") if path.is_file())
        if args.dry_run:
            kind = "private " if args.private else "public "
            print(
                f"{output} would be pushed as the {kind}data set {args.repo}: {len(tables) + 1} files, {size:,} bytes"
            )
        else:
            print(hub.upload(output, args.repo, private=args.private))
    return 0
