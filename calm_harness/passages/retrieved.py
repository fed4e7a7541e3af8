"""The passages that a `_rag` task shows with its questions, from an index of `retrieval`.

Each question's stem is the query, in its own language; `passage_language` says which passages may be found. `oracle`
and `distractor` are points of reference for sets that name the documents which answer a question: all pieces of those
in order, or the nearest passages of others.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from calm_harness.errors import CalmError
from calm_harness.passages import guard
from calm_harness.passages.choice import REFERENCES, PassageChoice
from calm_harness.passages.leaks import Leak
from calm_harness.passages.search import Candidates, gold, name_of, named, nearest, record
from calm_harness.questions import QuestionSet, Row
from retrieval.corpus.split import Passage
from retrieval.errors import RetrievalError
from retrieval.index import Index

SPARE = 8  # passages looked up beyond k, to take the place of those that are left out


@dataclass
class Retrieved:
    """What was found for the rows of a question set.

    Attributes:
        passages: a list for each row, the nearest first (`oracle`: in the documents' order): `passage_id`, `language`,
            `title`, `text`, `score` (cosine; None of an `oracle` passage, which no search found), `cut` (whether its
            end is missing).
        leaks: passage (`language/passage_id`) -> the question of the set that it has, or has a part of.
        kept: whether such passages are among `passages`.
        index: what identifies the index.
        glossary: of a glossary what it says of how many questions (`calm_harness.passages.glossary.lines.coverage`).
        needles: for each row where its needle stands (`calm_harness.passages.needle`); empty where there are none.
    """

    passages: list[list[dict[str, Any]]]
    leaks: dict[str, Leak]
    kept: bool
    index: dict[str, Any] = field(default_factory=dict)
    needles: list[dict[str, Any]] = field(default_factory=list)
    glossary: dict[str, Any] = field(default_factory=dict)


def retrieve(
    question_set: QuestionSet, folder: str, *, k: int, passage_language: PassageChoice | str, keep_leaks: bool = False
) -> Retrieved:
    """Find passages for every row of a set.

    Args:
        question_set: the questions.
        folder: an index.
        k: passages a row.
        passage_language: `same`, `any`, a BCP 47 tag, `oracle` or `distractor`.
        keep_leaks: show passages that contain a question of the set nearly word for word, or a part of it.

    Raises:
        CalmError: the index is missing, damaged, of another encoder or has too few passages, the set names no
            passages that answer its questions, or the index does not say which passages are of one document.
    """
    rows = question_set.rows
    if passage_language in REFERENCES and not all(row.gold_passages for row in rows):
        raise CalmError(
            f"--metadata: passage_language={passage_language} needs a set that names the passages which answer its "
            f"questions, as mini does; {question_set.name} does not"
        )
    try:
        index = Index.open(folder)
        if passage_language in REFERENCES:
            index.check_documents()
        if passage_language == "oracle":
            candidates = named(rows, [row.language for row in rows], index, "oracle")
        else:
            candidates = _nearest(rows, index, k, passage_language)
    except RetrievalError as error:
        raise CalmError(str(error)) from None
    passages = {candidate.number: candidate.passage for row_candidates in candidates for candidate in row_candidates}
    leaks = guard.among(guard.leaks_for(question_set), index, passages)
    answering = question_set.answering()
    shown = [
        [
            candidate
            for candidate in row_candidates
            if (keep_leaks or candidate.number not in leaks)
            and not (passage_language == "distractor" and candidate.passage.document in answering[row.question_id])
        ][: None if passage_language == "oracle" else k]
        for row, row_candidates in zip(rows, candidates, strict=True)
    ]
    return Retrieved(
        passages=[[record(candidate) for candidate in row_shown] for row_shown in shown],
        leaks={name_of(passages[number]): leaks[number] for number in passages if number in leaks},
        kept=keep_leaks,
        index=identity(index),
    )


def identity(index: Index) -> dict[str, Any]:
    """Return what identifies an index."""
    manifest = index.manifest
    return {
        "encoder": manifest.encoder,
        "revision": manifest.revision,
        "kind": manifest.kind,
        "passages": manifest.count,
        "fingerprint": manifest.fingerprint,
    }


def _nearest(rows: Sequence[Row], index: Index, k: int, passage_language: PassageChoice | str) -> Candidates:
    """Search the index, all questions of a language at once."""
    candidates: Candidates = [[] for _ in rows]
    same = passage_language in ("same", "distractor")
    languages = [row.language if same else None if passage_language == "any" else passage_language for row in rows]
    spare = SPARE
    if passage_language == "distractor":  # all pieces of a long document may be among the nearest
        documents = gold(rows, [row.language for row in rows], index)
        spare += max(0, max(sum(map(len, row_documents)) for row_documents in documents) - 1)
    for language in dict.fromkeys(languages):
        indices = [i for i, tag in enumerate(languages) if tag == language]
        found = nearest(index, [rows[i].stem for i in indices], k, spare, language)
        for i, row_found in zip(indices, found, strict=True):
            candidates[i] = row_found
    return candidates


def leaks_of(question_set: QuestionSet, folder: str) -> Iterator[tuple[Passage, Leak]]:
    """Go through a whole index and yield the passages that hold a part of a question of a set.

    Raises:
        CalmError: the index is missing or damaged.
    """
    try:
        yield from guard.everywhere(guard.leaks_for(question_set), Index.open(folder))
    except RetrievalError as error:
        raise CalmError(str(error)) from None
