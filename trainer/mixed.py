"""Make texts to train on whose sentences change language, of parallel passages: no label is used.

# the passages of the built-in set's training questions
python -m trainer.mixed --parallel mini:train --output runs/mixed
python -m trainer.sft --pairs runs/mixed --model_name_or_path Qwen/Qwen3-0.6B --output_dir runs/mixed-sft

# XQuAD's passages in two languages, drawn anew until there are 100,000 tokens to learn
python -m trainer.mixed --parallel en=xquad.en.json de=xquad.de.json --max_tokens 100000 --tokenizer MODEL --output DIR

Each sentence is in a language drawn at random. A passage is taken where all languages have the same number of
sentences; the others are counted. The rows are TRL's language modelling format (text), with where each comes from. The
output folder has pairs.parquet, pairs.jsonl and summary.json, as that of trainer.pairs has.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from trainer.command import Parts, run


def parts() -> Parts:
    """Import what the command is made of."""
    from trainer.parallel.arguments import MixedArguments
    from trainer.parallel.make import command

    return [MixedArguments], command


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command."""
    return run("trainer.mixed", __doc__, parts, argv)


if __name__ == "__main__":
    sys.exit(main())
