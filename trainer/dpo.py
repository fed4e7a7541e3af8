"""Train on preference pairs with TRL's DPOTrainer, a LoRA adapter by default.

python -m trainer.dpo --pairs runs/pairs --model_name_or_path Qwen/Qwen3-0.6B --output_dir runs/dpo
python -m trainer.dpo --config recipes/train/dpo.yaml --learning_rate 5e-5
python -m trainer.dpo --pairs runs/pairs2 --model_name_or_path MODEL --adapter runs/dpo --output_dir runs/dpo2
torchrun --nproc-per-node 2 -m trainer.dpo --pairs runs/pairs --model_name_or_path MODEL --output_dir runs/dpo
accelerate launch --config_file FSDP_OR_DEEPSPEED.yaml -m trainer.dpo ...

All flags of TRL's DPOConfig and ModelConfig are there. Prompts are tokenised as lm-eval does it, so that training
sees what evaluation asks; an option of a cloze gets no end-of-sequence token. Cut off, the same command goes on from
the last checkpoint; finished, it does nothing. The output folder has the adapter, README.md (a model card) and
training.json; `lm_eval --model_args pretrained=MODEL,peft=runs/dpo` evaluates it.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from trl import DPOConfig

from trainer import data, training
from trainer.command import run
from trainer.shared_prompts import SharedPromptDPOTrainer
from trainer.training import DataArguments, LoraModelConfig, ShortRuns


@dataclass
class CalmDPOConfig(ShortRuns, DPOConfig):
    """TRL's DPO arguments with our defaults."""

    precompute_ref_log_probs: bool = field(
        default=True, metadata={"help": "Compute the reference's log-probabilities once, before training."}
    )


def train(data_arguments: DataArguments, arguments: CalmDPOConfig, model_arguments: LoraModelConfig) -> dict[str, Any]:
    """Train, or go on, or find that it is done.

    Returns:
        The record of the training, as in training.json.

    Raises:
        CalmError: pairs, model and settings do not fit together, or the loss is no number.
    """

    def build(rows: Sequence[dict[str, Any]], tokenizer: Any) -> SharedPromptDPOTrainer:
        if data.conversational(rows):
            pairs = [{name: row[name] for name in data.COLUMNS} for row in rows]
        else:
            pairs = data.tokens(rows, tokenizer, arguments.max_length)
        base = data_arguments.adapter is not None and data_arguments.reference == "base"
        return SharedPromptDPOTrainer(
            model=training.model(model_arguments, data_arguments.adapter, arguments.trust_remote_code),
            ref_model=training.model(model_arguments, None, arguments.trust_remote_code) if base else None,
            args=arguments,
            train_dataset=training.dataset(pairs, arguments),
            processing_class=tokenizer,
            peft_config=training.peft_config(model_arguments, data_arguments.adapter),
        )

    return training.run("DPO", build, (data_arguments, arguments, model_arguments))


def command(data_arguments: DataArguments, arguments: CalmDPOConfig, model_arguments: LoraModelConfig) -> int:
    """Train and say where the result is."""
    training.report(train(data_arguments, arguments, model_arguments), arguments)
    return 0


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command."""
    training.on_cpu()
    return run("trainer.dpo", __doc__, [DataArguments, CalmDPOConfig, LoraModelConfig], command, argv)


if __name__ == "__main__":
    sys.exit(main())
