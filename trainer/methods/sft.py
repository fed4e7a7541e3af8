"""SFT on the chosen side of pairs, on completions or on texts: TRL's trainer with shared prompts, and our defaults."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from trl import SFTConfig

from trainer.adapters import kinds
from trainer.training.arguments import Arguments, Method, ShortRuns
from trainer.training.data import COLUMNS, COMPLETION, TEXT
from trainer.training.model import load_model
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
        peft_config=kinds.config(model_arguments, data_arguments.adapter),
    )


METHOD = Method("SFT", {COLUMNS: ("chosen",), COMPLETION: ("completion",), TEXT: ("text",)}, demonstrations, build)
