"""Train on preference pairs with TRL's DPOTrainer, a LoRA adapter by default.

python -m trainer.dpo --pairs runs/pairs --model_name_or_path Qwen/Qwen3-0.6B --output_dir runs/dpo
python -m trainer.dpo --config recipes/train/dpo.yaml --learning_rate 5e-5
python -m trainer.dpo --pairs runs/pairs2 --model_name_or_path MODEL --adapter runs/dpo --output_dir runs/dpo2
torchrun --nproc-per-node 2 -m trainer.dpo --pairs runs/pairs --model_name_or_path MODEL --output_dir runs/dpo
accelerate launch --config_file FSDP_OR_DEEPSPEED.yaml -m trainer.dpo ...

All flags of TRL's DPOConfig and ModelConfig are there. Prompts are tokenised as lm-eval does it, so that training
sees what evaluation asks; an option of a cloze gets no end-of-sequence token, a turn of a chat ends as its template has
it. Pairs of more than --max_length tokens are left out. On several hosts, --output_dir is a folder that all share.

Cut off, the same command goes on from the last checkpoint; finished, it does nothing. The output folder has the
adapter, README.md (a model card) and training.json; `lm_eval --model_args pretrained=MODEL,peft=runs/dpo` evaluates it.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from trl import DPOConfig

from trainer.training import run
from trainer.training.arguments import Arguments, Method, ShortRuns
from trainer.training.model import load_model, peft_config
from trainer.training.shared_prompts import SharedPromptDPOTrainer
from trainer.training.tokens import SIDES


@dataclass
class CalmDPOConfig(ShortRuns, DPOConfig):
    """TRL's DPO arguments with our defaults."""

    precompute_ref_log_probs: bool = field(
        default=True, metadata={"help": "Compute the reference's log-probabilities once, before training."}
    )


def build(dataset: Any, tokenizer: Any, arguments: Arguments) -> SharedPromptDPOTrainer:
    """Make the trainer.

    Raises:
        CalmError: the model or the adapter cannot be loaded.
    """
    data_arguments, training_arguments, model_arguments = arguments
    base_reference = data_arguments.adapter is not None and data_arguments.reference == "base"
    return SharedPromptDPOTrainer(
        model=load_model(model_arguments, data_arguments.adapter, training_arguments.trust_remote_code),
        ref_model=load_model(model_arguments, None, training_arguments.trust_remote_code) if base_reference else None,
        args=training_arguments,
        train_dataset=dataset,
        processing_class=tokenizer,
        peft_config=peft_config(model_arguments, data_arguments.adapter),
    )


METHOD = Method("DPO", SIDES, iter, build)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command."""
    return run.main(METHOD, __doc__, CalmDPOConfig, argv)


if __name__ == "__main__":
    sys.exit(main())
