"""`calm doctor`: whether lm_eval finds the tasks, and what else is here (no heavy import)."""

from __future__ import annotations

import argparse
import importlib.metadata
import os
import platform
from collections.abc import Iterator
from pathlib import Path

from calm_harness.runtime import processors
from calm_harness.task.paths import TASK, lm_eval_path, overlay_path, tasks_path

PACKAGES = ("lm-eval", "torch", "transformers", "datasets", "trl", "peft", "faiss-cpu", "sentence-transformers")


def diagnose() -> Iterator[tuple[bool, str]]:
    """Yield (whether all is well, what was found and what to do) for each thing that can be wrong."""
    lm_eval, overlay = lm_eval_path(), overlay_path()
    include = f"pass --include_path {tasks_path()}"
    if lm_eval is None:
        yield False, "lm_eval is not installed; run: pip install 'lm-eval[hf]'"
    elif (lm_eval / "tasks" / "calm" / TASK).is_file():
        yield True, f"lm_eval finds the tasks by itself ({lm_eval / 'tasks' / 'calm'})"
    elif overlay is not None:
        yield False, f"lm_eval is imported from {lm_eval}, which shadows the tasks laid down in {overlay}; {include}"
    else:
        yield True, f"editable install: lm_eval does not find the tasks by itself; {include}"
    for package in PACKAGES:
        try:
            yield True, f"{package} {importlib.metadata.version(package)}"
        except importlib.metadata.PackageNotFoundError:
            yield package not in ("torch", "transformers", "datasets"), f"{package} is not installed"
    yield True, f"Python {platform.python_version()} on {platform.machine()}, {processors()} processors"
    release = os.environ.get("CALM_RELEASE_DIR")
    if release is None:
        yield True, "CALM_RELEASE_DIR is not set; `calm data list` shows which question sets are here"
    else:
        well = (Path(release) / "data").is_dir()
        yield well, f"CALM_RELEASE_DIR={release}" + ("" if well else ": no release; it must hold a folder `data`")


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `doctor` to the command line."""
    command = subparsers.add_parser("doctor", help="check that lm_eval finds the tasks, and what is installed")
    command.set_defaults(run=run)


def run(_: argparse.Namespace) -> int:
    """Print what was found; the status is 1 where something is wrong."""
    findings = list(diagnose())
    for well, text in findings:
        print(f"{'ok  ' if well else 'BAD '} {text}")
    return 0 if all(well for well, _ in findings) else 1
