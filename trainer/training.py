"""What DPO and SFT share: the model and its adapter, resuming, saving, and the record of what was done."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import logging
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from peft import PeftModel
from transformers import AutoModelForCausalLM, AutoTokenizer
from transformers.trainer_utils import get_last_checkpoint
from trl import ModelConfig, get_peft_config, get_quantization_config

from calm_harness.errors import CalmError
from calm_harness.questions.files import write_text
from trainer import card, data, held_out
from trainer.command import run
from trainer.write import SUMMARY

log = logging.getLogger(__name__)

RECORD = "training.json"
TOKENS = "tokens"  # the data set, while training lasts
PACKAGES = ("calm-harness", "torch", "transformers", "trl", "peft", "datasets")
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


@dataclass
class DataArguments:
    """What is trained on, and what becomes of the adapter."""

    pairs: str = field(
        metadata={
            "help": "A folder of trainer.pairs, a Parquet or JSONL file of TRL's preference format, or a data "
            "set of the Hub."
        }
    )
    adapter: str | None = field(
        default=None, metadata={"help": "An adapter to go on with, instead of a new one (a later round)."}
    )
    reference: str = field(
        default="start",
        metadata={
            "help": "What DPO compares with: the model that training starts from, adapter included (start), or the "
            "base model (base).",
            "choices": ["start", "base"],
        },
    )
    merge: bool = field(default=False, metadata={"help": "Also save the model with the adapter merged in: DIR/merged."})
    held_out: list[str] = field(
        default_factory=list,
        metadata={"help": "Refuse pairs that touch these questions: SET:SPLIT, SET:SPLIT@SOURCE, or a sample log."},
    )
    transductive: bool = field(
        default=False, metadata={"help": "Allow questions that will be evaluated; the model card says so."}
    )


@dataclass
class ShortRuns:
    """Defaults where an adapter and short runs want others than TRL's; a base class of the trainers' arguments."""

    learning_rate: float = field(default=1e-4, metadata={"help": "The initial learning rate for AdamW."})
    num_train_epochs: float = field(default=1.0, metadata={"help": "Total number of training epochs."})
    save_steps: float = field(
        default=0.25, metadata={"help": "Save a checkpoint every so many steps, or so large a part of all."}
    )
    save_total_limit: int | None = field(default=2, metadata={"help": "Keep so many checkpoints."})
    use_cpu: bool = field(
        default=not torch.accelerator.is_available(),
        metadata={"help": "Train on the CPU; the default where there is no accelerator."},
    )


@dataclass
class LoraModelConfig(ModelConfig):
    """TRL's model arguments, with a LoRA adapter on all linear layers by default."""

    use_peft: bool = field(default=True, metadata={"help": "Train an adapter (PEFT) rather than the whole model."})
    lora_dropout: float = field(default=0.0, metadata={"help": "LoRA dropout."})
    lora_target_modules: list[str] | None = field(
        default_factory=lambda: ["all-linear"], metadata={"help": "LoRA target modules."}
    )


Arguments = tuple[DataArguments, Any, LoraModelConfig]
Build = Callable[[Sequence[dict[str, Any]], Any, Arguments], Any]
"""Makes a trainer from pairs, tokenizer and all arguments."""


def main(method: str, description: str | None, config: type, build: Build, argv: Sequence[str] | None) -> int:
    """Run the command of a method (DPO, SFT) whose arguments are `config`; return its status."""
    on_cpu()

    def command(*arguments: Any) -> int:
        found = train(method, build, arguments)
        if arguments[1].process_index == 0:
            pairs = found["pairs"]["count"]
            print(f"{arguments[1].output_dir}: {method}, {found['steps']} steps on {pairs} pairs")
        return 0

    return run(f"trainer.{method.lower()}", description, [DataArguments, config, LoraModelConfig], command, argv)


def on_cpu() -> None:
    """Tell accelerate, before it looks, where there is no accelerator: its processes would not meet otherwise."""
    if not torch.accelerator.is_available():
        os.environ.setdefault("ACCELERATE_USE_CPU", "true")


