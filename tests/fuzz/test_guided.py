"""Inputs are chosen by what they reach, and a run leaves what it found and nothing else."""

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(find_spec("atheris") is None, reason="there is no atheris for this system")
TARGETS = '''
import os
import signal
import sys
from pathlib import Path

import atheris

from tests.fuzz import __main__ as fuzz
from tests.fuzz.target import put, target

name, seconds, (fuzz.CORPUS, fuzz.MEMORY) = sys.argv[1], int(sys.argv[2]), map(Path, sys.argv[3:])
found = []


@target(lambda: [bytes(4)], "bytes")
@atheris.instrument_func
def deep(data):
    """Four steps, of which each is one change of some hundred: all four at once are one of a hundred million."""
    if found:
        os._exit(fuzz.guided.FOUND)  # no need to go on
    if data[:1] == b"@":
        if data[1:2] == b"@":
            if data[2:3] == b"@":
                if data[3:4] == b"@":
                    found.append(data)
                    raise KeyError("deep")


@target(lambda: [bytes(4)], "bytes")
@atheris.instrument_func
def killed(data):
    put("left", data)
    if data[:1] == b"@":
        os.kill(os.getpid(), signal.SIGKILL)


@target(lambda: [bytes(4)], "bytes")
@atheris.instrument_func
def slow(data):
    put("left", data)
    while data != bytes(4): pass


sys.exit(fuzz._apart(name, seconds, seed=1))
'''


def run(name, folder, seconds=60):
    """Run a target of this file: its status, its words, what was kept."""
    corpus, memory = folder / "corpus", folder / "memory"
    memory.mkdir()
    words = [sys.executable, "-c", TARGETS, name, str(seconds), str(corpus), str(memory)]
    done = subprocess.run(words, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2])
    assert list(memory.iterdir()) == []
    return done.returncode, done.stdout, [path.read_bytes() for path in corpus.glob("*/*")]


def test_what_lies_four_steps_deep_is_found(tmp_path):
    status, words, kept = run("deep", tmp_path)
    assert status == 1, words
    assert words.startswith("deep: KeyError")
    assert [data[:4] for data in kept] == [b"@@@@"]


def test_the_input_at_which_a_process_is_killed_is_kept(tmp_path):
    status, words, kept = run("killed", tmp_path)
    assert status == 1, words
    assert words.startswith("killed: the process ended with status -9")
    assert [data[:1] for data in kept] == [b"@"]


def test_a_hang_is_found_and_the_run_goes_on(tmp_path):
    status, words, kept = run("slow", tmp_path, seconds=3)
    assert status == 1, words
    assert words.startswith("slow: hang")
    assert words.endswith(", 1 findings\n")
    assert len(kept) == 1
