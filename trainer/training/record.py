"""The record of a finished training: `training.json`, which the model card and the leaderboard read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from calm_harness.runtime import versions
from trainer.training import provenance
from trainer.training.arguments import Arguments, Method
from trainer.training.data import KINDS, Pairs
from trainer.training.identity import Identity

PACKAGES = ("calm-harness", "torch", "transformers", "trl", "peft", "datasets")


def of_pairs(
    method: Method,
    identity: Identity,
    rows: Pairs,
    counts: Mapping[str, Any],
    arguments: Arguments,
) -> dict[str, Any]:
    """Put together what is written about a training's pairs.

    Args:
        method: how they are trained on.
        identity: what decided it.
        rows: the pairs, or rows of another format.
        counts: what was noticed as they were turned into tokens (`trainer.training.tokens.Count`).
        arguments: all its arguments.
    """
    data_arguments, sides = arguments.data, method.sides[rows.columns]
    by_language: dict[str, int] = {}
    question_ids: set[str] = set()
    for row in rows:
        if "language" in row:
            by_language[row["language"]] = by_language.get(row["language"], 0) + 1
        if "question_id" in row:
            question_ids.add(row["question_id"])
    return {
        **of_training(method.name, identity, arguments),
        "pairs": {
            "path": data_arguments.pairs,
            "kind": KINDS[rows.columns],
            "count": counts["pairs"],
            "too_long": counts["too_long"],
            "mean_tokens": {
                language: {side: total / pairs for side, total in zip(sides, totals, strict=True)}
                for language, (pairs, *totals) in counts["lengths"].items()
            },
            "questions": len(question_ids),
            "by_language": by_language,
            "vote": provenance.vote(data_arguments.pairs),
        },
    }


def of_prompts(
    method: str, identity: Identity, rows: Sequence[Mapping[str, Any]], arguments: Arguments
) -> dict[str, Any]:
    """Put together what is written about a training's prompts; arguments as those of `of_pairs`."""
    return {
        **of_training(method, identity, arguments),
        "prompts": {
            "samples": arguments.data.samples,
            "count": len(rows),
            "questions": len({row["question_id"] for row in rows}),
            "by_language": dict(Counter(row["language"] for row in rows)),
            "reward": arguments.data.reward,
        },
    }


def of_training(method: str, identity: Identity, arguments: Arguments) -> dict[str, Any]:
    """Put together what is written about any training before it begins."""
    data_arguments, training_arguments, model_arguments = arguments
    return {
        "identity": asdict(identity),
        "finished": True,
        "method": method,
        "name": Path(training_arguments.output_dir).name,
        "model": model_arguments.model_name_or_path,
        "adapter": model_arguments.use_peft or data_arguments.adapter is not None,
        "transductive": provenance.transductive(data_arguments, model_arguments.model_name_or_path),
    }


def record(arguments: Arguments, state: Any, spent: Mapping[str, Any]) -> dict[str, Any]:
    """Put together what is written about a training that has ended.

    Args:
        arguments: all its arguments.
        state: the trainer's state.
        spent: what it cost (`cost`).
    """
    data_arguments, training_arguments, model_arguments = arguments
    return {
        "steps": state.global_step,
        "cost": dict(spent),
        "log": state.log_history,
        "arguments": {name: value for part in (data_arguments, model_arguments) for name, value in vars(part).items()},
        "settings": training_arguments.to_dict(),
        "versions": versions(PACKAGES),
    }


def cost(examples: Iterable[Mapping[str, Any]], state: Any, seconds: float, begun: int = 0) -> dict[str, Any]:
    """Say what a training cost.

    Args:
        examples: what it was on, with their tokens: TRL's rows of preferences (a prompt counts once a pair), or of SFT.
            GRPO's have none: the trainer counts what it asks and what it is told.
        state: the trainer's state, at the end.
        seconds: that the steps took, behind the first `begun`.
        begun: steps of a checkpoint that the training went on from, which are taken to have been as fast; where these
            are all, nobody knows the seconds.

    Returns:
        `seconds`; `tokens` that were read, all epochs together, padding left out; `learned_tokens`, those of them that
        a loss is taken on (None of GRPO, whose responses the trainer does not count apart).
    """
    read = learned = 0
    for row in examples:
        labels = row.get("labels")
        sides = [ids for name, ids in row.items() if name.endswith("_ids") and name not in ("input_ids", "prompt_ids")]
        read += len(row.get("input_ids", ())) + len(row.get("prompt_ids", ())) + sum(map(len, sides))
        learned += sum(map(len, sides)) if labels is None else sum(label != -100 for label in labels)
    epochs, steps = state.epoch or 0, state.global_step
    return {
        "seconds": round(seconds * steps / (steps - begun), 1) if steps > begun else None,
        "tokens": round(read * epochs) if read else state.num_input_tokens_seen,
        "learned_tokens": round(learned * epochs) if read else None,
    }


def stopped(record: Mapping[str, Any]) -> str | None:
    """Say why a training was ended before its last step; None where it was not."""
    return next((str(entry["stopped"]) for entry in record["log"] if "stopped" in entry), None)
