"""The model that is trained, its tokenizer, and its adapter."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from transformers import AutoModelForCausalLM, AutoTokenizer
from trl import ModelConfig, get_quantization_config

from calm_harness.errors import CalmError
from calm_harness.models.adapters import changes_base, check_applied, check_base, other_base, read_config
from calm_harness.models.sharing import fold_rows
from calm_harness.task.checks import check_reads
from trainer.adapters import kinds
from trainer.training import data


def load_tokenizer(model_arguments: ModelConfig, rows: Iterable[Mapping[str, Any]] | None = None) -> Any:
    """Load the tokenizer.

    Args:
        model_arguments: which model's.
        rows: pairs that it has to serve.

    Raises:
        CalmError: there is none, or pairs are messages and it has no chat template.
    """
    name = str(model_arguments.model_name_or_path)
    try:
        tokenizer = AutoTokenizer.from_pretrained(name, revision=model_arguments.model_revision)
    except (OSError, ValueError) as error:
        raise CalmError(
            f"{name} cannot be loaded ({_first_line(error)}); name a folder or a model of the Hub"
        ) from None
    check_reads(tokenizer, name)
    if rows is not None and data.conversational(rows) and not tokenizer.chat_template:
        raise CalmError(f"{name} has no chat template, and these pairs are messages; make pairs without --chat")
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    return tokenizer


def load_model(model_arguments: ModelConfig, adapter: str | None, trust_remote_code: bool) -> Any:
    """Load the model, with the adapter that training goes on with, if one is named.

    Raises:
        CalmError: it cannot be loaded, or the adapter is for another model.
    """
    name = str(model_arguments.model_name_or_path)
    if adapter is not None:
        check_adapter(adapter, name)
    try:
        base = AutoModelForCausalLM.from_pretrained(
            name,
            revision=model_arguments.model_revision,
            trust_remote_code=trust_remote_code,
            attn_implementation=model_arguments.attn_implementation,
            dtype=model_arguments.dtype,
            quantization_config=get_quantization_config(model_arguments),
        )
    except (OSError, ValueError) as error:
        raise CalmError(
            f"{name} cannot be loaded ({_first_line(error)}); name a folder or a model of the Hub"
        ) from None
    fold_rows(base)
    if adapter is None:
        return base
    try:
        model = kinds.trainable(base, adapter)
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        raise CalmError(f"{adapter} does not fit {name} ({_first_line(error)}); name its own base model") from None
    check_applied(model, adapter)
    return model


def check_adapter(adapter: str, base: str) -> None:
    """Check that an adapter is for a model; of a folder, which may be called anything, by what is in it.

    Raises:
        CalmError: it is for another one, or there is none.
    """
    config = read_config(adapter)
    named = other_base(config, base)
    if named is not None and not Path(base).expanduser().is_dir():
        raise CalmError(f"{adapter} is an adapter for {named}, not for {base}; name its own base model")
    check_base({"pretrained": base, "peft": adapter})
    if (begun := changes_base(config)) is not None:
        raise CalmError(
            f"{adapter} began as {begun} and is of changed base weights, as checkpoints are; name a training's own "
            "folder, where it is saved as a plain LoRA"
        )


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
