"""Regular expressions that every Python 3.11 matches: up to 3.11.4 (Debian 12) possessive groups loop."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
POSSESSIVE_GROUP = re.compile(r"\)(?:[*+?]|\{\d*,?\d*\})\+")
FILES = [path for package in ("calm_harness", "retrieval", "trainer") for path in (ROOT / package).rglob("*.py")]


def texts(source):
    """Yield the texts in a file's code, docstrings included."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_group_is_repeated_possessively(path):
    """(?>(?:…)*) means the same as (?:…)*+, and is right everywhere: https://github.com/python/cpython/issues/106052."""
    found = [text for text in texts(path.read_text("utf-8")) if POSSESSIVE_GROUP.search(text)]
    assert found == [], "write (?>(?:…)*) for (?:…)*+"


@pytest.mark.parametrize("text", ["(?:ab)*+", "(a|b)++", "(?:a)?+", "(?:a){2,}+", "(?:a){2}+c"])
def test_such_a_group_is_seen(text):
    assert POSSESSIVE_GROUP.search(text)
    assert not POSSESSIVE_GROUP.search("(?>(?:a)*)b+[ab]*+")
