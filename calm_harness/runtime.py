"""The process that runs: how many processors it has, whether it is the one that writes, of which versions it is."""

from __future__ import annotations

import importlib.metadata
import os
from collections.abc import Sequence

import calm_harness


def writes() -> bool:
    """Tell whether this is the process that writes, of several that torchrun or accelerate started."""
    return os.environ.get("RANK", "0") == "0"


def processes() -> int:
    """Return how many processes torchrun or accelerate started for this run, this one among them."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def workers() -> int:
    """Return how many processes may share a piece of work: one a processor, and no more than Windows waits for."""
    return min(processors(), 61)


def processors() -> int:
    """Return how many processors this process may use; where that is not told (macOS, Windows), how many there are."""
    if hasattr(os, "process_cpu_count"):  # Python 3.13
        return os.process_cpu_count() or 1
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def versions(packages: Sequence[str] = ("calm-harness", "lm-eval", "torch", "transformers")) -> dict[str, str]:
    """Return the versions of what decides an outcome; our own is known in a checkout that is not installed, too."""
    ours = {"calm-harness": calm_harness.__version__}
    return {name: ours.get(name) or importlib.metadata.version(name) for name in packages}
