"""Which training a folder holds, and how far it came: what is done is not done again, what was cut off goes on."""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from transformers.trainer_utils import get_last_checkpoint

from calm_harness.cache import changes
from calm_harness.errors import CalmError
from calm_harness.files import write_text
from calm_harness.models.digest import named_digest
from retrieval.formats.literals import json_value
from trainer.preferences.write import TARGET, TURN
from trainer.training import data
from trainer.training.arguments import Arguments

log = logging.getLogger(__name__)
RECORD = "training.json"
TOKENS = "tokens"  # the data set, while training lasts
BOOKKEEPING = (
    "pairs",  # what is in them counts
    "samples",
    "languages",
    "questions",
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
PLACES = ("model_name_or_path", "model_revision", "adapter")  # settings of which what lies there counts


@dataclass(frozen=True)
class Identity:
    """What decides the outcome of a training, each as a hash.

    Attributes:
        pairs: prompts, chosen and rejected, and targets (what a reference says follows from these and the model), or
            what else SFT learns; None of a training on prompts.
        model: that is trained: its content, wherever it lies.
        adapter: that training goes on with; None for a new one.
        settings: of data, training and model.
        prompts: of a training that has its responses written while it lasts.
    """

    pairs: str | None
    model: str
    adapter: str | None
    settings: str
    prompts: str | None = None


def identify(rows: Iterable[Mapping[str, Any]], arguments: Arguments) -> Identity:
    """Hash what decides the outcome of a training on pairs.

    Raises:
        CalmError: a file of the model or adapter cannot be read.
    """
    columns = data.format_of(rows, list(data.KINDS), arguments.data.pairs)

    def texts(row: Mapping[str, Any]) -> list[Any]:
        found = [row[name] for name in columns] + [row[name] for name in ("rendered",) if row.get(name)]
        found += [TURN] if row.get("format") == TURN else []
        return found + ([row[TARGET]] if row.get(TARGET) is not None else [])

    return identity(arguments, pairs=hashed(map(texts, rows)))


def hashed(contents: Iterable[Any]) -> str:
    """Hash what JSON can hold."""
    digest = hashlib.sha256()
    for content in contents:
        digest.update(json.dumps(content, ensure_ascii=False).encode())
    return digest.hexdigest()[:16]


def identity(arguments: Arguments, *, pairs: str | None = None, prompts: str | None = None) -> Identity:
    """Put hashes of model, adapter and settings beside that of what is trained on.

    Raises:
        CalmError: a file of the model or adapter cannot be read.
    """
    settings = hashlib.sha256()
    for part in arguments:
        deciding = {
            name: value for name, value in vars(part).items() if name not in (*BOOKKEEPING, *PLACES) and _plain(value)
        }
        settings.update(json.dumps(deciding, sort_keys=True, default=str).encode())
    adapter = arguments.data.adapter
    return Identity(
        pairs=pairs,
        model=named_digest(str(arguments.model.model_name_or_path), arguments.model.model_revision),
        adapter=None if adapter is None else named_digest(adapter),
        settings=settings.hexdigest()[:16],
        prompts=prompts,
    )


def _plain(value: Any) -> bool:
    return value is None or isinstance(value, str | int | float | bool | list | tuple | dict)


def done(folder: Path, identity: Identity) -> dict[str, Any] | None:
    """Return the record of a training that is finished and was the same; None where there is still work.

    Raises:
        CalmError: the folder holds another training, or one of an earlier version, which did not say of which weights.
    """
    try:
        record: Any = json_value((folder / RECORD).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError):
        record = None
    if not isinstance(record, dict):
        raise CalmError(f"{folder / RECORD} is damaged; remove {folder}, or name another --output_dir")
    earlier = record.get("identity")
    if record.get("finished") or any(folder.glob("checkpoint-*")):
        if not isinstance(earlier, dict):
            raise CalmError(
                f"{folder} holds a training of an earlier version of calm-harness, which did not say of which weights; "
                "name another --output_dir, or remove it"
            )
        changed = changes(earlier, asdict(identity))
        if changed:
            raise CalmError(f"{folder} holds a training with other {' and '.join(changed)}; name another --output_dir")
    return record if record.get("finished") else None


def begin(folder: Path, identity: Identity) -> str | None:
    """Claim the folder for a training, and find the checkpoint to go on from; None where it starts anew.

    Args:
        folder: where the training lies.
        identity: what decides it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if not any(folder.glob("checkpoint-*")):
        shutil.rmtree(folder / TOKENS, ignore_errors=True)  # perhaps of other settings
    for checkpoint in folder.glob("*checkpoint-*"):
        if not (checkpoint / "trainer_state.json").is_file():  # its last file: it was cut off while being written
            shutil.rmtree(checkpoint)
    write_text(folder / RECORD, json.dumps({"identity": asdict(identity), "finished": False}, indent=2) + "\n")
    last_checkpoint: str | None = get_last_checkpoint(str(folder))
    if last_checkpoint is not None:
        log.warning("going on from %s", last_checkpoint)
    return last_checkpoint
