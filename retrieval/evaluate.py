"""Measure retrieval: recall, reciprocal rank and nDCG by language of the query and language of the passages.

    python -m retrieval.evaluate --index runs/index --queries queries.jsonl
    python -m retrieval.evaluate --index runs/index --queries queries.jsonl -k 1 10 --output grid.json

A query is a JSON object a line: `query_id`, `language`, `text`, and `relevant`, a list of the `passage_id`s that answer
it (a parallel corpus has the same id in every language). The id of a document that was cut stands for all its pieces,
of which the first that is found counts. Each query is asked of the passages of each language apart,
and of all together (`any`). The measures are those of `ir-measures`; errors are a bootstrap's over queries.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from retrieval import errors


def parser() -> argparse.ArgumentParser:
    """Build the command line."""
    result = argparse.ArgumentParser(
        prog="python -m retrieval.evaluate", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    result.add_argument("--index", required=True, metavar="DIR", help="the index")
    result.add_argument("--queries", required=True, metavar="FILE", help="queries as JSON lines")
    result.add_argument("-k", type=int, nargs="+", default=[1, 10], help="depths of recall and nDCG (%(default)s)")
    result.add_argument("--output", metavar="FILE", help="write all cells as JSON")
    return result


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command."""
    return errors.run("retrieval.evaluate", lambda: command(parser().parse_args(argv)))


def command(args: argparse.Namespace) -> int:
    """Measure, print a table a measure, and write all cells where that is wanted."""
    from retrieval.index import Index
    from retrieval.measures import evaluate, grid, read_queries

    queries = read_queries(args.queries)
    cells = evaluate(Index.open(args.index), queries, args.k)
    print("\n\n".join(grid(cells, measure) for measure in dict.fromkeys(cell.measure for cell in cells)))
    if args.output:
        rows = [cell.__dict__ for cell in cells]
        Path(args.output).expanduser().write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
