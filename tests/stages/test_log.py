"""All that a process and its children say is in the log, and nothing else is changed by it."""

import os
import signal
import subprocess
import sys
import time

import pytest

from calm_harness.stages.log import captured

PARENT = """
import ctypes, os, subprocess, sys
from pathlib import Path
from calm_harness.stages.log import captured
print("before")
with captured(Path(sys.argv[1])) as log:
    print("of Python: \\u4e2d \\ud800")
    print("to stderr", file=sys.stderr)
    os.write(2, b"of the system\\n")
    if os.name == "posix":
        libc = ctypes.CDLL(None)
        libc.puts(b"of C")
        libc.fflush(None)
    subprocess.run([sys.executable, "-c", "print('of a child: \\\\u4e2d')"])
    dying = "import os, signal; print('of a killed child'); os.kill(os.getpid(), signal.SIGKILL)"
    subprocess.run([sys.executable, "-c", dying])
    log.out.write("to the terminal: \\u4e2d\\n")
    log.err.write("to the terminal's stderr\\n")
print("after")
"""


@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "latin-1"])
def test_whoever_says_it_and_however_it_is_said(tmp_path, encoding):
    path = tmp_path / "x.log"
    path.write_text("earlier\n")
    done = subprocess.run(
        [sys.executable, "-c", PARENT, str(path)], capture_output=True, check=True,
        env={**os.environ, "PYTHONIOENCODING": encoding},
    )  # fmt: skip
    shown = "中" if encoding == "utf-8" else "\\u4e2d"
    assert done.stdout.decode(encoding).split("\n") == ["before", f"to the terminal: {shown}", "after", ""]
    assert done.stderr.decode(encoding) == "to the terminal's stderr\n"
    said = path.read_text("utf-8").splitlines()
    assert said[0] == "earlier"
    expected = {"of Python: 中 \\ud800", "to stderr", "of the system", "of C", "of a child: 中", "of a killed child"}
    assert set(said[1:]) == expected
    assert len(said[1:]) == len(expected)


def test_a_child_goes_on_saying_where_this_process_is_killed(tmp_path):
    code = """
import os, signal, subprocess, sys
from pathlib import Path
from calm_harness.stages.log import captured
with captured(Path(sys.argv[1])):
    child = "import sys, time; sys.stdin.read(); print('still here', flush=True)"
    subprocess.Popen([sys.executable, "-c", child], stdin=0)
    os.kill(os.getpid(), signal.SIGKILL)
"""
    words = [sys.executable, "-c", code, str(tmp_path / "x.log")]
    parent = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert parent.wait(timeout=60) == -signal.SIGKILL
    _, said = parent.communicate(timeout=60)  # ends the child's input, and waits for its end
    for _ in range(100):
        if (tmp_path / "x.log").read_text():
            break
        time.sleep(0.1)
    assert (tmp_path / "x.log").read_text() == "still here\n"
    assert said == b""


def test_streams_and_environment_are_as_before(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONIOENCODING", "latin-1")
    monkeypatch.delenv("PYTHONUNBUFFERED", raising=False)
    monkeypatch.setenv("TQDM_MININTERVAL", "7")
    before, streams = dict(os.environ), (sys.stdout, sys.stderr)
    places = os.fstat(1), os.fstat(2)
    with captured(tmp_path / "x.log"):
        assert (os.environ["PYTHONIOENCODING"], os.environ["TQDM_MININTERVAL"]) == ("utf-8", "7")
    with pytest.raises(KeyboardInterrupt), captured(tmp_path / "x.log"):
        raise KeyboardInterrupt
    assert (dict(os.environ), (sys.stdout, sys.stderr)) == (before, streams)
    assert [(each.st_dev, each.st_ino) for each in (os.fstat(1), os.fstat(2))] == [
        (each.st_dev, each.st_ino) for each in places
    ]


def test_what_is_said_is_read_as_it_comes(tmp_path):
    with captured(tmp_path / "x.log") as log:
        print("first", flush=True)
        assert log.read() == "first\n"
        assert log.read() == ""
        half = "中".encode()
        os.write(1, half[:1])
        assert log.read() == ""
        os.write(1, half[1:])
        log.write("second\n")
        assert log.read() == "中second\n"


def test_a_log_that_cannot_be_written_changes_nothing(tmp_path):
    stream = sys.stdout
    with pytest.raises(OSError, match=r"x\.log"), captured(tmp_path / "no" / "x.log"):
        pass
    assert sys.stdout is stream
