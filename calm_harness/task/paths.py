"""Where the task files lie, and whether lm_eval finds them by itself (no heavy import)."""

from __future__ import annotations

import importlib.metadata
import importlib.util
from pathlib import Path

import calm_harness
from calm_harness.errors import CalmError

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
    """Return the folder `lm_eval/tasks/calm` that our wheel laid down, None for an editable install, or none at all."""
    try:
        files = importlib.metadata.files("calm-harness") or []
    except importlib.metadata.PackageNotFoundError:  # a checkout on the path
        return None
    for file in files:
        if file.as_posix().endswith(f"lm_eval/tasks/calm/{TASK}"):
            return Path(str(file.locate())).resolve().parent
    return None
