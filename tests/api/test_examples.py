"""The examples in the docstrings of the API, and on its page, run as they stand."""

import doctest
from pathlib import Path

import pytest

from calm_harness.api import comparing, evaluating, loading
from calm_harness.metrics.table import table

PAGE = Path(__file__).parents[2] / "docs" / "api.md"


@pytest.fixture
def workplace(tiny, runs, tmp_path, monkeypatch):
    """A folder with a model that is called as the examples call it."""
    (tmp_path / "gemma-3-270m").symlink_to(tiny / "one", target_is_directory=True)
    monkeypatch.chdir(tmp_path)


def test_the_examples_of_docstrings(workplace):
    for module in (table, evaluating, loading, comparing):  # in this order: the second writes the run that others load
        failed, tried = doctest.testmod(module)
        assert (failed, tried > 0) == (0, True), module


def test_the_examples_of_the_page(workplace):
    """The page's Python blocks, one after another."""
    text = PAGE.read_text("utf-8")
    blocks = [block.partition("```")[0] for block in text.split("```python\n")[1:]]
    assert blocks
    names = {}
    for block in blocks:
        exec(compile(block, str(PAGE), "exec"), names)
