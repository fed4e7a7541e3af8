"""How much a run will ask for: requests, tokens, and what they cost at a price."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from lm_eval.api.instance import Instance

from calm_harness.errors import CalmError

UNKNOWN = "prompt tokens not known (name a tokenizer in --model_args: tokenizer=NAME)"


@dataclass(frozen=True)
class Price:
    """Dollars a million tokens, of prompts and of what is written."""

    prompt: float
    new: float


@dataclass(frozen=True)
class Load:
    """What a run asks for.

    Attributes:
        responses: that are to be written.
        options: that are to be scored.
        prompt_tokens: of all requests, each counted as often as it is sent; None where no tokenizer is known.
        new_tokens: that responses have at most.
    """

    responses: int
    options: int
    prompt_tokens: int | None
    new_tokens: int

    def cost(self, price: Price) -> float | None:
        """Dollars, at most; None where tokens are not known."""
        if self.prompt_tokens is None:
            return None
        return (self.prompt_tokens * price.prompt + self.new_tokens * price.new) / 1e6

    def said(self, price: Price | None = None) -> str:
        """Lay it out in a line."""
        parts = [f"{self.responses:,} responses"] if self.responses else []
        parts += [f"{self.options:,} options to score"] if self.options else []
        tokens = UNKNOWN if self.prompt_tokens is None else f"{self.prompt_tokens:,} prompt tokens"
        parts.append(f"{tokens} (prompts that are shared counted as often as they are sent)")
        parts += [f"at most {self.new_tokens:,} new tokens"] if self.responses else []
        if price is not None:
            cost = self.cost(price)
            parts.append("cost not known without a tokenizer" if cost is None else f"at most ${cost:,.2f}")
        return ", ".join(parts)


def read_price(text: str) -> Price:
    """Read a price such as 0.15/0.60.

    Raises:
        CalmError: it is something else.
    """
    try:
        prompt, new = (float(part) for part in text.split("/"))
    except ValueError:
        prompt = new = -1.0
    if not (0 <= prompt < float("inf") and 0 <= new < float("inf")):
        raise CalmError(
            f"--price {text}: give dollars a million tokens, of prompts and of what is written, as in 0.15/0.60"
        )
    return Price(prompt, new)


def load_of(requests: Iterable[Instance], count: Callable[[str], int] | None, default_new: int) -> Load:
    """Count what requests ask for.

    Args:
        requests: as tasks have them; each counts as often as it is repeated.
        count: a text's tokens.
        default_new: tokens that a response has at most where its request does not say.
    """
    responses = options = prompts = new = 0
    for request in requests:
        times = request.repeats or 1
        texts = [_text(part) for part in request.args[: 1 if request.request_type == "generate_until" else 2]]
        if count is not None:
            prompts += times * sum(map(count, texts))
        if request.request_type == "generate_until":
            responses += times
            new += times * int(request.args[1].get("max_gen_toks", default_new))
        else:
            options += times
    return Load(responses, options, None if count is None else prompts, new)


def cut_prompts(requests: Iterable[Instance], count: Callable[[str], int], context: int, default_new: int) -> int:
    """Count the prompts for responses that lm-eval will cut, to leave room for the longest response.

    Args:
        requests: as tasks have them.
        count: a text's tokens.
        context: the most tokens that the model reads and writes together.
        default_new: see `load_of`.

    Raises:
        CalmError: a response alone fills the context.
    """
    cut = 0
    for request in requests:
        new = int(request.args[1].get("max_gen_toks", default_new))
        if new >= context:
            raise CalmError(
                f"max_gen_toks={new} leaves no room for a prompt in a context of {context} tokens; give a smaller "
                "max_gen_toks in --gen_kwargs, or in --model_args the context that the model has (max_length, "
                "max_model_len)"
            )
        cut += count(_text(request.args[0])) > context - new
    return cut


def _text(part: object) -> str:
    """The text of a prompt; of messages for a server, what they say."""
    if isinstance(part, str):
        return part
    messages = json.loads(getattr(part, "prompt", "[]"))
    return "\n".join(f"{message['role']}\n{message['content']}" for message in messages)
