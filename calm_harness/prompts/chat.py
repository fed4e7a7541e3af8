"""How a chat template writes a prompt and ends a turn: the same for sampling, evaluation and training.

lm-eval renders a prompt's messages with the template and an open turn of the assistant, and the model goes on from
there. A response is never rendered: templates strip it, and some drop its thoughts. It is the text that was sampled,
and what the template puts behind an answer, up to the token at which a model stops.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jinja2 import TemplateError

from calm_harness.errors import CalmError
from retrieval.formats.literals import json_value

Messages = Sequence[Mapping[str, Any]]

REFUSALS = (  # what a template's code raises
    *(TemplateError, TypeError, ValueError, LookupError, ArithmeticError, AttributeError, RecursionError),
)
_SAID = "calm harness said this"
_WAYS: tuple[dict[str, Any], ...] = ({}, {"enable_thinking": False}, {"enable_thinking": True})
"""What lm-eval's `enable_thinking` tells a template, beside nothing."""


def render(tokenizer: Any, messages: Messages, **told: Any) -> str:
    """Render a prompt as lm-eval's `hf` does, with the assistant's turn opened (`apply_chat_template` of 0.4.13).

    Args:
        tokenizer: of transformers, with a chat template.
        messages: the turns, the last of which is the user's.
        told: what else the template is told, as `enable_thinking`.

    Raises:
        jinja2.TemplateError: the template refuses them, or whatever else its code raises.
    """
    text: str = tokenizer.apply_chat_template(list(messages), tokenize=False, add_generation_prompt=True, **told)
    return text


def told(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a row tells a template beside its messages, in the columns that TRL has for it.

    Raises:
        ValueError: its tools are a text that is no JSON.
    """
    tools = row.get("tools")
    tools = json_value(tools) if isinstance(tools, str) else tools
    return {**({"tools": tools} if tools else {}), **(row.get("chat_template_kwargs") or {})}


def refusal(messages: Messages, error: Exception) -> str:
    """Say of which roles messages are that a template refuses, and why."""
    roles = (str(message.get("role")) if isinstance(message, Mapping) else "none" for message in messages)
    return f"of roles {', '.join(roles)} ({(str(error).splitlines() or [type(error).__name__])[0]})"


def checked(template: Callable[..., Any] | None) -> dict[str, Callable[..., Any]]:
    """Return lm-eval's `chat_template` as an argument that ends in one line where a template refuses messages.

    Args:
        template: of lm-eval's model, which leaves a system text out where a template refuses it, and says so; None
            without one, for which nothing is returned.
    """
    if template is None:
        return {}

    def apply(messages: Messages, *args: Any, **told: Any) -> Any:
        try:
            return template(messages, *args, **told)
        except REFUSALS as error:
            asked = " ".join(str(messages[-1].get("content")).split())[:60] if messages else ""
            raise CalmError(
                f"the model's chat template refuses messages {refusal(messages, error)}, asked {asked!r}; leave "
                "--system_instruction or examples out, or evaluate without --apply_chat_template"
            ) from None

    return {"chat_template": apply}


def renderings(tokenizer: Any, messages: Messages) -> Iterator[str]:
    """Yield what lm-eval may have made of messages: with and without thinking, and without a system text.

    Where a template refuses the messages, lm-eval leaves the system text out.
    """
    without_system = [message for message in messages if message.get("role") != "system"]
    for turns in (messages, without_system) if len(without_system) < len(messages) else (messages,):
        for told in _WAYS:
            try:
                yield render(tokenizer, turns, **told)
            except REFUSALS:
                continue


@dataclass(frozen=True)
class Turn:
    """How a template opens and ends the assistant's turn.

    Attributes:
        opening: what stands between the user's text and the response.
        end: what ends a response: a text that is one special token, at times with white space before it.
    """

    opening: str
    end: str


def turn(tokenizer: Any) -> Turn | None:
    """Find out how the assistant's turn begins and ends; None without a chat template, or with one that says nothing.

    The turn ends with the first special token that the template puts behind an answer, else with the end of the
    sequence.
    """
    if not tokenizer.chat_template:
        return None
    asked = {"role": "user", "content": _SAID}
    answered = [{"role": "user", "content": "?"}, {"role": "assistant", "content": _SAID}]
    try:
        _, found, opening = render(tokenizer, [asked]).rpartition(_SAID)
        _, _, behind = str(tokenizer.apply_chat_template(answered, tokenize=False)).rpartition(_SAID)
    except REFUSALS:
        return None
    return Turn(opening, _first_special(tokenizer, behind) or tokenizer.eos_token or "") if found else None


def _first_special(tokenizer: Any, text: str) -> str:
    """Return a text up to the end of its first special token; "" where it has none."""
    special = {token.content for token in tokenizer.added_tokens_decoder.values() if token.special}
    places = [(text.find(token), -len(token), token) for token in special if token and token in text]
    if not places:
        return ""
    place, _, token = min(places)
    return text[: place + len(token)]
