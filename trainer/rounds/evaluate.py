"""Run evaluations and trainings as commands of their own, which give their memory back."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from calm_harness.cache import changes, file_digest, inputs_of, is_done, stage
from calm_harness.errors import CalmError
from calm_harness.evaluation import configure
from calm_harness.files import only_writer, write_text
from calm_harness.models import trained
from calm_harness.models.digest import named_digest
from calm_harness.models.engines import engine, model_arguments, serve
from calm_harness.predictions import newest_log
from calm_harness.process import children
from calm_harness.runtime import versions
from calm_harness.stages import Once
from calm_harness.task.inputs import digests, inputs
from trainer.preferences.write import JSONL
from trainer.rounds.arguments import LoopArguments
from trainer.rounds.plan import Ask, load_set, read_once

PLACES = ("model_name_or_path", "adapter", "pairs", "samples", "questions", "output_dir", "held_out")  # of settings
OF_BASE = ("model", "adapter", "questions", "index")  # what another loop's runs of the base model must share


def evaluate(args: LoopArguments, adapter: Path | None, ask: Ask, folder: Path, once: Once = stage) -> Path:
    """Run an evaluation, unless it was, and return its sample log.

    Args:
        args: the loop's.
        adapter: of the model that is asked; None for the base model.
        ask: what it is asked.
        folder: where the evaluation lies, or will.
        once: runs it unless it was, and may show that it does.

    Raises:
        CalmError: the folder holds another evaluation, or a command fails.
    """
    arguments = _arguments(args, adapter, ask)
    config = configure(arguments)
    content = inputs(config, digests(config, read_once))

    def work() -> None:
        if adapter is not None and _merged(args, adapter) is None:
            serve(args.backend, _model_args(args, adapter), adapter)
        samples_flag = []
        if ask.question_ids is not None:
            if "{" in str(folder):  # which lm-eval takes for JSON
                raise CalmError(f"{folder} has a {{ in its name, which --samples does not take; name another output")
            question_ids = set(ask.question_ids)
            rows = load_set(ask.task, ask.metadata).rows
            numbers = [number for number, row in enumerate(rows) if row.question_id in question_ids]
            write_text(folder / "samples.json", json.dumps({ask.task: numbers}))
            samples_flag = [f"--samples={folder / 'samples.json'}"]
        start(["calm_harness", "eval", *arguments, *samples_flag, f"--output_path={folder}", "--log_samples"], [])

    asked = {**content, "asked": ask.question_ids}
    done = is_done(folder, asked)
    if not done and digests(config) != content["questions"]:
        raise CalmError(f"the questions of {ask.task} changed while this ran; run it again")
    with nullcontext() if done else only_writer(folder):
        once(folder, asked, work)
    return newest_log(folder, ask.task)


def base_log(args: LoopArguments, ask: Ask, folder: Path) -> Path:
    """Return the sample log of the base model that another loop, or a study, made for this one too.

    Raises:
        CalmError: there is none that is whole, or it is of another model or of other questions.
    """
    earlier = inputs_of(folder)
    if earlier is None:
        raise CalmError(f"{folder} holds no whole evaluation of the base model; run what makes it once more")
    content = base_content(args, ask)
    changed = [name for name in OF_BASE if changes({name: earlier.get(name)}, {name: content[name]})]
    if changed:
        raise CalmError(
            f"{folder} holds runs of another base ({', '.join(changed)}) than this loop's; remove it, or name another"
        )
    return newest_log(folder, ask.task)


def base_content(args: LoopArguments, ask: Ask) -> dict[str, Any]:
    """Lay out what decides an evaluation of the base model, as content: see `calm_harness.task.inputs`."""
    config = configure(_arguments(args, None, ask))
    return inputs(config, digests(config, read_once))


def _arguments(args: LoopArguments, adapter: Path | None, ask: Ask) -> list[str]:
    """Return the flags of an evaluation; the model's as JSON, since a path may have commas."""
    arguments = ["--model", args.backend, "--model_args", json.dumps(_model_args(args, adapter))]
    arguments += ["--tasks", ask.task, "--metadata", json.dumps(ask.metadata), *args.eval_args]
    arguments += ["--gen_kwargs", ask.gen_kwargs] if ask.gen_kwargs else []
    arguments += ["--num_fewshot", str(ask.num_fewshot)] if ask.num_fewshot is not None else []
    return arguments + ([] if "--batch_size" in args.eval_args else ["--batch_size", "auto"])


def _model_args(args: LoopArguments, adapter: Path | None) -> dict[str, Any]:
    from lm_eval.utils import simple_parse_args_string

    given = simple_parse_args_string(args.model_args)
    merged = None if adapter is None else _merged(args, adapter)
    if merged is not None:
        return model_arguments(args.backend, str(merged), given, None)
    return model_arguments(args.backend, args.model, given, adapter)


def _merged(args: LoopArguments, adapter: Path) -> Path | None:
    """Where the whole model lies that a training was told to save too; a server is given the adapter all the same."""
    merge = args.training.get("merge") and engine(args.backend).adapter != "server"
    return adapter / trained.MERGED if merge else None


def training_inputs(config: Mapping[str, Any]) -> dict[str, Any]:
    """Lay out what decides a training: digests of what lies at its places, and its other settings."""
    return {
        "model": named_digest(config["model_name_or_path"], config.get("model_revision")),
        "adapter": named_digest(config["adapter"]) if config.get("adapter") else None,
        **_learned(config),
        "arguments": {name: value for name, value in config.items() if name not in PLACES},
        "versions": versions(["torch", "transformers", "trl", "peft"]),
    }


def _learned(config: Mapping[str, Any]) -> dict[str, Any]:
    if "pairs" not in config:
        return {
            "samples": [file_digest(Path(log)) for log in config["samples"]],
            "questions": file_digest(Path(config["questions"])),
        }
    pairs = Path(config["pairs"])
    return {"pairs": file_digest(pairs / JSONL if pairs.is_dir() else pairs)}


def called(number: int) -> str:
    """Name the model after a round, for stages; 0 is the base model."""
    return f"round {number}" if number else "base model"


def start(words: Sequence[str], launcher: Sequence[str]) -> None:
    """Run a command of ours as a process of its own, which gives its memory back."""
    command = [*(launcher or [sys.executable]), "-m", *words]
    status = children.run(command)
    if status in (-signal.SIGINT, 128 + signal.SIGINT):  # which its user meant for us as well
        raise KeyboardInterrupt
    if status == -signal.SIGKILL:
        raise CalmError(
            f"{words[0]} was killed, as the system does where memory runs out; take smaller batches, and go on. The "
            f"command: {' '.join(command)}"
        )
    if status:
        raise CalmError(
            f"{words[0]} ended with status {status}; what it says is above. The command: {' '.join(command)}"
        )
