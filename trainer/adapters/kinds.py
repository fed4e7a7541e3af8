"""Which adapter is trained: LoRA, or a prompt that is learned, as PEFT has them; and what does not go together."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from peft import (
    PeftConfig,
    PeftModel,
    PrefixTuningConfig,
    PromptTuningConfig,
    PromptTuningInit,
    get_peft_model,
    load_peft_weights,
    set_peft_model_state_dict,
)
from trl import get_peft_config

from calm_harness.errors import CalmError
from calm_harness.models.adapters import read_config

NAMES = {"LORA": "lora", "PREFIX_TUNING": "prefix", "PROMPT_TUNING": "prompt"}  # PEFT's, and those of --peft_type
PROMPTS = ("prefix", "prompt")  # kinds that put virtual tokens before a text, and leave all weights as they are
VIRTUAL_TOKENS = 20
PISSA = "pissa"
OF_LORA = ("lora_", "use_rslora", "use_dora", "init_lora_weights")  # how the names of its settings begin


def kind(model_arguments: Any, adapter: str | None = None) -> str | None:
    """Say what kind of adapter is trained, as --peft_type names it, or else as PEFT does; None where all weights are.

    Args:
        model_arguments: a `LoraModelConfig`.
        adapter: the folder of the one that training goes on with.

    Raises:
        CalmError: that one cannot be read, or is of a kind that is not trained here.
    """
    if adapter is not None:
        found = read_config(adapter)
        name = str(found.get("peft_type"))
        if "num_virtual_tokens" in found and name not in NAMES:
            raise CalmError(f"{adapter} is of type {name}; of virtual tokens, {' and '.join(PROMPTS)} are trained here")
        return NAMES.get(name, name)
    return (model_arguments.peft_type or "lora") if model_arguments.use_peft else None


def check(model_arguments: Any, adapter: str | None, *, merge: bool = False) -> None:
    """See that settings are of the kind of adapter that is trained.

    Args:
        model_arguments: a `LoraModelConfig`.
        adapter: the folder of the one that training goes on with.
        merge: whether the adapter is to be merged into the weights afterwards.

    Raises:
        CalmError: one is of another kind, or does not go with another setting.
    """
    named, tokens = model_arguments.peft_type, model_arguments.virtual_tokens
    if named not in (None, *NAMES.values()):
        raise CalmError(f"--peft_type {named}: there is {', '.join(NAMES.values())}")
    if named and adapter is None and not model_arguments.use_peft:
        raise CalmError(f"--peft_type {named} trains an adapter, and --use_peft false none; leave one out")
    trained = kind(model_arguments, adapter)
    if named and named != trained:
        raise CalmError(f"--peft_type {named}: {adapter} is of type {trained}; leave --peft_type out")
    if trained in PROMPTS:
        _check_prompt(model_arguments, str(trained), adapter, merge=merge)
    elif tokens is not None:
        raise CalmError("--virtual_tokens is of --peft_type prefix and prompt; leave it out, or name one of them")
    if model_arguments.init_lora_weights is not None:
        _check_pissa(model_arguments)


def _check_prompt(model_arguments: Any, trained: str, adapter: str | None, *, merge: bool) -> None:
    tokens = model_arguments.virtual_tokens
    if tokens is not None and (not isinstance(tokens, int) or tokens < 1):
        raise CalmError(f"--virtual_tokens is {tokens}, and has to be 1 or more")
    if foreign := [name for name in _changed(model_arguments) if name.startswith(OF_LORA)]:
        raise CalmError(f"--{foreign[0]} is of --peft_type lora, and {trained} is trained; leave it out")
    if merge:
        raise CalmError(
            f"--merge: what --peft_type {trained} learns are virtual tokens, which no weights can hold; leave it out, "
            "and evaluate base and adapter (peft=DIR)"
        )
    here = None if adapter is None else read_config(adapter).get("num_virtual_tokens")
    if tokens is not None and here is not None and tokens != here:
        raise CalmError(f"--virtual_tokens {tokens}: {adapter} has {here}; leave it out")


def _check_pissa(model_arguments: Any) -> None:
    """PiSSA parts the weights themselves, so what is saved fits the base only as far as its numbers are exact."""
    if model_arguments.init_lora_weights != PISSA:
        raise CalmError(f"--init_lora_weights {model_arguments.init_lora_weights}: there is {PISSA}")
    if not model_arguments.use_peft:
        raise CalmError("--init_lora_weights is of an adapter, and --use_peft false trains none; leave one out")
    if model_arguments.use_dora:
        raise CalmError("--init_lora_weights pissa: PEFT cannot give a DoRA adapter of it back to the base; leave one")
    if model_arguments.dtype != "float32" or model_arguments.load_in_8bit or model_arguments.load_in_4bit:
        raise CalmError(
            "--init_lora_weights pissa parts the base's weights in two, which only float32 puts together again; "
            "take --dtype float32 (--bf16 true computes in bfloat16 all the same)"
        )


def _changed(model_arguments: Any) -> list[str]:
    """Name the settings that are not as they are where nothing is said."""
    untouched = vars(type(model_arguments)())
    return [name for name, value in vars(model_arguments).items() if value != untouched[name]]


def config(model_arguments: Any, adapter: str | None) -> PeftConfig | None:
    """Return what adapter to make: none where training goes on with one, or trains all weights.

    Virtual tokens of a prompt begin as tokens drawn from the vocabulary (arXiv 2104.08691, section 3.2), those of a
    prefix as PEFT draws them.
    """
    if adapter is not None or not model_arguments.use_peft:
        return None
    tokens = model_arguments.virtual_tokens or VIRTUAL_TOKENS
    if model_arguments.peft_type == "prefix":
        return PrefixTuningConfig(task_type="CAUSAL_LM", num_virtual_tokens=tokens)
    if model_arguments.peft_type == "prompt":
        return PromptTuningConfig(
            task_type="CAUSAL_LM", num_virtual_tokens=tokens, prompt_tuning_init=PromptTuningInit.SAMPLE_VOCAB
        )
    lora: Any = get_peft_config(model_arguments)
    if model_arguments.init_lora_weights is not None:
        lora.init_lora_weights = model_arguments.init_lora_weights
    return lora


def trainable(base: Any, adapter: str) -> PeftModel:
    """Put an adapter on a model to go on training it; a learned prompt by hand, which PEFT loads only to use it.

    Raises:
        OSError, ValueError, RuntimeError: it does not fit.
    """
    found = PeftConfig.from_pretrained(adapter)
    if not found.is_prompt_learning:
        return PeftModel.from_pretrained(base, adapter, is_trainable=True)
    found.inference_mode = False
    model = get_peft_model(base, found)
    set_peft_model_state_dict(model, load_peft_weights(adapter, device="cpu"))
    return model


def takes_checkpointing(model_arguments: Any, adapter: str | None) -> bool:
    """Whether activations may be computed again: not with a prefix, which is a cache that transformers drops then."""
    return kind(model_arguments, adapter) != "prefix"


def freeze_reference(model: Any) -> None:
    """Take TRL's copy of what training starts from out of training; of virtual tokens, PEFT would have it trained."""
    for name, weight in model.named_parameters():
        if ".ref." in name:
            weight.requires_grad_(False)


