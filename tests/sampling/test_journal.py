"""What was written of a run that was killed is there, whole lines of it, for one process at a time."""

import subprocess
import sys
from pathlib import Path

import pytest

from calm_harness.errors import CalmError
from calm_harness.sampling.journal import Journal

HOLD = """
import sys
from pathlib import Path
from calm_harness.sampling.journal import Journal
journal = Journal(Path(sys.argv[1]))
journal.write([("other", "process")])
print("held", flush=True)
sys.stdin.read()
"""


def reopened(path):
    journal = Journal(path)
    journal.close()
    return journal.responses


def test_what_was_written_is_read_again(tmp_path):
    path = tmp_path / "new" / "unfinished.jsonl"
    journal = Journal(path)
    assert journal.responses == {}
    journal.write([("a-0", "Zwei\nZeilen\u2028und \ud800 Unfug"), ("b-0", "")])
    journal.write([("a-1", "drei")])
    journal.close()
    assert reopened(path) == {"a-0": "Zwei\nZeilen\u2028und \ud800 Unfug", "b-0": "", "a-1": "drei"}


@pytest.mark.parametrize("cut", [1, 5, 30])
def test_a_line_that_was_cut_off_is_left_out_and_written_over(tmp_path, cut):
    path = tmp_path / "unfinished.jsonl"
    journal = Journal(path)
    journal.write([("a-0", "eins"), ("b-0", "zwei, und noch viel mehr davon")])
    journal.close()
    path.write_bytes(path.read_bytes()[:-cut])
    journal = Journal(path)
    assert journal.responses == {"a-0": "eins"}
    journal.write([("b-0", "wieder")])
    journal.close()
    assert reopened(path) == {"a-0": "eins", "b-0": "wieder"}


@pytest.mark.parametrize("line", ["{", "[]", '{"key": "a-0"}', "Text"])
def test_a_damaged_line_is_named(tmp_path, line):
    path = tmp_path / "unfinished.jsonl"
    path.write_text(f'{{"key": "a-0", "response": "x"}}\n{line}\n')
    with pytest.raises(CalmError, match=r"unfinished.jsonl line 2 is damaged; remove the line"):
        Journal(path)


def test_another_process_that_asks_the_same_is_kept_out(tmp_path):
    path = tmp_path / "unfinished.jsonl"
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout.readline() == "held\n"
        with pytest.raises(CalmError, match=f"process {other.pid} is writing"):
            Journal(path)
        other.kill()
    assert reopened(path) == {"other": "process"}


def test_without_a_file_responses_are_in_memory():
    journal = Journal(None)
    journal.write([("a-0", "eins")])
    assert journal.responses == {"a-0": "eins"}
    journal.remove()
    journal.close()


def test_a_folder_that_cannot_be_written_ends_in_a_line():
    with pytest.raises(CalmError, match="name another --output_path"):
        Journal(Path("/proc/none/unfinished.jsonl"))
