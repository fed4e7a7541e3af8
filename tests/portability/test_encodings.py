"""No file, and no command, is read or written as the system has it: neither its letters nor its ends of lines."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("calm_harness", "retrieval", "trainer", "recipes", "benchmarks")
FILES = [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py"))]


def left_to_the_system(code):
    """Yield the line of each call that says no encoding, or writes text and does not say how lines end."""
    for call in ast.walk(ast.parse(code)):
        if not isinstance(call, ast.Call):
            continue
        given = {keyword.arg for keyword in call.keywords}
        given |= {"encoding" for argument in call.args if getattr(argument, "value", None) == "utf-8"}
        reads, writes = text_of(call)
        if ((reads or writes) and "encoding" not in given) or (writes and "newline" not in given):
            yield call.lineno


def text_of(call):
    """Tell whether a call reads text (a command's output too), and whether it writes some."""
    method = isinstance(call.func, ast.Attribute)
    name = call.func.attr if method else getattr(call.func, "id", "")
    if method and name in ("read_text", "write_text"):
        return name == "read_text", name == "write_text"
    if name == "open":
        modes = [argument for argument in call.args[0 if method else 1 :] if is_mode(argument)]
        mode = modes[0].value if modes else "r" if not method or not call.args else "b"
        return "b" not in mode and "r" in mode, "b" not in mode and bool(set(mode) & set("wax+"))
    tells = {keyword.arg for keyword in call.keywords if getattr(keyword.value, "value", None) is True}
    return bool(tells & {"text", "universal_newlines"}), False


def is_mode(argument):
    value = getattr(argument, "value", None)
    return isinstance(value, str) and 0 < len(value) < 4 and set(value) <= set("rwaxbt+")


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_encoding_and_line_ends_are_said(path):
    assert [f"{path}:{line}" for line in left_to_the_system(path.read_text("utf-8"))] == []


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("path.read_text()", True),
        ('path.read_text(encoding="utf-8")', False),
        ('path.write_text("x", encoding="utf-8")', True),
        ('path.write_text("x", encoding="utf-8", newline="\\n")', False),
        ("open(path)", True),
        ('open(path, "rb")', False),
        ("path.open()", True),
        ('path.open("ab")', False),
        ('path.open("a", encoding="utf-8")', True),
        ('path.open(encoding="utf-8")', False),
        ("Index.open(folder)", False),
        ("subprocess.run(words, text=True)", True),
        ('subprocess.run(words, encoding="utf-8")', False),
        ("read_text(path, remedy)", False),
    ],
)
def test_what_is_found(code, found):
    assert bool(list(left_to_the_system(code))) is found
