"""Keep questions of an evaluation out of training: in whatever language, from whatever source, however it is worded."""

from __future__ import annotations

import functools
import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from calm_harness import questions
from calm_harness.errors import CalmError
from calm_harness.passages.leaks import Question
from calm_harness.predictions import named_file, read
from calm_harness.questions.sets.release import FOLDER_VARIABLE
from trainer.preferences.same_question import Asked, HeldOut, Hit

KNOWN = ("mini:test", "xcsqa:test", "medqa:test")
"""Test splits that no pair may touch, where they can be read."""
NAMED = 3  # questions that a refusal names

Report = dict[str, dict[str, Any]]
"""What was held out: name -> `questions`, `languages`, `shared` (how many questions are trained on all the same) and
`by` (rule -> of these, how many it tells); of what cannot be read here, `unread`: why."""


def check(rows: Iterable[Mapping[str, Any]], names: Sequence[str], *, transductive: bool = False) -> Report:
    """Refuse pairs whose question is one of an evaluation.

    Args:
        rows: preference pairs; `stem`, `question_id` and `language` help, and need not be there.
        names: what is held out besides `KNOWN`: SET, SET:SPLIT, SET:SPLIT@SOURCE, or a file of predictions
            (LANG=FILE where its rows do not say their language).
        transductive: allow it, and only count.

    Raises:
        CalmError: a pair touches one of them, or one of `names` cannot be read.
    """
    asked = distinct(Asked.read(row, number) for number, row in enumerate(rows))
    report: Report = {}
    for name in (*names, *(test_split for test_split in KNOWN if test_split not in names)):
        try:
            held_out = HeldOut(questions_of(name)) if name in names else known(name)
        except CalmError as error:
            if name in names:
                raise
            report[name] = {"unread": str(error)}
            continue
        hits = {hit.asked.name: hit for question in asked if (hit := held_out.hit(question)) is not None}
        if hits and not transductive:
            raise CalmError(refusal(name, list(hits.values())))
        report[name] = {
            "questions": held_out.count,
            "languages": list(held_out.languages),
            "shared": len(hits),
            "by": dict(Counter(hit.rule for hit in hits.values())),
        }
    return report


def known(name: str) -> HeldOut:
    """Return the questions of one of `KNOWN`, which a process reads once.

    Raises:
        CalmError: they cannot be read.
    """
    return _read_once(name, os.environ.get(FOLDER_VARIABLE))


@functools.cache
def _read_once(name: str, _release: str | None) -> HeldOut:
    return HeldOut(questions_of(name))


def refusal(name: str, hits: Sequence[Hit]) -> str:
    """Say which questions are in an evaluation, and by what rule."""
    more = f" and {len(hits) - NAMED} more" if len(hits) > NAMED else ""
    return (
        f"{len(hits)} questions of these pairs are in {name}: {', '.join(map(str, hits[:NAMED]))}{more}; take them out "
        "(--questions names those to keep), or say --transductive true and report it as such"
    )


def distinct(asked: Iterable[Asked]) -> list[Asked]:
    """Keep one of the pairs that ask the same question in the same language; their options are put together."""
    first: dict[tuple[str, str, str], Asked] = {}
    beside: dict[tuple[str, str, str], dict[str, None]] = {}
    for question in asked:
        key = question.question_id or "", question.language, question.text
        first.setdefault(key, question)
        beside.setdefault(key, {})[question.beside] = None
    return [replace(question, beside="\n".join(beside[key])) for key, question in first.items()]


def questions_of(name: str) -> Iterable[Question]:
    """Return an evaluation's questions in all its languages.

    Raises:
        CalmError: they cannot be read.
    """
    if Path(name).suffix in (".jsonl", ".json"):
        path, language = named_file(name, "--held_out")
        found = [
            Question(str(row.question_id or f"row {number}"), row.language, row.stem, row.options)
            for number, row in enumerate(read(path.expanduser(), language))
            if row.stem
        ]
        if not found:
            raise CalmError(f"{name} does not hold the questions that it answers; name the set: SET:SPLIT@SOURCE")
        return found
    head, _, source = name.partition("@")
    set_name, _, split = head.partition(":")
    return map(Question.of, questions.load(set_name, split=split or None, source=source or None).rows)


def render(report: Report) -> list[str]:
    """Lay out what was and what was not held out, a line each."""
    read_here = {name: entry for name, entry in report.items() if "unread" not in entry}
    kept = [
        f"{name} ({entry['questions']} questions" + (f", {entry['shared']} trained on)" if entry["shared"] else ")")
        for name, entry in read_here.items()
    ]
    lines = [f"held out: {', '.join(kept)}"] if kept else []
    return lines + [
        f"NOT held out: {name}, which cannot be read here ({entry['unread']})"
        for name, entry in report.items()
        if "unread" in entry
    ]
