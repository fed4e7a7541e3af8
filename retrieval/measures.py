"""Recall, reciprocal rank and nDCG by language of the query and language of the passages (`ir-measures`)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from retrieval.corpus.rows import json_rows
from retrieval.corpus.split import Passage
from retrieval.errors import RetrievalError
from retrieval.index import Index
from retrieval.text import joined

ANY = "any"
RESAMPLES = 1000


@dataclass(frozen=True)
class Query:
    """A query and the passages, or documents, that answer it."""

    query_id: str
    language: str
    text: str
    relevant: tuple[str, ...]


@dataclass(frozen=True)
class Cell:
    """A measure for queries of one language and passages of one language; the error is a bootstrap's."""

    query_language: str
    passage_language: str
    measure: str
    value: float
    stderr: float
    queries: int


def read_queries(path: str | Path) -> list[Query]:
    """Read queries from JSON lines.

    Raises:
        RetrievalError: the file is missing or damaged, or a query lacks something.
    """
    queries = []
    for number, row in json_rows(Path(path).expanduser()):
        try:
            relevant = tuple(map(str, row["relevant"]))
            query = Query(str(row["query_id"]), str(row["language"]), str(row["text"]), relevant)
        except (KeyError, TypeError) as error:
            raise RetrievalError(
                f"{path} line {number}: no query ({error}); it needs query_id, language, text, relevant"
            ) from None
        if not relevant:
            raise RetrievalError(f"{path} line {number}: no passage answers {query.query_id}; leave the query out")
        queries.append(query)
    if not queries:
        raise RetrievalError(f"{path} is empty; it needs a query a line")
    return queries


def evaluate(index: Index, queries: Sequence[Query], depths: Sequence[int] = (1, 10)) -> list[Cell]:
    """Measure an index.

    Args:
        index: what is searched.
        queries: in any number of languages.
        depths: k of recall@k and nDCG@k; the reciprocal rank is that among the first max(depths).

    Raises:
        RetrievalError: a language has fewer passages than max(depths), or no query's answer is in the index.
    """
    _check_answers(index, queries)
    languages = sorted({query.language for query in queries})
    cells: list[Cell] = []
    for language in languages:
        language_queries = [query for query in queries if query.language == language]
        encoded = index.encoder.encode([query.text for query in language_queries], "query")
        for passage_language in (*sorted(index.manifest.languages), ANY):
            hits = index.search_vectors(encoded, max(depths), None if passage_language == ANY else passage_language)
            rankings = [
                _once(_found(hit.passage, query) for hit in query_hits)
                for query, query_hits in zip(language_queries, hits, strict=True)
            ]
            cells += _cells(language_queries, rankings, depths, language, passage_language)
    return cells


def _check_answers(index: Index, queries: Sequence[Query]) -> None:
    wanted_ids = {identity for query in queries for identity in query.relevant}
    if not index.holds_any(wanted_ids):
        raise RetrievalError(
            f"no passage of {index.folder} answers a query: none has an id such as {min(wanted_ids)}; name the index "
            "of the corpus that the queries are of"
        )


def _found(passage: Passage, query: Query) -> str:
    """Name what was found: the document, where that is what answers the query, else the passage."""
    is_piece = passage.passage_id not in query.relevant and passage.document in query.relevant
    return passage.document if is_piece and passage.document else passage.passage_id


def _once(passage_ids: Iterable[str]) -> list[str]:
    """Count a passage once that is found in several languages, and a document once of which several pieces are."""
    return list(dict.fromkeys(passage_ids))


def _cells(
    queries: Sequence[Query],
    rankings: Sequence[Sequence[str]],
    depths: Sequence[int],
    query_language: str,
    passage_language: str,
) -> Iterator[Cell]:
    import ir_measures
    from ir_measures import RR, Qrel, R, ScoredDoc, nDCG

    measures = [measure @ depth for depth in depths for measure in (R, nDCG)] + [RR @ max(depths)]
    names = [str(number) for number in range(len(queries))]
    qrels = [
        Qrel(name, passage_id, 1) for name, query in zip(names, queries, strict=True) for passage_id in query.relevant
    ]
    run = [
        ScoredDoc(name, passage_id, -rank)
        for name, ranking in zip(names, rankings, strict=True)
        for rank, passage_id in enumerate(ranking)
    ]
    by_measure: dict[str, list[float]] = {str(measure): [] for measure in measures}
    for metric in ir_measures.iter_calc(measures, qrels, run):
        by_measure[str(metric.measure)].append(metric.value)
    for measure in measures:
        values = np.array(by_measure[str(measure)])
        yield Cell(query_language, passage_language, str(measure), float(values.mean()), _stderr(values), len(values))


def _stderr(values: Any) -> float:
    if len(values) < 2:
        return float("nan")
    drawn = np.random.default_rng(0).integers(len(values), size=(RESAMPLES, len(values)))
    return float(values[drawn].mean(axis=1).std(ddof=1))


def grid(cells: Sequence[Cell], measure: str) -> str:
    """Lay a measure out: a line a query language, a column a passage language."""
    columns = list(dict.fromkeys(cell.passage_language for cell in cells))
    by_languages = {(cell.query_language, cell.passage_language): cell for cell in cells if cell.measure == measure}
    lines = [f"{measure:<9}" + "".join(f"{column:>13}" for column in columns)]
    for language in dict.fromkeys(cell.query_language for cell in cells):
        values = (by_languages[language, column] for column in columns)
        lines.append(f"{language:<9}" + "".join(f"  {cell.value:.3f}±{cell.stderr:.3f}" for cell in values))
    return joined(lines)