def train(method: str, build: Build, arguments: Arguments) -> dict[str, Any]:
    """Train, go on with a training that was cut off, or find that it is done.

    Returns:
        The record of the training, as in training.json.

    Raises:
        CalmError: pairs, model and settings do not fit together, or the loss is no number.
    """
    data_arguments, settings, model_arguments = arguments
    if not model_arguments.model_name_or_path:
        raise CalmError("which model? --model_name_or_path MODEL")
    if settings.output_dir is None:
        raise CalmError("where to? --output_dir DIR")
    rows = load_rows(data_arguments)
    folder = Path(settings.output_dir).expanduser()
    identity = fingerprint(rows, *arguments)
    finished = done(folder, identity)
    if finished is not None:
        return finished
    with settings.main_process_first():
        checkpoint = begin(folder, identity, main=settings.process_index == 0)
    trainer = build(rows, tokenizer(model_arguments, rows), arguments)
    trainer.train(resume_from_checkpoint=settings.resume_from_checkpoint or checkpoint)
    found = record(method, identity, rows, arguments, trainer.state)
    finish(trainer, folder, found, merge=data_arguments.merge)
    return found


def load_rows(data_arguments: DataArguments) -> list[dict[str, Any]]:
    """Read the pairs and keep evaluated questions out.

    Raises:
        CalmError: see `trainer.data` and `trainer.held_out`.
    """
    rows = data.load(data_arguments.pairs)
    if "stem" in rows[0]:
        held_out.check(rows, data_arguments.held_out, transductive=data_arguments.transductive)
    elif data_arguments.held_out:
        raise CalmError(f"{data_arguments.pairs} does not say which questions its pairs are of (no column stem)")
    return rows


def tokenizer(model_arguments: ModelConfig, rows: Sequence[Mapping[str, Any]]) -> Any:
    """Load the tokenizer.

    Raises:
        CalmError: there is none, or pairs are messages and it has no chat template.
    """
    name = str(model_arguments.model_name_or_path)
    try:
        found = AutoTokenizer.from_pretrained(name, revision=model_arguments.model_revision)
    except (OSError, ValueError) as error:
        raise CalmError(
            f"{name} cannot be loaded ({_first_line(error)}); name a folder or a model of the Hub"
        ) from None
    if data.conversational(rows) and not found.chat_template:
        raise CalmError(f"{name} has no chat template, and these pairs are messages; make pairs without --chat")
    if found.pad_token is None:
        found.pad_token = found.eos_token
    return found


def model(model_arguments: ModelConfig, adapter: str | None, trust_remote_code: bool) -> Any:
    """Load the model, with the adapter that training goes on with, if one is named.

    Raises:
        CalmError: it cannot be loaded, or the adapter is for another model.
    """
    name = str(model_arguments.model_name_or_path)
    if adapter is not None:
        check_adapter(adapter, name)
    try:
        base = AutoModelForCausalLM.from_pretrained(
            name,
            revision=model_arguments.model_revision,
            trust_remote_code=trust_remote_code,
            attn_implementation=model_arguments.attn_implementation,
            dtype=model_arguments.dtype,
            quantization_config=get_quantization_config(model_arguments),
        )
    except (OSError, ValueError) as error:
        raise CalmError(
            f"{name} cannot be loaded ({_first_line(error)}); name a folder or a model of the Hub"
        ) from None
    if adapter is None:
        return base
    try:
        return PeftModel.from_pretrained(base, adapter, is_trainable=True)
    except (OSError, ValueError, RuntimeError) as error:
        raise CalmError(f"{adapter} does not fit {name} ({_first_line(error)}); name its own base model") from None


def check_adapter(adapter: str, base: str) -> None:
    """Check that an adapter is for a model.

    Raises:
        CalmError: it is for another one, or there is none.
    """
    path = Path(adapter).expanduser() / "adapter_config.json"
    try:
        named = json.loads(path.read_text(encoding="utf-8"))["base_model_name_or_path"]
    except (OSError, ValueError, KeyError, TypeError):
        raise CalmError(f"{adapter} holds no adapter (adapter_config.json); name the folder of a trained one") from None
    if named and named != base and Path(named).name != Path(base).name:
        raise CalmError(f"{adapter} is an adapter for {named}, not for {base}; name its own base model")