def changes_base(model_arguments: Any, adapter: str | None) -> bool:
    """Whether the weights below the adapter are no longer the base model's once it is there, as with PiSSA."""
    return adapter is None and model_arguments.init_lora_weights is not None


def keep_start(model: Any, folder: Path, *, first: bool) -> None:
    """Save a PiSSA adapter as it begins, for `convert`; the first process does, and all see that it can be.

    Raises:
        CalmError: it is of a greater rank than the weights, of which PEFT makes a lesser one without a word.
    """
    rank = model.peft_config["default"].r
    for name, weight in model.named_parameters():
        if ".lora_A.default." in name and len(weight) < rank:
            raise CalmError(
                f"--lora_r {rank} is more than the {len(weight)} singular values of {name.partition('.lora_A')[0]}, "
                "with which --init_lora_weights pissa begins; lower it"
            )
    model.save_pretrained(str(folder), selected_adapters=["default"], is_main_process=first)


def convert(model: Any, folder: Path, start: Path) -> None:
    """Save a PiSSA adapter over again as the plain LoRA of twice the rank that does the same to the base model.

    With W = W_res + B0 A0, what was trained is W_res + B A = W + [B, −B0] [A; A0] (PEFT's `subtract_mutated_init`).

    Args:
        model: as trained.
        folder: where the adapter is saved.
        start: what `keep_start` saved.
    """
    model.save_pretrained(str(folder), path_initial_model_for_weight_conversion=str(start))
