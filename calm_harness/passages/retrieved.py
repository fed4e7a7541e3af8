"""The passages that a `_rag` task shows with its questions, from an index of `retrieval`.

Each question's stem is the query, in its own language; `passage_language` says which passages may be found. `oracle`
and `distractor` are points of reference for sets that name the passages which answer a question: those alone, or
the nearest ones without them. What a search found is kept in the cache folder under everything that it depends on.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from calm_harness.cache import cache_folder
from calm_harness.errors import CalmError
from calm_harness.files import whole
from calm_harness.passages.choice import REFERENCES, PassageChoice
from calm_harness.passages.leaks import Leak, Leaks
from calm_harness.prompts import MASK
from calm_harness.questions import QuestionSet, Row
from retrieval.errors import RetrievalError
from retrieval.index import Index
from retrieval.split import Passage

log = logging.getLogger(__name__)

SPARE = 8  # passages looked up beyond k, to take the place of those that are left out


class Candidate(NamedTuple):
    """A passage that a row may show, and its cosine with the question; None where no search found it."""

    passage: Passage
    score: float | None


Candidates = list[list[Candidate]]  # for each row, the nearest first


@dataclass
class Retrieved:
    """What was found for the rows of a question set.

    Attributes:
        passages: a list for each row, the nearest first: `passage_id`, `language`, `title`, `text`, `score` (cosine;
            None of an `oracle` passage, which no search found), `cut` (whether its end is missing).
        leaks: passage (`language/passage_id`) -> the question of the set that it contains.
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
        keep_leaks: show passages that contain a question of the set nearly word for word.

    Raises:
        CalmError: the index is missing, damaged, of another encoder or has too few passages, or the set names no
            passages that answer its questions.
    """
    rows = question_set.rows
    if passage_language in REFERENCES and not all(row.gold_passages for row in rows):
        raise CalmError(
            f"--metadata: passage_language={passage_language} needs a set that names the passages which answer its "
            f"questions, as mini does; {question_set.name} does not"
        )
    try:
        index = Index.open(folder)
        candidates = _named(rows, index) if passage_language == "oracle" else _nearest(rows, index, k, passage_language)
    except RetrievalError as error:
        raise CalmError(str(error)) from None
    leaks = _leaks(question_set, candidates)
    shown = [
        [
            candidate
            for candidate in row_candidates
            if (keep_leaks or _name(candidate.passage) not in leaks)
            and not (passage_language == "distractor" and _document(candidate.passage) in row.gold_passages)
        ][:k]
        for row, row_candidates in zip(rows, candidates, strict=True)
    ]
    manifest = index.manifest
    return Retrieved(
        passages=[[_record(passage, score) for passage, score in row_shown] for row_shown in shown],
        leaks=leaks,
        kept=keep_leaks,
        index={"encoder": manifest.encoder, "revision": manifest.revision, "kind": manifest.kind}
        | {"passages": manifest.count, "fingerprint": manifest.fingerprint},
    )


def _name(passage: Passage) -> str:
    return f"{passage.language}/{passage.passage_id}"


def _document(passage: Passage) -> str:
    """The document's id: a long one was split into `id`, `id#2` and so on."""
    return passage.passage_id.rpartition("#")[0] or passage.passage_id


def _record(passage: Passage, score: float | None) -> dict[str, Any]:
    return {
        "passage_id": passage.passage_id,
        "language": passage.language,
        "title": passage.title,
        "text": passage.text,
        "score": score,
        "cut": False,
    }


def _named(rows: Sequence[Row], index: Index) -> Candidates:
    """Look up the passages that the set names, in each row's language."""
    candidates: Candidates = []
    passages = {
        language: index.passages([passage_id for row in rows for passage_id in row.gold_passages], language)
        for language in dict.fromkeys(row.language for row in rows)
    }
    for row in rows:
        gold = [passages[row.language].get(passage_id) for passage_id in row.gold_passages]
        if None in gold:
            raise CalmError(
                f"{index.folder} lacks passage {row.gold_passages[gold.index(None)]} in {row.language}, which answers "
                f"{row.question_id}; build the index from the set's own passages"
            )
        candidates.append([Candidate(passage, None) for passage in gold if passage is not None])
    return candidates


def _nearest(rows: Sequence[Row], index: Index, k: int, passage_language: PassageChoice | str) -> Candidates:
    """Search the index, all questions of a language at once."""
    candidates: Candidates = [[] for _ in rows]
    same = passage_language in ("same", "distractor")
    languages = [row.language if same else None if passage_language == "any" else passage_language for row in rows]
    for language in dict.fromkeys(languages):
        indices = [i for i, tag in enumerate(languages) if tag == language]
        queries = [rows[i].stem.replace(MASK, " ") for i in indices]
        scores, numbers = _search(index, queries, k, language)
        passages = {int(number): index.passage(int(number)) for number in np.unique(numbers[numbers >= 0])}
        for i, row_numbers, row_scores in zip(indices, numbers, scores, strict=True):
            candidates[i] = [
                Candidate(passages[number], float(score))
                for number, score in zip(row_numbers, row_scores, strict=True)
                if number >= 0
            ]
    return candidates


def _search(
    index: Index, queries: Sequence[str], k: int, language: str | None
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Search, or take from the cache what an earlier search found."""
    available = index.manifest.languages.get(language, 0) if language else len(index)
    depth = k if k > available else min(k + SPARE, available)  # of too large a k the index itself says what is wrong
    key = json.dumps([index.manifest.fingerprint, list(queries), depth, language], ensure_ascii=False)
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
    """Go through a whole index and yield the passages that contain a question of a set.

    Raises:
        CalmError: the index is missing or damaged.
    """
    questions = _questions(question_set)
    try:
        index = Index.open(folder)
        for passage in tqdm(index, total=len(index), unit=" passages", disable=None, leave=False):
            leak = questions.find(_text(passage))
            if leak is not None:
                yield passage, leak
    except RetrievalError as error:
        raise CalmError(str(error)) from None


def _questions(question_set: QuestionSet) -> Leaks:
    return Leaks((row.question_id, row.language, row.stem) for row in question_set.rows)


def _text(passage: Passage) -> str:
    return f"{passage.title}\n{passage.text}"


def _leaks(question_set: QuestionSet, candidates: Candidates) -> dict[str, Leak]:
    """Find the passages that contain a question of the set, in whatever language."""
    questions = _questions(question_set)
    passages = {_name(passage): passage for row_candidates in candidates for passage, _ in row_candidates}
    leaks = {name: questions.find(_text(passage)) for name, passage in passages.items()}
    return {name: leak for name, leak in leaks.items() if leak is not None}
