"""The flags of `calm eval` that lm-eval does not have, and what we make of its own."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

from calm_harness.errors import CalmError
from calm_harness.models.digest import ADAPTER, MODEL
from calm_harness.task.checks import AS_JSON

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


class Parser(argparse.ArgumentParser):
    """What is wrong with a command line is said in one line, as all bad input is."""

    def error(self, message: str) -> NoReturn:
        """Say it, and of a path that lm-eval has cut at a comma how it is given.

        Raises:
            CalmError: always.
        """
        raise CalmError(
            f"{message}; {AS_JSON if '--model_args' in message else '`calm eval --help-all` shows all flags'}"
        )


def at_home(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Let a path of a model begin with ~, which shells leave as it is after `pretrained=` or within quotes."""
    paths = {name: settings[name] for name in (*MODEL, *ADAPTER) if isinstance(settings.get(name), str)}
    return {**settings, **{name: os.path.expanduser(path) for name, path in paths.items()}}


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
