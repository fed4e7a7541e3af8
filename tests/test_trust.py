"""No file of ours runs what a model, a cache or a YAML file brings along: SECURITY.md says what libraries do."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
UNSAFE_MODULES = {"pickle", "dill", "cloudpickle", "joblib", "marshal", "shelve", "sqlitedict"}
UNSAFE_CALLS = {"eval", "exec", "yaml.load", "yaml.full_load", "yaml.unsafe_load", "torch.load"}
UNSAFE_VALUES = {"trust_remote_code": True, "allow_pickle": True, "weights_only": False, "shell": True}


def unsafe(tree):
    """Yield what of a file can run a program that it was given as data."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from {alias.name for alias in node.names} & UNSAFE_MODULES
        elif isinstance(node, ast.ImportFrom):
            yield from {node.module} & UNSAFE_MODULES
        elif isinstance(node, ast.Call):
            yield from {ast.unparse(node.func)} & UNSAFE_CALLS
            for one in node.keywords:
                if one.arg in UNSAFE_VALUES and ast.unparse(one.value) == str(UNSAFE_VALUES[one.arg]):
                    yield f"{one.arg}={UNSAFE_VALUES[one.arg]}"


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("import pickle", "pickle"),
        ("from dill import loads", "dill"),
        ("yaml.load(text, Loader)", "yaml.load"),
        ("torch.load(path)", "torch.load"),
        ("np.load(path, allow_pickle=True)", "allow_pickle=True"),
        ("from_pretrained(name, trust_remote_code=True)", "trust_remote_code=True"),
    ],
)
def test_code_that_trusts_is_seen(code, found):
    assert list(unsafe(ast.parse(code))) == [found]


def test_code_that_does_not_trust_passes():
    code = "yaml.safe_load(text); np.load(path, allow_pickle=False); f(trust_remote_code=said, disable=None)"
    assert list(unsafe(ast.parse(code))) == []


def test_no_file_of_ours_trusts_what_it_is_given():
    found = {
        str(path.relative_to(ROOT)): seen
        for package in ("calm_harness", "retrieval", "trainer")
        for path in (ROOT / package).rglob("*.py")
        if (seen := sorted(unsafe(ast.parse(path.read_text("utf-8")))))
    }
    assert found == {}
