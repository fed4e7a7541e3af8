"""Run evaluations and trainings as commands of their own, which give their memory back."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from calm_harness.cache import stage
from calm_harness.errors import CalmError
from calm_harness.files import read_text, write_text
from calm_harness.predictions import newest_log
from calm_harness.runtime import versions
from trainer.rounds.arguments import LoopArguments
from trainer.rounds.plan import Ask, load_set


def evaluate(args: LoopArguments, adapter: Path | None, ask: Ask, folder: Path) -> Path:
    """Run an evaluation, unless it was, and return its sample log."""
    model_args = f"pretrained={args.model}" + (f",{args.model_args}" if args.model_args else "")
    arguments = ["--model", args.backend, "--model_args", model_args + (f",peft={adapter}" if adapter else "")]
    arguments += ["--tasks", ask.task, "--metadata", json.dumps(ask.metadata, ensure_ascii=False), *args.eval_args]
    arguments += ["--gen_kwargs", ask.gen_kwargs] if ask.gen_kwargs else []
    arguments += [] if "--batch_size" in args.eval_args else ["--batch_size", "auto"]
    identity = json.loads(read_text(adapter / "training.json", "train again"))["identity"] if adapter else None
    inputs = {"arguments": arguments, "adapter": identity, "questions": ask.question_ids, "versions": versions()}

    def work() -> None:
        folder.mkdir(parents=True, exist_ok=True)
        samples_flag = []
        if ask.question_ids is not None:
            question_ids = set(ask.question_ids)
            rows = load_set(ask.task, ask.metadata).rows
            numbers = [number for number, row in enumerate(rows) if row.question_id in question_ids]
            write_text(folder / "samples.json", json.dumps({ask.task: numbers}))
            samples_flag = ["--samples", str(folder / "samples.json")]
        start(["calm_harness", "eval", *arguments, *samples_flag, "--output_path", str(folder), "--log_samples"], [])

    stage(folder, inputs, work)
    return newest_log(folder, ask.task)


def start(words: Sequence[str], launcher: Sequence[str]) -> None:
    """Run a command of ours as a process of its own, which gives its memory back."""
    command = [*(launcher or [sys.executable]), "-m", *words]
    status = subprocess.run(command, check=False).returncode
    if status == -2:  # SIGINT, which its user meant for us as well
        raise KeyboardInterrupt
    if status:
        raise CalmError(
            f"{words[0]} ended with status {status}; what it says is above. The command: {' '.join(command)}"
        )
