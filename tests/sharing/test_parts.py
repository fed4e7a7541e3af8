"""The parts of a push, each alone: which licence, which paths, which type a column has."""

from dataclasses import replace
from pathlib import Path

import pyarrow.parquet
import pytest

from calm_harness.report.runs import find
from calm_harness.sharing import licences, parquet
from calm_harness.sharing.private import Paths, check, secrets
from calm_harness.sharing.rows import laid_out, without_texts


@pytest.fixture(scope="module")
def run(scored):
    (found,), _ = find([scored])
    return found


@pytest.mark.parametrize(
    ("changes", "licence"),
    [
        ({}, "Apache-2.0"),
        ({"set_name": "bmlama"}, "Apache-2.0"),
        ({"set_name": "xcsqa"}, None),
        ({"set_name": "xcsqa", "settings": {"source": "INK-USC/xcsr"}}, "MIT"),
        ({"set_name": "xcsqa", "settings": {"source": "/data/calm_release"}}, None),
        ({"set_name": "medqa", "settings": {"source": "INK-USC/xcsr"}}, None),
        ({"set_name": "custom"}, None),
        ({"mode": "RAG same k=3"}, None),  # passages of whatever index
        ({"languages": ()}, None),  # a plain task
    ],
)
def test_which_texts_may_be_passed_on(run, changes, licence):
    assert licences.of_run(replace(run, **changes))[0] == licence


def test_paths_of_this_machine_are_cut_and_others_are_not(monkeypatch, tmp_path):
    home = tmp_path / "home" / "me"
    monkeypatch.setenv("HOME", str(home))
    paths = Paths([{"pretrained": "/models/deep/gemma", "delimiter": "/ ", "name": "org/model"}, r"C:\models\qwen"])
    assert paths.cut("/models/deep/gemma") == "gemma"
    assert paths.cut("see /models/deep/gemma/config.json, or /models/deep/gemma2") == (
        "see config.json, or /models/deep/gemma2"
    )
    assert paths.cut({"a": [f"{home}/x/y.txt", 3, None]}) == {"a": ["y.txt", 3, None]}
    assert paths.cut(r"C:\models\qwen\a.bin") == "a.bin"
    for text in (
        "/etc/passwd",
        "and/or/not",
        "org/model",
        "https://x.org/models/deep/gemma",
        "yes / no",
        f"{home}ly/x",
    ):
        assert paths.cut(text) == text


def test_secrets_are_told_by_the_names_of_variables():
    environment = {"HF_TOKEN": "abcdefgh", "OPENAI_API_KEY": "12345678", "MONKEY": "banana-banana", "A_KEY": "short"}
    assert set(secrets(environment)) == {"abcdefgh", "12345678", "banana-banana"}  # MONKEY: rather one too many
    assert secrets({"PATH": "/usr/bin:/bin", "KEYBOARD": "dvorak-dvorak"}) == {}


def test_what_looks_like_a_token_is_refused():
    rows = [{"text": "hf_short"}, {"text": "hf_" + "a1B2" * 9}]
    with pytest.raises(Exception, match="log row 1 holds what looks like a token of the Hub"):
        list(check(rows, Path("log"), {}))


def test_requests_become_a_list():
    row = {"arguments": {"gen_args_0": {"arg_0": "Q", "arg_1": {"until": ["\n"]}}, "gen_args_1": {"arg_0": "R"}}}
    assert laid_out(row)["arguments"] == [{"arg_0": "Q", "arg_1": '{"until": ["\\n"]}'}, {"arg_0": "R"}]
    assert laid_out({"arguments": [["Q", " a"]]}) == {"arguments": [["Q", " a"]]}


def test_a_document_of_somebody_elses_task_is_no_number():
    row = {"doc": {"question": "2 + 2?", "answer": 4}, "target": "4", "acc": 1.0, "doc_id": 7, "resps": [["4"]]}
    assert without_texts(row) == {"acc": 1.0, "doc_id": 7}


def read(path):
    return pyarrow.parquet.read_table(path).to_pylist()


def test_a_column_of_one_kind_is_of_that_kind_and_others_are_json(tmp_path):
    rows = [
        {"number": 1, "mixed": "one", "empty": {}, "list": [1], "late": None},
        {"number": 2.5, "mixed": 1, "empty": {}, "list": [], "late": None},
    ]
    count, as_json = parquet.write(tmp_path / "a.parquet", lambda: iter(rows))
    assert (count, sorted(as_json)) == (2, ["empty", "mixed"])
    assert read(tmp_path / "a.parquet") == [
        {"number": 1.0, "mixed": '"one"', "empty": "{}", "list": [1], "late": None},
        {"number": 2.5, "mixed": "1", "empty": "{}", "list": [], "late": None},
    ]


def test_a_later_group_may_have_what_the_first_had_not(tmp_path):
    def rows():
        for number in range(parquet.GROUP + 1):
            last = number == parquet.GROUP
            yield {"n": number if not last else 0.5, "late": {"a": "x"} if last else None, "odd": "text" if last else 1}

    count, as_json = parquet.write(tmp_path / "a.parquet", rows)
    assert (count, as_json) == (parquet.GROUP + 1, ["odd"])
    first, *_, last = read(tmp_path / "a.parquet")
    assert first == {"n": 0.0, "late": None, "odd": "1"}
    assert last == {"n": 0.5, "late": {"a": "x"}, "odd": '"text"'}


def test_half_a_character_does_not_end_a_push(tmp_path):
    _, as_json = parquet.write(tmp_path / "a.parquet", lambda: iter([{"text": "\ud83d"}, {"text": "é"}]))
    assert as_json == ["text"]
    assert [row["text"] for row in read(tmp_path / "a.parquet")] == ['"\\ud83d"', '"é"']
