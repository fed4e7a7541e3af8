"""`calm doctor` and `calm tasks-path`: whether lm_eval finds the tasks, and what else is here (no heavy import)."""

from __future__ import annotations

import argparse
import importlib.metadata
import importlib.util
import os
import platform
from collections.abc import Iterator
from pathlib import Path

import calm_harness
from calm_harness.errors import CalmError

PACKAGES = ("lm-eval", "torch", "transformers", "datasets", "trl", "peft", "faiss-cpu", "sentence-transformers")
TASK = "calm_mini_xl.yaml"


def tasks_path() -> Path:
    """Return the folder of the task files, for lm_eval's --include_path.

    Raises:
        CalmError: the installation has no task files.
    """
    package = Path(calm_harness.__file__).parent
    for folder in (package / "tasks", package.parent / "tasks"):  # in a wheel; in a checkout
        if (folder / TASK).is_file():
            return folder
    raise CalmError(f"{package} has no task files; install calm-harness anew")


def lm_eval_path() -> Path | None:
    """Return the folder of the lm_eval that Python would import, without importing it."""
    spec = importlib.util.find_spec("lm_eval")
    return Path(next(iter(spec.submodule_search_locations))) if spec and spec.submodule_search_locations else None


def overlay_path() -> Path | None:
    """Return the folder `lm_eval/tasks/calm` that this package's wheel laid down, None for an editable install."""
    for file in importlib.metadata.files("calm-harness") or []:
        if file.as_posix().endswith(f"lm_eval/tasks/calm/{TASK}"):
            return Path(str(file.locate())).resolve().parent
    return None


def diagnose() -> Iterator[tuple[bool, str]]:
    """Yield (whether all is well, what was found and what to do) for each thing that can be wrong."""
    found, overlay = lm_eval_path(), overlay_path()
    include = f"pass --include_path {tasks_path()}"
    if found is None:
        yield False, "lm_eval is not installed; run: pip install 'lm-eval[hf]'"
    elif (found / "tasks" / "calm" / TASK).is_file():
        yield True, f"lm_eval finds the tasks by itself ({found / 'tasks' / 'calm'})"
    elif overlay is not None:
        yield False, f"lm_eval is imported from {found}, which shadows the tasks laid down in {overlay}; {include}"
    else:
        yield True, f"editable install: lm_eval does not find the tasks by itself; {include}"
    for package in PACKAGES:
        try:
            yield True, f"{package} {importlib.metadata.version(package)}"
        except importlib.metadata.PackageNotFoundError:
            yield package not in ("torch", "transformers", "datasets"), f"{package} is not installed"
    yield True, f"Python {platform.python_version()} on {platform.machine()}, {os.cpu_count()} processors"
    release = os.environ.get("CALM_RELEASE_DIR")
    if release is None:
        yield True, "CALM_RELEASE_DIR is not set; `calm data list` shows which question sets are here"
    else:
        there = (Path(release) / "data").is_dir()
        yield there, f"CALM_RELEASE_DIR={release}" + ("" if there else ": no release; it must hold a folder `data`")


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `doctor` and `tasks-path` to the command line."""
    command = subparsers.add_parser("doctor", help="check that lm_eval finds the tasks, and what is installed")
    command.set_defaults(run=_doctor)
    command = subparsers.add_parser("tasks-path", help="print the folder of the task files, for lm_eval --include_path")
    command.set_defaults(run=_tasks_path)


def _doctor(_: argparse.Namespace) -> int:
    findings = list(diagnose())
    for well, text in findings:
        print(f"{'ok  ' if well else 'BAD '} {text}")
    return 0 if all(well for well, _ in findings) else 1


def _tasks_path(_: argparse.Namespace) -> int:
    print(tasks_path())
    return 0
