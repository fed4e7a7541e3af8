"""Train on the chosen side of the same pairs with TRL's SFTTrainer: the paper's baseline.

python -m trainer.sft --pairs runs/pairs --model_name_or_path Qwen/Qwen3-0.6B --output_dir runs/sft
python -m trainer.sft --config recipes/train/sft.yaml

All flags of TRL's SFTConfig and ModelConfig are there; loss is taken on the completion alone. A chosen text that stands
in several pairs is learned once. Everything else is as with python -m trainer.dpo.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from trl import SFTConfig

from trainer.training import run
from trainer.training.arguments import Arguments, Method, ShortRuns
from trainer.training.model import load_model, peft_config
from trainer.training.shared_prompts import SharedPromptSFTTrainer
from trainer.training.tokens import demonstrations


@dataclass
class CalmSFTConfig(ShortRuns, SFTConfig):
    """TRL's SFT arguments with our defaults."""


def build(dataset: Any, tokenizer: Any, arguments: Arguments) -> SharedPromptSFTTrainer:
    """Make the trainer.

    Raises:
        CalmError: the model or the adapter cannot be loaded.
    """
    data_arguments, training_arguments, model_arguments = arguments
    return SharedPromptSFTTrainer(
        model=load_model(model_arguments, data_arguments.adapter, training_arguments.trust_remote_code),
        args=training_arguments,
        train_dataset=dataset,
        processing_class=tokenizer,
        peft_config=peft_config(model_arguments, data_arguments.adapter),
    )


METHOD = Method("SFT", ("chosen",), demonstrations, build)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command."""
    return run.main(METHOD, __doc__, CalmSFTConfig, argv)


if __name__ == "__main__":
    sys.exit(main())
