"""The built-in set: our own questions, in the package, so that everything can be tried without hub and account."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from importlib import resources
from pathlib import Path

from calm_harness.errors import CalmError
from calm_harness.files import read_jsonl_rows
from calm_harness.questions.schema import QuestionSet, Row, Source
from calm_harness.questions.selection import choose, choose_languages

LANGUAGES = ("en", "zh", "fr", "de", "it", "ja", "es", "ar")
SPLITS = ("test", "train")
RATIONALE_LANGUAGE = "en"  # no others: an English explanation would teach a model to reason in English
_REMEDY = "install calm-harness anew"


def read(split: str | None = None, languages: Sequence[str] | None = None, source: Source = None) -> QuestionSet:
    """Read a split of the built-in set in the languages asked for (all by default).

    Raises:
        CalmError: there is no such split or language, a source is named, or the package is damaged.
    """
    if source is not None:
        raise CalmError(f"mini is built in and has no source; leave out {str(source)!r}")
    split = choose("split of mini", split or SPLITS[0], SPLITS)
    languages = choose_languages("mini", languages, LANGUAGES)
    folder = _folder()
    questions = [
        question for question in read_jsonl_rows(folder / "questions.jsonl", _REMEDY) if question["split"] == split
    ]
    entries = {
        language: {entry["id"]: entry for entry in read_jsonl_rows(folder / f"{language}.jsonl", _REMEDY)}
        for language in languages
    }
    rows = []
    for question in questions:
        for language in languages:
            entry = entries[language].get(question["id"])
            if entry is None:
                raise CalmError(f"{folder / language}.jsonl has no row {question['id']!r}; {_REMEDY}")
            options = tuple(entry["options"])
            gold = (f"{question['id']}-gold",)
            rationale = question["rationale"] if language == RATIONALE_LANGUAGE else None
            row = Row(question["id"], language, entry["stem"], options, question["answer"])
            rows.append(replace(row, gold_passages=gold, rationale=rationale))
    return QuestionSet("mini", split, languages, rows, read={language: len(questions) for language in languages})


def passages() -> list[Path]:
    """Return the files of the set's passages, one a language: a corpus for `python -m retrieval.build`."""
    return [_folder() / "passages" / f"{language}.jsonl" for language in LANGUAGES]


def _folder() -> Path:
    return Path(str(resources.files("calm_harness") / "data" / "mini"))
