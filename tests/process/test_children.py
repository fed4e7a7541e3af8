"""What a command starts ends when it does, however it ends."""

import signal
import subprocess
import sys
import time

import psutil
import pytest

CHILD = """
import subprocess, sys, time
from calm_harness.process.command import run
def work():
    try:
        below = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        print("below", below.pid, flush=True)
        time.sleep(600)
    finally:
        print("cleaned up", flush=True)
        if "stubborn" in sys.argv:
            time.sleep(600)
sys.exit(run("child", work))
"""
PARENT = f"""
import sys
from calm_harness.process import children, command
children.GRACE = float(sys.argv[1])
CHILD = {CHILD!r}
def work():
    print("child", flush=True)
    return children.run([sys.executable, "-c", CHILD, *sys.argv[2:]])
sys.exit(command.run("parent", work))
"""


@pytest.fixture
def started():
    """Start a parent, whose child starts a third; return the parent, and the numbers of all."""
    made = []

    def start(*words, grace=10.0):
        parent = subprocess.Popen(
            [sys.executable, "-c", PARENT, str(grace), *words],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
        )  # fmt: skip
        made.append(parent)
        assert parent.stdout.readline() == "child\n"
        word, below = parent.stdout.readline().split()
        assert word == "below"
        family = [psutil.Process(parent.pid), *psutil.Process(parent.pid).children(recursive=True)]
        assert int(below) in [process.pid for process in family]
        assert len(family) == 3
        return parent, family

    yield start
    for parent in made:
        parent.kill()
        parent.wait()
        parent.stdout.close()
        parent.stderr.close()


def gone(family, seconds):
    """Wait for processes to end; return those that have not."""
    until = time.monotonic() + seconds
    while time.monotonic() < until and any(map(runs, family)):
        time.sleep(0.1)
    return [process.pid for process in family if runs(process)]


def runs(process):
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_a_killed_parent_takes_all_with_it(started):
    parent, family = started()
    parent.kill()
    parent.wait()
    assert gone(family, 20) == []
    assert "cleaned up" in parent.stdout.read()
    assert f"process {parent.pid}, which started this one, has ended; ending" in parent.stderr.read()


def test_a_child_that_does_not_end_is_killed_with_what_it_started(started):
    parent, family = started("stubborn", grace=1.0)
    parent.terminate()
    assert parent.wait(timeout=30) == 128 + signal.SIGTERM
    assert gone(family, 10) == []
    assert "parent: told to end; run it again, what is done is kept\n" in parent.stderr.read()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_parent_that_is_told_to_end_tells_its_child(started, number):
    parent, family = started()
    parent.send_signal(number)
    assert parent.wait(timeout=30) == 128 + number
    assert gone(family, 10) == []
    assert parent.stdout.read() == "cleaned up\n"
    how = "interrupted" if number == signal.SIGINT else "told to end"
    said = parent.stderr.read().splitlines()
    assert said[-1] == f"parent: {how}; run it again, what is done is kept"
    assert not [line for line in said if "Traceback" in line]


def test_ctrl_c_in_a_terminal_reaches_all_at_once(started):
    parent, family = started()
    for process in reversed(family):
        process.send_signal(signal.SIGINT)
    assert parent.wait(timeout=30) == 130
    assert gone(family, 10) == []
    assert "parent: interrupted" in parent.stderr.read()


def test_the_status_of_a_child_is_that_of_run():
    from calm_harness.process.children import run

    assert run([sys.executable, "-c", "raise SystemExit(3)"]) == 3
