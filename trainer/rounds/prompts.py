"""The arms that ask while they are trained (GRPO): the prompts of a sampling run, for the questions of a round."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

from calm_harness.errors import CalmError
from trainer.rounds.arguments import LoopArguments
from trainer.votes.rewards import LABELLED, Reward

OURS = ("samples", "questions")  # settings that a loop makes itself


def check(args: LoopArguments) -> None:
    """See, before anything is run, that what the sampling task asks can be rewarded.

    Raises:
        CalmError: its options are scored, or not shown; or there is no such reward, or it would read the labels of
            questions that are evaluated.
    """
    if "cot" not in args.task.split("_"):
        raise CalmError(
            f"method grpo rewards what is written, of which options it names, and task {args.task} has none written; "
            "take the set's _cot task"
        )
    if ours := [name for name in OURS if name in args.training]:
        raise CalmError(f"training: a loop makes {ours[0]} itself; leave it out")
    reward = args.training.get("reward", "vote")
    if reward not in get_args(Reward):
        raise CalmError(f"training: there is no reward {reward!r} (known: {', '.join(get_args(Reward))})")
    if args.transductive and reward in LABELLED:
        raise CalmError(
            f"training: reward {reward} would train on the labels of questions that are evaluated; take another "
            "reward, or leave transductive out"
        )


def check_named(named: Mapping[str, Any], method: str, of: str = "") -> None:
    """See that settings of pairs are not named for a training that learns none.

    Args:
        named: settings of a loop, or those by which an arm changes what a study's arms share.
        method: how it trains.
        of: how a message begins.

    Raises:
        CalmError: they are.
    """
    if method == "grpo" and named.get("pairs"):
        raise CalmError(f"{of}method grpo learns no pairs, but what its prompts are answered; leave pairs out")


def settings(args: LoopArguments, log: Path, questions: Path, held_out: Sequence[str]) -> dict[str, Any]:
    """Return what trainer.grpo is told of a round's prompts.

    Args:
        args: the loop's.
        log: the sampling run whose prompts are asked again, word for word.
        questions: a file with the ids of the round's questions.
        held_out: what is evaluated.
    """
    return {
        "samples": [str(log)],
        "questions": str(questions),
        "min_entropy": args.min_entropy,
        "held_out": [*(args.pairs.get("held_out") or []), *held_out],  # shared with arms that learn pairs
    }
