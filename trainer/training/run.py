"""What all methods share: from pairs, or prompts, to a saved adapter."""

from __future__ import annotations

import json
import logging
import os
import shutil
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

import torch
from datasets import Dataset
from peft import PeftModel
from transformers import TrainerState
from transformers.trainer import TRAINER_STATE_NAME

from calm_harness.errors import CalmError
from calm_harness.files import only_writer, whole, write_text
from calm_harness.models import trained
from trainer.adapters import kinds
from trainer.command import Parts
from trainer.preferences import held_out
from trainer.preferences.write import SUMMARY, TARGET
from trainer.training import arrow, card, data, provenance
from trainer.training.arguments import Arguments, DataArguments, LoraModelConfig, Method, at_home
from trainer.training.identity import RECORD, TOKENS, Identity, begin, done, identify
from trainer.training.model import load_model, load_tokenizer
from trainer.training.ranks import Alive, by_first
from trainer.training.record import cost, of_pairs, record
from trainer.training.tokens import Writer, tokens

log = logging.getLogger(__name__)
START = "start"  # a PiSSA adapter as it begins
EXAMPLES, COUNTS = "examples.arrow", "counts.json"  # the data set, and what was left out of it; the second comes last


def parts_of(methods: Method | Mapping[str, Method], config: type) -> Parts:
    """Say what the command of a method, or of several by `objective`, is made of, with `config`."""
    on_cpu()

    def command(*parts: Any) -> int:
        arguments = at_home(Arguments(*parts))
        method = methods if isinstance(methods, Method) else methods[arguments.training.objective]
        training_record = train(method, arguments)
        if arguments.training.process_index == 0:
            print(f"{arguments.training.output_dir}: " + "\n".join(card.summary(training_record)))
        return 0

    return [methods.data if isinstance(methods, Method) else DataArguments, config, LoraModelConfig], command


def on_cpu() -> None:
    """Tell accelerate, before it looks, where there is no accelerator: its processes would not meet otherwise."""
    if not torch.accelerator.is_available():
        os.environ.setdefault("ACCELERATE_USE_CPU", "true")


def train(method: Method, arguments: Arguments) -> dict[str, Any]:
    """Train, go on with a training that was cut off, or find that it is done.

    Returns:
        The record of the training, as in training.json.

    Raises:
        CalmError: pairs, model and settings do not fit together, or the loss is no number.
    """
    training_arguments, model_arguments = arguments.training, arguments.model
    if not model_arguments.model_name_or_path:
        raise CalmError("which model? --model_name_or_path MODEL")
    if training_arguments.output_dir is None:
        raise CalmError("where to? --output_dir DIR")
    check_adapter(arguments)
    folder = Path(training_arguments.output_dir).expanduser()
    first = training_arguments.process_index == 0
    with ExitStack() as held:

        def work(alive: Alive) -> Prepared:
            held.enter_context(only_writer(folder))
            return (method.prepare or prepare)(method, arguments, alive)

        prepared = by_first(work, first=first)
        if prepared.finished is not None:
            if arguments.data.merge and first:
                merge_finished(folder, arguments)
            return prepared.finished
        examples = dataset(folder / TOKENS)
        trainer = method.build(examples, load_tokenizer(model_arguments), arguments)
        if kinds.changes_base(model_arguments, arguments.data.adapter):
            model = trainer.accelerator.unwrap_model(trainer.model)
            kinds.keep_start(model, folder / TOKENS / START, first=first)
        checkpoint = training_arguments.resume_from_checkpoint or prepared.checkpoint
        begun = steps_of(checkpoint)  # which later ones push out
        seconds = trainer.train(resume_from_checkpoint=checkpoint).metrics["train_runtime"]
        spent = cost(examples, trainer.state, seconds, begun)
        training_record = prepared.record | record(arguments, trainer.state, spent)
        finish(trainer, folder, training_record)
        return training_record


