"""Very many samples and rows: seconds and memory of `trainer.pairs` and `calm score`, of two checkouts in turns.

    python -m benchmarks.scale --before ../before
    python -m benchmarks.scale --counts 10000000 --work "pairs, responses"

The logs are made up, row by row as our tasks and lm-eval write them: of `_cot` (ten responses a row, so ten samples)
and of `_cloze` (one a row), in six languages. Seconds are those of all processors together, so that a busy machine
does not count; memory is the most that the command, or one of its processes, had resident. What would take more than
`--megabytes`, or `--seconds` on the clock, is ended.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.record import ROOT, save, table

LANGUAGES = ("en", "zh", "fr", "de", "it", "ja")
EACH = 10  # responses a row
HASHES = ("doc_hash", "prompt_hash", "target_hash")
OPTIONS = ("a bank", "a library", "a department store", "a mall", "New York")
ANSWER = {"en": "Answer", "zh": "答案", "fr": "Réponse", "de": "Antwort", "it": "Risposta", "ja": "答え"}
WHY = {
    "en": "A revolving door is convenient for two directions of travel, and a measure of security as well.",
    "zh": "旋转门便于双向通行，同时也是一种安全措施，因此常见于这样的地方。",
    "fr": "Une porte tournante laisse passer dans les deux sens, et elle sert aussi à la sécurité.",
    "de": "Eine Drehtür lässt in beiden Richtungen gehen und dient an einem solchen Ort zugleich der Sicherheit.",
    "it": "Una porta girevole lascia passare nei due sensi, e in un luogo simile serve anche da misura di sicurezza.",
    "ja": "回転ドアは両方向の通行に便利で、そのような場所では防犯の役目も果たしています。",
}
WORKS = {
    "pairs, responses": ("cot", EACH, ["trainer.pairs", "--samples", "{logs}", "--output", "{out}"]),
    "pairs, options": ("cloze", 1, ["trainer.pairs", "--samples", "{logs}", "--output", "{out}", "--score", "pmi"]),
    "score, options": ("cloze", 1, ["calm_harness", "score", "--predictions", "{log}", "--json", "{out}.json"]),
}


def rows(kind: str, count: int) -> Iterator[dict[str, Any]]:
    """Make up rows of a log, question by question."""
    from calm_harness.metrics import names

    draw = random.Random(0)
    for number in range(count):
        question, language = number // len(LANGUAGES), LANGUAGES[number % len(LANGUAGES)]
        doc = {
            "question_id": f"made-up-{question:08}", "language": language, "options": list(OPTIONS),
            "stem": f"A revolving door serves {question} people as a measure of security at what? ({language})",
            "answer": question % len(OPTIONS), "order": list(range(len(OPTIONS))),
        }  # fmt: skip
        logged = _written(doc, draw) if kind == "cot" else _scored(doc, draw)
        hashes = {name: hashlib.sha256(f"{name} {number}".encode()).hexdigest() for name in HASHES}
        metrics = names(LANGUAGES, labelled=True, scored=kind == "cloze", truncation=kind == "cot")
        letter = logged["answers"]["answer"]
        yield {
            "doc_id": number, "doc": doc, "target": str(doc["answer"]), "filter": "none",
            "metrics": ["answers", *metrics],
            **hashes, **logged, "acc": 0.0, **dict.fromkeys(metrics[1:], letter),
        }  # fmt: skip


def _written(doc: dict[str, Any], draw: random.Random) -> dict[str, Any]:
    from calm_harness import prompts

    letters = [draw.choice("ABCDE") if draw.random() < 0.4 else "ABCDE"[doc["answer"]] for _ in range(EACH)]
    why, word = WHY[doc["language"]], ANSWER[doc["language"]]
    responses = [f"{why} ({number})\n{word}: {letter}" for number, letter in enumerate(letters)]
    return {
        "arguments": {"gen_args_0": {"arg_0": prompts.cot_text(doc), "arg_1": {"until": ["\n\n"], "do_sample": True}}},
        "resps": [responses], "filtered_resps": [responses[0]],
        "answers": {
            "choice": "ABCDE".index(letters[0]), "answer": letters[0], "truncated": False, "cut": [False] * EACH,
            "unfinished": False, "in_thoughts": [], "thinking": [],
        },
    }  # fmt: skip


def _scored(doc: dict[str, Any], draw: random.Random) -> dict[str, Any]:
    from calm_harness import prompts

    prompt, null, choices = prompts.cloze_text(doc), prompts.cloze_null(doc), prompts.cloze_choices(doc)
    asked = [(context, choice) for context in (prompt, null) for choice in choices]
    found = [round(draw.gauss(-12, 4), 4) for _ in asked]
    totals, nulls = found[: len(choices)], found[len(choices) :]
    scores = {
        "sum": totals,
        "bytes": [total / len(choice.encode()) for total, choice in zip(totals, choices, strict=True)],
        "pmi": [total - null for total, null in zip(totals, nulls, strict=True)],
    }
    place = max(range(len(choices)), key=totals.__getitem__)
    responses = [[str(number), "False"] for number in found]
    return {
        "arguments": {f"gen_args_{i}": {"arg_0": text, "arg_1": choice} for i, (text, choice) in enumerate(asked)},
        "resps": [[response] for response in responses], "filtered_resps": responses,
        "answers": {"choice": place, "answer": "ABCDE"[place], "score": "sum", "scores": scores},
    }  # fmt: skip


def write_log(folder: Path, kind: str, count: int) -> Path:
    """Write a log."""
    path = folder / f"samples_calm_xcsqa_xl_{kind}_2026-01-01T00-00-00.000000.jsonl"
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for row in rows(kind, count):
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
    return path


MEASURE = """
import resource, subprocess, sys
limit = int(sys.argv[1]) << 20
resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
done = subprocess.run([sys.executable, "-m", *sys.argv[2:]], stdout=subprocess.DEVNULL)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(used.ru_maxrss, used.ru_utime + used.ru_stime)
sys.exit(done.returncode)
"""


def run(checkout: Path, words: list[str], seconds: float, megabytes: int) -> dict[str, Any]:
    """Run a command with a checkout's code; return its seconds and the memory of its largest process."""
    running = subprocess.Popen(
        [sys.executable, "-c", MEASURE, str(megabytes), *words],
        env={**os.environ, "PYTHONPATH": str(checkout)}, cwd=checkout, start_new_session=True, encoding="utf-8",
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        printed, said = running.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        os.killpg(running.pid, signal.SIGKILL)  # of its own session: the command and its processes
        running.communicate()
        return {"seconds": f"ended after {seconds:.0f}", "peak_mb": None}
    if running.returncode:
        why = (said.strip().splitlines() or ["killed"])[-1]
        return {"seconds": None, "peak_mb": f"more than {megabytes:,}" if "MemoryError" in why else why}
    kilobytes, used = printed.split()
    return {"seconds": float(used), "peak_mb": int(kilobytes) / 1024}


def main() -> None:
    """Run the benchmark and write its file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--before", type=Path, help="a checkout of an earlier commit")
    parser.add_argument("--counts", type=int, nargs="+", default=[10**4, 10**5, 10**6], help="samples, or rows")
    parser.add_argument("--work", nargs="+", default=list(WORKS), choices=list(WORKS))
    parser.add_argument("--seconds", type=float, default=900, help="what takes longer is ended")
    parser.add_argument("--megabytes", type=int, default=8000, help="what takes more memory is ended")
    args = parser.parse_args()
    checkouts = {"before": args.before.resolve()} if args.before else {}
    checkouts["after"] = ROOT
    results = []
    for count in args.counts:
        for work in args.work:
            kind, each, words = WORKS[work]
            with tempfile.TemporaryDirectory() as name:
                log = write_log(Path(name), kind, count // each)
                found: dict[str, Any] = {"work": work, "count": count, "read_mb": log.stat().st_size / 2**20}
                for checkout, code in checkouts.items():
                    places = {"logs": name, "log": str(log), "out": f"{name}/{checkout}"}
                    told = [word.format(**places) for word in words]
                    measured = run(code, told, args.seconds, args.megabytes)
                    found |= {f"{checkout}, {figure}": value for figure, value in measured.items()}
            results.append(found)
            print(table([found]), flush=True)
    print(save("scale", {**vars(args), "before": args.before and args.before.name}, results))


if __name__ == "__main__":
    main()
