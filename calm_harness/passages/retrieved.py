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
from typing import Any
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

Found = list[list[tuple[Passage, float | None]]]  # for each row, the nearest first, with the cosine


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
        found = _named(rows, index) if passage_language == "oracle" else _nearest(rows, index, k, passage_language)
    except RetrievalError as error:
        raise CalmError(str(error)) from None
    leaks = _leaks(question_set, found)
    spare = [
        [
            (passage, score)
            for passage, score in each
            if (keep_leaks or _name(passage) not in leaks)
            and not (passage_language == "distractor" and _document(passage) in row.gold_passages)
        ][:k]
        for row, each in zip(rows, found, strict=True)
    ]
    manifest = index.manifest
    return Retrieved(
        passages=[[_record(passage, score) for passage, score in each] for each in spare],
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


def _named(rows: Sequence[Row], index: Index) -> Found:
    """Look up the passages that the set names, in each row's language."""
    found: Found = []
    known = {
        language: index.passages([name for row in rows for name in row.gold_passages], language)
        for language in dict.fromkeys(row.language for row in rows)
    }
    for row in rows:
        own = [known[row.language].get(name) for name in row.gold_passages]
        if None in own:
            raise CalmError(
                f"{index.folder} lacks passage {row.gold_passages[own.index(None)]} in {row.language}, which answers "
                f"{row.question_id}; build the index from the set's own passages"
            )
        found.append([(passage, None) for passage in own if passage is not None])
    return found


def _nearest(rows: Sequence[Row], index: Index, k: int, passage_language: PassageChoice | str) -> Found:
    """Search the index, all questions of a language at once."""
    found: Found = [[] for _ in rows]
    own = passage_language in ("same", "distractor")
    wanted = [row.language if own else None if passage_language == "any" else passage_language for row in rows]
    for language in dict.fromkeys(wanted):
        places = [place for place, tag in enumerate(wanted) if tag == language]
        queries = [rows[place].stem.replace(MASK, " ") for place in places]
        scores, numbers = _search(index, queries, k, language)
        known = {int(number): index.passage(int(number)) for number in np.unique(numbers[numbers >= 0])}
        for place, line, near in zip(places, numbers, scores, strict=True):
            found[place] = [
                (known[number], float(score)) for number, score in zip(line, near, strict=True) if number >= 0
            ]
    return found


def _search(
    index: Index, queries: Sequence[str], k: int, language: str | None
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Search, or take from the cache what an earlier search found."""
    there = index.manifest.languages.get(language, 0) if language else len(index)
    depth = k if k > there else min(k + SPARE, there)  # of too large a k the index itself says what is wrong
    key = json.dumps([index.manifest.fingerprint, list(queries), depth, language], ensure_ascii=False)
    path = cache_folder() / "retrieval" / f"{hashlib.sha256(key.encode()).hexdigest()[:24]}.npz"
    try:
        with np.load(path, allow_pickle=False) as kept:
            return kept["scores"], kept["numbers"]
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
    leaks = _questions(question_set)
    try:
        index = Index.open(folder)
        for passage in tqdm(index, total=len(index), unit=" passages", disable=None, leave=False):
            leak = leaks.find(_text(passage))
            if leak is not None:
                yield passage, leak
    except RetrievalError as error:
        raise CalmError(str(error)) from None


def _questions(question_set: QuestionSet) -> Leaks:
    return Leaks((row.question_id, row.language, row.stem) for row in question_set.rows)


def _text(passage: Passage) -> str:
    return f"{passage.title}\n{passage.text}"


def _leaks(question_set: QuestionSet, found: Found) -> dict[str, Leak]:
    """Find the passages that contain a question of the set, in whatever language."""
    leaks = _questions(question_set)
    passages = {_name(passage): passage for each in found for passage, _ in each}
    each = {name: leaks.find(_text(passage)) for name, passage in passages.items()}
    return {name: leak for name, leak in each.items() if leak is not None}
