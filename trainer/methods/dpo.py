"""DPO and DCO: TRL's trainer with shared prompts, and our defaults."""

from __future__ import annotations

from dataclasses import MISSING, Field, dataclass, field, fields
from typing import Any, Literal

from trl import DPOConfig

from calm_harness.errors import CalmError
from trainer.adapters import kinds
from trainer.methods.dco import DCOTrainer, TargetCollator
from trainer.methods.reference import LoggedReferenceDPOTrainer
from trainer.preferences.write import REFERENCE, TARGET
from trainer.training.arguments import Arguments, Method, ShortRuns
from trainer.training.data import COLUMNS
from trainer.training.model import load_model
from trainer.training.tokens import SIDES

OF_DPO = (
    "beta", "loss_type", "loss_weights", "label_smoothing", "f_divergence_type", "ld_alpha", "use_weighting",
    "sync_ref_model", "precompute_ref_log_probs",
)  # fmt: skip
"""Settings of TRL's that make nothing of DCO's loss, or would of its reference something else than the pairs say."""


@dataclass
class CalmDPOConfig(ShortRuns, DPOConfig):
    """TRL's DPO arguments with our defaults."""

    objective: Literal["dpo", "dco"] = field(
        default="dpo",
        metadata={
            "help": "What is learned: to prefer what is chosen (dpo), or the targets of pairs that were made with the "
            "same objective, the odds of two options in another language (dco)."
        },
    )
    precompute_ref_log_probs: bool = field(
        default=True, metadata={"help": "Compute the reference's log-probabilities once, before training."}
    )


def build(dataset: Any, tokenizer: Any, arguments: Arguments) -> LoggedReferenceDPOTrainer:
    """Make the trainer.

    Raises:
        CalmError: the model or the adapter cannot be loaded.
    """
    return _made(LoggedReferenceDPOTrainer, dataset, tokenizer, arguments)


def build_dco(dataset: Any, tokenizer: Any, arguments: Arguments) -> LoggedReferenceDPOTrainer:
    """Make the trainer of DCO.

    Raises:
        CalmError: the model or the adapter cannot be loaded, the pairs' log-probabilities are another model's, or a
            setting is of DPO's loss.
    """
    for of in fields(CalmDPOConfig):
        if of.name in OF_DPO and getattr(arguments.training, of.name) != _default(of):
            raise CalmError(
                f"objective dco has a loss of its own, and its reference from the pairs: leave {of.name} out"
            )
    settings = arguments.training
    collator = TargetCollator(
        tokenizer.pad_token_id, settings.max_length, pad_to_multiple_of=settings.pad_to_multiple_of
    )
    return _made(DCOTrainer, dataset, tokenizer, arguments, data_collator=collator)


def _default(of: Field[Any]) -> Any:
    return of.default if of.default_factory is MISSING else of.default_factory()


def _made(
    kind: type[LoggedReferenceDPOTrainer], dataset: Any, tokenizer: Any, arguments: Arguments, **more: Any
) -> LoggedReferenceDPOTrainer:
    data_arguments, training_arguments, model_arguments = arguments
    # A model that begins as PiSSA's is, with its adapter switched off, no longer the base model.
    base_reference = kinds.changes_base(model_arguments, data_arguments.adapter) or (
        data_arguments.adapter is not None and data_arguments.reference == "base"
    )
    trainer = kind(
        model=load_model(model_arguments, data_arguments.adapter, training_arguments.trust_remote_code),
        ref_model=load_model(model_arguments, None, training_arguments.trust_remote_code) if base_reference else None,
        args=training_arguments,
        train_dataset=dataset,
        processing_class=tokenizer,
        peft_config=kinds.config(model_arguments, data_arguments.adapter),
        **more,
    )
    kinds.freeze_reference(trainer.model)
    return trainer


OBJECTIVES = {
    "dpo": Method("DPO", {COLUMNS: SIDES}, iter, build, REFERENCE),
    "dco": Method("DCO", {COLUMNS: SIDES}, iter, build_dco, (*REFERENCE, TARGET)),
}
