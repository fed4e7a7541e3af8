"""Whether a response was cut at the token limit, which lm-eval does not say of it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

log = logging.getLogger(__name__)

SLACK = 0.97  # text tokenised again is at times a little shorter than what was generated


def response_counter(model_args: Mapping[str, Any], limit: int) -> Callable[[str], bool] | None:
    """Return a function that tells whether a response fills the limit, counted with the model's own tokenizer.

    Args:
        model_args: lm-eval's model arguments; `tokenizer`, `pretrained` or `model` names the tokenizer.
        limit: `max_gen_toks`, in tokens.

    Returns:
        None where the tokenizer cannot be loaded; then `truncated` is not reported.
    """
    name = model_args.get("tokenizer") or model_args.get("pretrained") or model_args.get("model")
    if not isinstance(name, str):
        return None
    from transformers import AutoTokenizer

    kept = {key: model_args[key] for key in ("revision", "trust_remote_code") if key in model_args}
    try:
        tokenizer = AutoTokenizer.from_pretrained(name, **kept)
    except (OSError, ValueError) as error:
        log.warning("truncated responses are not counted: no tokenizer for %s (%s)", name, str(error).splitlines()[0])
        return None
    return lambda response: len(tokenizer.encode(response, add_special_tokens=False)) >= SLACK * limit
