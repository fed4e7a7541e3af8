"""The cache folder, and in it a note of each index that has been looked through and found sound.

Never beside the index: who made it could say there that it is sound. And by what the file system says of its files, not
by a digest of their content, which takes about as long as looking through them: the number and the time of change
(ctime) of a file are not set by who writes another in its place, short of who sets the clock.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Sequence
from pathlib import Path

RULES = 1  # raised whenever more is looked at, so that all is looked at again


def cache_folder() -> Path:
    """The folder for downloads and searches: CALM_CACHE_DIR, else ~/.cache/calm-harness."""
    return Path(os.environ.get("CALM_CACHE_DIR") or "~/.cache/calm-harness").expanduser()


def stamp(files: Sequence[Path]) -> str:
    """Tell files, as they are now, from all others on this machine, without reading them.

    Raises:
        OSError: one is not there.
    """
    stats = [file.stat() for file in files]
    parts = [(stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns) for stat in stats]
    return hashlib.sha256(json.dumps([RULES, parts]).encode()).hexdigest()[:32]


def is_sound(files: str) -> bool:
    """Whether files with this stamp have been found sound."""
    return _note(files).is_file()


def note_sound(files: str) -> None:
    """Note that files with this stamp are sound; where nothing can be written, they are looked at again next time."""
    with contextlib.suppress(OSError):
        _note(files).parent.mkdir(parents=True, exist_ok=True)
        _note(files).touch()


def _note(files: str) -> Path:
    return cache_folder() / "sound" / files
