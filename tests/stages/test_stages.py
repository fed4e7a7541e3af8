"""Stages: what a person sees of them, and what is in the log."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from calm_harness.errors import CalmError
from calm_harness.stages import Stages

LOUD = """
import logging, sys
from calm_harness.process.command import run
def work():
    print("a detail of a child")
    logging.getLogger("transformers").warning("a warning of others")
    logging.getLogger("trainer.training.tokens").warning("3 pairs are too long")
    print("\\rLoading:  50%|#####     | 1/2", end="", file=sys.stderr, flush=True)
    print("\\rLoading: 100%|##########| 2/2", file=sys.stderr)
    return int(sys.argv[1])
sys.exit(run("child", work))
"""
COMMAND = f"""
import logging, sys
from pathlib import Path
from calm_harness.errors import CalmError
from calm_harness.process import children, command
from calm_harness.stages import Stages
LOUD = {LOUD!r}
def child(status):
    if found := children.run([sys.executable, "-c", LOUD, str(status)]):
        raise CalmError(f"it ended with status {{found}}")
def work():
    log = logging.getLogger("calm_harness.questions.sets.release")
    folder, ends = Path(sys.argv[1]), dict(zip(("ask", "train"), map(int, sys.argv[2:4])))
    stages = Stages(verbose="-v" in sys.argv)
    with stages.heard():
        log.warning("x.json is not the release's")
    with stages.logged(folder / "loop.log"):
        log.warning("x.json is not the release's")
        for name, status in ends.items():
            stages.once(name)(folder / name, {{}}, lambda: child(status))
        with stages.stage("report"):
            print("a detail of this process")
        stages.say("report  x")
    return 0
sys.exit(command.run("program", work))
"""


def command(folder, *words):
    folder.mkdir(exist_ok=True)
    return subprocess.run(
        [sys.executable, "-c", COMMAND, str(folder), *words], capture_output=True, text=True, check=False
    )


def timeless(text):
    """Lines in which a time is T."""
    return [re.sub(r" +\d+\.\d s", " T", line) for line in text.splitlines()]


def test_stages_are_lines_and_the_rest_is_in_the_log(tmp_path):
    done = command(tmp_path / "run", "0", "0")
    assert done.returncode == 0, done.stderr
    assert timeless(done.stdout) == ["ask ...", "ask T", "train ...", "train T", "report ...", "report T", "report  x"]
    assert done.stderr == "warning: x.json is not the release's\nwarning: 3 pairs are too long\n"
    log = (tmp_path / "run/loop.log").read_text("utf-8")
    for line in ("a detail of a child", "a warning of others", "a detail of this process", "report  x"):
        assert f"{line}\n" in log
    assert log.count("3 pairs are too long") == 2
    heads = re.findall(r"^==== \d{4}-\d\d-\d\d \d\d:\d\d:\d\d (.*)$", log, re.MULTILINE)
    assert heads == ["ask", "train", "report"]


def test_what_was_done_before_is_a_line_and_the_log_goes_on(tmp_path):
    command(tmp_path / "run", "0", "0")
    first = (tmp_path / "run/loop.log").read_text("utf-8")
    done = command(tmp_path / "run", "0", "0")
    assert timeless(done.stdout) == ["done before: ask; train", "report ...", "report T", "report  x"]
    log = (tmp_path / "run/loop.log").read_text("utf-8")
    assert log.startswith(first)
    assert log.count("======== ") == 2


def test_a_stage_that_fails_shows_the_end_of_what_it_said(tmp_path):
    done = command(tmp_path / "run", "0", "3")
    assert done.returncode == 1
    assert timeless(done.stdout)[-1] == f"{'train':<40} failed after T"
    log = tmp_path / "run/loop.log"
    assert done.stderr.splitlines()[2:] == [
        f"  the end of what it said; {log} has all of it:",
        "    a detail of a child",
        "    a warning of others",
        "program: it ended with status 3",
    ]
    assert "ended: it ended with status 3" in log.read_text("utf-8")
    again = command(tmp_path / "run", "0", "0")
    assert timeless(again.stdout)[:3] == ["done before: ask", "train ...", "train T"]


def test_verbose_shows_the_log(tmp_path):
    done = command(tmp_path / "run", "0", "0", "-v")
    assert done.returncode == 0, done.stderr
    log = (tmp_path / "run/loop.log").read_text("utf-8")
    assert done.stdout == log
    assert "a detail of a child" in log
    assert done.stderr == "warning: x.json is not the release's\n"  # before there was a log


def test_ctrl_c_is_one_line(tmp_path):
    code = """
