"""The map of the house: what it names is there, and imports run as it says."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "architecture.md").read_text("utf-8")
PATHS = sorted(set(re.findall(r"`((?:calm_harness|trainer|retrieval|tasks|tests|recipes)/[\w./-]*)`", PAGE)))
LONG = 300  # lines: a file that is read in one sitting
LONGER = {  # and why
    "calm_harness/answers/words.py": "a table of words",
    "calm_harness/prompts/languages.py": "a table of words",
    "retrieval/index.py": "one class and the files that it lies in",
}
MOST = 13  # modules in a row, and a little more than the ten that are seen at a glance


@pytest.mark.parametrize("path", PATHS)
def test_a_path_on_the_map_exists(path):
    assert (ROOT / path).exists()


def test_the_map_has_every_room():
    rooms = {f"{path.parent.relative_to(ROOT)}/" for path in code() if path.name == "__init__.py"}
    inner = {"calm_harness/report/page/", "calm_harness/questions/sets/"}  # named in their rooms' rows
    missing = rooms - set(PATHS) - inner - {"calm_harness/"}
    assert missing == set()


def code():
    return [
        path for package in ("calm_harness", "retrieval", "trainer") for path in sorted((ROOT / package).rglob("*.py"))
    ]


def test_files_are_short_and_rooms_are_seen_at_a_glance():
    lines = {str(path.relative_to(ROOT)): len(path.read_text("utf-8").splitlines()) for path in code()}
    assert {path for path, count in lines.items() if count > LONG} == set(LONGER)
    row = [path.parent for path in code() if path.name != "__init__.py"]
    assert {str(room.relative_to(ROOT)): row.count(room) for room in set(row) if row.count(room) > MOST} == {}


def test_imports_run_one_way():
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports")], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert done.returncode == 0, done.stdout
    assert "0 broken" in done.stdout
