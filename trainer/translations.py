"""Make translations to train on, of what parallel question sets and passages hold: no label is used.

# the training questions, options and passages of the built-in set, from English into the seven other languages
python -m trainer.translations --parallel mini:train --output runs/translations
python -m trainer.sft --pairs runs/translations --model_name_or_path Qwen/Qwen3-0.6B --output_dir runs/translated

# into English too, and as many as take 90,000 tokens to learn
python -m trainer.translations --parallel xcsqa:train --direction both --max_tokens 90000 --tokenizer MODEL --output DIR

The rows are TRL's prompt-completion format, with where each comes from; the instruction stands in the language of the
completion. The output folder has pairs.parquet, pairs.jsonl and summary.json, as that of trainer.pairs has.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from trainer.command import Parts, run


def parts() -> Parts:
    """Import what the command is made of."""
    from trainer.parallel.arguments import TranslationArguments
    from trainer.parallel.make import command

    return [TranslationArguments], command


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command."""
    return run("trainer.translations", __doc__, parts, argv)


if __name__ == "__main__":
    sys.exit(main())
