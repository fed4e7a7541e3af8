"""`calm tasks-path`: where the task files lie."""

from __future__ import annotations

import argparse

from calm_harness.task.paths import tasks_path


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `tasks-path` to the command line."""
    command = subparsers.add_parser("tasks-path", help="print the folder of the task files, for lm_eval --include_path")
    command.set_defaults(run=run)


def run(_: argparse.Namespace) -> int:
    """Print the folder."""
    print(tasks_path())
    return 0
