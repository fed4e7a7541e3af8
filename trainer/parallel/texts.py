"""Parallel texts: the stems, options and passages of question sets, and the passages of XQuAD."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from calm_harness import questions
from calm_harness.errors import CalmError
from calm_harness.files import read_json, read_jsonl_rows
from calm_harness.predictions import named_file
from calm_harness.prompts import MASK
from calm_harness.questions import QuestionSet
from calm_harness.questions.selection import choose_languages

Kind = Literal["stem", "option", "passage"]
GAP = "____"  # what a reader of a cloze sentence sees
XQUAD = "get data/ of github.com/google-deepmind/xquad, and name its files: en=xquad.en.json de=xquad.de.json"


@dataclass(frozen=True)
class Parallel:
    """A text in several languages. No label is in it: nothing says which option is right.

    Attributes:
        kind: what it is of its question.
        question_id: the question's; of a passage of XQuAD its own, which is that of the first question to it.
        text_id: the passage's; of a stem or an option the question's.
        texts: language -> text, in the set's order of languages.
        stems: language -> the question's stem, where there is one.
    """

    kind: Kind
    question_id: str
    text_id: str
    texts: Mapping[str, str]
    stems: Mapping[str, str] = field(default_factory=dict)


def read(
    names: Sequence[str], languages: Sequence[str] | None = None, question_ids: Collection[str] | None = None
) -> list[Parallel]:
    """Read parallel texts.

    Args:
        names: SET:SPLIT, SET:SPLIT@SOURCE, and LANG=FILE of XQuAD's form.
        languages: BCP 47 tags; all by default.
        question_ids: of the questions to use; all by default.

    Raises:
        CalmError: one cannot be read, a set's split is not named, a question is in none of them, or nothing is left.
    """
    found: list[Parallel] = []
    files: dict[str, Path] = {}
    for name in names:
        path, language = named_file(name, "--parallel")
        if language is None:
            found += of_set(_load(name, languages), question_ids)
        elif language in files:
            raise CalmError(f"--parallel {name}: {language} is named twice; name one file a language")
        else:
            files[language] = path
    if files:
        tags = choose_languages("--parallel", languages, list(files))
        found += (text for text in of_xquad({tag: files[tag] for tag in tags}) if _wanted(text, question_ids))
    if not found:
        raise CalmError("--parallel: no text is left; name a set or files, and questions that are in them")
    if missing := set(question_ids or ()) - {text.question_id for text in found}:
        raise CalmError(
            f"--questions: {len(missing)} are in none of {' '.join(names)}, the first is {min(missing)}; name their "
            "--parallel texts too, or take them out"
        )
    return found


def _wanted(text: Parallel, question_ids: Collection[str] | None) -> bool:
    return question_ids is None or text.question_id in question_ids


def _load(name: str, languages: Sequence[str] | None) -> QuestionSet:
    head, _, source = name.partition("@")
    set_name, colon, split = head.partition(":")
    if not colon or not split:
        raise CalmError(f"--parallel {name}: which split is trained on? write {set_name}:train, or LANG=FILE of XQuAD")
    return questions.load(set_name, split=split, source=source or None, languages=languages)


def of_set(
    question_set: QuestionSet,
    question_ids: Collection[str] | None = None,
    languages: Sequence[str] | None = None,
) -> Iterator[Parallel]:
    """Yield the stems, options and passages of a set's questions.

    Args:
        question_set: the questions.
        question_ids: of those to use; all by default.
        languages: some of the set's; all by default.

    Raises:
        CalmError: the set has no such language.
    """
    tags = choose_languages(question_set.name, languages, question_set.languages)
    stems: dict[str, dict[str, str]] = {}
    for question in question_set.questions():
        name = question[0].question_id
        if question_ids is not None and name not in question_ids:
            continue
        rows = {row.language: row for row in question if row.language in tags}
        stems[name] = {tag: row.stem for tag, row in rows.items()}
        yield Parallel("stem", name, name, {tag: row.stem.replace(MASK, GAP) for tag, row in rows.items()}, stems[name])
        for place in range(len(question[0].options)):
            yield Parallel("option", name, name, {tag: row.options[place] for tag, row in rows.items()}, stems[name])
    passages = questions.SETS[question_set.name].passages if question_set.name in questions.SETS else None
    for name, texts in _passages(passages() if passages else [], tags).items():
        question_id = name.rpartition("-")[0]  # as a set's passages are called: by their question, and what they are
        if question_id in stems:
            yield Parallel("passage", question_id, name, texts, stems[question_id])


def _passages(paths: Iterable[Path], languages: Sequence[str]) -> dict[str, dict[str, str]]:
    """Read passages: id -> language -> text."""
    found: dict[str, dict[str, str]] = {}
    for path in paths:
        for row in read_jsonl_rows(path, "install calm-harness anew"):
            if row["language"] in languages:
                found.setdefault(row["passage_id"], {})[row["language"]] = row["text"]
    return {name: {tag: texts[tag] for tag in languages if tag in texts} for name, texts in found.items()}


def of_xquad(files: Mapping[str, Path]) -> Iterator[Parallel]:
    """Yield XQuAD's passages (arXiv 1910.11856; SQuAD's form), which are known by the id of their first question.

    Args:
        files: language -> file.

    Raises:
        CalmError: a file is not of this form, or has other passages than the first.
    """
    contexts = {language: _contexts(path.expanduser()) for language, path in files.items()}
    first = next(iter(contexts))
    for language, found in contexts.items():
        if odd := found.keys() ^ contexts[first].keys():
            raise CalmError(
                f"{files[language]} and {files[first]} have not the same passages ({min(odd)} is in one of them); "
                "name files of one version"
            )
    for name in contexts[first]:
        yield Parallel("passage", name, name, {language: found[name] for language, found in contexts.items()})


def _contexts(path: Path) -> dict[str, str]:
    """Read the passages of a file: id of the first question -> text."""
    document = read_json(path, XQUAD)
    found: dict[str, str] = {}
    try:
        for number, paragraph in enumerate(one for entry in document["data"] for one in entry["paragraphs"]):
            name, text = _named(paragraph)
            if name in found:
                raise CalmError(f"{path} paragraph {number}: question {name} stands twice; {XQUAD}")
            found[name] = text
    except (KeyError, TypeError, IndexError):
        raise CalmError(f"{path} paragraph {len(found)} is not of SQuAD's form (context, qas[].id); {XQUAD}") from None
    return found


def _named(paragraph: Any) -> tuple[str, str]:
    name, text = paragraph["qas"][0]["id"], paragraph["context"]
    if not isinstance(name, str) or not name or not isinstance(text, str) or not text.strip():
        raise TypeError
    return name, text
