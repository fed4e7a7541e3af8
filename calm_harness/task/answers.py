"""What a row was answered, as the sample log has it: `answers`, from which every metric is computed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from calm_harness.answers import extract, spoken
from calm_harness.prompts.languages import own_words
from calm_harness.task.options import Score


def of_response(
    response: str,
    doc: Mapping[str, Any],
    thinking: Sequence[str],
    cut: Callable[[str], bool] | None,
    *,
    in_thoughts: bool,
) -> dict[str, Any]:
    """Read a response.

    Where the prompt opened thoughts and nothing closes them, they never end.

    Args:
        response: the first sample.
        doc: the question.
        thinking: what opens and what closes thoughts, beside the marks that are known.
        cut: tells whether a response was cut at the token limit; None where there is no telling.
        in_thoughts: whether the response begins within thoughts, and is logged with them.
    """
    text, finished = spoken(response, thinking)
    finished = finished and not (in_thoughts and text == response)
    record: dict[str, Any] = {
        "choice": extract(text, list(doc["options"]), doc["language"], own_words(doc)) if finished else None,
        "unfinished": not finished,
    }
    if thinking:
        record["thinking"] = list(thinking)
    if cut is not None:
        record["truncated"] = cut(response)
    return record


def of_scores(scores: Mapping[str, Sequence[float]], score: Score) -> dict[str, Any]:
    """Choose the option that is scored highest, or none where no score is a number.

    Args:
        scores: of the options, in each way.
        score: the way that counts.
    """
    comparable = np.nan_to_num(scores[score], nan=-np.inf)  # -inf minus -inf, from a backend that underflows
    choice = int(np.argmax(comparable)) if np.isfinite(comparable).any() else None
    return {"choice": choice, "score": score, "scores": scores}