def peft_config(model_arguments: ModelConfig, adapter: str | None) -> Any:
    """Return what adapter to make: none where training goes on with one, or trains all weights."""
    return None if adapter else get_peft_config(model_arguments)


def fingerprint(rows: Sequence[Mapping[str, Any]], *settings: Any) -> str:
    """Hash what decides the outcome of training: the pairs and the settings."""
    digest = hashlib.sha256()
    for row in rows:
        digest.update(json.dumps([row[name] for name in data.COLUMNS], ensure_ascii=False).encode())
    for setting in settings:
        kept = {name: value for name, value in vars(setting).items() if name not in BOOKKEEPING and _plain(value)}
        digest.update(json.dumps(kept, sort_keys=True, default=str).encode())
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


def dataset(examples: Sequence[dict[str, Any]], settings: Any) -> Dataset:
    """Put examples on disk, where all processes find them, and a training that goes on what TRL computed for them."""
    folder = Path(settings.output_dir).expanduser() / TOKENS
    with settings.main_process_first():
        if settings.process_index == 0 and not (folder / "state.json").is_file():
            Dataset.from_list(list(examples)).save_to_disk(str(folder))
        return Dataset.load_from_disk(str(folder))


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
    last: str | None = get_last_checkpoint(str(folder))
    if last is not None and main:
        log.warning("going on from %s", last)
    return last


def record(
    method: str,
    identity: str,
    rows: Sequence[Mapping[str, Any]],
    arguments: Arguments,
    state: Any,
) -> dict[str, Any]:
    """Put together what is written about a finished training.

    Args:
        method: DPO or SFT.
        identity: its fingerprint.
        rows: the pairs.
        arguments: all its arguments.
        state: the trainer's state.
    """
    data_arguments, settings, model_arguments = arguments
    by_language: dict[str, int] = {}
    for row in rows:
        if "language" in row:
            by_language[row["language"]] = by_language.get(row["language"], 0) + 1
    return {
        "identity": identity,
        "finished": True,
        "method": method,
        "name": Path(settings.output_dir).name,
        "model": model_arguments.model_name_or_path,
        "adapter": model_arguments.use_peft or data_arguments.adapter is not None,
        "transductive": data_arguments.transductive,
        "pairs": {
            "path": data_arguments.pairs,
            "count": len(rows),
            "questions": len({row["question_id"] for row in rows if "question_id" in row}),
            "by_language": by_language,
            "vote": _vote(data_arguments.pairs),
        },
        "steps": state.global_step,
        "log": state.log_history,
        "arguments": {name: value for part in (data_arguments, model_arguments) for name, value in vars(part).items()},
        "settings": settings.to_dict(),
        "versions": versions(),
    }


def _vote(pairs: str) -> str | None:
    """Return which vote made the pairs, where their folder says so."""
    try:
        summary = json.loads((Path(pairs).expanduser() / SUMMARY).read_text(encoding="utf-8"))
        vote: str = summary["settings"]["vote"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return vote


def finish(trainer: Any, folder: Path, record: dict[str, Any], *, merge: bool) -> None:
    """Save the adapter (or the model), a merged model if it is wanted, the card, and the record, which comes last."""
    found = trainer.accelerator.unwrap_model(trainer.model)
    if isinstance(found, PeftModel) and "ref" in found.peft_config:
        found.delete_adapter("ref")  # TRL's copy of what training started from
    trainer.save_model(str(folder))
    if not trainer.accelerator.is_main_process:
        trainer.accelerator.wait_for_everyone()
        return
    if merge and isinstance(found, PeftModel):
        scratch = folder / "merged.part"
        found.merge_and_unload().save_pretrained(str(scratch))
        trainer.processing_class.save_pretrained(str(scratch))
        shutil.rmtree(folder / "merged", ignore_errors=True)
        scratch.replace(folder / "merged")
    shutil.rmtree(folder / TOKENS, ignore_errors=True)
    write_text(folder / "README.md", card.render(record))
    write_text(folder / RECORD, json.dumps(record, indent=2, ensure_ascii=False, default=str) + "\n")
    trainer.accelerator.wait_for_everyone()


def versions() -> dict[str, str]:
    """Return the versions of what decides the outcome."""
    return {name: importlib.metadata.version(name) for name in PACKAGES}


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
