"""The evaluated model's tokenizer and context, as far as `--model_args` name them: a task never sees the model."""

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


def load(model_args: Mapping[str, Any]) -> Tokens | None:
    """Load the tokenizer that lm-eval's model arguments name by `tokenizer`, `pretrained` or `model`.

    Returns:
        None where they name none, or where it cannot be loaded, which a warning says.
    """
    name = model_args.get("tokenizer") or model_args.get("pretrained") or model_args.get("model")
    if not isinstance(name, str):
        return None
    from transformers import AutoTokenizer

    hub_args = {key: model_args[key] for key in ("revision", "trust_remote_code") if key in model_args}
    try:
        tokenizer = AutoTokenizer.from_pretrained(name, **hub_args)
    except (OSError, ValueError) as error:
        log.warning("no tokens are counted: no tokenizer for %s (%s)", name, str(error).splitlines()[0])
        return None
    return Tokens(tokenizer, _context(model_args, tokenizer, hub_args))


def _context(model_args: Mapping[str, Any], tokenizer: Any, hub_args: Mapping[str, Any]) -> int:
    """Tell the model's context as lm-eval's models do."""
    max_length = next((model_args[name] for name in CONTEXT_NAMES if model_args.get(name)), None)
    if max_length is not None:
        return int(max_length)
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
