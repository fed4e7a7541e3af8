"""Lay the task files down where lm_eval looks for tasks; not in an editable install, which would get a stale copy."""

from __future__ import annotations

from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class TasksBelowLmEval(BuildHookInterface):
    """Adds `tasks/` to the wheel as `lm_eval/tasks/calm`."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add the folder unless the build is an editable one."""
        if version != "editable":
            build_data["force_include"]["tasks"] = "lm_eval/tasks/calm"
