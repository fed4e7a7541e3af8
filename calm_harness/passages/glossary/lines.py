"""What a glossary says of a question, of how many it says anything, and whether that gives answers away (pure).

Only what the question's stem names is explained. Options are not: where an entity table knows one of them and not
another, its lines would say which, and a `_cloze` prompt would show options that it does not show otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from calm_harness.passages.glossary.matching import found, lengths_of, normal, stands_in
from calm_harness.passages.glossary.table import Entity
from calm_harness.prompts import MASK


@dataclass(frozen=True)
class Entry:
    """What a thing is called: in the question's language, as the question has it, and in the pivot."""

    identity: str
    own: str
    pivot: str


class Glossary:
    """Entries by language and name. A name that is one thing's label is not taken for another's alias; where it is
    several things' label, or alias, which the pivot calls differently, it is ambiguous, and says nothing.
    """

    def __init__(self, entities: Sequence[Entity], languages: Sequence[str], pivot: str) -> None:
        self.pivot = pivot
        self._entries = {tag: _entries(entities, tag, pivot) for tag in languages if tag != pivot}
        self._lengths = {tag: lengths_of(entries) for tag, entries in self._entries.items()}

    def of(self, stem: str, language: str) -> tuple[list[Entry], list[str]]:
        """Find what a question names.

        Returns:
            Its entries, in its order, but for those that read the same in the pivot; and names that are ambiguous.
            There are none in the pivot itself.
        """
        if language not in self._entries:
            return [], []
        entries = self._entries[language]
        names = found(normal(stem.replace(MASK, " ")), entries, self._lengths[language])
        by_identity = {entry.identity: entry for name in reversed(names) if (entry := entries[name]) is not None}
        told = [entry for entry in reversed(by_identity.values()) if normal(entry.own) != normal(entry.pivot)]
        return told, [name for name in names if entries[name] is None]

    def laid_out(self, entries: Sequence[Entry], language: str) -> list[dict[str, Any]]:
        """Lay entries out as passages of a line each, as a search's are: `Lyon (en) = 里昂`."""
        return [
            {
                "passage_id": entry.identity,
                "language": language,
                "title": "",
                "text": f"{entry.pivot} ({self.pivot}) = {entry.own}",
                "score": None,
                "cut": False,
                "labels": [entry.pivot, entry.own],
            }
            for entry in entries
        ]


def _entries(entities: Sequence[Entity], tag: str, pivot: str) -> dict[str, Entry | None]:
    """Lay out what each name in a language stands for: None where it is ambiguous; none where there is no label."""
    bearers: dict[str, list[tuple[bool, str, Entity]]] = {}  # is it the label, as it is written, of what
    for entity in entities:
        for place, name in enumerate(entity.names.get(tag, ())):
            bearers.setdefault(normal(name), []).append((place == 0, name, entity))
    entries: dict[str, Entry | None] = {}
    for name, of in bearers.items():
        first = [bearer for bearer in of if bearer[0]] or of
        labels = [entity.names[pivot][0] if pivot in entity.names else None for _, _, entity in first]
        if len({label and normal(label) for label in labels}) > 1:
            entries[name] = None
        elif labels[0] is not None:
            _, written, entity = first[0]
            entries[name] = Entry(entity.identity, written, labels[0])
    return entries


def coverage(docs: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Count what a glossary said.

    Args:
        docs: rows as they were asked: `question_id`, `language`, `options`, `answer`, and `passages` with `labels`.

    Returns:
        `questions`; `covered`: how many have an entry in any language; `by_language`: how many in each; `gold_alone`:
        in how many, in any language, entries name the right option and no other; `others_alone`: wrong ones and not
        the right one. An entry names an option where one's name stands in the other's.
    """
    questions: dict[str, None] = {}
    by_language: dict[str, int] = {}
    covered: set[str] = set()
    alone: dict[bool, set[str]] = {True: set(), False: set()}
    for doc in docs:
        question_id, language = str(doc["question_id"]), str(doc["language"])
        questions[question_id] = None
        labels = [normal(label) for passage in doc["passages"] for label in passage["labels"]]
        by_language[language] = by_language.get(language, 0) + bool(labels)
        if labels:
            covered.add(question_id)
        named = [_names(labels, normal(option)) for option in doc["options"]]
        if doc["answer"] >= 0 and any(named):
            others = any(is_named for place, is_named in enumerate(named) if place != doc["answer"])
            if named[doc["answer"]] != others:
                alone[named[doc["answer"]]].add(question_id)
    return {
        "questions": len(questions),
        "covered": len(covered),
        "by_language": by_language,
        "gold_alone": len(alone[True]),
        "others_alone": len(alone[False]),
    }


def _names(labels: Sequence[str], option: str) -> bool:
    return any(label == option or stands_in(label, option) or stands_in(option, label) for label in labels)


def said(counts: Mapping[str, Any]) -> str:
    """Say in a sentence or two what `coverage` counted."""
    by_language = ", ".join(f"{tag} {count}" for tag, count in counts["by_language"].items())
    return (
        f"The glossary says something of {counts['covered']} of {counts['questions']} questions ({by_language}); all "
        f"others are asked as they are zero-shot. It names the right option and no other in {counts['gold_alone']}, "
        f"wrong options alone in {counts['others_alone']}."
    )
