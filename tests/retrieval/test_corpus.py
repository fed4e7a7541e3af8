"""Corpora are read row by row from what people have; what is wrong with them is said in one line."""

import gzip
import json

import pyarrow
import pyarrow.parquet
import pytest

from retrieval.corpus import Columns, Document, read
from retrieval.errors import RetrievalError

ROWS = [
    {"passage_id": "a", "language": "en", "title": "Bees", "text": "Bees make honey."},
    {"passage_id": "b", "language": "fr", "title": "", "text": "Les abeilles font du miel."},
]


def jsonl(path, rows):
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def expected(source):
    return [
        Document("a", "en", "Bees", "Bees make honey.", str(source)),
        Document("b", "fr", "", "Les abeilles font du miel.", str(source)),
    ]


def test_json_lines(tmp_path):
    path = jsonl(tmp_path / "rows.jsonl", ROWS)
    assert list(read([path])) == expected(path)


def test_compressed_json_lines(tmp_path):
    path = tmp_path / "rows.jsonl.gz"
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(row) + "\n" for row in ROWS)
    assert list(read([path])) == expected(path)


@pytest.mark.parametrize(("suffix", "delimiter"), [("csv", ","), ("tsv", "\t")])
def test_tables_of_text(tmp_path, suffix, delimiter):
    path = tmp_path / f"rows.{suffix}"
    lines = [delimiter.join(ROWS[0])] + [delimiter.join(row.values()) for row in ROWS]
    path.write_text("\ufeff" + "\n".join(lines) + "\n", encoding="utf-8")
    assert list(read([path])) == expected(path)


def test_parquet(tmp_path):
    path = tmp_path / "rows.parquet"
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(ROWS), path)
    assert list(read([path])) == expected(path)


def test_a_folder_of_texts(tmp_path):
    (tmp_path / "texts" / "deep").mkdir(parents=True)
    (tmp_path / "texts" / "bees.txt").write_text("Bees make honey.\n")
    (tmp_path / "texts" / "deep" / "ants.md").write_text("Ants do not.\n")
    (tmp_path / "texts" / "picture.png").write_bytes(b"\x89PNG")
    found = list(read([tmp_path / "texts"], language="en"))
    assert [(each.identity, each.title, each.language) for each in found] == [
        ("bees.txt", "bees", "en"),
        ("deep/ants.md", "ants", "en"),
    ]


def test_a_folder_that_is_laid_out_like_medrag_textbooks(tmp_path):
    """Columns of https://huggingface.co/datasets/MedRAG/textbooks: id, title, content, contents."""
    row = {
        "id": "Anatomy_Gray_0",
        "title": "Anatomy_Gray",
        "content": "What is anatomy?",
        "contents": "Anatomy_Gray. What",
    }
    (found,) = read([jsonl(tmp_path / "Anatomy_Gray.jsonl", [row])], language="en")
    assert (found.identity, found.title, found.text) == ("Anatomy_Gray_0", "Anatomy_Gray", "What is anatomy?")


def test_columns_may_be_named(tmp_path):
    path = jsonl(tmp_path / "rows.jsonl", [{"key": 7, "head": "Bees", "tongue": "en", "saying": "Bees make honey."}])
    (found,) = read([path], Columns(text="saying", title="head", language="tongue", identity="key"))
    assert found == Document("7", "en", "Bees", "Bees make honey.", str(path))


def test_rows_without_id_or_language_are_numbered_and_undetermined(tmp_path):
    path = jsonl(tmp_path / "rows.jsonl", [{"text": "One."}, {"text": "Two."}])
    assert [(each.identity, each.language) for each in read([path])] == [
        ("rows.jsonl-1", "und"),
        ("rows.jsonl-2", "und"),
    ]


def test_reading_is_lazy(tmp_path):
    """The first rows come before the last ones are looked at."""
    path = jsonl(tmp_path / "rows.jsonl", ROWS)
    with path.open("a") as file:
        file.write("{broken\n")
    rows = read([path])
    assert next(rows).identity == "a"
    assert next(rows).identity == "b"
    with pytest.raises(RetrievalError, match="line 3 is cut off"):
        next(rows)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("none.jsonl", None, "is missing"),
        ("rows.docx", b"x", "is none of .jsonl"),
        ("empty.jsonl", b"", "is empty"),
        ("rows.jsonl", b'{"text": "a"}\n{"text": ""}\n', "row 2 has no text (text)"),
        ("rows.jsonl", b'{"text": "a"}\n{"text": null}\n', "row 2 has no text (text)"),
        ("rows.jsonl", b'{"text": "caf\xe9"}\n', "line 1 is not UTF-8 (byte 13)"),
        ("rows.jsonl", b"[1, 2]\n", "line 1 is not an object"),
        ("rows.jsonl", b'{"word": "a"}\n', "has no column text or content"),
        ("rows.csv", b"text,title\na\n", "row 1 has not as many fields as the header"),
        ("rows.parquet", b"PAR1", "is empty, cut off or not Parquet"),
        ("rows.jsonl.gz", b"not gzip", "cannot be read"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(tmp_path, name, content, said):
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(RetrievalError) as caught:
        list(read([path]))
    message = str(caught.value)
    assert said in message
    assert str(path) in message
    assert "\n" not in message


def test_a_folder_without_texts_is_refused(tmp_path):
    with pytest.raises(RetrievalError, match=r"no \.txt or \.md files"):
        list(read([tmp_path]))


def test_a_hub_data_set_that_cannot_be_had(monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(RetrievalError, match=r"wikimedia/wikipedia:20231101\.fr cannot be loaded .* name a local copy"):
        list(read(["wikimedia/wikipedia:20231101.fr"]))
