"""The sample logs of other people's lm-eval tasks: multiple choice, and free text where the document has options."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from calm_harness.errors import CalmError
from calm_harness.predictions import targets
from calm_harness.predictions.document import fields_of, option_lists, options_of, stem_of
from calm_harness.predictions.prediction import Origin, Prediction
from calm_harness.predictions.requests import (
    NO_LIKELIHOODS,
    Request,
    best,
    conditional,
    judged,
    likelihoods_of,
    option_texts,
    requests_of,
    responses_of,
)
from calm_harness.predictions.targets import HIDDEN, Target
from calm_harness.questions.align import is_other_order
from calm_harness.questions.option_marks import split_options

_IDS = ("question_id", "id")  # of a log alone, the first that is another in every row


@dataclass(frozen=True)
class Draft:
    """A row whose gold option is not known before the whole file is read.

    Attributes:
        prediction: the row without gold option and question id.
        target: what the gold option may be.
        filter: of lm-eval's filters, the one that the row is of; a log with several has each document once a filter.
    """

    prediction: Prediction
    target: Target
    filter: str


def read_row(row: Mapping[str, Any], language: str, path: Path, number: int) -> Draft:
    """Read a row: the likeliest option is the answer, or what the first response states.

    Raises:
        ValueError: it is no row of a choice between options, or does not say what they are.
    """
    doc = row["doc"]
    requests = requests_of(row["arguments"])
    options = options_of(doc)
    if any(request.continuation is None for request in requests):
        answer, target = _text(row, requests, options, language)
    else:
        answer, target = _choice(row, requests, options)
    origin = Origin(
        path=str(path),
        row=number,
        doc_id=str(row.get("doc_id", "")),
        fields=fields_of(doc),
        shown=options if len(options) == len(answer["options"]) else answer["options"],
    )
    prediction = Prediction(
        language,
        stem_of(doc),
        gold=HIDDEN,
        prompt=requests[0].context,
        digest=row.get("doc_hash"),
        origin=origin,
        **answer,
    )
    return Draft(prediction, target, str(row.get("filter", "")))


def _choice(row: Mapping[str, Any], requests: Sequence[Request], named: Sequence[str]) -> tuple[dict[str, Any], Target]:
    """Read a row of scored options: the fields of its answer, and what the gold option may be."""
    scores = likelihoods_of(row["filtered_resps"])
    if len(scores) != len(requests):
        raise ValueError(NO_LIKELIHOODS)
    requests = conditional(requests, mutual="acc_mutual_info" in row)
    scores = scores[: len(requests)]
    if len(scores) < 2:
        raise ValueError("it has one request, which is no choice between options")
    options = option_texts(requests, named)
    verdict = targets.verdict_of(row, judged(scores))
    if len({request.continuation for request in requests}) == 1:
        target = targets.of_context(row["doc"], options, verdict)
    else:
        target = targets.of_choice(row.get("target", HIDDEN), options, verdict)
    return {"options": options, "choices": (best(scores),), "scores": tuple(scores)}, target


def _text(
    row: Mapping[str, Any], requests: Sequence[Request], options: tuple[str, ...], language: str
) -> tuple[dict[str, Any], Target]:
    """Read a row of free text: the fields of its answer, and what the gold option may be."""
    if len(options) < 2:
        raise ValueError(
            "it is free text, and its document has no options (choices, options, option_a, A, ...) to read answers of"
        )
    orders = *option_lists(row["doc"]), _shown(requests[0].context, options)
    if any(is_other_order(options, again) for again in orders):
        raise ValueError("its document has the options in another order than its prompt, or in two orders")
    target = targets.of_text(row.get("target", ""), options, language)
    return {"options": options, "choices": (), "responses": responses_of(row["resps"])}, target


def _shown(prompt: str, options: Sequence[str]) -> Sequence[str]:
    """Return the lettered options of a prompt; empty where it has none."""
    try:
        *first, last = split_options(prompt, len(options)).options
    except ValueError:
        return ()
    return *first, last.splitlines()[0]


def finish(path: Path, drafts: Iterable[Draft]) -> list[Prediction]:
    """Give the rows of a file their gold options, and ids by which they are told apart.

    The ids are the document's own where it has some, else lm-eval's numbers; `identify` joins files.

    Raises:
        CalmError: two rows of a document do not agree, or a target cannot be read.
    """
    rows = _without_doubles(path, drafts)
    try:
        golds = targets.resolve([draft.target for draft in rows])
    except targets.MeaningError as error:
        raise CalmError(f"{rows[error.place].prediction.origin}: {error}; correct the row or take it out") from None
    ids = _ids([draft.prediction for draft in rows])
    return [
        replace(draft.prediction, gold=gold, question_id=question_id)
        for draft, gold, question_id in zip(rows, golds, ids, strict=True)
    ]


def _without_doubles(path: Path, drafts: Iterable[Draft]) -> list[Draft]:
    """Drop what is logged again: by another filter, or by another process."""
    firsts: dict[tuple[Any, ...], Draft] = {}
    for draft in drafts:
        origin = _origin(draft.prediction)
        document = origin.doc_id, draft.prediction.stem, origin.shown, tuple(origin.fields.items())
        first = firsts.setdefault(document if origin.doc_id else (origin.row,), draft)
        if first is draft or _agree(first, draft):
            continue
        rows = f"{path} rows {_origin(first.prediction).row} and {origin.row} are of one document and do not agree"
        if first.filter != draft.filter:
            raise CalmError(
                f"{rows}: they are of the filters {first.filter} and {draft.filter}; keep the rows of one filter"
            )
        raise CalmError(f"{rows}; keep one of them")
    return list(firsts.values())


def _agree(first: Draft, second: Draft) -> bool:
    def answer(draft: Draft) -> tuple[Any, ...]:
        row = draft.prediction
        return row.options, row.choices, repr(row.scores), row.responses, row.prompt, draft.target.golds

    return answer(first) == answer(second)


def _ids(rows: Sequence[Prediction]) -> list[str]:
    origins = [_origin(row) for row in rows]
    for name in _IDS:
        values = [origin.fields.get(name, "") for origin in origins]
        if all(values) and len(set(values)) == len(values):
            return values
    numbers = [origin.doc_id for origin in origins]
    is_number_of_row = all(numbers) and len(set(numbers)) == len(numbers)
    return numbers if is_number_of_row else [str(origin.row) for origin in origins]


def _origin(row: Prediction) -> Origin:
    assert row.origin is not None
    return row.origin
