"""The flags of `calm eval` that lm-eval does not have: what a run will ask for, and cost, before it asks."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lm_eval.config.evaluate_config import EvaluatorConfig

    from calm_harness.sampling.load import Price


@dataclass(frozen=True)
class Asked:
    """What our own flags ask for.

    Attributes:
        dry_run: say what would be asked for, and stop.
        price: of a million tokens.
    """

    dry_run: bool = False
    price: Price | None = None


def add(run: argparse.ArgumentParser) -> None:
    """Add our flags to lm-eval's."""
    group = run.add_argument_group("calm-harness")
    group.add_argument(
        *("--dry_run", "--dry-run"),
        action="store_true",
        help="Say how many requests and tokens each calm_* task would ask for, without loading the model, and stop.",
    )
    group.add_argument(
        "--price",
        metavar="PROMPT/NEW",
        help="Dollars a million tokens, of prompts and of what is written, as in 0.15/0.60: what it costs at most.",
    )


def parted(parsed: argparse.Namespace) -> tuple[argparse.Namespace, Asked]:
    """Part lm-eval's flags from ours.

    Raises:
        CalmError: a price is none.
    """
    from calm_harness.sampling.load import read_price

    theirs = argparse.Namespace(**vars(parsed))
    dry_run, price = theirs.dry_run, theirs.price
    del theirs.dry_run, theirs.price
    return theirs, Asked(dry_run, None if price is None else read_price(price))


def show(config: EvaluatorConfig, arguments: Mapping[str, Any], asked: Asked) -> None:
    """Print what a run would ask for.

    Raises:
        CalmError: a task is not ours, or its requests cannot be built.
    """
    from calm_harness.sampling.dry import loads

    for task, load in loads(config, arguments).items():
        print(f"{task}: {load.said(asked.price)}")
