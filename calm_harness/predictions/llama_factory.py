"""Rows of LLaMA-Factory's `generated_predictions.jsonl`, where question and options stand in one prompt."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from calm_harness.answers import extract
from calm_harness.predictions.prediction import Prediction
from calm_harness.questions.option_marks import parse_gold, split_options

_CHAT = re.compile(r"<\|[^<>|]*\|>|</?s>|\[/?INST\]|<(?:start|end)_of_turn>|<bos>|<eos>")


def read_row(row: Mapping[str, Any], language: str) -> Prediction:
    """Read a row.

    Raises:
        ValueError: no options are found in the prompt, or the label is none of them.
    """
    prompt = _CHAT.sub("\n", str(row["prompt"])).rstrip().removesuffix("assistant").removesuffix("model")
    parsed = split_options(prompt)
    *options, last = parsed.options
    options.append(last.splitlines()[0].strip())
    label = _CHAT.sub("", str(row["label"]))
    gold = parse_gold(label, options)[0] if label.strip() else -1
    stem = parsed.stem.splitlines()[-1]  # above it stands the instruction
    choice = extract(_CHAT.sub("", str(row["predict"])), options, language)
    return Prediction(language, stem, tuple(options), gold, (choice,))
