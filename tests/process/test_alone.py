"""One writer a folder, on this machine and on others."""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from calm_harness.errors import CalmError
from retrieval.process import alone as module
from retrieval.process.alone import alone, alone_with

HOLD = """
import sys, time
from pathlib import Path
from retrieval.process import alone
alone.SILENCE = float(sys.argv[2])
with alone.alone(Path(sys.argv[1]), RuntimeError):
    print("held", flush=True)
    time.sleep(600)
"""
ELSEWHERE = "filelock/2\npid=4711\nhost=elsewhere\nmode=lease\ntoken=0123\nduration={}\n"


@pytest.fixture
def holder(tmp_path):
    """Start processes that hold a folder, and end them."""
    processes = []

    def start(silence=60.0):
        words = [sys.executable, "-c", HOLD, str(tmp_path / "run"), str(silence)]
        process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        processes.append(process)
        assert process.stdout.readline() == "held\n"
        return process

    yield start
    for process in processes:
        process.kill()
        process.wait()
        process.stdout.close()
        process.stderr.close()


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(module, "PATIENCE", 0.2)


def test_a_folder_into_which_nothing_was_put_is_not_left(tmp_path):
    with pytest.raises(CalmError, match="refused"), alone(tmp_path / "runs/run", CalmError):
        raise CalmError("refused")
    assert list(tmp_path.iterdir()) == []
    with alone(tmp_path / "runs/run", CalmError):
        (tmp_path / "runs/run/log").touch()
    assert {path.name for path in (tmp_path / "runs/run").iterdir()} == {"log", ".writer.lock"}


def test_a_second_writer_is_told_who_writes(holder, tmp_path):
    process = holder()
    says = rf"process {process.pid} is writing .*run; wait for it, or stop it \(where .* remove .*run/\.writer\)"
    with pytest.raises(CalmError, match=says), alone(tmp_path / "run", CalmError):
        pass


def test_a_second_writer_in_the_same_process_is_refused_too(tmp_path):
    with (
        alone(tmp_path, CalmError),
        pytest.raises(CalmError, match=f"process {os.getpid()}"),
        alone(tmp_path, CalmError),
    ):
        pass
    with alone(tmp_path, CalmError):  # free again
        pass


def test_the_folder_of_a_killed_writer_is_free_at_once(holder, tmp_path):
    process = holder()
    process.kill()
    process.wait()
    assert (tmp_path / "run/.writer").exists()
    began = time.monotonic()
    with alone(tmp_path / "run", CalmError):
        assert time.monotonic() - began < 5
        assert f"pid={os.getpid()}\nhost={socket.gethostname()}\n" in (tmp_path / "run/.writer").read_text()


def test_a_writer_that_is_stopped_keeps_its_folder(holder, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "SILENCE", 0.6)
    process = holder(silence=0.6)
    process.send_signal(signal.SIGSTOP)
    time.sleep(1.0)  # it is silent for longer than a writer elsewhere may be
    with pytest.raises(CalmError, match=f"process {process.pid} is writing"), alone(tmp_path / "run", CalmError):
        pass


def test_a_silent_writer_on_another_host_is_waited_for_and_replaced(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(module, "SILENCE", 0.6)
    (tmp_path / ".writer").write_text(ELSEWHERE.format(0.6))
    began = time.monotonic()
    with alone(tmp_path, CalmError):
        assert time.monotonic() - began > 0.6
    said = f"{tmp_path}: process 4711 on elsewhere was writing here; waiting 1 s to see whether it still does"
    assert caplog.messages == [said]


def test_a_writer_on_another_host_that_gives_signs_of_life_is_left_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "SILENCE", 0.6)
    owner = tmp_path / ".writer"
    owner.write_text(ELSEWHERE.format(0.6))
    over = threading.Event()

    def live():
        while not over.wait(0.1):
            os.utime(owner)

    living = threading.Thread(target=live)
    living.start()
    try:
        says = rf"process 4711 on elsewhere is writing .*remove {re.escape(str(owner))}"
        with pytest.raises(CalmError, match=says), alone(tmp_path, CalmError):
            pass
    finally:
        over.set()
        living.join()


def test_a_writer_whose_folder_was_taken_over_ends(holder, tmp_path):
    process = holder(silence=0.6)
    other = tmp_path / "other"
    other.write_text(ELSEWHERE.format(0.6))
    other.replace(tmp_path / "run/.writer")
    assert process.wait(timeout=30) == -signal.SIGTERM
    assert "another process writes here now (owner-changed); ending" in process.stderr.read()


def test_without_locks_of_the_system_the_file_alone_does_it(holder, tmp_path, monkeypatch):
    def no_locks(*_, **__):
        raise NotImplementedError

    monkeypatch.setattr(module, "FileLock", no_locks)
    process = holder()
    with pytest.raises(CalmError, match=f"process {process.pid} is writing"), alone(tmp_path / "run", CalmError):
        pass
    process.kill()
    process.wait()
    with alone(tmp_path / "run", CalmError):
        pass


def test_a_folder_that_cannot_be_written_is_named():
    says = r"/proc/none cannot be written \(.+\); name another"
    with pytest.raises(CalmError, match=says), alone(Path("/proc/none"), CalmError):
        pass


def test_locks_of_a_file_go_with_it(tmp_path):
    path = tmp_path / "unfinished.jsonl"
    with alone_with(path, CalmError):
        path.write_text("")
        with pytest.raises(CalmError, match=r"is writing .*unfinished\.jsonl"), alone_with(path, CalmError):
            pass
        path.unlink()
    assert list(tmp_path.iterdir()) == []
