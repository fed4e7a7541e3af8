"""Files whose lines end as Windows has it (CR LF) say what the same files say with LF."""

import json

import pytest

from calm_harness import questions
from calm_harness.files import read_table, write_text
from calm_harness.predictions import read
from retrieval.corpus import read as read_corpus
from retrieval.measures import read_queries
from tests import own_set
from tests.predictions import logs
from trainer.preferences.samples import named_questions


def with_crlf(path):
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert b"\r\n" in path.read_bytes()


def test_a_set_of_one_s_own(tmp_path):
    recipe = own_set.write(tmp_path)
    before = questions.load("custom", source=str(recipe)).rows
    for path in list(tmp_path.iterdir()):
        with_crlf(path)
    assert questions.load("custom", source=str(recipe)).rows == before


@pytest.mark.parametrize("suffix", ["csv", "tsv"])
def test_tables(tmp_path, suffix):
    path = tmp_path / f"rows.{suffix}"
    path.write_text("id,text\n1,ice\n2,water\n".replace(",", "," if suffix == "csv" else "\t"), encoding="utf-8")
    with_crlf(path)
    assert read_table(path, "mend it") == [{"id": "1", "text": "ice"}, {"id": "2", "text": "water"}]


def test_predictions(tmp_path):
    path = logs.write(tmp_path / "p.jsonl", [{"prompt": "Who?\nA. ash\nB. oak", "predict": "A", "label": "A"}])
    before = read(path, "en")
    with_crlf(path)
    assert read(path, "en") == before


def test_a_folder_of_texts(tmp_path):
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "a.txt").write_bytes(b"One line.\r\nAnother.\r\n")
    (document,) = read_corpus([tmp_path], language="en")
    assert (document.identity, document.text) == ("below/a.txt", "One line.\nAnother.\n")


def test_queries(tmp_path):
    path = tmp_path / "q.jsonl"
    query = {"query_id": "1", "language": "en", "text": "Who?", "relevant": ["d1"]}
    path.write_bytes(json.dumps(query).encode() + b"\r\n\r\n")
    assert [asked.text for asked in read_queries(path)] == ["Who?"]


def test_ids_of_questions(tmp_path):
    path = tmp_path / "ids.txt"
    path.write_bytes(b"mini-1\r\nmini-2\r\n")
    assert named_questions(str(path)) == ["mini-1", "mini-2"]


def test_what_is_written_ends_its_lines_with_lf(tmp_path):
    write_text(tmp_path / "x.md", "a\nb\n")
    assert (tmp_path / "x.md").read_bytes() == b"a\nb\n"
