"""The passages that a `_rag` task shows with its questions, from an index of `retrieval`.

Each question's stem is the query, in its own language; `passage_language` says which passages may be found. `oracle`
and `distractor` are points of reference for sets that name the documents which answer a question: all pieces of those
in order, or the nearest passages of others. What a search found is kept in the cache folder under everything that it
depends on.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, NamedTuple
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from calm_harness.errors import CalmError
from calm_harness.files import whole
from calm_harness.passages import guard
from calm_harness.passages.choice import REFERENCES, PassageChoice
from calm_harness.passages.leaks import Leak
from calm_harness.prompts import MASK
from calm_harness.questions import QuestionSet, Row
from retrieval.corpus.split import Passage
from retrieval.errors import RetrievalError
from retrieval.files.cache import cache_folder
from retrieval.index import INDEX, Index

log = logging.getLogger(__name__)

SPARE = 8  # passages looked up beyond k, to take the place of those that are left out


class Candidate(NamedTuple):
    """A passage that a row may show, its number, and its cosine with the question; None where no search found it."""

    number: int
    passage: Passage
    score: float | None


Candidates = list[list[Candidate]]  # for each row, the nearest first


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
    """

    passages: list[list[dict[str, Any]]]
    leaks: dict[str, Leak]
    kept: bool
    index: dict[str, Any] = field(default_factory=dict)


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
        candidates = _named(rows, index) if passage_language == "oracle" else _nearest(rows, index, k, passage_language)
    except RetrievalError as error:
        raise CalmError(str(error)) from None
    passages = {candidate.number: candidate.passage for row_candidates in candidates for candidate in row_candidates}
    leaks = guard.among(guard.leaks_for(question_set), index, passages)
    shown = [
        [
            candidate
            for candidate in row_candidates
            if (keep_leaks or candidate.number not in leaks)
            and not (passage_language == "distractor" and candidate.passage.document in row.gold_passages)
        ][: None if passage_language == "oracle" else k]
        for row, row_candidates in zip(rows, candidates, strict=True)
    ]
    manifest = index.manifest
    return Retrieved(
        passages=[[_record(candidate) for candidate in row_shown] for row_shown in shown],
        leaks={_name(passages[number]): leaks[number] for number in passages if number in leaks},
        kept=keep_leaks,
        index={"encoder": manifest.encoder, "revision": manifest.revision, "kind": manifest.kind}
        | {"passages": manifest.count, "fingerprint": manifest.fingerprint},
    )


def _name(passage: Passage) -> str:
    return f"{passage.language}/{passage.passage_id}"


def _record(candidate: Candidate) -> dict[str, Any]:
    passage = candidate.passage
    return {
        "passage_id": passage.passage_id,
        "language": passage.language,
        "title": passage.title,
        "text": passage.text,
        "score": candidate.score,
        "cut": False,
    }


def _gold(rows: Sequence[Row], index: Index) -> list[list[list[Candidate]]]:
    """Look up, for each row, the documents that the set names, in the row's language: each as its pieces in order."""
    documents = {
        language: index.documents([identity for row in rows for identity in row.gold_passages], language)
        for language in dict.fromkeys(row.language for row in rows)
    }
    return [
        [
            [Candidate(number, passage, None) for number, passage in documents[row.language].get(identity, ())]
            for identity in row.gold_passages
        ]
        for row in rows
    ]


def _named(rows: Sequence[Row], index: Index) -> Candidates:
    """Take all pieces of the documents that the set names."""
    gaps = []
    gold = _gold(rows, index)
    for row, row_documents in zip(rows, gold, strict=True):
        for identity, pieces in zip(row.gold_passages, row_documents, strict=True):
            places = [candidate.passage.piece for candidate in pieces]
            if not pieces:
                raise CalmError(
                    f"{index.folder} lacks passage {identity} in {row.language}, which answers {row.question_id}; "
                    "build the index from the set's own passages"
                )
            if len(set(places)) < len(places):
                raise CalmError(
                    f"{index.folder} has two documents {identity} in {row.language}, one of which answers "
                    f"{row.question_id}; give each document an id of its own and build the index anew"
                )
            if places != list(range(1, len(places) + 1)):
                gaps.append(f"{row.language}/{identity}")
    if gaps:
        log.warning(
            "oracle: %d documents lack pieces that the index left out, since others say the same; the first is %s",
            len(set(gaps)),
            gaps[0],
        )
    return [list(chain.from_iterable(row_documents)) for row_documents in gold]


def _nearest(rows: Sequence[Row], index: Index, k: int, passage_language: PassageChoice | str) -> Candidates:
    """Search the index, all questions of a language at once."""
    candidates: Candidates = [[] for _ in rows]
    same = passage_language in ("same", "distractor")
    languages = [row.language if same else None if passage_language == "any" else passage_language for row in rows]
    spare = SPARE
    if passage_language == "distractor":  # all pieces of a long document may be among the nearest
        spare += max(0, max(sum(map(len, row_documents)) for row_documents in _gold(rows, index)) - 1)
    for language in dict.fromkeys(languages):
        indices = [i for i, tag in enumerate(languages) if tag == language]
        queries = [rows[i].stem.replace(MASK, " ") for i in indices]
        scores, numbers = _search(index, queries, k, spare, language)
        passages = {int(number): index.passage(int(number)) for number in np.unique(numbers[numbers >= 0])}
        for i, row_numbers, row_scores in zip(indices, numbers, scores, strict=True):
            candidates[i] = [
                Candidate(int(number), passages[number], float(score))
                for number, score in zip(row_numbers, row_scores, strict=True)
                if number >= 0
            ]
    return candidates


def _search(
    index: Index, queries: Sequence[str], k: int, spare: int, language: str | None
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Search, or take from the cache what an earlier search found."""
    available = index.manifest.languages.get(language, 0) if language else len(index)
    depth = k if k > available else min(k + spare, available)  # of too large a k the index itself says what is wrong
    what = [index.manifest.fingerprint, index.manifest.digests.get(INDEX)]  # which were compared when it was opened
    key = json.dumps([*what, list(queries), depth, language], ensure_ascii=False)
    path = cache_folder() / "retrieval" / f"{hashlib.sha256(key.encode()).hexdigest()[:24]}.npz"
    try:
        with np.load(path, allow_pickle=False) as cached:
            return cached["scores"], cached["numbers"]
    except (OSError, ValueError, KeyError, BadZipFile):
        pass  # not there, or cut off
    scores, numbers = index.nearest(index.encoder.encode(queries, "query"), depth, language)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole(path) as scratch, scratch.open("wb") as file:
            np.savez(file, scores=scores, numbers=numbers)
    except OSError as error:
        log.warning("what was retrieved is not kept for the next run: %s", error)
    return scores, numbers


def leaks_of(question_set: QuestionSet, folder: str) -> Iterator[tuple[Passage, Leak]]:
    """Go through a whole index and yield the passages that hold a part of a question of a set.

    Raises:
        CalmError: the index is missing or damaged.
    """
    try:
        yield from guard.everywhere(guard.leaks_for(question_set), Index.open(folder))
    except RetrievalError as error:
        raise CalmError(str(error)) from None
