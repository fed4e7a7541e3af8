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

from trainer import data, training
from trainer.command import run
from trainer.shared_prompts import SharedPromptSFTTrainer
from trainer.training import DataArguments, LoraModelConfig, ShortRuns


@dataclass
class CalmSFTConfig(ShortRuns, SFTConfig):
    """TRL's SFT arguments with our defaults."""


def train(data_arguments: DataArguments, arguments: CalmSFTConfig, model_arguments: LoraModelConfig) -> dict[str, Any]:
    """Train, or go on, or find that it is done.

    Returns:
        The record of the training, as in training.json.

    Raises:
        CalmError: pairs, model and settings do not fit together, or the loss is no number.
    """

    def build(rows: Sequence[dict[str, Any]], tokenizer: Any) -> SharedPromptSFTTrainer:
        if data.conversational(rows):
            once = {str((row["prompt"], row["chosen"])): row for row in rows}
            examples = [{"prompt": row["prompt"], "completion": row["chosen"]} for row in once.values()]
        else:
            examples = data.demonstrations(data.tokens(rows, tokenizer, arguments.max_length))
        return SharedPromptSFTTrainer(
            model=training.model(model_arguments, data_arguments.adapter, arguments.trust_remote_code),
            args=arguments,
            train_dataset=training.dataset(examples, arguments),
            processing_class=tokenizer,
            peft_config=training.peft_config(model_arguments, data_arguments.adapter),
        )

    return training.run("SFT", build, (data_arguments, arguments, model_arguments))


def command(data_arguments: DataArguments, arguments: CalmSFTConfig, model_arguments: LoraModelConfig) -> int:
    """Train and say where the result is."""
    training.report(train(data_arguments, arguments, model_arguments), arguments)
    return 0


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command."""
    training.on_cpu()
    return run("trainer.sft", __doc__, [DataArguments, CalmSFTConfig, LoraModelConfig], command, argv)


if __name__ == "__main__":
    sys.exit(main())
