"""Keep questions of an evaluation out of training: by their content, in whatever language and from whatever source."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from calm_harness import questions
from calm_harness.errors import CalmError
from calm_harness.predictions import read
from calm_harness.questions.schema import fingerprint

log = logging.getLogger(__name__)

KNOWN = ("mini:test", "xcsqa:test", "medqa:test")
"""Test splits that no pair may touch, where they can be read."""


def check(
    rows: Sequence[Mapping[str, Any]], names: Sequence[str], *, transductive: bool = False
) -> dict[str, int | None]:
    """Refuse rows whose question is one of an evaluation.

    Args:
        rows: with `stem` and `question_id`.
        names: what is held out besides `KNOWN`: SET, SET:SPLIT, SET:SPLIT@SOURCE, or a file of predictions.
        transductive: allow it, and only count.

    Returns:
        Name to the number of questions that rows share with it; None where it cannot be read here.

    Raises:
        CalmError: a row touches one of them, or one of `names` cannot be read.
    """
    stems: dict[str, str] = {}
    for row in rows:
        stems.setdefault(fingerprint(row["stem"]), row["question_id"])
    shared: dict[str, int | None] = {}
    for name in (*names, *(test_split for test_split in KNOWN if test_split not in names)):
        try:
            held_out_stems = {fingerprint(stem) for stem in _stems(name)}
        except CalmError as error:
            if name in names:
                raise
            log.info("%s is not here, and so not held out: %s", name, error)
            shared[name] = None
            continue
        touched = sorted(stems.keys() & held_out_stems)
        shared[name] = len({stems[stem] for stem in touched})
        if touched and not transductive:
            raise CalmError(
                f"{shared[name]} questions of these pairs are in {name}, the first is {stems[touched[0]]}; sample "
                "other questions, or say --transductive true and report it as such"
            )
    return shared


def _stems(name: str) -> Iterable[str]:
    """Return a question set's stems in all its languages."""
    if Path(name).suffix in (".jsonl", ".json"):
        return [row.stem for row in read(Path(name))]
    head, _, source = name.partition("@")
    set_name, _, split = head.partition(":")
    return [row.stem for row in questions.load(set_name, split=split or None, source=source or None).rows]
