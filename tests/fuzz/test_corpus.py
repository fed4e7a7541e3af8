"""Every reader reads its seeds, and all inputs that once fell out of it either read or are refused in one line."""

import subprocess
import sys

import pytest

import tests.fuzz.targets  # noqa: F401
from tests.fuzz.__main__ import CORPUS
from tests.fuzz.oracle import judge, seconds_for
from tests.fuzz.target import TARGETS

FOUND = [
    pytest.param(path.parent.name, path, id=f"{path.parent.name}-{path.name}") for path in sorted(CORPUS.glob("*/*"))
]


@pytest.mark.parametrize("name", TARGETS)
def test_a_seed_is_read(name):
    for data in TARGETS[name].seeds():
        TARGETS[name].read(data)


@pytest.mark.parametrize(("name", "path"), FOUND)
def test_what_was_found_is_read_or_refused_in_one_line(name, path):
    target = TARGETS[name]
    if target.crashes:
        words = [sys.executable, "-m", "tests.fuzz", name, "--input", str(path)]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return
    finding = judge(target.read, path.read_bytes(), seconds_for(target))
    assert finding is None, f"{finding.kind}\n{finding.detail}"
