"""What is done once and kept: the cache folder, and stages, folders whose `done.json` says of what inputs they are."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from calm_harness.errors import CalmError
from calm_harness.files import read_text, write_text
from calm_harness.runtime import writes

DONE = "done.json"


def cache_folder() -> Path:
    """The folder for downloads and searches: CALM_CACHE_DIR, else ~/.cache/calm-harness."""
    return Path(os.environ.get("CALM_CACHE_DIR") or "~/.cache/calm-harness").expanduser()


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
    done_path = folder / DONE
    inputs = json.loads(json.dumps(inputs))
    if done_path.is_file():
        try:
            earlier = json.loads(read_text(done_path, f"remove {folder}"))
        except json.JSONDecodeError:
            raise CalmError(f"{done_path} is damaged; remove {folder}") from None
        if earlier != inputs:
            changed = [name for name in inputs if not isinstance(earlier, dict) or earlier.get(name) != inputs[name]]
            raise CalmError(
                f"{folder} holds what was done with other inputs ({', '.join(changed)}); remove it, or name another"
            )
        return False
    work()
    if writes():
        folder.mkdir(parents=True, exist_ok=True)
        write_text(done_path, json.dumps(inputs, indent=1, ensure_ascii=False) + "\n")
    return True
