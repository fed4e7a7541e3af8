"""How a command ends: in a line and a status."""

import errno
import signal
import subprocess
import sys

import pytest

from calm_harness.errors import CalmError
from calm_harness.process.command import run
from retrieval.errors import RetrievalError
from retrieval.process.ending import Terminated, hindrance

KEPT = "run it again, what is done is kept"


class SafetensorError(Exception):
    """As of the library that is written in Rust."""


def raising(error):
    def command():
        raise error

    return command


ROOM = f"; make room, and {KEPT}"
LESS = f"; take smaller batches, fewer at a time or a larger machine, and {KEPT}"
ALLOCATOR = "[enforce fail at alloc_cpu.cpp:127] DefaultCPUAllocator: can't allocate memory"
SAFETENSORS = "Error while serializing: I/O error: No space left on device (os error 28)"
MAPPING = "libtorch.so: failed to map segment from shared object"
ENDINGS = [
    (CalmError("x.json is empty; give another"), "x.json is empty; give another"),
    (RetrievalError("no index"), "no index"),
    (OSError(errno.ENOSPC, "No space", "a.bin"), f"no room left for a.bin ([Errno 28] No space: 'a.bin'){ROOM}"),
    (OSError(errno.EDQUOT, "Disk quota exceeded"), f"no room left ([Errno 122] Disk quota exceeded){ROOM}"),
    (SafetensorError(SAFETENSORS), f"no room left ({SAFETENSORS}){ROOM}"),
    (OSError(errno.EROFS, "Read-only file system", "a"), f"a: Read-only file system; correct it, and {KEPT}"),
    (PermissionError(errno.EACCES, "Permission denied", "a"), f"a: Permission denied; correct it, and {KEPT}"),
    (MemoryError(), f"out of memory{LESS}"),
    (RuntimeError(ALLOCATOR), f"out of memory ({ALLOCATOR}){LESS}"),
    (ImportError(MAPPING), f"out of memory ({MAPPING}){LESS}"),
]


@pytest.mark.parametrize(("error", "said"), ENDINGS)
def test_what_the_system_refuses_is_a_line(error, said, capsys):
    assert run("calm", raising(error)) == 1
    assert capsys.readouterr().err == f"calm: {said}\n"


def test_the_cause_of_an_error_counts():
    error = RuntimeError("writing failed")
    error.__cause__ = OSError(errno.ENOSPC, "No space left on device", "a.bin")
    assert hindrance(error).startswith("no room left for a.bin")


def test_errors_of_our_own_making_are_not_hidden():
    with pytest.raises(KeyError):
        run("calm", raising(KeyError("language")))
    assert hindrance(OSError("of a library, without a number")) is None


@pytest.mark.parametrize(
    ("error", "status", "how"),
    [(KeyboardInterrupt(), 130, "interrupted"), (Terminated(signal.SIGTERM), 143, "told to end")],
)
def test_signals_are_a_line(error, status, how):
    code = (
        "import sys; from calm_harness.process.command import run; from retrieval.process.ending import Terminated\n"
        f"def work(): raise {type(error).__name__}({', '.join(map(str, map(int, error.args)))})\n"
        "sys.exit(run('calm', work))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (status, "")
    assert done.stderr == f"calm: {how}; run it again, what is done is kept\n"


def test_a_signal_that_is_ignored_stays_ignored():
    code = (
        "import os, signal; from calm_harness.process.command import run\n"
        "signal.signal(signal.SIGHUP, signal.SIG_IGN)\n"
        "raise SystemExit(run('calm', lambda: os.kill(os.getpid(), signal.SIGHUP) or 0))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_control_characters_do_not_reach_the_terminal(capsys):
    assert run("calm", raising(CalmError("file \x1b[31mred\x07 is empty"))) == 1
    assert "\x1b" not in capsys.readouterr().err
