"""CSV of a Hub data set, or of a folder in its layout, is read as it stands."""

import os
import subprocess
import sys

import pytest

from retrieval.corpus.hub import open_split, stream
from retrieval.errors import RetrievalError

CARD = """---
configs:
- config_name: en
  data_files:
  - split: test
    path: en.SUFFIX
---
"""


def as_hub(folder, text, suffix="csv"):
    folder.mkdir()
    (folder / "README.md").write_text(CARD.replace("SUFFIX", suffix))
    (folder / f"en.{suffix}").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(autouse=True)
def no_shared_cache(monkeypatch, tmp_path):
    import datasets

    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")


def test_no_text_is_taken_for_a_missing_value_or_a_number(tmp_path):
    place = as_hub(tmp_path / "d", "id,a,b,c,gold\n007,None,NA,1.50,1\n008,null,TRUE,2.25,\n")
    expected = [
        {"id": "007", "a": "None", "b": "NA", "c": "1.50", "gold": "1"},
        {"id": "008", "a": "null", "b": "TRUE", "c": "2.25", "gold": ""},
    ]
    assert list(open_split(place, "en", "test")) == expected
    assert list(open_split(place, "en", "test", streaming=True)) == expected


def test_a_column_that_changes_its_kind_on_the_way_is_read(tmp_path):
    numbers = "".join(f"{number},x\n" for number in range(12_000))
    rows = list(open_split(as_hub(tmp_path / "d", f"id,b\n{numbers}last,x\n"), "en", "test"))
    assert (len(rows), rows[0]["id"], rows[12_000]["id"]) == (12_001, "0", "last")


def test_a_quotation_mark_in_tsv_swallows_no_row(tmp_path):
    place = as_hub(tmp_path / "d", 'id\tb\n1\t"Hens\n2\tIce\n3\tBees"\n', "tsv")
    assert [row["b"] for row in open_split(place, "en", "test")] == ['"Hens', "Ice", 'Bees"']


def test_tsv_that_is_plainly_quoted_loses_its_quotes(tmp_path):
    place = as_hub(tmp_path / "d", '"id"\t"b"\n"1"\t"say ""hens"""\n', "tsv")
    assert list(open_split(place, "en", "test")) == [{"id": "1", "b": 'say "hens"'}]


def test_a_first_row_with_a_field_too_many_does_not_shift_the_columns(tmp_path):
    with pytest.raises(ValueError, match="its first row has one field more than its header"):
        open_split(as_hub(tmp_path / "d", "id,b\n1,2,3\n"), "en", "test")


def test_a_corpus_is_streamed(tmp_path):
    place = as_hub(tmp_path / "d", "id,text\n1,None\n")
    with pytest.raises(RetrievalError, match="cannot be loaded"):
        list(stream(f"{place}:de:test"))
    assert list(stream(f"{place}:en:test")) == [(1, {"id": "1", "text": "None"})]


AS_ON_THE_HUB = """
import shutil
import datasets
from retrieval.corpus import hub
from retrieval.corpus.hub import open_split
class Elsewhere(type(hub.Path())):
    is_dir = lambda self: False
hub.Path = Elsewhere
"""
OFFLINE = """
print(open_split("d", "en", "test").to_list())
shutil.rmtree("d")
print(open_split("d", "en", "test").to_list())
try:
    open_split("d", "en", "test", revision="abc")
except RuntimeError as error:
    print(str(error).split(" of revision ")[0], str(error).rsplit(",", 1)[1])
"""
FOREIGN = """
datasets.load_dataset("d", "en", split="test")
shutil.rmtree("d")
try:
    open_split("d", "en", "test")
except ValueError as error:
    print(error)
"""


def offline(code, folder):
    """Run in a process of its own that takes the folder for a Hub data set, and later finds it in the cache."""
    variables = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": str(folder / "home"), "PYTHONPATH": os.getcwd()}
    done = subprocess.run(
        [sys.executable, "-c", AS_ON_THE_HUB + code],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
        env=variables,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_what_was_loaded_once_is_there_without_network(tmp_path):
    as_hub(tmp_path / "d", "id,b\n1,None\n")
    assert offline(OFFLINE, tmp_path) == [
        "[{'id': '1', 'b': 'None'}]",
        "[{'id': '1', 'b': 'None'}]",
        "the copy in the cache is  not abc",
    ]


def test_what_somebody_else_read_with_the_defaults_of_pandas_is_refused(tmp_path):
    as_hub(tmp_path / "d", "id,b\n1,None\n")
    (line,) = offline(FOREIGN, tmp_path)
    assert line == "the copy in the cache was read with pandas' defaults, which lose `None`, `NA` and `1.50`"
