"""What a row was answered, as the sample log has it: `answers`, from which every metric is computed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from calm_harness.answers import read
from calm_harness.metrics import Answer, twins
from calm_harness.prompts.languages import own_words
from calm_harness.task.options import Score


def of_responses(
    responses: Sequence[str],
    doc: Mapping[str, Any],
    thinking: Sequence[str],
    begins_within: Callable[[str], bool],
    cut: Callable[[str], bool] | None,
) -> dict[str, Any]:
    """Read the first response, and say of all how they begin and end.

    Where the prompt opened thoughts and nothing closes them, they never end.

    Args:
        responses: the samples.
        doc: the question.
        thinking: what opens and what closes thoughts, beside the marks that are known.
        begins_within: tells whether a response begins within thoughts, and is logged with them.
        cut: tells whether a response was cut at the token limit; None where there is no telling.
    """
    within = list(map(begins_within, responses))
    choice, finished = read(
        responses[0], doc["options"], doc["language"], thinking=thinking, in_thoughts=within[0], own=own_words(doc)
    )
    record: dict[str, Any] = {"choice": choice, "unfinished": not finished}
    if thinking:
        record["thinking"] = list(thinking)
    if cut is not None:
        record["truncated"] = cut(responses[0])
        if len(responses) > 1:
            record["cut"] = [cut(response) for response in responses]
    if any(within):
        record["in_thoughts"] = within
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


def counted(record: Mapping[str, Any], doc: Mapping[str, Any]) -> Answer:
    """Return what metrics are computed from: a row's record with what its question says."""
    scores = record.get("scores", {})
    return Answer(
        question_id=doc["question_id"],
        language=doc["language"],
        choice=record["choice"],
        gold=doc["answer"],
        twins=twins(doc["options"]),
        scores=tuple(scores[record["score"]]) if scores else None,
        totals=tuple(scores["sum"]) if "sum" in scores else None,
        truncated=record.get("truncated"),
        unfinished=record.get("unfinished"),
    )
