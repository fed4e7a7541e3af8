"""Which training a folder holds, and how far it came: what is done is not done again, what was cut off goes on."""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from transformers.trainer_utils import get_last_checkpoint

from calm_harness.errors import CalmError
from calm_harness.files import write_text
from trainer.training import data

log = logging.getLogger(__name__)
RECORD = "training.json"
TOKENS = "tokens"  # the data set, while training lasts
BOOKKEEPING = (
    "pairs",  # what is in them counts
    "held_out",
    "transductive",
    "merge",
    "output_dir",
    "resume_from_checkpoint",
    "run_name",
    "report_to",
    "disable_tqdm",
    "save_steps",
    "save_strategy",
    "save_total_limit",
    "logging_dir",
    "logging_steps",
    "logging_strategy",
)
"""Settings that do not change what is learned."""


def fingerprint(rows: Sequence[Mapping[str, Any]], *settings: Any) -> str:
    """Hash what decides the outcome of training: the pairs and the settings."""
    digest = hashlib.sha256()
    for row in rows:
        digest.update(json.dumps([row[name] for name in data.COLUMNS], ensure_ascii=False).encode())
    for arguments in settings:
        deciding = {name: value for name, value in vars(arguments).items() if name not in BOOKKEEPING and _plain(value)}
        digest.update(json.dumps(deciding, sort_keys=True, default=str).encode())
    return digest.hexdigest()[:16]


def _plain(value: Any) -> bool:
    return value is None or isinstance(value, str | int | float | bool | list | tuple | dict)


def done(folder: Path, identity: str) -> dict[str, Any] | None:
    """Return the record of a training that is finished and was the same; None where there is still work.

    Raises:
        CalmError: the folder holds another training.
    """
    try:
        record: dict[str, Any] = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError):
        raise CalmError(f"{folder / RECORD} is damaged; remove {folder}, or name another --output_dir") from None
    started = record.get("finished") or any(folder.glob("checkpoint-*"))
    if record.get("identity") != identity and started:
        raise CalmError(f"{folder} holds a training with other pairs or settings; name another --output_dir")
    return record if record.get("finished") else None


def begin(folder: Path, identity: str, *, main: bool = True) -> str | None:
    """Claim the folder for a training, and find the checkpoint to go on from; None where it starts anew.

    Args:
        folder: where the training lies.
        identity: its fingerprint.
        main: whether this is the first of all processes, which alone writes.
    """
    if main:
        folder.mkdir(parents=True, exist_ok=True)
        if not any(folder.glob("checkpoint-*")):
            shutil.rmtree(folder / TOKENS, ignore_errors=True)  # perhaps of other settings
        for checkpoint in folder.glob("*checkpoint-*"):
            if not (checkpoint / "trainer_state.json").is_file():  # its last file: it was cut off while being written
                shutil.rmtree(checkpoint)
        write_text(folder / RECORD, json.dumps({"identity": identity, "finished": False}, indent=2) + "\n")
    last_checkpoint: str | None = get_last_checkpoint(str(folder))
    if last_checkpoint is not None and main:
        log.warning("going on from %s", last_checkpoint)
    return last_checkpoint