import os, signal, sys
from pathlib import Path
from calm_harness.process import command
from calm_harness.stages import Stages
signal.signal(signal.SIGINT, signal.default_int_handler)  # which nohup has children ignore
def work():
    stages = Stages()
    with stages.logged(Path(sys.argv[1])), stages.stage("train"):
        print("a detail")
        os.kill(os.getpid(), getattr(signal, sys.argv[2]))
sys.exit(command.run("program", work))
"""
    for name, how in (("SIGINT", "interrupted"), ("SIGTERM", "told to end")):
        path = tmp_path / f"{name}.log"
        done = subprocess.run(
            [sys.executable, "-c", code, str(path), name], capture_output=True, text=True, check=False
        )
        assert done.returncode == 128 + getattr(signal, name)
        assert done.stdout == "train ...\n"
        assert done.stderr == f"program: {how}; run it again, what is done is kept\n"
        assert path.read_text("utf-8").endswith("\nended: told to end\n")


def test_on_a_terminal_a_line_is_written_over(tmp_path):
    pty = pytest.importorskip("pty")
    code = """
import sys, time
from pathlib import Path
from calm_harness.stages import Stages
stages = Stages()
with stages.logged(Path(sys.argv[1])), stages.stage("ask"):
    print("\\rRunning:  50%|#####     | 1/2", end="", file=sys.stderr, flush=True)
    time.sleep(1)
"""
    ours, theirs = pty.openpty()
    process = subprocess.Popen([sys.executable, "-c", code, str(tmp_path / "x.log")], stdout=theirs, stderr=theirs)
    os.close(theirs)
    shown = b""
    while True:
        try:
            piece = os.read(ours, 1000)
        except OSError:  # Linux's way to say that nobody writes any more
            break
        if not piece:
            break
        shown += piece
    os.close(ours)
    assert process.wait() == 0
    text = shown.decode()
    assert re.search(r"\rask +\d\.\d s  Running 50%", text)
    assert text.count("\n") == 1
    assert timeless(text.replace("\r\n", "\n").rpartition("\r")[2]) == ["ask T"]


def test_nobody_reads_any_more(tmp_path):
    """`... | head -1`: what was begun is finished quietly, and nothing is said of it."""
    words = [sys.executable, "-c", COMMAND, str(tmp_path / "run"), "0", "0"]
    (tmp_path / "run").mkdir()
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "ask ...\n"
    process.stdout.close()
    said = process.stderr.read()
    assert process.wait(timeout=120) == 1
    process.stderr.close()
    assert "Traceback" not in said
    assert "program:" not in said


def test_of_several_processes_the_first_one_shows(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("RANK", "1")
    stages = Stages()
    with stages.logged(tmp_path / "x.log"), stages.stage("ask"):
        stages.say("a line")
    assert capsys.readouterr().out == ""
    assert not (tmp_path / "x.log").exists()


def test_without_a_log_nothing_is_shown(tmp_path, capsys):
    stages, done = Stages(), []
    with stages.stage("ask"):
        stages.say("a line")
    assert stages.once("train")(tmp_path / "train", {}, lambda: done.append(1))
    assert not stages.once("train")(tmp_path / "train", {}, lambda: done.append(2))
    assert (capsys.readouterr().out, done) == ("", [1])


def test_a_folder_is_told_of_once(tmp_path, capsys):
    """As of a study, whose arms share a base."""
    stages = Stages()
    with stages.logged(tmp_path / "x.log"):
        for _ in range(2):
            stages.once("base: ask")(tmp_path / "ask", {}, lambda: None)
        with pytest.raises(CalmError, match=r"holds what was done with other inputs \(a\)"):
            stages.once("other")(tmp_path / "ask", {"a": 1}, lambda: None)
    assert timeless(capsys.readouterr().out) == ["base: ask ...", "base: ask T"]


def test_a_program_in_which_it_is_used_gets_its_lines(tmp_path, capsys):
    """As a notebook, whose stdout is no file of the system's."""
    stages = Stages()
    with stages.logged(tmp_path / "x.log"):
        print("a detail")
        stages.say("a line")
    print("after")
    assert capsys.readouterr().out == "a line\nafter\n"
    assert "a detail\n" in (tmp_path / "x.log").read_text("utf-8")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="/dev/full is needed")
def test_a_full_disk_is_a_line(tmp_path):
    code = """
import sys
from pathlib import Path
from calm_harness.process import command
from calm_harness.stages import Stages
def work():
    with Stages().logged(Path("/dev/full")):
        return 0
sys.exit(command.run("program", work))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("program: no room left ([Errno 28] No space left on device); make room")
    assert done.stderr.count("\n") == 1
