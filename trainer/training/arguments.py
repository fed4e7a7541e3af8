"""What trainings can be told: TRL's arguments with our defaults, and ours beside them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

import torch
from trl import ModelConfig

from trainer.training.data import Columns


@dataclass(kw_only=True)
class Outcome:
    """What becomes of the adapter, and which questions it may have seen; a base class of what is trained on."""

    adapter: str | None = field(
        default=None, metadata={"help": "An adapter to go on with, instead of a new one (a later round)."}
    )
    merge: bool = field(
        default=False,
        metadata={
            "help": "Also save the model with the adapter merged in: DIR/merged. A loop then evaluates that one, which "
            "every engine runs at its full speed."
        },
    )
    held_out: list[str] = field(
        default_factory=list,
        metadata={"help": "Refuse to train on these questions: SET:SPLIT, SET:SPLIT@SOURCE, or a sample log."},
    )
    transductive: bool = field(
        default=False, metadata={"help": "Allow questions that will be evaluated; the model card says so."}
    )


@dataclass(kw_only=True)
class DataArguments(Outcome):
    """The pairs that are trained on, and what becomes of the adapter."""

    pairs: str = field(
        metadata={
            "help": "A folder of trainer.pairs, a Parquet or JSONL file of TRL's preference format, or a data "
            "set of the Hub. SFT also takes what trainer.translations and trainer.mixed write, and any other rows of "
            "TRL's prompt-completion (prompt, completion) and language modelling formats (text)."
        }
    )
    reference: Literal["start", "base"] = field(
        default="start",
        metadata={
            "help": "What DPO compares with: the model that training starts from, adapter included (start), or the "
            "base model (base)."
        },
    )


@dataclass
class ShortRuns:
    """Defaults where an adapter and short runs want others than TRL's; a base class of the trainers' arguments."""

    learning_rate: float = field(default=1e-4, metadata={"help": "The initial learning rate for AdamW."})
    num_train_epochs: float = field(default=1.0, metadata={"help": "Total number of training epochs."})
    save_steps: float = field(
        default=0.25, metadata={"help": "Save a checkpoint every so many steps, or so large a part of all."}
    )
    save_total_limit: int | None = field(default=2, metadata={"help": "Keep so many checkpoints."})
    use_cpu: bool = field(
        default=not torch.accelerator.is_available(),
        metadata={"help": "Train on the CPU; the default where there is no accelerator."},
    )


@dataclass
class LoraModelConfig(ModelConfig):
    """TRL's model arguments, with a LoRA adapter on all linear layers by default, and PEFT's other kinds."""

    use_peft: bool = field(default=True, metadata={"help": "Train an adapter (PEFT) rather than the whole model."})
    lora_dropout: float = field(default=0.0, metadata={"help": "LoRA dropout."})
    lora_target_modules: list[str] | None = field(
        default_factory=lambda: ["all-linear"], metadata={"help": "LoRA target modules."}
    )
    init_lora_weights: Literal["pissa"] | None = field(
        default=None,
        metadata={"help": "Begin LoRA with the weights' first singular vectors (pissa); saved as a plain LoRA."},
    )
    peft_type: Literal["lora", "prefix", "prompt"] | None = field(
        default=None,
        metadata={
            "help": "What adapter to train: LoRA, virtual tokens in every layer's cache (prefix), or virtual tokens "
            "before the text (prompt). By default lora, or what --adapter is."
        },
    )
    virtual_tokens: int | None = field(
        default=None, metadata={"help": "Virtual tokens of a prefix or prompt; 20 by default."}
    )


class Arguments(NamedTuple):
    """All that a training is told.

    Attributes:
        data: what is trained on: `DataArguments`, or of GRPO `PromptArguments`.
        training: TRL's `DPOConfig` and its like, with our defaults.
        model: TRL's `ModelConfig`, with our defaults.
    """

    data: Any
    training: Any
    model: LoraModelConfig


def at_home(arguments: Arguments) -> Arguments:
    """Let the paths of model and adapter begin with ~, as all others may."""
    for settings, name in ((arguments.model, "model_name_or_path"), (arguments.data, "adapter")):
        if getattr(settings, name) is not None:
            setattr(settings, name, os.path.expanduser(getattr(settings, name)))
    return arguments


class Method(NamedTuple):
    """A way to train.

    Attributes:
        name: DPO, DCO, SFT or GRPO.
        sides: by the columns that rows may have (`trainer.training.data`), those that are learned from.
        examples: makes the trainer's examples of tokenised rows.
        build: makes the trainer from data set, tokenizer and all arguments.
        numbers: of pairs, columns that it takes where all rows have them; with a target among them it needs them all.
        data: the class of what it is told of its data.
        prepare: reads and writes its data (`trainer.training.run.prepare`); None where these are pairs.
    """

    name: str
    sides: Mapping[Columns, tuple[str, ...]]
    examples: Callable[[Iterable[dict[str, list[int]]]], Iterable[dict[str, list[int]]]]
    build: Callable[[Any, Any, Arguments], Any]
    numbers: tuple[str, ...] = ()
    data: type[Outcome] = DataArguments
    prepare: Callable[..., Any] | None = None
