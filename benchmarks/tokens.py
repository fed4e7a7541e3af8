"""Pairs of long explanations turned into tokens: seconds, and the memory of the first process and of the others.

    python -m benchmarks.tokens --pairs 4000 16000

The slope between the two sizes is what a pair costs; what is there without pairs (libraries, a tokenizer) falls away.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.record import MODEL, Worker, save, table

CHARACTERS = 2000  # of an explanation


def rows(count: int) -> list[dict[str, Any]]:
    """Make pairs of long texts, no two the same."""
    from calm_harness import questions

    stems = [row.stem for row in questions.load("mini", split="train").rows]

    def text(number: int) -> str:
        said = " ".join(stems[(number + step) % len(stems)] for step in range(CHARACTERS // 20))
        return f"{number}. {said[:CHARACTERS]}"

    return [
        {
            "prompt": f"Question {number}: {stems[number % len(stems)]}\nExplanation:",
            "chosen": f"\n{text(2 * number)}",
            "rejected": f"\n{text(2 * number + 1)}",
            "question_id": str(number),
            "language": "en",
            "format": "response",
        }
        for number in range(count)
    ]


def preparing(pairs: str, model: str, output: str) -> Callable[..., Any]:
    """Return what the first process does with pairs."""
    from trainer.methods.dpo import OBJECTIVES, CalmDPOConfig
    from trainer.training.arguments import Arguments, DataArguments, LoraModelConfig
    from trainer.training.run import on_cpu, prepare

    on_cpu()
    arguments = Arguments(
        DataArguments(pairs=pairs),
        CalmDPOConfig(output_dir=output, report_to="none", bf16=False, use_cpu=True, max_length=2048),
        LoraModelConfig(model_name_or_path=model),
    )

    def run() -> int:
        made: int = prepare(OBJECTIVES["dpo"], arguments, lambda: None).record["pairs"]["count"]
        return made

    return run


def mapping(folder: str) -> Callable[..., Any]:
    """Return what every process does then: it maps the tokens, and reads some of them."""
    from trainer.training.run import dataset

    def run() -> int:
        examples = dataset(Path(folder))
        return sum(len(examples[number]["chosen_ids"]) for number in range(0, len(examples), 1000))

    return run


def main() -> None:
    """Run the benchmark and write its file."""
    import pyarrow
    import pyarrow.parquet

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default=MODEL, help="whose tokenizer")
    parser.add_argument("--pairs", type=int, nargs="+", default=[4000, 16_000])
    args = parser.parse_args()
    results = []
    for count in args.pairs:
        with tempfile.TemporaryDirectory() as name:
            file = Path(name) / "pairs.parquet"
            pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows(count)), file, compression="zstd")
            first = Worker(preparing, pairs=str(file), model=args.model, output=f"{name}/out")
            prepared = first()
            first.close()
            other = Worker(mapping, folder=f"{name}/out/tokens")
            mapped = other()
            other.close()
            size = sum(path.stat().st_size for path in Path(f"{name}/out/tokens").iterdir())
        results.append(
            {
                "pairs": count,
                "seconds": prepared["seconds"],
                "first_mb": prepared["peak_mb"],
                "other_mb": mapped["peak_mb"],
                "file_mb": size / 2**20,
            }
        )
        print(table(results[-1:]), flush=True)
    save("tokens", vars(args), results)


if __name__ == "__main__":
    main()
