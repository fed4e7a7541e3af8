"""Keep questions of an evaluation out of training: in whatever language, from whatever source, however it is worded."""

from __future__ import annotations

import functools
import itertools
import operator
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from calm_harness import questions
from calm_harness.errors import CalmError
from calm_harness.passages.leaks import Question
from calm_harness.predictions import named_file, read
from calm_harness.questions.sets.release import FOLDER_VARIABLE
from trainer.preferences.same_question import Asked, HeldOut, Hit, Rule, asked_in

KNOWN = ("mini:test", "xcsqa:test", "medqa:test")
"""Test splits that no pair may touch, where they can be read."""
NAMED = 3  # questions that a refusal names

Report = dict[str, dict[str, Any]]
"""What was held out: name -> `questions`, `languages`, `shared` (how many questions are trained on all the same) and
`by` (rule -> of these, how many it tells); of what cannot be read here, `unread`: why."""


def check(
    rows: Iterable[Mapping[str, Any]], names: Sequence[str], *, transductive: bool | None = False, of: str = "pairs"
) -> Report:
    """Refuse pairs, or prompts, whose question is one of an evaluation.

    Args:
        rows: preference pairs, completions or texts; `stem`, `question_id` and `language` help, and need not be there.
        names: what is held out besides `KNOWN`: SET, SET:SPLIT, SET:SPLIT@SOURCE, or a file of predictions
            (LANG=FILE where its rows do not say their language).
        transductive: allow it, and only count; None where it cannot be allowed.
        of: what the rows are, for the refusal.

    Raises:
        CalmError: a row touches one of them, or one of `names` cannot be read.
    """
    asked = distinct(one for number, row in enumerate(rows) for one in asked_in(row, number))
    return _check(asked, names, transductive, of)


def check_in_order(rows: Iterable[Mapping[str, Any]], names: Sequence[str], *, transductive: bool = False) -> Report:
    """Do as `check` does for pairs of `trainer.pairs`: those of a question in a language follow one another."""
    groups = itertools.groupby(rows, key=operator.itemgetter("question_id", "language"))
    return _check((Asked.read(next(group), number) for number, (_, group) in enumerate(groups)), names, transductive)


def _check(asked: Iterable[Asked], names: Sequence[str], transductive: bool | None, of: str = "pairs") -> Report:
    evaluations = dict(_evaluations(names))
    found = {name: Hits() for name in evaluations}
    for question in asked:
        for name, evaluation in evaluations.items():
            hit = evaluation.hit(question) if isinstance(evaluation, HeldOut) else None
            if hit is not None:
                found[name].add(hit)
    report: Report = {}
    for name, evaluation in evaluations.items():
        hits = found[name]
        if not isinstance(evaluation, HeldOut):
            report[name] = {"unread": evaluation}
            continue
        if hits.rules and not transductive:
            raise CalmError(refusal(name, hits, of, can_be_let_in=transductive is not None))
        report[name] = {
            "questions": evaluation.count,
            "languages": list(evaluation.languages),
            "shared": len(hits.rules),
            "by": dict(Counter(hits.rules.values())),
        }
    return report


def _evaluations(names: Sequence[str]) -> Iterator[tuple[str, HeldOut | str]]:
    """Read what is held out, one after the other; of what cannot be read here, and need not be, say why."""
    for name in names:
        yield name, HeldOut(questions_of(name))
    for name in KNOWN:
        if name not in names:
            try:
                yield name, known(name)
            except CalmError as error:
                yield name, str(error)


class Hits:
    """Questions that are trained on and held out: what tells of each, and the first few of them."""

    def __init__(self) -> None:
        self.rules: dict[str, Rule] = {}
        self.first: dict[str, Hit] = {}

    def add(self, hit: Hit) -> None:
        """Add one; of a question's languages the last counts."""
        self.rules[hit.asked.name] = hit.rule
        if hit.asked.name in self.first or len(self.first) < NAMED:
            self.first[hit.asked.name] = hit


def known(name: str) -> HeldOut:
    """Return the questions of one of `KNOWN`, which a process reads once.

    Raises:
        CalmError: they cannot be read.
    """
    return _read_once(name, os.environ.get(FOLDER_VARIABLE))


@functools.cache
def _read_once(name: str, _release: str | None) -> HeldOut:
    return HeldOut(questions_of(name))


def refusal(name: str, hits: Hits, of: str = "pairs", *, can_be_let_in: bool = True) -> str:
    """Say which questions are in an evaluation, by what rule, and what to do."""
    count = len(hits.rules)
    more = f" and {count - NAMED} more" if count > NAMED else ""
    remedy = "take them out (--questions names those to keep)"
    let_in = ", or say --transductive true and report it as such" if can_be_let_in else ""
    listed = ", ".join(map(str, hits.first.values()))
    return f"{count} questions of these {of} are in {name}: {listed}{more}; {remedy}{let_in}"


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
