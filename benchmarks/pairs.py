"""Preference pairs from very many samples: time and memory of the whole command.

    CALM_RELEASE_DIR=... python -m benchmarks.pairs
    CALM_RELEASE_DIR=... python -m benchmarks.pairs --samples 60000

The samples are the CALM release's real responses to X-CSQA, ten a question and language, as lm-eval logs them; the
questions come again under other ids until there are enough.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

from benchmarks.record import measured, save, table

LANGUAGES = {"en": "en", "zh": "cn", "fr": "fr", "de": "de", "it": "it", "ja": "ja"}
EACH = 10


def write_logs(folder: Path, samples: int) -> int:
    """Write a log a language, and return how many samples they hold."""
    from calm_harness.answers import extract
    from calm_harness.questions.sets.release import find_folder, read_samples

    release = find_folder() / "data/xcsqa/samples"
    questions = samples // (len(LANGUAGES) * EACH)
    for language, code in LANGUAGES.items():
        rows = read_samples(release / f"x_csqa_{code}_train_sampled.json")
        with (folder / f"samples_calm_xcsqa_xl_cot_2026-{language}.jsonl").open(
            "w", encoding="utf-8", newline="\n"
        ) as file:
            for number in range(questions):
                row = rows[number % len(rows)]
                # Ten responses: those of this question, again and again, each a text of its own.
                responses = [f"{row.preds[i % len(row.preds)]}{' ' * (i // len(row.preds))}" for i in range(EACH)]
                doc = {
                    "question_id": f"q{number}", "language": language, "stem": f"{row.stem} ({number})",
                    "options": row.options, "answer": row.answer, "prompt": row.prompt,
                }  # fmt: skip
                record = {"choice": extract(responses[0], list(row.options), language)}
                line = {
                    "doc_id": number, "doc": doc, "target": row.answer, "resps": [responses],
                    "arguments": {"gen_args_0": {"arg_0": row.prompt, "arg_1": {"until": []}}},
                    "filtered_resps": responses[:1], "answers": record,
                }  # fmt: skip
                file.write(json.dumps(line, ensure_ascii=False) + "\n")
    return questions * len(LANGUAGES) * EACH


def main() -> None:
    """Run the benchmark and write its file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, nargs="+", default=[60_000, 600_000], help="how many samples")
    args = parser.parse_args()
    results = []
    for samples in args.samples:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            written = write_logs(folder, samples)
            read = sum(path.stat().st_size for path in folder.glob("*.jsonl"))
            found = measured(
                [sys.executable, "-m", "trainer.pairs", "--samples", name, "--output", str(folder / "pairs")]
            )
            pairs = json.loads((folder / "pairs/summary.json").read_text(encoding="utf-8"))["pairs"]
            results.append({"samples": written, "read_mb": read / 2**20, "pairs": pairs, **found})
            print(table(results[-1:]), flush=True)
    save("pairs", vars(args), results)


if __name__ == "__main__":
    main()
