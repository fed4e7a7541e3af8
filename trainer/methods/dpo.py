"""DPO: TRL's trainer with shared prompts, and our defaults."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from trl import DPOConfig

from trainer.adapters import kinds
from trainer.training.arguments import Arguments, Method, ShortRuns
from trainer.training.model import load_model
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
    # A model that begins as PiSSA's is, with its adapter switched off, no longer the base model.
    base_reference = kinds.changes_base(model_arguments, data_arguments.adapter) or (
        data_arguments.adapter is not None and data_arguments.reference == "base"
    )
    trainer = SharedPromptDPOTrainer(
        model=load_model(model_arguments, data_arguments.adapter, training_arguments.trust_remote_code),
        ref_model=load_model(model_arguments, None, training_arguments.trust_remote_code) if base_reference else None,
        args=training_arguments,
        train_dataset=dataset,
        processing_class=tokenizer,
        peft_config=kinds.config(model_arguments, data_arguments.adapter),
    )
    kinds.freeze_reference(trainer.model)
    return trainer


METHOD = Method("DPO", SIDES, iter, build)
