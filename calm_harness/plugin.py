"""What entry points of this package name: for an lm-eval that looks for tasks in other packages (pyproject.toml)."""

from __future__ import annotations

from calm_harness.task.paths import tasks_path

TASKS = str(tasks_path())
"""The folder of the task files, as `--include_path` takes it."""
