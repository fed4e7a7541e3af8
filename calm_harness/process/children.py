"""Commands that are run as processes of their own, and end when the process that started them does, however it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import IO, Any

import psutil

PARENT = "CALM_PARENT"  # in the environment of a child and of whatever that starts: process and start of its parent
LOOK = 1.0  # seconds
AFTER_CTRL_C = 5.0  # seconds that a child has which heard it too, before it is asked
GRACE = 30.0  # seconds that a process has to end before it is killed


def run(command: Sequence[str], stdout: IO[Any] | None = None) -> int:
    """Run a command, and return its status.

    Where this process is told to end, so is the child; a command of ours also ends, with all that it started, where
    this process was killed (`end_with_parent`).
    """
    me = psutil.Process()
    streams: dict[str, Any] = {"stdout": stdout}
    if os.name == "nt":  # where a child is given what the console has, and not what these were changed to
        streams = {"stdout": stdout or 1, "stderr": 2}
    child = psutil.Popen(command, env={**os.environ, PARENT: f"{me.pid} {me.create_time()}"}, **streams)
    try:
        return int(child.wait())
    except BaseException as error:
        _end(child, told=type(error) is KeyboardInterrupt)  # a terminal tells all of Ctrl-C
        raise


def started() -> bool:
    """Tell whether this process was started by `run`, or by what that started."""
    told = os.environ.get(PARENT, "").split()
    return len(told) == 2 and int(told[0]) != os.getpid()


def end_with_parent() -> None:
    """End this process, and what it started, once the process has ended that started it by `run`."""
    if started():
        told = os.environ[PARENT].split()
        threading.Thread(target=_watch, args=(int(told[0]), float(told[1])), name="parent", daemon=True).start()


def end_all() -> None:
    """End what this process started and has not ended by itself."""
    below = _below(psutil.Process())
    for process in below:
        with suppress(psutil.Error):
            process.terminate()
    _kill(psutil.wait_procs(below, timeout=AFTER_CTRL_C)[1])


def _watch(pid: int, started: float) -> None:
    while _runs(pid, started):
        time.sleep(LOOK)
    print(f"process {pid}, which started this one, has ended; ending", file=sys.stderr, flush=True)
    below = _below(psutil.Process())
    os.kill(os.getpid(), signal.SIGTERM)  # met as Ctrl-C is
    time.sleep(GRACE)
    _kill(below)
    os._exit(128 + signal.SIGTERM)


def _runs(pid: int, started: float) -> bool:
    """Tell whether a process runs still, and is no later one under the same number."""
    try:
        process = psutil.Process(pid)
        return abs(process.create_time() - started) < 1.0 and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def _end(child: psutil.Popen, *, told: bool) -> None:
    """Ask a child to end, unless it was told, give it time, and kill what is left of it and of what it started."""
    below = _below(child)
    for seconds in (AFTER_CTRL_C, GRACE) if told else (GRACE,):
        if seconds == GRACE:
            with suppress(psutil.Error):
                child.terminate()
        with suppress(psutil.TimeoutExpired, subprocess.TimeoutExpired):
            child.wait(seconds)
            break
    _kill([child, *below])
    child.wait()


def _below(process: psutil.Process) -> list[psutil.Process]:
    try:
        return list(process.children(recursive=True))
    except psutil.Error:
        return []


def _kill(processes: Iterable[psutil.Process]) -> None:
    for process in processes:
        with suppress(psutil.Error):
            process.kill()
