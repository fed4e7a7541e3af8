"""Search an index.

python -m retrieval.search --index runs/index "Why is the sky blue?"
python -m retrieval.search --index runs/index -k 3 --language fr "Why is the sky blue?" "What do bees make?"
python -m retrieval.search --index runs/index --json "Why is the sky blue?" | jq .passage_id
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import textwrap
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from retrieval import errors
from retrieval.text import printable

if TYPE_CHECKING:
    from retrieval.index import Hit


def parser() -> argparse.ArgumentParser:
    """Build the command line."""
    result = argparse.ArgumentParser(
        prog="python -m retrieval.search", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    result.add_argument("--index", required=True, metavar="DIR", help="the index")
    result.add_argument("queries", nargs="+", metavar="QUERY")
    result.add_argument("-k", type=int, default=5, help="passages a query (%(default)s)")
    result.add_argument("--language", metavar="TAG", help="only passages in this language")
    result.add_argument("--json", action="store_true", help="a JSON object a passage, a line each")
    return result


def render(query: str, hits: Sequence[Hit], width: int) -> str:
    """Lay the passages of a query out for reading."""
    lines = [printable(query)]
    for rank, hit in enumerate(hits, start=1):
        head = f"{rank:3}. {hit.score:.3f}  {hit.passage.language}  {hit.passage.passage_id}"
        lines.append(printable(f"{head}  {hit.passage.title}".rstrip()))
        text = printable(" ".join(hit.passage.text.split()))
        lines += textwrap.wrap(text, width, initial_indent="     ", subsequent_indent="     ")
    return "\n".join(lines)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command."""
    return errors.run("retrieval.search", lambda: command(parser().parse_args(argv)))


def command(args: argparse.Namespace) -> int:
    """Search an index, and show what is found."""
    from retrieval.index import Index

    index = Index.open(args.index)
    hits_by_query = index.search(args.queries, args.k, args.language)
    width = min(shutil.get_terminal_size().columns, 120)
    for number, (query, hits) in enumerate(zip(args.queries, hits_by_query, strict=True)):
        if args.json:
            for rank, hit in enumerate(hits, start=1):
                row = {"query": query, "rank": rank, "score": hit.score, **asdict(hit.passage)}
                print(json.dumps(row, ensure_ascii=False))
        else:
            print(("\n" if number else "") + render(query, hits, width))
    return 0


if __name__ == "__main__":
    sys.exit(main())
