"""Rows of the sample logs of our own tasks, which say themselves what was asked and answered."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from calm_harness import prompts
from calm_harness.answers.thoughts import LONGEST
from calm_harness.predictions.prediction import Prediction
from retrieval.formats.literals import json_value

SHARD = "shard"  # says, in a row and in results, which part of a run they are


def read_row(row: Mapping[str, Any]) -> Prediction:
    """Read a row of a log.

    Raises:
        KeyError, IndexError, TypeError, ValueError, AttributeError: it is none of a task of ours.
    """
    prediction = _row(row)
    _check(prediction)
    return prediction


def _row(row: Mapping[str, Any]) -> Prediction:
    doc, record = row["doc"], row["answers"]
    scored = "scores" in record
    arguments = row["arguments"]
    prompt = arguments["gen_args_0"]["arg_0"]
    served = not isinstance(prompt, str)
    messages = _listed(record.get("messages") or (_sent(prompt) if served else None))
    prompt = json.dumps(messages, ensure_ascii=False) if served else prompt
    options = _listed(doc["options"])
    scored_places = range(len(options)) if scored else ()
    return Prediction(
        language=doc["language"],
        stem=doc["stem"],
        options=options,
        gold=doc.get("answer", -1),
        choices=_listed(record.get("choices") or [record["choice"]]),
        question_id=doc["question_id"],
        scores=_listed(record["scores"][record["score"]]) if scored else None,
        score=record["score"] if scored else None,
        truncated=record.get("truncated"),
        cut=_listed(record.get("cut")),
        unfinished=record.get("unfinished"),
        own_language=record.get("own_language"),
        thinking=_listed(record.get("thinking")),
        in_thoughts=_listed(record.get("in_thoughts")),
        prompt=prompt,
        messages=messages,
        served=served,
        user=None if scored else _user(doc, messages[-1]["content"] if messages else prompt, _ways(record, messages)),
        responses=() if scored else _listed(row["resps"][0]),
        continuations=tuple(arguments[f"gen_args_{i}"]["arg_1"] for i in scored_places),
        likelihoods={name: _listed(values) for name, values in record["scores"].items()} if scored else {},
        order=_listed(doc.get("order")),
        passages=_listed(doc.get("passages")),
        words=doc.get("words") or {},
        mix=doc.get("mix") or {},
        needle=doc.get("needle") or {},
    )


def _listed(value: Any) -> tuple[Any, ...]:
    """Return the parts of a list, none of null; the letters of a text are no list.

    Raises:
        TypeError: it is none.
    """
    if value is not None and not isinstance(value, list | tuple):
        raise TypeError(f"no list: {value!r}")
    return tuple(value or ())


def _check(row: Prediction) -> None:
    """See that a row says what a task of ours logs: another number, or a text for one, would be a wrong figure.

    Raises:
        ValueError: it does not.
    """
    size = len(row.options)
    texts = (row.language, row.stem, row.question_id, *row.options, *row.responses, *row.thinking)
    if not all(isinstance(text, str) for text in texts) or not (row.language and row.question_id and all(row.options)):
        raise ValueError("its language, question, options or responses are no texts")
    if (
        size < 2
        or not _is_place(row.gold, -1, size)
        or not all(choice is None or _is_place(choice, 0, size) for choice in row.choices)
    ):
        raise ValueError(f"gold {row.gold!r} or choice {row.choices[0]!r} is none of its {size} options")
    if row.own_language is not None and len(row.choices) != len(row.responses):
        raise ValueError("its choices are not one for each response")
    if not all(len(scores) == size and all(map(_is_number, scores)) for scores in row.likelihoods.values()):
        raise ValueError(f"its scores are no {size} numbers")
    if sorted(row.order or range(size)) != list(range(size)):
        raise ValueError(f"its order is none of {size} options")
    if row.mix and (
        not isinstance(row.mix, Mapping)
        or not all(isinstance(row.mix.get(name), str) for name in ("kind", "language"))
        or not all(isinstance(tag, str) for tag in _listed(row.mix.get("languages")))
        or len(_listed(row.mix.get("languages"))) != size + 1
    ):
        raise ValueError("it does not say how its languages are mixed")
    if row.needle and not _is_needle(row.needle):
        raise ValueError("it does not say where its needle stands")
    told = (row.truncated, row.unfinished, row.own_language, *row.cut, *row.in_thoughts)
    if not all(known in (None, True, False) for known in told):
        raise ValueError("what it says of its responses' ends is neither true nor false")
    if len(row.thinking) not in (0, 2) or not all(0 < len(mark) <= LONGEST for mark in row.thinking):
        raise ValueError("what opens and what closes thoughts are no two short texts")
    tables = (*row.passages, *row.messages)
    if not all(isinstance(table, Mapping) for table in tables) or not all(
        isinstance(message.get("content"), str) for message in row.messages
    ):
        raise ValueError("its passages or messages are none")


def _is_needle(needle: object) -> bool:
    """Tell whether a row says of a needle whether it is shown, and with how many tokens around it."""
    if not isinstance(needle, Mapping) or not isinstance(needle.get("shown"), bool):
        return False
    at, counts = needle.get("at"), (needle.get(name) for name in ("tokens", "haystack_tokens", "haystack_passages"))
    in_range = at is None or (_is_number(at) and 0 <= at <= 1)
    return in_range and all(isinstance(count, int) and not isinstance(count, bool) and count >= 0 for count in counts)


def _is_place(value: object, first: int, size: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and first <= value < size


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def shard_of(content: Mapping[str, Any]) -> str | None:
    """Say why a row, or results, must not be read by itself: it is of a part of a run; None where it is of a whole."""
    if SHARD not in content:
        return None
    shard = content[SHARD]
    name = f"{shard.get('number')}/{shard.get('of')}" if isinstance(shard, Mapping) else shard
    return f"is shard {name} of a run, not the run; join its shards first: calm merge SHARDS... --output RUN"


def _sent(prompt: list[Any]) -> list[dict[str, str]]:
    """Return the messages that a server was sent: lm-eval logs a text of JSON in a list."""
    messages: list[dict[str, str]] = json_value(prompt[0]) if isinstance(prompt[0], str) else prompt
    return messages


def _ways(record: Mapping[str, Any], messages: Sequence[Any]) -> tuple[Callable[[Mapping[str, Any]], str], ...]:
    """Return how a task may have asked for a response."""
    if "own_language" in record:
        return (prompts.open_chat_text if messages else prompts.open_text,)
    return prompts.release_text, prompts.cot_text


def _user(doc: Mapping[str, Any], prompt: str, ways: Sequence[Callable[[Mapping[str, Any]], str]]) -> str | None:
    """Return what the task asked in the user's turn of a prompt."""
    texts = (way(doc) for way in ways if way is not prompts.release_text or doc.get("prompt"))
    return next((text for text in texts if text in prompt), None)
