"""The flags of `calm eval` that lm-eval does not have."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from calm_harness.sampling.load import Price


@dataclass(frozen=True)
class Asked:
    """What our own flags ask for.

    Attributes:
        shard: which part of the questions is asked, as it was given; None for all.
        dry_run: say what would be asked for, and stop.
        price: of a million tokens.
    """

    shard: str | None = None
    dry_run: bool = False
    price: Price | None = None


def add(run: argparse.ArgumentParser) -> None:
    """Add our flags to lm-eval's."""
    ours = run.add_argument_group("calm-harness")
    ours.add_argument(
        "--shard", metavar="N/M", help="Ask the N-th of M parts of the questions; `calm merge` joins them."
    )
    ours.add_argument(
        *("--dry_run", "--dry-run"),
        action="store_true",
        help="Say how many requests and tokens each calm_* task would ask for, without loading the model, and stop.",
    )
    ours.add_argument(
        "--price",
        metavar="PROMPT/NEW",
        help="Dollars a million tokens, of prompts and of what is written, as in 0.15/0.60: what it costs at most.",
    )


def parted(parsed: argparse.Namespace) -> tuple[argparse.Namespace, Asked]:
    """Part lm-eval's flags from ours.

    Raises:
        CalmError: a price is none.
    """
    theirs = argparse.Namespace(**vars(parsed))
    asked = Asked(theirs.shard, theirs.dry_run, _price(theirs.price))
    del theirs.shard, theirs.dry_run, theirs.price
    return theirs, asked


def _price(text: str | None) -> Price | None:
    if text is None:
        return None
    from calm_harness.sampling.load import read_price

    return read_price(text)
