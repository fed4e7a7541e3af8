"""Put the texts of a question in its languages together (pure functions)."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from calm_harness.errors import CalmError
from calm_harness.questions.schema import Finding, Row, as_written, digest, fingerprint, normalise


@dataclass(frozen=True)
class Entry:
    """A question in one language, as a source has it.

    Attributes:
        stem: the question alone.
        options: in the source's order.
        answer: 0-based index of the gold option, -1 where it is hidden.
        where: file (or Hub data set) and row.
        prompt: the source's own complete prompt, where it has one.
        gold_passages: ids of the passages that answer it, where the source names any.
        rationale: why the gold option is right, where the source says so.
        aliases: texts that are as right as the gold option's, where the source has some.
    """

    stem: str
    options: tuple[str, ...]
    answer: int
    where: str
    prompt: str | None = None
    gold_passages: tuple[str, ...] = ()
    rationale: str | None = None
    aliases: tuple[str, ...] = ()


def content_id(name: str, stem: str, options: Iterable[str]) -> str:
    """The id of a question by its content in the language it was written in, whatever the order of its options."""
    return f"{name}-{fingerprint(stem, *sorted(normalise(option) for option in options))}"


def content_ids(name: str, entries: Mapping[Hashable, Entry]) -> dict[Hashable, str]:
    """Give questions ids by their content (`content_id`), the same id only to what is the same question.

    Questions that differ in what folding takes away (`12 - 4` and `12 + 4`, `C` and `C++`), or in the gold option, get
    ids of their own: the one whose text as written has the smallest hash keeps the plain id, so that the order of rows
    decides nothing.
    """
    ids = {key: content_id(name, entry.stem, entry.options) for key, entry in entries.items()}
    written = {key: _written(entry) for key, entry in entries.items()}
    first: dict[str, str] = {}
    for key, question_id in ids.items():
        first[question_id] = min(written[key], first.get(question_id, written[key]))
    return {
        key: question_id if written[key] == first[question_id] else f"{question_id}-{written[key][:6]}"
        for key, question_id in ids.items()
    }


def _written(entry: Entry) -> str:
    """Hash a question as it is written, whatever the order of its options; which one is gold counts."""
    gold = as_written(entry.options[entry.answer]) if entry.answer >= 0 else ""
    return digest(as_written(entry.stem), *sorted(map(as_written, entry.options)), gold)


def by_key(entries: Sequence[tuple[Hashable, Entry]]) -> dict[Hashable, Entry]:
    """Entries by their source's own ids.

    Raises:
        CalmError: an id stands twice.
    """
    keyed: dict[Hashable, Entry] = {}
    for key, entry in entries:
        if key in keyed:
            raise CalmError(f"{entry.where}: id {key!r} stands twice (also: {keyed[key].where}); ids must be unique")
        keyed[key] = entry
    return keyed


def assemble(
    ids: Mapping[Hashable, str], entries: Mapping[str, Mapping[Hashable, Entry]], languages: Sequence[str]
) -> tuple[list[Row], list[Finding]]:
    """Make rows of all questions that are there in all languages.

    Args:
        ids: the source's keys, in its order -> question ids. A question id that comes again is dropped.
        entries: language -> key -> text.
        languages: in the set's order.

    Returns:
        The rows, and what was left out.

    Raises:
        CalmError: a question has more options in one language than in another.
    """
    rows: list[Row] = []
    findings: list[Finding] = []
    seen: dict[str, str] = {}
    for key, question_id in ids.items():
        by_language = {language: entries[language][key] for language in languages if key in entries[language]}
        where = next((entry.where for entry in by_language.values()), "")
        missing_languages = [language for language in languages if language not in by_language]
        if missing_languages:
            findings.append(Finding("unaligned", f"not found in {', '.join(missing_languages)}; left out", "", where))
        elif question_id in seen:
            findings.append(Finding("repaired", f"is the same question as {seen[question_id]}; dropped", "", where))
        else:
            seen[question_id] = where
            _check_sizes(by_language)
            rows += [
                Row(
                    *(question_id, language, entry.stem, entry.options, entry.answer, entry.prompt),
                    gold_passages=entry.gold_passages,
                    rationale=entry.rationale,
                    aliases=entry.aliases,
                )
                for language, entry in by_language.items()
            ]
    return rows, findings


def _check_sizes(by_language: Mapping[str, Entry]) -> None:
    first_language, first = next(iter(by_language.items()))
    for language, entry in by_language.items():
        if len(entry.options) != len(first.options):
            raise CalmError(
                f"{entry.where}: {len(entry.options)} options in {language}, but {len(first.options)} in "
                f"{first_language} ({first.where}); correct the row or take the question out"
            )
