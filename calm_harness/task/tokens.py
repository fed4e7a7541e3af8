"""The evaluated model's tokenizer and context, which `--model_args` name; lm-eval does not hand a task the model."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

log = logging.getLogger(__name__)

API_CONTEXT = 2048  # what lm-eval's API models take unless max_length says otherwise
CONTEXT_NAMES = ("max_length", "max_model_len")
SLACK = 0.97  # text tokenised again is at times a little shorter than what was generated


@dataclass(frozen=True)
class Tokens:
    """A tokenizer.

    Attributes:
        tokenizer: of transformers.
        context: the most tokens that the model reads and writes together.
    """

    tokenizer: Any
    context: int

    def count(self, text: str) -> int:
        """Count a text's tokens, without special ones."""
        return len(self.tokenizer.encode(text, add_special_tokens=False))

    def cut(self, text: str, most: int) -> str:
        """Return the beginning of a text that takes no more than so many tokens."""
        encoded = self.tokenizer.encode(text, add_special_tokens=False)
        if len(encoded) <= most:
            return text
        beginning: str = self.tokenizer.decode(encoded[: max(most, 0)], clean_up_tokenization_spaces=False)
        return beginning.rstrip("\ufffd")  # a character of which only some bytes were left

    def fills(self, response: str, limit: int) -> bool:
        """Tell whether a response was cut at a limit (`max_gen_toks`), which lm-eval does not say of it."""
        return self.count(response) >= SLACK * limit


def load(model_args: Mapping[str, Any], model: object = None) -> Tokens | None:
    """Load the tokenizer that lm-eval's model arguments name by `tokenizer`, `pretrained` or `model`.

    Args:
        model_args: names, or objects of transformers where a program gave those.
        model: lm-eval's model itself, where a task can see it; its tokenizer and context, where no name is given.

    Returns:
        None where none is named, or it cannot be loaded; a warning says what that changes.
    """
    name = model_args.get("tokenizer") or model_args.get("pretrained") or model_args.get("model")
    if not isinstance(name, str):
        tokens = _of_objects(model_args) or of_model(model)
        if tokens is None:
            _warn("the model's tokenizer is not known; a program that hands lm-eval a model gives metadata with")
        return tokens
    from transformers import AutoTokenizer

    hub_args = {key: model_args[key] for key in ("revision", "trust_remote_code") if key in model_args}
    try:
        tokenizer = AutoTokenizer.from_pretrained(name, **hub_args)
    except Exception as error:  # whatever a tokenizer's own code raises: a run must not end by it
        if (tokens := of_model(model)) is not None:
            return tokens
        _warn(f"no tokenizer for {name} ({(str(error).splitlines() or [type(error).__name__])[0]}); give")
        return None
    return Tokens(tokenizer, _context(model_args, tokenizer, hub_args))


def _warn(why: str) -> None:
    log.warning(
        "no tokens are counted, so passages are cut by characters and responses cut at the limit are not told: %s "
        "tokenizer= or pretrained=, and max_length= where it is not the model's own",
        why,
    )


def _of_objects(model_args: Mapping[str, Any]) -> Tokens | None:
    """Take the tokenizer that a program gave as an object, or that goes with a model that it gave."""
    from transformers import AutoTokenizer, PreTrainedModel, PreTrainedTokenizerBase

    model, tokenizer = model_args.get("pretrained"), model_args.get("tokenizer")
    if not isinstance(model, PreTrainedModel):
        model = None
    if not isinstance(tokenizer, PreTrainedTokenizerBase):
        if model is None:
            return None
        try:
            tokenizer = AutoTokenizer.from_pretrained(model.name_or_path)  # as lm-eval's hf does
        except Exception:  # see above
            return None
    from lm_eval.models.utils import resolve_max_length

    length = _max_length(model_args)
    return Tokens(tokenizer, resolve_max_length(model and model.config, tokenizer) if length is None else length)


def of_model(model: object) -> Tokens | None:
    """Take tokenizer and context of a model of lm-eval, as its classes for transformers and vLLM have them."""
    from transformers import PreTrainedTokenizerBase

    tokenizer, length = getattr(model, "tokenizer", None), getattr(model, "max_length", None)
    if not isinstance(tokenizer, PreTrainedTokenizerBase) or not isinstance(length, int):
        return None
    return Tokens(tokenizer, length)


def _max_length(model_args: Mapping[str, Any]) -> int | None:
    length = next((model_args[name] for name in CONTEXT_NAMES if model_args.get(name)), None)
    return None if length is None else int(length)


def _context(model_args: Mapping[str, Any], tokenizer: Any, hub_args: Mapping[str, Any]) -> int:
    """Tell the model's context as lm-eval's models do."""
    max_length = _max_length(model_args)
    if max_length is not None:
        return max_length
    if "base_url" in model_args:
        return API_CONTEXT
    from lm_eval.models.utils import resolve_max_length
    from transformers import AutoConfig

    try:
        config = AutoConfig.from_pretrained(model_args.get("pretrained") or model_args.get("model"), **hub_args)
    except (OSError, ValueError):
        config = None
    length: int = resolve_max_length(config, tokenizer)
    return length
