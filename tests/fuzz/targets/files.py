"""The readers of rows that all others stand on."""

import csv
import io
import json

from calm_harness.files import iterate_jsonl_rows, read_json_rows, read_table
from retrieval import corpus
from tests.fuzz.target import put, target

REMEDY = "get it anew"
ROWS = [{"id": 1, "text": "Où ?", "list": ["a", None]}, {"id": 2, "text": '"x", y', "list": []}]
FLAT = [{"id": "1", "text": "Où ?", "empty": ""}, {"id": "2", "text": 'said "x", y', "empty": "b"}]
PASSAGES = [
    {"id": "p1", "text": "Paris is a town.", "title": "Paris", "lang": "fr"},
    {"id": "p2", "text": "中", "lang": "zh"},
]


def jsonl(rows) -> bytes:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


def separated(rows, delimiter=",") -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), delimiter=delimiter, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def tabbed(rows) -> bytes:
    return "".join("\t".join(map(str, line)) + "\n" for line in [rows[0], *(row.values() for row in rows)]).encode()


def parquet(rows) -> bytes:
    import pyarrow
    import pyarrow.parquet

    out = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), out)
    return out.getvalue()


def _check(rows) -> None:
    for row in rows:
        assert isinstance(row, dict)
        assert all(isinstance(name, str) for name in row)
        str(row).encode()  # no half characters


@target(lambda: [jsonl(ROWS)], "jsonl")
def rows_jsonl(data):
    _check(iterate_jsonl_rows(put("rows.jsonl", data), REMEDY))


@target(lambda: [json.dumps(ROWS).encode()], "json")
def rows_json(data):
    _check(read_json_rows(put("rows.json", data), REMEDY))


@target(lambda: [separated(FLAT)], "csv", ['""', '","', '"\n'])
def rows_csv(data):
    rows = read_table(put("rows.csv", data), REMEDY)
    _check(rows)
    if rows:  # what we read is what was written: written again, it is read the same
        assert read_table(put("again.csv", _again(rows)), REMEDY) == rows


def _again(rows) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerows([list(rows[0]), *(list(row.values()) for row in rows)])
    return out.getvalue().encode()


@target(lambda: [tabbed(FLAT), b'a\tb\n"x ""y"""\t"z"\n'], "tsv", ['""', '"\t"'])
def rows_tsv(data):
    rows = read_table(put("rows.tsv", data), REMEDY)
    _check(rows)
    assert len({len(row) for row in rows}) < 2


@target(lambda: [parquet(ROWS)], "parquet")
def rows_parquet(data):
    _check(read_table(put("rows.parquet", data), REMEDY))


def _read_corpus(name, data):
    tally = corpus.Tally()
    for document in corpus.read([put(name, data)], tally=tally):
        assert document.text.strip()
        for text in (document.identity, document.language, document.title, document.text, document.source):
            text.encode()


@target(lambda: [jsonl(PASSAGES)], "jsonl")
def corpus_jsonl(data):
    _read_corpus("corpus.jsonl", data)


@target(lambda: [_gzipped(jsonl(PASSAGES))], "bytes")
def corpus_gz(data):
    _read_corpus("corpus.jsonl.gz", data)


def _gzipped(data):
    import gzip

    return gzip.compress(data, mtime=0)


@target(lambda: [separated([{**row, "title": row.get("title", "")} for row in PASSAGES])], "csv")
def corpus_csv(data):
    _read_corpus("corpus.csv", data)


@target(lambda: [parquet(PASSAGES)], "parquet")
def corpus_parquet(data):
    _read_corpus("corpus.parquet", data)