def steps_of(checkpoint: str | None) -> int:
    """Return how many steps a checkpoint has seen; 0 where there is none."""
    if checkpoint is None:
        return 0
    return TrainerState.load_from_json(str(Path(checkpoint) / TRAINER_STATE_NAME)).global_step


def check_adapter(arguments: Arguments) -> None:
    """See that what is asked for can be done with the adapter that is trained.

    Raises:
        CalmError: see `trainer.adapters.kinds.check`.
    """
    data_arguments, training_arguments, model_arguments = arguments
    kinds.check(model_arguments, data_arguments.adapter, merge=data_arguments.merge)
    names = ("gradient_checkpointing", "activation_checkpointing")  # two names for it, in transformers 5
    if any(vars(training_arguments).get(name) for name in names) and not kinds.takes_checkpointing(
        model_arguments, data_arguments.adapter
    ):
        log.warning("--gradient_checkpointing is off: a prefix is a cache, which is not kept where it is on")
        for name in names:
            setattr(training_arguments, name, False)


class Prepared(NamedTuple):
    """What the first process finds out for all.

    Attributes:
        finished: the record of a training that is done.
        checkpoint: to go on from.
        record: what is written about the data.
    """

    finished: dict[str, Any] | None
    checkpoint: str | None = None
    record: dict[str, Any] = {}  # noqa: RUF012  (of a tuple, which nobody changes)


def prepare(method: Method, arguments: Arguments, alive: Alive) -> Prepared:
    """Read pairs, claim the folder and write the tokens, which every process then maps into memory.

    Raises:
        CalmError: pairs, model and settings do not fit together.
    """
    rows = data.load(arguments.data.pairs, list(method.sides))
    data.check_objective(rows, arguments.data.pairs, targets=TARGET in method.numbers)
    report = keep_out(rows, arguments.data)
    identity = identify(rows, arguments)

    def write() -> dict[str, Any]:
        counts = write_tokens(rows, load_tokenizer(arguments.model, rows), method, arguments, alive)
        return {**of_pairs(method, identity, rows, counts, arguments), "held_out": report}

    return claim(rows, identity, arguments, write)


def claim(
    rows: Iterable[Mapping[str, Any]], identity: Identity, arguments: Arguments, write: Callable[[], dict[str, Any]]
) -> Prepared:
    """Claim the folder for a training, unless it is done, and have its data written.

    Args:
        rows: what is trained on.
        identity: what decides the training.
        arguments: all of its.
        write: writes the data into `TOKENS`, where every process finds them, and returns what is recorded of them.

    Raises:
        CalmError: the folder holds another training.
    """
    folder = Path(arguments.training.output_dir).expanduser()
    finished = done(folder, identity)
    if finished is not None:
        return Prepared(finished)
    checkpoint = begin(folder, identity)
    written = write()
    came_from = provenance.parents(arguments.data.adapter, arguments.model.model_name_or_path)
    trained.write(folder / TOKENS, provenance.trained_on(rows, came_from))
    return Prepared(None, checkpoint, written)


def keep_out(rows: Iterable[Mapping[str, Any]], data_arguments: DataArguments) -> held_out.Report:
    """Keep evaluated questions out, and say which were and were not.

    Raises:
        CalmError: see `trainer.preferences.held_out`; or evaluated questions would be trained on by their labels.
    """
    transductive, vote = provenance.lets_in(data_arguments), provenance.vote(data_arguments.pairs)
    if transductive and vote == "gold":
        raise CalmError(
            f"{data_arguments.pairs} was made of labels (vote=gold), and transductive lets evaluated questions in; "
            "make pairs by another vote, or leave transductive out"
        )
    if transductive and vote is None:
        raise CalmError(
            f"{data_arguments.pairs} does not say by what vote it was made, and transductive lets evaluated questions "
            f"in, whose labels must not be learned; lay the {SUMMARY} that trainer.pairs wrote beside it, or leave "
            "transductive out"
        )
    report = held_out.check(rows, data_arguments.held_out, transductive=transductive)
    print("\n".join(held_out.render(report)), flush=True)
    return report


