"""Work in pieces that are done once: a folder whose `done.json` says of what inputs it holds the outcome."""

from __future__ import annotations

import importlib.metadata
import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from calm_harness.errors import CalmError
from calm_harness.questions.files import read_text, write_text

DONE = "done.json"


def writes() -> bool:
    """Tell whether this is the process that writes, of several that torchrun or accelerate started."""
    return os.environ.get("RANK", "0") == "0"


def processors() -> int:
    """Return how many processors this process may use."""
    return (os.process_cpu_count() or 1) if hasattr(os, "process_cpu_count") else len(os.sched_getaffinity(0))


def versions(packages: Sequence[str] = ("calm-harness", "lm-eval", "torch", "transformers")) -> dict[str, str]:
    """Return the versions of what decides an outcome."""
    return {name: importlib.metadata.version(name) for name in packages}


def stage(folder: Path, inputs: dict[str, Any], work: Callable[[], object]) -> bool:
    """Do a piece of work unless it was done with the same inputs.

    Args:
        folder: where the outcome lies.
        inputs: all that decides it, as JSON.
        work: does it; what it writes in the folder counts only once it returns.

    Returns:
        Whether it was done now.

    Raises:
        CalmError: the folder holds the outcome of other inputs.
    """
    done = folder / DONE
    inputs = json.loads(json.dumps(inputs))
    if done.is_file():
        try:
            known = json.loads(read_text(done, f"remove {folder}"))
        except json.JSONDecodeError:
            raise CalmError(f"{done} is damaged; remove {folder}") from None
        if known != inputs:
            names = ", ".join(name for name in inputs if not isinstance(known, dict) or known.get(name) != inputs[name])
            raise CalmError(f"{folder} holds what was done with other inputs ({names}); remove it, or name another")
        return False
    work()
    if writes():
        folder.mkdir(parents=True, exist_ok=True)
        write_text(done, json.dumps(inputs, indent=1, ensure_ascii=False) + "\n")
    return True
