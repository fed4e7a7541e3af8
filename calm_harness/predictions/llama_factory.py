"""Rows of LLaMA-Factory's `generated_predictions.jsonl`, where question and options stand in one prompt."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from calm_harness.answers import extract, read, spoken
from calm_harness.predictions.chat_marks import question_of, without_marks, without_speaker
from calm_harness.predictions.prediction import Prediction
from calm_harness.questions.option_marks import parse_gold, split_options
from calm_harness.questions.schema import normalise

_HEAD = re.compile(r"\s*(?:\S.{0,30}[:：])?\s*")  # a line that only says that options follow, or nothing


def read_row(row: Mapping[str, Any], language: str) -> Prediction:
    """Read a row.

    Raises:
        ValueError: a field is no text, no options are found in the prompt, or the label is none of them.
    """
    for name in ("prompt", "predict", "label"):
        if not isinstance(row[name], str):
            raise ValueError(f"{name} is no text")
    parsed = split_options(question_of(row["prompt"]))
    *options, last = parsed.options
    options.append(last.splitlines()[0].strip())
    label = spoken(without_marks(row["label"])).text.strip()
    gold = _gold(label, options, language) if label else -1
    stem = without_speaker(_question(parsed.stem.splitlines()))
    choice, finished = read(without_marks(row["predict"]), options, language)
    return Prediction(language, stem, tuple(options), gold, (choice,), unfinished=not finished)


def _question(lines: Sequence[str]) -> str:
    """Return the last line before the options, above which the instruction stands; and what stands above `Options:`."""
    places = range(len(lines) - 1, -1, -1)
    first = next((place for place in places if not _HEAD.fullmatch(lines[place])), len(lines) - 1)
    return "\n".join(line.strip() for line in lines[first:] if line.strip())


def _gold(label: str, options: Sequence[str], language: str) -> int:
    """Read a label: a letter, an option, both, or an explanation that states its answer as a response does.

    Raises:
        ValueError: it is none of the options.
    """
    try:
        gold, text = parse_gold(label, options)
    except ValueError:
        stated = extract(label, options, language)
        if stated is None:
            raise
        return stated
    if not text or normalise(text) == normalise(options[gold]) or normalise(label) == normalise(options[gold]):
        return gold
    stated = extract(label, options, language)
    return gold if stated is None else stated