def write_tokens(
    rows: data.Pairs, tokenizer: Any, method: Method, arguments: Arguments, alive: Alive
) -> dict[str, Any]:
    """Write a method's examples, unless a training that goes on has them; return what was counted on the way.

    Raises:
        CalmError: a pair does not fit the tokenizer, or none is short enough.
    """
    max_length = arguments.training.max_length
    folder = Path(arguments.training.output_dir).expanduser() / TOKENS
    if (folder / COUNTS).is_file():
        counts: dict[str, Any] = json.loads((folder / COUNTS).read_text(encoding="utf-8"))
        return counts
    folder.mkdir(parents=True, exist_ok=True)
    writer = Writer(tokenizer, method.sides[rows.columns], str(arguments.model.model_name_or_path))
    numbers = [name for name in method.numbers if name in rows.numbers]
    if not arrow.write(folder / EXAMPLES, method.examples(tokens(rows, writer, max_length, numbers)), alive):
        raise CalmError(
            f"all {len(rows)} {data.KINDS[rows.columns]} are longer than {max_length} tokens; raise --max_length"
        )
    writer.count.warn(writer.end_of_turn)
    write_text(folder / COUNTS, json.dumps(asdict(writer.count)))
    return asdict(writer.count)


def dataset(folder: Path) -> Dataset:
    """Map the examples into memory; beside them TRL keeps what it computes for them, for a training that goes on.

    Raises:
        CalmError: the folder of the first process is not here.
    """
    if not (folder / EXAMPLES).is_file():
        raise CalmError(
            f"{folder / EXAMPLES}, which the first process has written, is not on this host; let --output_dir be on a "
            "file system that all hosts share"
        )
    return Dataset.from_file(str(folder / EXAMPLES))


def finish(trainer: Any, folder: Path, record: dict[str, Any]) -> None:
    """Save the adapter (or the model), a merged model if it is wanted, the card, and the record, which comes last."""
    model = trainer.accelerator.unwrap_model(trainer.model)
    if isinstance(model, PeftModel) and "ref" in model.peft_config:
        model.delete_adapter("ref")  # TRL's copy of what training started from
    trainer.save_model(str(folder))
    if not trainer.accelerator.is_main_process:
        trainer.accelerator.wait_for_everyone()
        return
    if (folder / TOKENS / START).is_dir():
        kinds.convert(model, folder, folder / TOKENS / START)
    trained_on = trained.read(folder / TOKENS)
    record_text = json.dumps(record, indent=2, ensure_ascii=False, default=str) + "\n"
    if record["arguments"]["merge"] and isinstance(model, PeftModel):
        merge(model, folder, trainer.processing_class, trained_on, record_text)
    shutil.rmtree(folder / TOKENS, ignore_errors=True)
    trained.write(folder, trained_on)
    write_text(folder / "README.md", card.render(record))
    write_text(folder / RECORD, record_text)
    trainer.accelerator.wait_for_everyone()


def merge(model: PeftModel, folder: Path, tokenizer: Any, trained_on: Iterable[str], record_text: str) -> None:
    """Save the model with its adapter merged in, as a model of its own that says what it was trained on."""
    with whole(folder / trained.MERGED) as scratch:
        model.merge_and_unload().save_pretrained(str(scratch))
        tokenizer.save_pretrained(str(scratch))
        trained.write(scratch, trained_on)
        write_text(scratch / RECORD, record_text)


def merge_finished(folder: Path, arguments: Arguments) -> None:
    """Merge the adapter of a training that was finished without that, or whose merged model was removed."""
    if (folder / trained.MERGED).is_dir() or not arguments.model.use_peft:
        return
    model = load_model(arguments.model, str(folder), arguments.training.trust_remote_code)
    record_text = (folder / RECORD).read_text(encoding="utf-8")
    merge(model, folder, load_tokenizer(arguments.model), trained.read(folder), record_text)
