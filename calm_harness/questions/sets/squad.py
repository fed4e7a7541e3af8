"""Reading comprehension in SQuAD's form as multiple choice: one JSON file a language, with ids that are shared.

    {"data": [{"paragraphs": [{"context": "...", "qas": [
      {"id": "q1", "question": "...", "answers": [{"text": "..."}]}
    ]}]}]}

A question's options are its answer and answers of other questions to the same paragraph, so all of them occur in the
passage that answers it. They are the answers of the same questions in all languages, in the same order, and hashes of
the ids decide which and in which: the right one stands anywhere, and nothing depends on the order of a file.

A question qualifies where so many answers stand apart: of no two of them one contains the other in any language of the
set, by their characters, with compatibility forms, case and white space folded (NFKC). Of a question's several answers
(SQuAD's dev file has what some people answered) the first is shown, and each has to stand apart. Of more than are
wanted the first in the order of a hash are taken that all stand apart. Answer types differ within a paragraph (a year
beside a name), so that much can be told without the passage: print the accuracy without it beside every figure.

The form is that of Rajpurkar et al. (arXiv 1606.05250); XQuAD (arXiv 1910.11856) has it in twelve languages.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from calm_harness.errors import CalmError
from calm_harness.files import read_json
from calm_harness.questions.schema import Finding

REMEDY = "name files of SQuAD's form, one a language, with the same ids"


@dataclass(frozen=True)
class Asked:
    """A question to a paragraph: its text, and its answers, of which the first is shown."""

    question: str
    answers: tuple[str, ...]


@dataclass(frozen=True)
class Paragraph:
    """A passage and the questions to it, by their ids."""

    context: str
    asked: Mapping[str, Asked]


@dataclass(frozen=True)
class Parallel:
    """What parallel files hold.

    Attributes:
        paragraphs: the smallest id of a paragraph's questions -> language -> the paragraph.
        read: language -> questions in its file.
        findings: questions that are not answered in all languages, and are left out.
    """

    paragraphs: Mapping[str, Mapping[str, Paragraph]]
    read: Mapping[str, int]
    findings: Sequence[Finding]


def read(files: Mapping[str, Path]) -> Parallel:
    """Read parallel files; questions that are not answered in all of them are left out.

    Args:
        files: language -> file.

    Raises:
        CalmError: a file is missing or not of this form, or questions to one paragraph stand apart in another file.
    """
    found = {language: _paragraphs(path) for language, path in files.items()}
    ids = {language: [name for paragraph in own for name in paragraph.asked] for language, own in found.items()}
    shared = set.intersection(*map(set, ids.values()))
    parallel: dict[str, dict[str, Paragraph]] = {}
    place_of: dict[str, str] = {}
    for language, paragraphs in found.items():
        for paragraph in paragraphs:
            names = sorted(paragraph.asked.keys() & shared)
            if not names:
                continue
            for name in names:
                if place_of.setdefault(name, names[0]) != names[0]:
                    raise CalmError(
                        f"{files[language]}: question {name} is to a passage with other questions than in "
                        f"{next(iter(files.values()))}; {REMEDY}"
                    )
            kept = {name: paragraph.asked[name] for name in names}
            parallel.setdefault(names[0], {})[language] = Paragraph(paragraph.context, kept)
    if not parallel:
        raise CalmError(f"{', '.join(map(str, files.values()))} have no question in common; {REMEDY}")
    findings = [
        Finding("unaligned", "is not answered in all languages; left out", language, f"{files[language]} {name}")
        for language, names in ids.items()
        for name in names
        if name not in shared
    ]
    return Parallel(parallel, {language: len(names) for language, names in ids.items()}, findings)


def _paragraphs(path: Path) -> list[Paragraph]:
    content = read_json(path, REMEDY)
    found: list[Paragraph] = []
    seen: set[str] = set()
    try:
        for paragraph in (one for article in content["data"] for one in article["paragraphs"]):
            asked: dict[str, Asked] = {}
            for row in paragraph["qas"]:
                name, question = _text(row["id"]), _text(row["question"])
                if name in seen:
                    raise CalmError(f"{path}: question {name} stands twice; {REMEDY}")
                seen.add(name)
                if row["answers"]:  # SQuAD 2.0 has questions without
                    asked[name] = Asked(question, tuple(_text(answer["text"]) for answer in row["answers"]))
            found.append(Paragraph(_text(paragraph["context"]), asked))
    except (KeyError, TypeError, IndexError):
        raise CalmError(
            f"{path} paragraph {len(found)} is not of SQuAD's form (context, qas[] with id, question, answers[].text); "
            f"{REMEDY}"
        ) from None
    return found


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise TypeError
    return value.strip()


def rows(parallel: Parallel, size: int, name: str) -> tuple[dict[str, list[dict[str, Any]]], list[Finding]]:
    """Make rows of multiple choice.

    Args:
        parallel: the paragraphs.
        size: options a question.
        name: of the set, with which the ids of its passages begin.

    Returns:
        Language -> rows with the columns `id`, `question`, `options`, `answer` (0-based) and `passage` (the id of the
        passage that answers), and what was left out.
    """
    table: dict[str, list[dict[str, Any]]] = {}
    findings: list[Finding] = []
    for key, languages in parallel.paragraphs.items():
        apart = _apart(languages)
        for question_id in apart:
            chosen = options(question_id, apart, size)
            if chosen is None:
                message = f"fewer than {size} answers of its passage stand apart; left out"
                findings.append(Finding("few_options", message, "", f"question {question_id}"))
                continue
            for language, paragraph in languages.items():
                table.setdefault(language, []).append(
                    {
                        "id": question_id,
                        "question": paragraph.asked[question_id].question,
                        "options": [paragraph.asked[other].answers[0] for other in chosen],
                        "answer": chosen.index(question_id),
                        "passage": passage_id(name, key),
                    }
                )
    return table, findings


def _apart(languages: Mapping[str, Paragraph]) -> dict[str, set[str]]:
    """Map each question of a paragraph to those whose answers stand apart from its own in every language."""
    texts = [
        {name: {_folded(answer) for answer in asked.answers} for name, asked in paragraph.asked.items()}
        for paragraph in languages.values()
    ]
    names = list(texts[0])
    return {
        one: {other for other in names if other != one and not any(_overlap(text[one], text[other]) for text in texts)}
        for one in names
    }


def _overlap(some: Iterable[str], others: Collection[str]) -> bool:
    return any(one in other or other in one for one in some for other in others)


def _folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def options(question_id: str, apart: Mapping[str, set[str]], size: int) -> list[str] | None:
    """Choose the questions whose answers are a question's options, in the order in which they are shown.

    Args:
        question_id: the question.
        apart: of each question of its paragraph those whose answers stand apart from its own.
        size: options.

    Returns:
        Question ids, `question_id` among them; None where there are not so many that all stand apart.
    """
    drawn = sorted(apart[question_id], key=lambda other: _hash("draw", question_id, other))

    def complete(chosen: list[str], rest: Sequence[str]) -> list[str] | None:
        if len(chosen) == size:
            return chosen
        for place, other in enumerate(rest):
            found = complete([*chosen, other], [later for later in rest[place + 1 :] if later in apart[other]])
            if found is not None:
                return found
        return None

    chosen = complete([question_id], drawn)
    return chosen and sorted(chosen, key=lambda other: _hash("order", question_id, other))


def _hash(*parts: str) -> str:
    return hashlib.sha256("/".join(parts).encode()).hexdigest()


def passage_id(name: str, key: str) -> str:
    """Return the id of a passage, the same in all languages, whatever the order of the files."""
    return f"{name}-{key}"


def passages(parallel: Parallel, name: str) -> Iterator[dict[str, str]]:
    """Yield the passages as rows of a corpus; titles, which XQuAD has in English in all languages, are left out."""
    for key, languages in parallel.paragraphs.items():
        for language, paragraph in languages.items():
            yield {"passage_id": passage_id(name, key), "language": language, "text": paragraph.context}
