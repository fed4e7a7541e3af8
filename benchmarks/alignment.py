"""Aligning rows without ids, whatever their order: how many are found, how many wrongly, and how long it takes.

python -m benchmarks.alignment                         X-CSQA's training questions and both halves of MEDQA
python -m benchmarks.alignment --sets xcsqa:train

Each language is held against the one that the questions were written in: in order and shuffled, with a tenth of the
rows missing and without, and against other questions, of which none must be accepted; with an encoder and without one.
The questions are the CALM release's (CALM_RELEASE_DIR).
"""

from __future__ import annotations

import argparse
import logging
import random
import time
from collections.abc import Iterator, Sequence
from typing import Any
from unittest.mock import patch

from benchmarks.record import save, table
from calm_harness.errors import CalmError
from calm_harness.questions import load
from calm_harness.questions.align import align, similarity
from calm_harness.questions.align.evidence import Item

SETS = ("xcsqa:train", "medqa:test_en", "medqa:test_zh")
ORIGIN = {"medqa:test_zh": "zh"}  # of the others it is English


def cases(rows: int, seed: int) -> Iterator[tuple[str, Sequence[int], Sequence[int], bool]]:
    """Yield name, rows of the one file, rows of the other, and whether they are translations."""
    draw = random.Random(seed)
    every, mixed = range(rows), draw.sample(range(rows), rows)
    yield "in order", every, every, True
    yield "in order, a tenth missing", every, sorted(mixed[rows // 10 :]), True
    yield "shuffled", every, mixed, True
    yield "a tenth missing", every, mixed[: rows - rows // 10], True
    yield "other questions", range(rows // 2), range(rows // 2, rows), False


def run(name: str, seed: int) -> Iterator[dict[str, Any]]:
    """Align each language of a set."""
    set_name, split = name.split(":")
    questions = load(set_name, split=split)
    items = {
        language: [Item(row.stem, row.options) for row in questions.rows if row.language == language]
        for language in questions.languages
    }
    origin = ORIGIN.get(name, "en")
    for encoder in (False, True):
        for language in (tag for tag in questions.languages if tag != origin):
            for case, left, right, parallel in cases(len(items[origin]), seed):
                with patch.object(similarity, "available", lambda encoder=encoder: encoder):
                    start = time.perf_counter()
                    try:
                        pairs = dict(
                            align([items[origin][row] for row in left], [items[language][row] for row in right])
                        )
                        outcome = "accepted"
                    except CalmError:
                        pairs, outcome = {}, "refused"
                    seconds = time.perf_counter() - start
                wrong = sum(left[i] != right[j] for i, j in pairs.items())
                there = len(set(left) & set(right))
                yield {
                    "set": name,
                    "language": language,
                    "encoder": encoder,
                    "case": case,
                    "outcome": outcome,
                    "there": there if parallel else 0,
                    "found": len(pairs),
                    "wrong": wrong,
                    "seconds": round(seconds, 2),
                }


def main() -> None:
    """Run the benchmark and write its file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", nargs="+", default=list(SETS), help="SET:SPLIT")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    logging.disable(logging.WARNING)
    rows = []
    for name in args.sets:
        for row in run(name, args.seed):
            print(row, flush=True)
            rows.append(row)
    print(table(rows))
    print(save("alignment", vars(args), rows))


if __name__ == "__main__":
    main()
