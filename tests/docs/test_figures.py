"""Measured tables are written from figures that lie in the repository, and the pages hold what they come to."""

import importlib.util
import re

import pytest

from calm_harness.report.tables import markdown
from tests.docs.pages import PAGES, ROOT, name

spec = importlib.util.spec_from_file_location("tables", ROOT / "docs" / "figures" / "tables.py")
tables = importlib.util.module_from_spec(spec)
spec.loader.exec_module(tables)


def test_the_pages_have_the_tables_of_the_figures():
    places = 0
    for page in PAGES:
        text = page.read_text("utf-8")
        assert tables.filled(text) == text, f"{name(page)}: python docs/figures/tables.py"
        places += len(tables.PLACE.findall(text))
    assert places > 0


def test_points_are_points():
    assert tables.points({"value": 0.0364, "interval": [0.007, -0.0623]}) == "+3.6 [0.7, −6.2]"
    assert tables.points({"value": -0.0364, "interval": [-0.1, 0]}) == "−3.6 [−10.0, 0.0]"
    assert tables.points({"value": 0.3384, "interval": [0.3, 0.4]}, signed=False) == "33.8"
    assert tables.points({"value": None, "interval": [None, None]}) == ""


def test_rows_are_as_wide_as_their_head():
    seen = 0
    for page in PAGES:
        for table in re.findall(r"(?:^ *\|.*\n){3,}", page.read_text("utf-8"), re.MULTILINE):
            widths = {len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}
            assert len(widths) == 1, f"{name(page)}: {table}"
            seen += 1
    assert seen > 20


def test_a_table_refuses_rows_of_another_width():
    assert markdown(["a", "b"], [["1", "2"]]) == ["| a | b |", "| --- | --- |", "| 1 | 2 |"]
    for row in (["1"], ["1", "2", "3"]):
        with pytest.raises(ValueError, match="2 cells"):
            markdown(["a", "b"], [row])
