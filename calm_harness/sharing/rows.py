"""Rows of logs and pairs as those of a table (pure): all that they hold, or what of it is no text."""

from __future__ import annotations

import json
from typing import Any

Row = dict[str, Any]
NAMES = frozenset(
    {"question_id", "language", "languages", "passage_id", "filter", "doc_hash", "prompt_hash", "target_hash"}
    | {"source", "format", "kind", "score"}
)
"""What has text as its value that names something, and is none of the question's."""
DOCUMENT = ("question_id", "language", "answer", "order")


def laid_out(row: Row) -> Row:
    """Lay a row of a log out as one of a table: what was asked as a list, whatever number of requests there was.

    A request's arguments that are no text (settings of generation) are written as JSON.
    """
    arguments = row.get("arguments")
    if not isinstance(arguments, dict):
        return row
    return {**row, "arguments": [_request(request) for request in arguments.values()]}


def _request(request: Any) -> Any:
    if not isinstance(request, dict):
        return request
    return {name: part if isinstance(part, str) else _json(part) for name, part in request.items()}


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def without_texts(row: Row) -> Row:
    """Keep of a row the ids, languages, hashes and numbers: which question, what was chosen, what it scored.

    Prompts, questions, options, passages and responses, which repeat them, are gone; so is all that a document of
    somebody else's task holds.
    """
    kept = {}
    document = row.get("doc")
    if isinstance(document, dict) and "question_id" in document:
        kept["doc"] = {name: document[name] for name in DOCUMENT if name in document}
    for name, value in row.items():
        if name in NAMES:
            kept[name] = value
        elif name != "doc":
            numbers = _numbers(value)
            if numbers is not None or value is None:
                kept[name] = numbers
    return kept


def _numbers(value: Any) -> Any:
    """Return the numbers in a value, None where there are none."""
    if isinstance(value, bool | int | float):
        return value
    if isinstance(value, list):
        return value if value and all(isinstance(one, bool | int | float) for one in value) else None
    if isinstance(value, dict):
        found = {name: one if name in NAMES else _numbers(one) for name, one in value.items()}
        return {name: one for name, one in found.items() if one is not None or value[name] is None} or None
    return None
