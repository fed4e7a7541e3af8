"""How the commands of calm_harness and trainer end: see `retrieval.process.ending`."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext

from calm_harness.errors import CalmError
from calm_harness.process import loggers
from calm_harness.process.children import end_all, end_with_parent, started
from retrieval.errors import RetrievalError
from retrieval.process import ending

TOLD = 128  # statuses above it say by which signal a process was told to end


def run(program: str, command: Callable[[], int]) -> int:
    """Run a command, what it imports included, and return its status.

    Where a loop started it, it ends when the loop does, and says of its warnings that they are ours.
    """
    end_with_parent()
    with loggers.handled(loggers.named()) if started() else nullcontext():
        status = ending.run(program, command, (CalmError, RetrievalError))
    if status > TOLD:
        end_all()
    return status
