"""What is done once and kept: stages, folders whose `done.json` says of what inputs they are."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from calm_harness.errors import CalmError
from calm_harness.files import read_text, write_text
from calm_harness.runtime import writes
from retrieval.formats.literals import json_value

DONE = "done.json"


def file_digest(path: Path) -> str:
    """Hash a file's bytes (16 hexadecimal digits).

    Raises:
        CalmError: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()[:16]
    except OSError as error:
        raise CalmError(f"{path} cannot be read ({error.strerror}); make it anew") from None


def stage(folder: Path, inputs: Mapping[str, Any], work: Callable[[], object]) -> bool:
    """Do a piece of work unless it was done with the same inputs.

    Args:
        folder: where the outcome lies.
        inputs: all that decides it, as JSON: digests of what lies under a path, not the path.
        work: does it; what it writes in the folder counts only once it returns.

    Returns:
        Whether it was done now.

    Raises:
        CalmError: see `is_done`.
    """
    if is_done(folder, inputs):
        return False
    work()
    if writes():
        folder.mkdir(parents=True, exist_ok=True)
        content = {"inputs": _plain(inputs)}
        write_text(folder / DONE, json.dumps(content, indent=1, ensure_ascii=False) + "\n")
    return True


def is_done(folder: Path, inputs: Mapping[str, Any]) -> bool:
    """Tell whether a folder holds the outcome of these inputs; there is none where it was never done, or cut off.

    Raises:
        CalmError: the folder holds the outcome of other inputs, which the message names, or of ones that are not known.
    """
    earlier = inputs_of(folder)
    if earlier is None:
        return False
    changed = changes(earlier, _plain(inputs))
    if changed:
        raise CalmError(
            f"{folder} holds what was done with other inputs ({', '.join(changed)}); remove it, or name another"
        )
    return True


def inputs_of(folder: Path) -> dict[str, Any] | None:
    """Read of what inputs a folder holds the outcome; None where there is none.

    Raises:
        CalmError: the record is damaged, or of an earlier version, which wrote paths and not what lay there.
    """
    path = folder / DONE
    if not path.is_file():
        return None
    try:
        record = json_value(read_text(path, f"remove {folder}"))
    except json.JSONDecodeError:
        record = None
    if not isinstance(record, dict):
        raise CalmError(f"{path} is damaged; remove {folder}")
    inputs = record.get("inputs")
    if not isinstance(inputs, dict):
        raise CalmError(
            f"{folder} was made by an earlier version of calm-harness, which did not say of what content; remove it, "
            "or name another"
        )
    return inputs


def changes(earlier: Mapping[str, Any], inputs: Mapping[str, Any]) -> list[str]:
    """Name the inputs that changed; of a table that both have, the entries."""
    names = []
    for name in dict.fromkeys((*inputs, *earlier)):
        before, now = earlier.get(name), inputs.get(name)
        if isinstance(before, dict) and isinstance(now, dict):
            names += [f"{name}: {entry}" for entry in changes(before, now)]
        elif before != now:
            names.append(name)
    return names


def _plain(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return inputs as JSON has them."""
    content: dict[str, Any] = json.loads(json.dumps(inputs, default=str))
    return content
