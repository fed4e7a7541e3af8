"""Tables are read alike from every kind of file; what is wrong with one is said in one line."""

import json

import pyarrow
import pyarrow.parquet
import pytest

from calm_harness.errors import CalmError
from calm_harness.files import read_table

ROWS = [{"id": "1", "text": "Spiders have eight legs."}, {"id": "2", "text": "Ice is water."}]


@pytest.mark.parametrize("suffix", ["jsonl", "json", "csv", "tsv", "parquet"])
def test_any_kind_of_table(tmp_path, suffix):
    path = tmp_path / f"rows.{suffix}"
    if suffix == "parquet":
        pyarrow.parquet.write_table(pyarrow.Table.from_pylist(ROWS), path)
    elif suffix in ("csv", "tsv"):
        delimiter = "," if suffix == "csv" else "\t"
        lines = [delimiter.join(values) for values in [["id", "text"], *(row.values() for row in ROWS)]]
        path.write_text("\ufeff" + "\r\n".join(lines), encoding="utf-8")
    else:
        path.write_text(json.dumps(ROWS) if suffix == "json" else "\n".join(map(json.dumps, ROWS)), encoding="utf-8")
    assert read_table(path, "mend it") == ROWS


def test_a_quotation_mark_swallows_no_row(tmp_path):
    path = tmp_path / "rows.tsv"
    path.write_text('q\ta\tgold\n"Spider" has\t"six legs\tA\nWhat is iron?\ta metal\tA\nGold?\ta gas"\tB\n')
    assert read_table(path, "mend it") == [
        {"q": '"Spider" has', "a": '"six legs', "gold": "A"},
        {"q": "What is iron?", "a": "a metal", "gold": "A"},
        {"q": "Gold?", "a": 'a gas"', "gold": "B"},
    ]


def test_a_row_that_does_not_fit_names_file_line_and_column(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text('a,b\n"1\n1",2\n3\n')
    with pytest.raises(CalmError) as caught:
        read_table(path, "mend it")
    assert str(caught.value) == f"{path} line 4: 1 fields, but 2 in the header (none for column 'b'); mend it"
