"""Rows of the sample logs of our own tasks, which say themselves what was asked and answered."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from calm_harness import prompts
from calm_harness.predictions.prediction import Prediction

SHARD = "shard"  # says, in a row and in results, which part of a run they are


def read_row(row: Mapping[str, Any]) -> Prediction:
    """Read a row of a log.

    Raises:
        KeyError, IndexError, TypeError, ValueError, AttributeError: it is none of a task of ours.
    """
    doc, record = row["doc"], row["answers"]
    scored = "scores" in record
    arguments = row["arguments"]
    prompt = arguments["gen_args_0"]["arg_0"]
    served = not isinstance(prompt, str)
    messages = tuple(record.get("messages") or (_sent(prompt) if served else ()))
    prompt = json.dumps(messages, ensure_ascii=False) if served else prompt
    options = tuple(doc["options"])
    choice, gold = record["choice"], doc.get("answer", -1)
    if not ((choice is None or choice in range(len(options))) and gold in range(-1, len(options))):
        raise ValueError(f"choice {choice!r} or right option {gold!r} is none of its {len(options)} options")
    scored_places = range(len(options)) if scored else ()
    return Prediction(
        language=doc["language"],
        stem=doc["stem"],
        options=options,
        gold=gold,
        choices=(choice,),
        question_id=doc["question_id"],
        scores=tuple(record["scores"][record["score"]]) if scored else None,
        truncated=record.get("truncated"),
        cut=tuple(record.get("cut") or ()),
        unfinished=record.get("unfinished"),
        thinking=tuple(record.get("thinking") or ()),
        in_thoughts=tuple(record.get("in_thoughts") or ()),
        prompt=prompt,
        messages=messages,
        served=served,
        user=None if scored else _user(doc, messages[-1]["content"] if messages else prompt),
        responses=() if scored else tuple(row["resps"][0]),
        continuations=tuple(arguments[f"gen_args_{i}"]["arg_1"] for i in scored_places),
        likelihoods={name: tuple(values) for name, values in record["scores"].items()} if scored else {},
        order=tuple(doc.get("order") or ()),
        passages=tuple(doc.get("passages") or ()),
        words=doc.get("words") or {},
    )


def shard_of(content: Mapping[str, Any]) -> str | None:
    """Say why a row, or results, must not be read by itself: it is of a part of a run; None where it is of a whole."""
    if SHARD not in content:
        return None
    shard = content[SHARD]
    name = f"{shard.get('number')}/{shard.get('of')}" if isinstance(shard, Mapping) else shard
    return f"is shard {name} of a run, not the run; join its shards first: calm merge SHARDS... --output RUN"


def _sent(prompt: list[Any]) -> list[dict[str, str]]:
    """Return the messages that a server was sent: lm-eval logs a text of JSON in a list."""
    messages: list[dict[str, str]] = json.loads(prompt[0]) if isinstance(prompt[0], str) else prompt
    return messages


def _user(doc: Mapping[str, Any], prompt: str) -> str | None:
    """Return what the task asked in the user's turn of a prompt."""
    release_text = prompts.release_text(doc) if doc.get("prompt") else ""
    for text in (release_text, prompts.cot_text(doc)):
        if text and text in prompt:
            return text
    return None
