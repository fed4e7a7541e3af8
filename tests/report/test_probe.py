"""A probe's file: what is written is read, and what is not as it has to be is refused by file and field."""

import json

import numpy as np
import pytest

from calm_harness.errors import CalmError
from calm_harness.report.probe import PROBE, Probe, Table, read, write


def cell(value, low=None, high=None, questions=60):
    return {"value": value, "stderr": None, "interval": [low, high], "questions": questions}


def probe(**changes):
    """A probe of invented figures."""
    cells = {"de": {"de": cell(0.5, 0.25, 0.75), "日本語": cell(-0.125, -0.25, 0)}, "日本語": {"de": cell(None)}}
    table = Table(
        title="Barrier",
        figure="barrier",
        row="edited in",
        column="asked in",
        rows=["de", "日本語"],
        columns=["de", "日本語"],
        cells=cells,
        signed=True,
        note="0 is none.",
    )
    known = {"kind": "edit", "title": "Edits", "model": "org/model", "task": "calm_mini_xl", "questions": 60}
    return Probe(**{**known, "lines": ["By chance .25 are right."], "tables": [table], **changes})


def damaged(folder, *where, value):
    """Write a sound probe's file with another value at a place in it; None takes the place out."""
    write(probe(), folder)
    content = json.loads((folder / PROBE).read_text("utf-8"))
    inner = content
    for name in where[:-1]:
        inner = inner[name]
    if value is None:
        del inner[where[-1]]
    else:
        inner[where[-1]] = value
    (folder / PROBE).write_text(json.dumps(content), "utf-8")
    return folder / PROBE


def test_what_is_written_is_read(tmp_path):
    write(probe(), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [PROBE]
    assert read(tmp_path / PROBE) == probe()
    content = json.loads((tmp_path / PROBE).read_text("utf-8"))
    assert content["tables"][0]["cells"]["de"]["de"] == {
        "value": 0.5,
        "stderr": None,
        "interval": [0.25, 0.75],
        "questions": 60,
    }


def test_numbers_are_those_of_json(tmp_path):
    """Numpy's become Python's; what is not finite becomes null, when it is written and when it is read."""
    cells = {"a": {"x": cell(np.float32(0.5), np.float64("nan"), float("nan"), np.int64(7)), "y": cell(float("inf"))}}
    table = Table("Found", "found", "needle", "position", ["a"], ["x", "y"], cells)
    write(probe(tables=[table]), tmp_path)
    text = (tmp_path / PROBE).read_text("utf-8")
    assert "NaN" not in text
    assert "Infinity" not in text
    assert read(tmp_path / PROBE).tables[0].cells == {"a": {"x": cell(0.5, questions=7), "y": cell(None)}}
    (tmp_path / PROBE).write_text(text.replace("0.5", "NaN"), "utf-8")
    assert read(tmp_path / PROBE).tables[0].cells["a"]["x"] == cell(None, questions=7)


def test_what_is_absent_is_empty(tmp_path):
    path = damaged(tmp_path, "tables", 0, "note", value=None)
    content = json.loads(path.read_text("utf-8"))
    del content["tables"][0]["signed"]
    content["tables"][0]["cells"]["de"]["日本語"] = None
    content["unknown"] = 1
    path.write_text(json.dumps(content), "utf-8")
    (table,) = read(path).tables
    assert (table.signed, table.note) == (False, "")
    assert table.cells == {"de": {"de": cell(0.5, 0.25, 0.75)}, "日本語": {"de": cell(None)}}


CELL = ("tables", 0, "cells", "de", "de")
DAMAGED = {
    "no title": (("title",), None, "title is missing"),
    "a number for a title": (("title",), 5, "title is not text"),
    "half a question": (("questions",), 1.5, "questions is not a whole number from 0 on"),
    "fewer than no question": (("questions",), -1, "questions is not a whole number from 0 on"),
    "true for a number of questions": (("questions",), True, "questions is not a whole number from 0 on"),
    "a line that is none": (("lines",), ["a", 1], "lines[1] is not text"),
    "text for tables": (("tables",), "none", "tables is not a list"),
    "a table that is none": (("tables",), [[]], "tables[0] is not an object"),
    "a row twice": (("tables", 0, "rows"), ["de", "de"], "tables[0].rows names one twice"),
    "a cell of no row": (
        ("tables", 0, "rows"),
        ["de"],
        "tables[0].cells['日本語'] is of no row or column of the table",
    ),
    "a cell of no column": (
        ("tables", 0, "columns"),
        ["de"],
        "tables[0].cells['de']['日本語'] is of no row or column of the table",
    ),
    "text for a value": ((*CELL, "value"), "0.5", "tables[0].cells['de']['de'].value is not a number or null"),
    "true for a value": ((*CELL, "value"), True, "tables[0].cells['de']['de'].value is not a number or null"),
    "a number of 400 digits": (
        (*CELL, "value"),
        10**400,
        "tables[0].cells['de']['de'].value is larger than any number that is used",
    ),
    "no error": ((*CELL, "stderr"), None, "tables[0].cells['de']['de'].stderr is missing"),
    "an interval of one": ((*CELL, "interval"), [0.5], "tables[0].cells['de']['de'].interval does not have two ends"),
    "half an interval": ((*CELL, "interval"), [0.5, float("nan")], "tables[0].cells['de']['de'].interval has one end"),
    "an interval backwards": (
        (*CELL, "interval"),
        [0.75, 0.25],
        "tables[0].cells['de']['de'].interval ends before it starts",
    ),
    "yes for signed": (("tables", 0, "signed"), "yes", "tables[0].signed is not true or false"),
    "more cells than can be seen": (
        ("tables", 0, "columns"),
        [str(place) for place in range(5001)],
        "tables[0] has more than 10000 cells",
    ),
}


@pytest.mark.parametrize(("where", "value", "why"), DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_file_is_refused_by_file_and_field(tmp_path, where, value, why):
    path = damaged(tmp_path, *where, value=value)
    with pytest.raises(CalmError) as refused:
        read(path)
    assert str(refused.value) == f"{path}: {why}; make the probe again"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[]", ": it is not an object; "),
        ('{"kind": "mix"', " is cut off or is not JSON (line 1, column 15: "),
        ("", " is empty; "),
    ],
)
def test_what_is_no_probe_is_refused(tmp_path, text, why):
    (tmp_path / PROBE).write_text(text, "utf-8")
    with pytest.raises(CalmError) as refused:
        read(tmp_path / PROBE)
    assert str(refused.value).startswith(f"{tmp_path / PROBE}{why}")


def test_what_would_be_refused_is_not_written(tmp_path):
    write(probe(), tmp_path)
    with pytest.raises(CalmError, match=r"probe\.json: questions is not a whole number from 0 on"):
        write(probe(questions=1.5), tmp_path)
    assert read(tmp_path / PROBE) == probe()
    with pytest.raises(CalmError, match="is not a folder"):
        write(probe(), tmp_path / "nowhere")


def test_an_error_shows_names_and_obeys_none(tmp_path):
    path = damaged(tmp_path, "tables", 0, "cells", "\x1b[31m\n\u202ex", value={})
    with pytest.raises(CalmError) as refused:
        read(path)
    assert str(refused.value).isprintable()
    assert "tables[0].cells['\\x1b[31m\\n\\u202ex'] is of no row" in str(refused.value)
