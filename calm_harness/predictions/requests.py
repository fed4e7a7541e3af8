"""What an lm-eval sample log says was asked and answered in a row, in every form that its versions wrote (pure).

`arguments` are {gen_args_0: {arg_0, arg_1}, ...}, or a list of lists up to 0.4.2; likelihoods are (number, is greedy),
as a list, a list of texts, or a tuple in a text.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

NO_LIKELIHOODS = "its answers are no likelihoods of options"
_PAIR = re.compile(r"[(\[]([^()\[\],]*(?:\([^()]*\))?)\s*,\s*'?(?:np\.)?(?:True|False|[01])_?'?\s*[)\]]")
_NUMBER = re.compile(r"[-+]?(?:inf(?:inity)?|nan|\d+\.?\d*(?:e[-+]?\d+)?|\.\d+)(?![\w.])", re.IGNORECASE)
_WORD = re.compile(r"\s*\S+")


@dataclass(frozen=True)
class Request:
    """A context, and what was asked of it: the continuation whose likelihood was, or None for free text."""

    context: str
    continuation: str | None


def requests_of(arguments: Any) -> list[Request]:
    """Read a row's requests, in their order.

    Raises:
        ValueError: they are of no known form.
    """
    if isinstance(arguments, dict):
        arguments = [arguments[f"gen_args_{place}"] for place in range(len(arguments))]
    requests = []
    for argument in arguments:
        parts = [argument[f"arg_{i}"] for i in range(len(argument))] if isinstance(argument, dict) else argument
        if not isinstance(parts, list) or len(parts) < 2:
            raise ValueError("its requests have no context and continuation")
        context = parts[0] if isinstance(parts[0], str) else json.dumps(parts[0], ensure_ascii=False)  # of a chat API
        requests.append(Request(context, parts[1] if isinstance(parts[1], str) else None))
    return requests


def conditional(requests: Sequence[Request], *, mutual: bool) -> Sequence[Request]:
    """Leave out the requests without a context that lm-eval appends for `acc_mutual_info`: the second half.

    Args:
        requests: all requests of a row.
        mutual: whether that metric was logged; without it, requests that have a context in the first half tell.
    """
    half = len(requests) // 2
    first, second = requests[:half], requests[half:]
    appended = len(first) == len(second) and not any(request.context for request in second)
    return first if appended and (mutual or all(request.context for request in first)) else requests


def likelihoods_of(responses: Any) -> list[float]:
    """Read a row's likelihoods, one a request; NaN stays NaN.

    Raises:
        ValueError: they are none.
    """
    if isinstance(responses, str):
        return [_number(text) for text in _PAIR.findall(responses)]
    return [_likelihood(response) for response in responses]


def responses_of(responses: Any) -> tuple[str, ...]:
    """Read the texts of a row with one request, one a repeat.

    Raises:
        ValueError: they are none.
    """
    while isinstance(responses, list) and len(responses) == 1 and not isinstance(responses[0], str):
        responses = responses[0]
    if not isinstance(responses, list) or not responses or not all(isinstance(text, str) for text in responses):
        raise ValueError("its responses are no texts")
    return tuple(responses)


def best(scores: Sequence[float]) -> int | None:
    """Return the likeliest option; a score that is NaN is none, and without a finite score there is no answer."""
    usable = [-math.inf if math.isnan(score) else score for score in scores]
    place = max(range(len(usable)), key=usable.__getitem__)
    return place if math.isfinite(usable[place]) else None


def judged(scores: Sequence[float]) -> int:
    """Return the option that lm-eval's accuracy is of: numpy's argmax takes the first NaN for the largest number."""
    return next(
        (place for place, score in enumerate(scores) if math.isnan(score)),
        max(range(len(scores)), key=scores.__getitem__),
    )


def option_texts(requests: Sequence[Request], named: Sequence[str]) -> tuple[str, ...]:
    """Return what tells a row's requests apart: the continuations or, where they are the same, the contexts.

    Args:
        requests: one an option.
        named: the document's own options, which name the contexts where there are as many.

    Raises:
        ValueError: nothing tells them apart.
    """
    continuations = [str(request.continuation).strip() for request in requests]
    contexts = [request.context for request in requests]
    if len(set(contexts)) == len(set(continuations)) == 1:
        raise ValueError("its requests are all the same, so nothing tells its options apart")
    if len(set(contexts)) == 1 or len(set(continuations)) == len(continuations):
        return tuple(continuations)
    if len(named) == len(requests):
        return tuple(named)
    return tuple(
        f"{difference} {continuation}" if len(set(continuations)) > 1 else difference
        for difference, continuation in zip(_differences(contexts), continuations, strict=True)
    )


def _differences(texts: Sequence[str]) -> list[str]:
    """Cut off the words that all texts begin and end with."""
    words = [_WORD.findall(text) for text in texts]
    start = _common(words)
    rests = [text_words[start:] for text_words in words]
    end = _common([rest[::-1] for rest in rests])
    return ["".join(rest[: len(rest) - end]).strip() for rest in rests]


def _common(lists: Sequence[Sequence[str]]) -> int:
    """Count the words that all lists begin with."""
    return next(
        (place for place, words in enumerate(zip(*lists, strict=False)) if len(set(words)) > 1), min(map(len, lists))
    )


def _likelihood(response: Any) -> float:
    while isinstance(response, list) and len(response) == 1:
        response = response[0]
    if isinstance(response, str):
        pairs = _PAIR.findall(response)
        if len(pairs) != 1:
            raise ValueError(NO_LIKELIHOODS)
        return _number(pairs[0])
    if not isinstance(response, list) or len(response) != 2:
        raise ValueError(NO_LIKELIHOODS)
    return _number(str(response[0]))


def _number(text: str) -> float:
    """Read -1.5, nan, or np.float64(-1.5), as Python prints a number of numpy or torch."""
    try:
        return float(text)
    except ValueError:
        if text.strip() == "None":  # JSON has no NaN, and some writers put null
            return math.nan
    numbers = _NUMBER.findall(text.partition("(")[2] or text)
    if len(numbers) != 1:
        raise ValueError(NO_LIKELIHOODS)
    return float(numbers[0])
