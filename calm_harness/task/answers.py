"""What a row was answered, as the sample log has it: `answers`, from which every metric is computed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from calm_harness.answers import read, spoken
from calm_harness.answers.short import Texts, first_line, named
from calm_harness.metrics import Answer, twins
from calm_harness.prompts.answer_words import Words
from calm_harness.prompts.languages import own_words, words_of
from calm_harness.task.options import Score

ROW_METRICS = ("acc", "em", "other_language", "invalid", "truncated", "unfinished")
"""The metrics that a single row can have a value of."""


class Said(NamedTuple):
    """What a response answers.

    Attributes:
        choice: position of an option; None for no answer.
        finished: whether its thoughts end.
        own_language: whether it is named in the question's language; None where options were shown.
    """

    choice: int | None
    finished: bool
    own_language: bool | None = None


Reads = Callable[[str, bool], Said]
"""Reads the answer out of a response, of which is told whether it begins within thoughts."""


def shown(doc: Mapping[str, Any], thinking: Sequence[str]) -> Reads:
    """Return what reads the answers to a question whose options were shown.

    Args:
        doc: the question.
        thinking: what opens and what closes thoughts, beside the marks that are known.
    """
    options, language, own = doc["options"], doc["language"], own_words(doc)
    return lambda text, within: Said(*read(text, options, language, thinking=thinking, in_thoughts=within, own=own))


def unseen(
    doc: Mapping[str, Any], thinking: Sequence[str], texts: Mapping[str, Texts], own: Mapping[str, Words | None]
) -> Reads:
    """Return what reads the answers to a question whose options were not shown: the first line is the answer.

    A line that fits several options, which are not the same text in the question's language, is no answer.

    Args:
        doc: the question.
        thinking: as for `shown`.
        texts: the texts of its options in all languages that were asked, see `calm_harness.answers.short`.
        own: the words that its set brought, by language.
    """
    same, head = twins(doc["options"]), words_of(doc).answer

    def reads(response: str, within: bool) -> Said:
        text, finished = spoken(response, thinking, in_thoughts=within)
        options, own_language = named(first_line(text, head), doc["language"], texts, own)
        choices = {same[option] for option in options}
        return Said(choices.pop(), finished, own_language) if len(choices) == 1 else Said(None, finished, False)

    return reads


def of_responses(
    responses: Sequence[str],
    reads: Reads,
    thinking: Sequence[str],
    begins_within: Callable[[str], bool],
    cut: Callable[[str], bool] | None,
) -> dict[str, Any]:
    """Read the first response, and say of all how they begin and end; of free answers read all.

    Where the prompt opened thoughts and nothing closes them, they never end.

    Args:
        responses: the samples.
        reads: reads an answer.
        thinking: as for `shown`.
        begins_within: tells whether a response begins within thoughts, and is logged with them.
        cut: tells whether a response was cut at the token limit; None where there is no telling.
    """
    within = list(map(begins_within, responses))
    said = reads(responses[0], within[0])
    record: dict[str, Any] = {"choice": said.choice, "unfinished": not said.finished}
    if said.own_language is not None:  # other rows' texts decide too, so all samples are read here, not from the log
        record["own_language"] = said.own_language
        if len(responses) > 1:
            record["choices"] = [reads(*response).choice for response in zip(responses, within, strict=True)]
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
        own_language=record.get("own_language"),
    )


def of_row(answer: Answer) -> dict[str, float]:
    """Return the values of `ROW_METRICS` for one answer, 0 where it is not known."""
    own = answer.own_language
    values = (
        *(answer.right, answer.right and own, answer.right and own is False),
        *(answer.choice is None, answer.truncated, answer.unfinished),
    )
    return {name: float(bool(value)) for name, value in zip(ROW_METRICS, values, strict=True)}
