"""Where downloads lie."""

from __future__ import annotations

import os
from pathlib import Path

NAME = "calm_release"


def cache_folder() -> Path:
    """The folder for downloads: CALM_CACHE_DIR, else ~/.cache/calm-harness."""
    return Path(os.environ.get("CALM_CACHE_DIR") or "~/.cache/calm-harness").expanduser()
