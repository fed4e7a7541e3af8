"""Metrics and their bootstrap at scale: all metrics with intervals, on made-up answers (speed needs no real ones).

python -m benchmarks.metrics                                 100 thousand questions in 16 languages
python -m benchmarks.metrics --questions 1000 10000 100000
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.record import Worker, save, spread, table
from calm_harness import metrics
from calm_harness.metrics import Answers
from calm_harness.metrics.bootstrap import estimate

TAGS = ("en", "zh", "fr", "de", "it", "ja", "es", "ar", "ru", "pt", "nl", "pl", "vi", "hi", "sw", "ur")


def made_up(questions: int, languages: int, options: int) -> Answers:
    """Make answers that agree more than chance has it, with scores."""
    draw = np.random.default_rng(0)
    shape = questions, languages
    gold = draw.integers(options, size=questions)
    scores = draw.normal(size=(*shape, options))
    scores[np.arange(questions), :, gold] += draw.normal(1, 1, size=questions)[:, None]
    position = scores.argmax(-1)
    return Answers(
        question_ids=tuple(f"{number:07d}" for number in range(questions)),
        languages=TAGS[:languages],
        chosen=1 << position,
        position=position,
        gold=gold,
        size=np.full(questions, options),
        scores=scores,
    )


def estimator() -> Callable[..., dict[str, float]]:
    """Return what estimates all metrics of a table."""

    def run(questions: int, languages: int, options: int) -> dict[str, float]:
        import time

        answers = made_up(questions, languages, options)
        start = time.perf_counter()
        names = metrics.names(answers.languages, labelled=True, scored=True, responses=False)
        found = estimate({name: metrics.statistic(name, answers) for name in names})
        return {"metrics": len(found), "seconds": time.perf_counter() - start}

    return run


def main() -> None:
    """Run the benchmark and write its file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--questions", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    parser.add_argument("--languages", type=int, default=16)
    parser.add_argument("--options", type=int, default=5)
    parser.add_argument("--repeats", type=int, default=3)
    args = parser.parse_args()
    worker = Worker(estimator)
    results: list[dict[str, Any]] = []
    for questions in args.questions:
        runs = [
            worker(questions=questions, languages=args.languages, options=args.options) for _ in range(args.repeats)
        ]
        seconds = spread([run["value"]["seconds"] for run in runs])
        results.append({"questions": questions, "languages": args.languages})
        results[-1] |= {
            "metrics": runs[0]["value"]["metrics"],
            "peak_mb": max(run["peak_mb"] for run in runs),
            **seconds,
        }
        print(table(results[-1:]), flush=True)
    worker.close()
    print(save("metrics", vars(args), results))


if __name__ == "__main__":
    main()
