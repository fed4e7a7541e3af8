"""Which model a program holds in memory: a digest of all that decides what it answers.

A name says what was loaded, not what became of it since; so weights, configuration and tokenizer are read as they are.
What cannot be read so (a model of vLLM, a server's, an adapter that may be switched off) is refused: saved, it has a
name, and its content is known (`calm_harness.models.digest`). Hooks and functions that a program put into a model's
place are not seen.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any

from calm_harness.errors import CalmError
from calm_harness.models.digest import LOADED

SETTINGS = (  # of lm-eval's class, that decide what is asked of a model and how it is read
    *("backend", "add_bos_token", "max_length", "max_gen_toks", "prefix_token_id", "truncation"),
    *("softmax_dtype", "mixed_precision_dtype", "chat_template_args", "enable_thinking", "think_end_token"),
)
REMEDY = "give its name and model_args instead"


def described(model: object) -> tuple[str, dict[str, str]]:
    """Say what a model of lm-eval in memory is.

    Returns:
        The name by which lm-eval knows its class, and what to record as its `model_args`: `path`, its name, and
        `weights`, the digest.

    Raises:
        CalmError: what it is cannot be known.
    """
    from lm_eval.models.huggingface import HFLM

    from calm_harness.models.hf_prefix import HFPrefixLM

    names = {HFLM: "hf", HFPrefixLM: "hf-prefix"}
    if type(model) not in names:
        raise CalmError(
            f"what a loaded {type(model).__name__} is cannot be known, as it can of HFLM and HFPrefixLM; {REMEDY}"
        )
    hasher = hashlib.sha256()
    for piece in _pieces(model):
        hasher.update(piece)
    name = getattr(getattr(model, "config", None), "_name_or_path", "") or "model"
    return names[type(model)], {"path": f"{name} (in memory)", LOADED: f"memory-{hasher.hexdigest()[:16]}"}


def _pieces(model: Any) -> Iterator[bytes]:
    """Go through all that decides a model's answers.

    Raises:
        CalmError: a part of it is not in memory, an adapter is on top of it, or it is being trained.
    """
    import torch

    module, tokenizer = model.model, model.tokenizer
    if any(type(part).__module__.partition(".")[0] == "peft" for part in module.modules()):
        raise CalmError(f"an adapter in memory may be switched off; save it and {REMEDY} (peft=FOLDER)")
    if any(part.training for part in module.modules()):
        raise CalmError(
            "the loaded model is in training mode, in which answers differ by chance; call its eval() first"
        )
    config = {name: value for name, value in module.config.to_dict().items() if name != "_name_or_path"}
    drawn = module.generation_config.to_dict() if module.can_generate() else None
    parts: list[Any] = [config, drawn, {name: getattr(model, name) for name in SETTINGS}]
    parts += [tokenizer.get_vocab(), tokenizer.special_tokens_map, tokenizer.chat_template]
    rules = getattr(tokenizer, "backend_tokenizer", None)
    parts.append(_rules(rules.to_str()) if rules is not None else repr(tokenizer))
    yield json.dumps(parts, sort_keys=True, default=str).encode("utf-8", "surrogatepass")
    for name, tensor in module.state_dict().items():
        if not isinstance(tensor, torch.Tensor) or tensor.is_meta:
            raise CalmError(f"the weights {name} of the loaded model are not in memory; {REMEDY}")
        yield f"{name}\0{tensor.dtype}\0{tuple(tensor.shape)}\0".encode()
        yield tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().data


def _rules(text: str) -> dict[str, Any]:
    """Read how a tokenizer parts text, without how it was last told to pad and cut, which each call says anew."""
    rules: dict[str, Any] = json.loads(text)
    return {name: value for name, value in rules.items() if name not in ("padding", "truncation")}
