"""Corpora are read row by row from what people have; what is wrong with them is said in one line."""

import gzip
import json

import pyarrow
import pyarrow.parquet
import pytest

from retrieval.corpus import Columns, Document, Tally, read, reading
from retrieval.corpus.hub import stream
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
        (
            "rows.jsonl",
            b'{"text": "a"}\n{"text": ["b"]}\n',
            "row 2: text is no text (list); name the column of the texts",
        ),
        ("rows.jsonl", b'{"text": "caf\xe9"}\n', "line 1 is not UTF-8 (byte 13)"),
        ("rows.jsonl", b"[1, 2]\n", "line 1 is not an object"),
        ("rows.jsonl", b'{"word": "a"}\n', "has no column text or content"),
        ("rows.csv", b"text,title\na\n", "line 2: 1 fields, but 2 in the header (none for column 'title')"),
        ("rows.tsv", b"text\ttitle\na\tb\tc\n", "line 2: 3 fields, but 2 in the header (after column 'title')"),
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


WIKIPEDIA = [
    {
        "id": "7",
        "url": "https://fr.wikipedia.org/wiki/Abeille",
        "title": "Abeille",
        "text": "Les abeilles font du miel.",
    },
    {"id": "8", "url": "https://fr.wikipedia.org/wiki/Miel", "title": "Miel", "text": "Le miel est sucré."},
]


@pytest.fixture
def wikipedia(tmp_path):
    """A copy of a configuration of https://huggingface.co/datasets/wikimedia/wikipedia: id, url, title, text."""
    folder = tmp_path / "wikipedia" / "20231101.fr"
    folder.mkdir(parents=True)
    for number, row in enumerate(WIKIPEDIA):
        pyarrow.parquet.write_table(pyarrow.Table.from_pylist([row]), folder / f"train-{number:05}-of-00002.parquet")
    return folder


@pytest.mark.parametrize("below", ["", ".."])
def test_a_copy_of_wikipedia_knows_its_language(wikipedia, below):
    found = list(read([wikipedia / below]))
    assert [(each.identity, each.language, each.title, each.text) for each in found] == [
        (row["id"], "fr", row["title"], row["text"]) for row in WIKIPEDIA
    ]


def test_a_hub_data_set_is_streamed(wikipedia):
    """By the datasets library itself, from a folder in the Hub's layout: the Hub cannot be reached here."""
    rows = stream(str(wikipedia))
    assert next(rows) == (1, WIKIPEDIA[0])
    assert list(rows) == [(2, WIKIPEDIA[1])]


def test_a_configuration_names_the_language():
    assert reading._language_of("wikimedia/wikipedia:20231101.zh-yue") == "zh-yue"
    assert reading._language_of("MedRAG/textbooks") is None


def test_texts_are_composed(tmp_path):
    (found,) = read([jsonl(tmp_path / "rows.jsonl", [{"text": "cafe\u0301"}])])
    assert found.text == "caf\u00e9"


def test_a_folder_of_tables_and_texts_is_refused(tmp_path):
    jsonl(tmp_path / "rows.jsonl", ROWS)
    (tmp_path / "bees.txt").write_text("Bees make honey.")
    with pytest.raises(RetrievalError, match=r"has tables \(rows.jsonl\) and texts \(bees.txt\); name them apart"):
        list(read([tmp_path]))


def test_a_language_tag_has_its_form(tmp_path):
    path = jsonl(tmp_path / "rows.jsonl", ROWS)
    with pytest.raises(RetrievalError, match="'English language' is no language tag"):
        list(read([path], language="English language"))


def test_rows_without_text_are_left_out_and_counted(tmp_path):
    texts = ["One.", "", None, " \n", "Two."]
    path = jsonl(tmp_path / "rows.jsonl", [{"id": f"d{number}", "text": text} for number, text in enumerate(texts)])
    tally = Tally()
    assert [document.identity for document in read([path], tally=tally)] == ["d0", "d4"]
    assert tally == Tally(empty=3, first_empty=f"{path} row 2")


def test_a_title_alone_is_a_text(tmp_path):
    path = jsonl(tmp_path / "rows.jsonl", [{"_id": "d2", "title": "Hens lay eggs every day", "text": ""}])
    tally = Tally()
    assert list(read([path], tally=tally)) == [Document("d2", "und", "", "Hens lay eggs every day", str(path))]
    assert tally == Tally(titles=1)


def test_rows_of_json_may_have_different_fields(tmp_path):
    rows = [{"text": "One."}, {"title": "Two"}, {"id": "c", "title": "T", "content": "Three."}, {"id": "d"}]
    path = jsonl(tmp_path / "rows.jsonl", rows)
    tally = Tally()
    found = [(document.identity, document.title, document.text) for document in read([path], tally=tally)]
    assert found == [("rows.jsonl-1", "", "One."), ("rows.jsonl-2", "", "Two"), ("c", "T", "Three.")]
    assert tally == Tally(empty=1, first_empty=f"{path} row 4", titles=1)


def test_empty_files_are_left_out_and_counted(tmp_path):
    for name, text in (("a.txt", ""), ("b.txt", "Bees."), ("c.txt", "\n")):
        (tmp_path / name).write_text(text)
    tally = Tally()
    assert [document.identity for document in read([tmp_path], tally=tally)] == ["b.txt"]
    assert tally == Tally(empty=2, first_empty=str(tmp_path / "a.txt"))


def test_what_pandas_makes_of_missing_values_is_undone(tmp_path):
    """NaN for what is missing, and whole numbers as floats beside it."""
    nan = float("nan")
    rows = [{"id": 7.0, "language": nan, "title": nan, "text": "One."}, {"id": nan, "language": "fr", "text": nan}]
    path = tmp_path / "rows.parquet"
    columns = {
        "id": [7.0, nan],
        "language": pyarrow.array([None, "fr"]),
        "title": pyarrow.array([nan, nan]),
        "text": pyarrow.array(["One.", None]),
    }
    pyarrow.parquet.write_table(pyarrow.table(columns), path)
    assert list(read([path])) == [Document("7", "und", "", "One.", str(path))]
    path = jsonl(tmp_path / "rows.jsonl", rows)
    assert list(read([path])) == [Document("7", "und", "", "One.", str(path))]


def test_a_quotation_mark_swallows_no_document(tmp_path):
    path = tmp_path / "rows.tsv"
    path.write_text('id\ttext\n1\tSpiders.\n2\t"Hens, he said.\n3\tIce.\n4\tBees" she said.\n')
    assert [document.text for document in read([path])] == ["Spiders.", '"Hens, he said.', "Ice.", 'Bees" she said.']
