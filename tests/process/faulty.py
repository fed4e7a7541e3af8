"""Run a command of ours in which something goes wrong at a place that is named.

python -m tests.process.faulty import:numpy trainer.pairs ...      Ctrl-C while numpy is imported
python -m tests.process.faulty SIGTERM:/tmp/run trainer.pairs ...  a signal when a file below /tmp/run is first written
python -m tests.process.faulty memory:/tmp/log calm_harness ...    no memory is left when /tmp/log is first read
"""

import importlib
import os
import resource
import runpy
import signal
import sys
from importlib.abc import MetaPathFinder
from pathlib import Path

MARGIN = 6 << 20  # bytes that are left
ENDING = ("numpy", "faiss", "pyarrow", "torch")  # libraries that end the process by themselves, loaded without memory


def main(fault, module, *words):
    kind, _, place = fault.partition(":")
    if kind == "import":
        sys.meta_path.insert(0, Interrupted(place))
    elif kind == "memory":
        at_first_open(place, leave_no_memory, writing=False)
    else:
        at_first_open(place, lambda: os.kill(os.getpid(), getattr(signal, kind)), writing=True)
    sys.argv = [module, *words]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


class Interrupted(MetaPathFinder):
    """Sends Ctrl-C when a module is looked for."""

    def __init__(self, name):
        self.name = name

    def find_spec(self, fullname, path, target=None):
        if fullname == self.name:
            self.name = None
            os.kill(os.getpid(), signal.SIGINT)


def at_first_open(place, happen, *, writing):
    pending = [happen]

    def hook(event, arguments):
        if event not in ("open", "os.mkdir") or not pending or not isinstance(arguments[0], str | os.PathLike):
            return
        mode = str(arguments[1]) if event == "open" else "w"
        flags = arguments[2] if event == "open" and isinstance(arguments[2], int) else os.O_WRONLY
        written = any(sign in mode for sign in "wax+") or flags & (os.O_WRONLY | os.O_RDWR)
        if str(arguments[0]).startswith(place) and (written or not writing):
            pending.pop()()

    sys.addaudithook(hook)


def leave_no_memory():
    for name in ENDING:
        importlib.import_module(name)
    numpy = sys.modules["numpy"]
    numpy.linalg.inv(numpy.eye(64) @ numpy.eye(64))  # so that OpenBLAS has what it needs
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + MARGIN, used + MARGIN))


if __name__ == "__main__":
    main(*sys.argv[1:])
