"""What a model was trained on, as its folder says: whether an evaluation asks questions that it was trained on.

A training leaves `trained_on.txt` beside the weights, a hash a line: of each question's id, where the id stands for a
question wherever it is from, and of its stem in each language that was trained on. No text can be read out of it.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from calm_harness.errors import CalmError
from calm_harness.files import write_text
from calm_harness.models.digest import ADAPTER, TRAINED_ON
from calm_harness.questions.schema import fingerprint

RECORD = "training.json"
MERGED = "merged"  # folder of a model with its adapter merged in, within the adapter's
_KEY = re.compile(r"[0-9a-f]{16}")
OF_SET = re.compile(r".+-[0-9a-f]{12}(-[0-9a-f]{6})?|mini-\d{3}")
"""Ids that stand for a question wherever it is from: of its content, or of the built-in set."""


def keys(question_id: str | None, stem: str) -> set[str]:
    """Hash what a question is known by."""
    names = [f"id {question_id}"] if question_id is not None and OF_SET.fullmatch(question_id) else []
    names += [f"stem {fingerprint(stem)}"] if stem else []
    return {hashlib.sha256(name.encode()).hexdigest()[:16] for name in names}


def write(folder: Path, trained_on: Iterable[str]) -> None:
    """Write the hashes of what was trained on."""
    write_text(folder / TRAINED_ON, "".join(f"{key}\n" for key in sorted(set(trained_on))))


def read(folder: Path) -> set[str]:
    """Read the hashes of what the model in a folder was trained on; none where it does not say.

    Raises:
        CalmError: the file is damaged, so that what the model was trained on is not known.
    """
    try:
        path = folder.expanduser() / TRAINED_ON
        content = path.read_bytes() if path.is_file() else b""
    except (OSError, ValueError, RuntimeError):  # no folder at all, but the name of a model
        return set()
    trained_on = content.decode("ascii", "replace").split()
    if not all(map(_KEY.fullmatch, trained_on)):
        raise CalmError(f"{path} is damaged: what was trained on is not known; train the model anew")
    return set(trained_on)


def declared(folder: Path) -> bool:
    """Whether a folder's training was said to be on questions that are evaluated."""
    try:
        record = json.loads((folder.expanduser() / RECORD).read_text(encoding="utf-8"))
        return bool(record["transductive"] is True)
    except (OSError, ValueError, KeyError, TypeError, RuntimeError):
        return False


def declared_in(model_args: Mapping[str, Any]) -> bool:
    """Whether that was said of a model that lm-eval's arguments name; for results that do not say it themselves."""
    return any(map(declared, _folders(model_args)))


def _folders(model_args: Mapping[str, Any]) -> list[Path]:
    """Return the folders that lm-eval's model arguments name weights in."""
    return [
        Path(value) for name in ("pretrained", *ADAPTER) if isinstance(value := model_args.get(name), str) and value
    ]


def overlap(model_args: Mapping[str, Any], asked: Iterable[Mapping[str, Any]]) -> dict[str, Any] | None:
    """Say how far a model was trained on the questions that it is asked.

    Args:
        model_args: lm-eval's.
        asked: with `question_id` and `stem`.

    Returns:
        `declared`, whether its training was said to be transductive, and `trained_on`, how many of the questions it was
        trained on; None where it is neither.
    """
    trained_on = set().union(*map(read, _folders(model_args)))
    shared = {
        row["question_id"]
        for row in (asked if trained_on else ())
        if trained_on & keys(row["question_id"], row["stem"])
    }
    is_declared = declared_in(model_args)
    return {"declared": is_declared, "trained_on": len(shared)} if shared or is_declared else None
