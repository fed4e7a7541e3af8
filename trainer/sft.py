"""Train on the chosen side of the same pairs with TRL's SFTTrainer: the paper's baseline.

python -m trainer.sft --pairs runs/pairs --model_name_or_path Qwen/Qwen3-0.6B --output_dir runs/sft
python -m trainer.sft --config recipes/train/sft.yaml

# what trainer.translations and trainer.mixed make
python -m trainer.sft --pairs runs/translations --model_name_or_path Qwen/Qwen3-0.6B --output_dir runs/translated

--pairs also takes rows of TRL's prompt-completion format (prompt, completion: texts, or messages) and texts (text).
All flags of TRL's SFTConfig and ModelConfig are there; loss is taken on the completion alone, of a text on all of it.
What stands in several rows is learned once. Everything else is as with python -m trainer.dpo.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from trainer.command import Parts, run


def parts() -> Parts:
    """Import what the command is made of."""
    from trainer.methods.sft import METHOD, CalmSFTConfig
    from trainer.training.run import parts_of

    return parts_of(METHOD, CalmSFTConfig)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command."""
    return run("trainer.sft", __doc__, parts, argv)


if __name__ == "__main__":
    sys.exit(main())
