"""The record of a finished training: `training.json`, which the model card and the leaderboard read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from calm_harness.runtime import versions
from trainer.preferences.held_out import Report
from trainer.training import provenance
from trainer.training.arguments import Arguments
from trainer.training.identity import Identity

PACKAGES = ("calm-harness", "torch", "transformers", "trl", "peft", "datasets")


def record(
    method: str,
    identity: Identity,
    rows: Sequence[Mapping[str, Any]],
    arguments: Arguments,
    outcome: tuple[Any, Report],
) -> dict[str, Any]:
    """Put together what is written about a finished training.

    Args:
        method: DPO or SFT.
        identity: what decided it.
        rows: the pairs.
        arguments: all its arguments.
        outcome: the trainer's state, and which questions were kept out.
    """
    state, held_out = outcome
    data_arguments, training_arguments, model_arguments = arguments
    by_language: dict[str, int] = {}
    for row in rows:
        if "language" in row:
            by_language[row["language"]] = by_language.get(row["language"], 0) + 1
    return {
        "identity": asdict(identity),
        "finished": True,
        "method": method,
        "name": Path(training_arguments.output_dir).name,
        "model": model_arguments.model_name_or_path,
        "adapter": model_arguments.use_peft or data_arguments.adapter is not None,
        "transductive": provenance.transductive(data_arguments),
        "held_out": held_out,
        "pairs": {
            "path": data_arguments.pairs,
            "count": len(rows),
            "questions": len({row["question_id"] for row in rows if "question_id" in row}),
            "by_language": by_language,
            "vote": provenance.vote(data_arguments.pairs),
        },
        "steps": state.global_step,
        "log": state.log_history,
        "arguments": {name: value for part in (data_arguments, model_arguments) for name, value in vars(part).items()},
        "settings": training_arguments.to_dict(),
        "versions": versions(PACKAGES),
    }
