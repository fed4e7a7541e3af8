"""What DPO and SFT share: from pairs to a saved adapter."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from peft import PeftModel

from calm_harness.errors import CalmError
from calm_harness.files import whole, write_text
from calm_harness.models import trained
from trainer.command import run
from trainer.preferences import held_out
from trainer.training import card, data, provenance
from trainer.training.arguments import Arguments, Build, DataArguments, LoraModelConfig
from trainer.training.identity import RECORD, TOKENS, begin, done, identify
from trainer.training.model import load_tokenizer
from trainer.training.record import record


def main(method: str, description: str | None, config: type, build: Build, argv: Sequence[str] | None) -> int:
    """Run the command of a method (DPO, SFT) whose arguments are `config`; return its status."""
    on_cpu()

    def command(*parts: Any) -> int:
        arguments = Arguments(*parts)
        training_record = train(method, build, arguments)
        if arguments.training.process_index == 0:
            pairs = training_record["pairs"]["count"]
            print(f"{arguments.training.output_dir}: {method}, {training_record['steps']} steps on {pairs} pairs")
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
    data_arguments, training_arguments, model_arguments = arguments
    if not model_arguments.model_name_or_path:
        raise CalmError("which model? --model_name_or_path MODEL")
    if training_arguments.output_dir is None:
        raise CalmError("where to? --output_dir DIR")
    rows = data.load(data_arguments.pairs)
    report = keep_out(rows, data_arguments, show=training_arguments.process_index == 0)
    folder = Path(training_arguments.output_dir).expanduser()
    identity = identify(rows, arguments)
    finished = done(folder, identity)
    if finished is not None:
        return finished
    with training_arguments.main_process_first():
        checkpoint = begin(folder, identity, main=training_arguments.process_index == 0)
    trainer = build(rows, load_tokenizer(model_arguments, rows), arguments)
    trainer.train(resume_from_checkpoint=training_arguments.resume_from_checkpoint or checkpoint)
    training_record = record(method, identity, rows, arguments, (trainer.state, report))
    finish(trainer, folder, training_record, provenance.trained_on(rows, data_arguments.adapter))
    return training_record


def keep_out(rows: Sequence[Mapping[str, Any]], data_arguments: DataArguments, *, show: bool) -> held_out.Report:
    """Keep evaluated questions out, and say which were and were not.

    Args:
        rows: the pairs.
        data_arguments: with what is held out.
        show: whether to print it: one process does.

    Raises:
        CalmError: see `trainer.preferences.held_out`; or evaluated questions would be trained on by their labels.
    """
    transductive = provenance.lets_in(data_arguments)
    if transductive and provenance.vote(data_arguments.pairs) == "gold":
        raise CalmError(
            f"{data_arguments.pairs} was made of labels (vote=gold), and transductive lets evaluated questions in; "
            "make pairs by another vote, or leave transductive out"
        )
    report = held_out.check(rows, data_arguments.held_out, transductive=transductive)
    if show:
        print("\n".join(held_out.render(report)), flush=True)
    return report


def dataset(examples: Sequence[dict[str, Any]], settings: Any) -> Dataset:
    """Put examples on disk, where all processes find them, and a training that goes on what TRL computed for them."""
    folder = Path(settings.output_dir).expanduser() / TOKENS
    with settings.main_process_first():
        if settings.process_index == 0 and not (folder / "state.json").is_file():
            Dataset.from_list(list(examples)).save_to_disk(str(folder))
        return Dataset.load_from_disk(str(folder))


def finish(trainer: Any, folder: Path, record: dict[str, Any], trained_on: Iterable[str]) -> None:
    """Save the adapter (or the model), a merged model if it is wanted, the card, and the record, which comes last."""
    model = trainer.accelerator.unwrap_model(trainer.model)
    if isinstance(model, PeftModel) and "ref" in model.peft_config:
        model.delete_adapter("ref")  # TRL's copy of what training started from
    trainer.save_model(str(folder))
    if not trainer.accelerator.is_main_process:
        trainer.accelerator.wait_for_everyone()
        return
    trained_keys = list(trained_on)
    record_text = json.dumps(record, indent=2, ensure_ascii=False, default=str) + "\n"
    if record["arguments"]["merge"] and isinstance(model, PeftModel):
        with whole(folder / "merged") as scratch:
            model.merge_and_unload().save_pretrained(str(scratch))
            trainer.processing_class.save_pretrained(str(scratch))
            trained.write(scratch, trained_keys)
            write_text(scratch / RECORD, record_text)
    shutil.rmtree(folder / TOKENS, ignore_errors=True)
    trained.write(folder, trained_keys)
    write_text(folder / "README.md", card.render(record))
    write_text(folder / RECORD, record_text)
    trainer.accelerator.wait_for_everyone()
