"""Make preference pairs out of samples, by a vote over languages.

# CALM: what most samples in all languages agree on is the target, what dissents is rejected
python -m trainer.pairs --samples runs/sampled --vote crosslingual --output runs/pairs

# the CALM authors' own samples
python -m trainer.pairs --samples en=x_csqa_en_train_sampled.json zh=x_csqa_cn_train_sampled.json --output runs/pairs

# a base model, by its options' scores: vote on PMI, only questions on which three languages agree
python -m trainer.pairs --samples runs/cloze --score pmi --min_languages 3 --output runs/pairs

`--samples` are lm-eval sample logs of calm_*_cot or calm_*_cloze tasks, folders that hold some, or samples files of the
CALM release. The output folder has pairs.parquet and pairs.jsonl (TRL's preference format, with where each pair comes
from), summary.json, and llama_factory/ with a file a language and dataset_info.json.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from trainer.command import Parts, run


def parts() -> Parts:
    """Import what the command is made of."""
    from trainer.preferences.arguments import PairArguments
    from trainer.preferences.make import command

    return [PairArguments], command


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command."""
    return run("trainer.pairs", __doc__, parts, argv)


if __name__ == "__main__":
    sys.exit(main())
