"""How a chat template writes a prompt and ends a turn: the same for sampling, evaluation and training.

lm-eval renders a prompt's messages with the template and an open turn of the assistant, and the model goes on from
there. A response is never rendered: templates strip it, and some drop its thoughts. It is the text that was sampled,
and what the template puts behind an answer, up to the token at which a model stops.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Messages = Sequence[Mapping[str, Any]]

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


def renderings(tokenizer: Any, messages: Messages) -> Iterator[str]:
    """Yield what lm-eval may have made of messages: with and without thinking, and without a system text.

    Where a template refuses the messages, lm-eval leaves the system text out.
    """
    from jinja2 import TemplateError

    without_system = [message for message in messages if message.get("role") != "system"]
    for turns in (messages, without_system) if len(without_system) < len(messages) else (messages,):
        for told in _WAYS:
            try:
                yield render(tokenizer, turns, **told)
            except (TemplateError, TypeError, ValueError, KeyError, AttributeError):
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
    from jinja2 import TemplateError

    if not tokenizer.chat_template:
        return None
    asked = {"role": "user", "content": _SAID}
    answered = [{"role": "user", "content": "?"}, {"role": "assistant", "content": _SAID}]
    try:
        _, found, opening = render(tokenizer, [asked]).rpartition(_SAID)
        _, _, behind = str(tokenizer.apply_chat_template(answered, tokenize=False)).rpartition(_SAID)
    except (TemplateError, TypeError, ValueError, KeyError, AttributeError):
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
