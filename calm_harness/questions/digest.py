"""Which questions these are: hashes of their exact content, which no path says (pure)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable
from dataclasses import fields
from itertools import chain

from calm_harness.prompts.languages import laid_out
from calm_harness.questions.schema import QuestionSet, Row

LATER = ("aliases", "languages")  # columns that count where they say something: without them a digest is as it was


def digest(question_set: QuestionSet) -> str:
    """Hash a set exactly as it was loaded: every text, gold answer and order, of options as of rows, words of prompts.

    Returns:
        16 hexadecimal digits.
    """
    names = [field.name for field in fields(Row)]
    contents = (
        [getattr(row, name) for name in names if name not in LATER or getattr(row, name)] for row in question_set.rows
    )
    return _hash(chain(contents, map(laid_out, question_set.words.values())))


def content_digest(question_set: QuestionSet, question_ids: Collection[str] | None = None) -> str:
    """Hash what is asked and what is right, in whatever order rows stand and options are shown.

    Runs with equal digests may be compared, whatever their option seeds; what differs in a stem, an option or a gold
    answer is another question, though its id is the same.

    Args:
        question_set: the questions.
        question_ids: those that count; all where it is None.

    Returns:
        16 hexadecimal digits.
    """
    rows = question_set.rows
    if question_ids is not None:
        chosen_ids = frozenset(question_ids)
        rows = [row for row in rows if row.question_id in chosen_ids]
    return _hash(_content(row) for row in sorted(rows, key=lambda row: (row.question_id, row.language)))


def _content(row: Row) -> list[object]:
    """Lay a row out with its options, and the gold one, in the source's order."""
    options = [text for _, text in sorted(zip(row.order, row.options, strict=True))]
    answer = row.order[row.answer] if row.answer >= 0 else row.answer
    return [row.question_id, row.language, row.stem, options, answer]


def _hash(contents: Iterable[object]) -> str:
    hasher = hashlib.sha256()
    for content in contents:
        hasher.update(json.dumps(content).encode() + b"\n")
    return hasher.hexdigest()[:16]
