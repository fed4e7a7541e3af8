"""A leaderboard of very many runs: time and memory of the command, size of the page, and how soon a browser shows it.

    CALM_RELEASE_DIR=... python -m benchmarks.report
    CALM_RELEASE_DIR=... python -m benchmarks.report --runs 20 --questions 200

The questions are X-CSQA's of the CALM release, again under other ids until there are enough; the logs have all that
lm-eval writes, and invented scores. Every second run is the one before it with an adapter.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from benchmarks.record import measured, save, table
from calm_harness.metrics import Answer, Answers, pairwise_report, twins
from calm_harness.metrics.compare import estimates
from calm_harness.questions import load
from calm_harness.questions.schema import Row
from calm_harness.report.page.render import FOLDER, PAGE

TASK = "calm_xcsqa_xl_cloze"
STAMP = "2026-01-01T00-00-00.000000"
METRICS = ("acc", "consistency", "consistency_strict", "consistency_all", "correct_all", "correct_any", "alpha")


def write_runs(folder: Path, runs: int, questions: int, rows: Sequence[Row]) -> int:
    """Write runs as lm-eval does, of these questions in their languages, and return how many bytes."""
    languages = list(dict.fromkeys(row.language for row in rows))
    known = len(rows) // len(languages)
    size = 0
    for number in range(runs):
        rng = np.random.default_rng(number)
        ability = rng.uniform(0.5, 3)
        place = folder / f"run{number}"
        place.mkdir()
        answers = []
        with (place / f"samples_{TASK}_{STAMP}.jsonl").open("wb") as file:
            for question in range(questions):
                for at in range(len(languages)):
                    row = rows[(question % known) * len(languages) + at]
                    scores = rng.normal(0, 2, (3, len(row.options)))
                    scores[:, row.answer] += ability
                    name, choice = f"q{question:05d}", int(scores[2].argmax())
                    shown = twins(row.options)
                    sides = {"scores": tuple(scores[2]), "totals": tuple(scores[0])}
                    answers.append(Answer(name, row.language, choice, row.answer, shown, **sides))
                    file.write(_line(row, question, scores) + b"\n")
            size += file.tell()
        found = _results(number, Answers.collect(answers, languages))
        (place / f"results_{STAMP}.json").write_bytes(orjson.dumps(found, option=orjson.OPT_SERIALIZE_NUMPY))
    return size


def _line(row: Row, question: int, scores: np.ndarray) -> bytes:
    prompt = f"Question: {row.stem}\nAnswer:"
    asked = [(prompt, f" {option}") for option in row.options] + [("Answer:", f" {option}") for option in row.options]
    told = [[str(score), "False"] for score in (*scores[0], *scores[1])]
    doc = {"question_id": f"q{question:05d}", "language": row.language, "stem": row.stem, "options": row.options}
    doc |= {"answer": row.answer, "order": list(range(len(row.options))), "prompt": None}
    names = dict(zip(("sum", "bytes", "pmi"), scores.tolist(), strict=True))
    content = {
        **{"doc_id": question, "doc": doc, "target": str(row.answer), "filter": "none", "metrics": METRICS},
        "arguments": {f"gen_args_{i}": {"arg_0": one, "arg_1": other} for i, (one, other) in enumerate(asked)},
        **{"resps": [[one] for one in told], "filtered_resps": told},
        **dict.fromkeys(("doc_hash", "prompt_hash", "target_hash"), "0" * 64),
        "answers": {"choice": int(scores[2].argmax()), "score": "pmi", "scores": names},
        **{f"{name}{end}": "D" for name in METRICS for end in ("", "_stderr")},
    }
    return orjson.dumps(content)


def _results(number: int, table: Answers) -> dict[str, Any]:
    found = estimates(table)
    row = {f"{name},none": one.value for name, one in found.items()}
    row |= {f"{name}_stderr,none": one.stderr for name, one in found.items()}
    calm = {
        **{"set": "xcsqa", "split": "train", "languages": table.languages, "questions": len(table.question_ids)},
        "interval": {name: [one.low, one.high] for name, one in found.items()},
        "pairwise": pairwise_report(table),
    }
    arguments = {"pretrained": f"org/model-{number // 2}"} | ({"peft": f"org/adapter-{number}"} if number % 2 else {})
    return {
        **{"results": {TASK: row}, "configs": {TASK: {"metadata": {"calm": calm, "score": "pmi"}}}},
        **{"config": {"model": "hf-prefix", "model_args": arguments}, "date": 1_767_225_600 + number},
    }


def look(page: Path) -> dict[str, float]:
    """Open the page in a browser: seconds until the ranking stands, and until two runs are compared."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        arguments = ["--headless", "--no-sandbox", "--disable-gpu"]
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=arguments)
        found: dict[str, list[float]] = {"first_view_s": [], "compare_s": [], "questions_s": []}
        for _ in range(5):
            tab = browser.new_page()
            start = time.perf_counter()
            tab.goto(page.resolve().as_uri())
            tab.wait_for_selector("body[data-ready=ranking]")
            found["first_view_s"].append(time.perf_counter() - start)
            for view in ("compare", "questions"):
                start = time.perf_counter()
                tab.click(f"#tab-{view}")
                tab.wait_for_selector(f"body[data-ready={view}]")
                found[f"{view}_s"].append(time.perf_counter() - start)
            tab.close()
        browser.close()
    return {name: float(np.median(values)) for name, values in found.items()}


def main() -> None:
    """Run the benchmark and write its file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=200, help="how many runs")
    parser.add_argument("--questions", type=int, default=1000, help="questions a run, in six languages")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "runs").mkdir()
        size = write_runs(folder / "runs", args.runs, args.questions, load("xcsqa", split="train").rows)
        words = ["report", str(folder / "runs"), "--output", str(folder / "out")]
        result = {"runs": args.runs, "questions": args.questions, "read_mb": size / 2**20}
        result |= measured([sys.executable, "-m", "calm_harness", *words])
        beside = [path.stat().st_size for path in (folder / "out" / FOLDER).glob("*")]
        result |= {"page_mb": (folder / "out" / PAGE).stat().st_size / 2**20, "beside_mb": sum(beside) / 2**20}
        result |= look(folder / "out" / PAGE)
    print(table([result]))
    print(save("report", vars(args), json.loads(json.dumps(result))))


if __name__ == "__main__":
    main()
