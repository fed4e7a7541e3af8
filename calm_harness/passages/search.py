"""What lies in an index for the questions of a set: passages that a search finds, and documents that the set names.

What a search found is kept in the cache folder under everything that it depends on.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Sequence
from itertools import chain
from typing import Any, NamedTuple
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from calm_harness.errors import CalmError
from calm_harness.files import whole
from calm_harness.prompts import MASK
from calm_harness.questions import Row
from retrieval.corpus.split import Passage
from retrieval.files.cache import cache_folder
from retrieval.index import INDEX, Index

log = logging.getLogger(__name__)


class Candidate(NamedTuple):
    """A passage that a row may show, its number, and its cosine with the question; None where no search found it."""

    number: int
    passage: Passage
    score: float | None


Candidates = list[list[Candidate]]  # for each row, the nearest first


def name_of(passage: Passage) -> str:
    """Return what a passage is called in messages."""
    return f"{passage.language}/{passage.passage_id}"


def record(candidate: Candidate) -> dict[str, Any]:
    """Lay a passage out as a document carries it."""
    passage = candidate.passage
    return {
        "passage_id": passage.passage_id,
        "language": passage.language,
        "title": passage.title,
        "text": passage.text,
        "score": candidate.score,
        "cut": False,
    }


def gold(rows: Sequence[Row], languages: Sequence[str], index: Index) -> list[list[list[Candidate]]]:
    """Look up the documents that the set names, for each row in one language: each as its pieces in order."""
    documents = {
        language: index.documents([identity for row in rows for identity in row.gold_passages], language)
        for language in dict.fromkeys(languages)
    }
    return [
        [
            [Candidate(number, passage, None) for number, passage in documents[language].get(identity, ())]
            for identity in row.gold_passages
        ]
        for row, language in zip(rows, languages, strict=True)
    ]


def named(rows: Sequence[Row], languages: Sequence[str], index: Index, what: str) -> Candidates:
    """Take all pieces of the documents that the set names, for each row in a language of its own.

    Args:
        rows: the questions.
        languages: of their passages.
        index: where these lie.
        what: they are taken for, for a warning.

    Raises:
        CalmError: a document is not there, or there are two of its id.
    """
    gaps = []
    documents = gold(rows, languages, index)
    for row, language, row_documents in zip(rows, languages, documents, strict=True):
        for identity, pieces in zip(row.gold_passages, row_documents, strict=True):
            places = [candidate.passage.piece for candidate in pieces]
            if not pieces:
                raise CalmError(
                    f"{index.folder} lacks passage {identity} in {language}, which answers {row.question_id}; "
                    "build the index from the set's own passages"
                )
            if len(set(places)) < len(places):
                raise CalmError(
                    f"{index.folder} has two documents {identity} in {language}, one of which answers "
                    f"{row.question_id}; give each document an id of its own and build the index anew"
                )
            if places != list(range(1, len(places) + 1)):
                gaps.append(f"{language}/{identity}")
    if gaps:
        log.warning(
            "%s: %d documents lack pieces that the index left out, since others say the same; the first is %s",
            what,
            len(set(gaps)),
            gaps[0],
        )
    return [list(chain.from_iterable(row_documents)) for row_documents in documents]


def nearest(index: Index, stems: Sequence[str], k: int, spare: int, language: str | None) -> Candidates:
    """Search an index for several questions at once.

    Args:
        index: where.
        stems: of the questions.
        k: passages that there must be for each.
        spare: how many more to look up, if there are so many.
        language: of the passages; all where it is None.

    Returns:
        For each question its passages, the nearest first.
    """
    scores, numbers = _search(index, [stem.replace(MASK, " ") for stem in stems], k, spare, language)
    passages = {int(number): index.passage(int(number)) for number in np.unique(numbers[numbers >= 0])}
    return [
        [
            Candidate(int(number), passages[number], float(score))
            for number, score in zip(row_numbers, row_scores, strict=True)
            if number >= 0
        ]
        for row_numbers, row_scores in zip(numbers, scores, strict=True)
    ]


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
