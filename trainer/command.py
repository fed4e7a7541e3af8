"""How the trainer's commands read their arguments and end: TRL's parser, bad input in one line."""

from __future__ import annotations

import argparse
import json
import sys
import warnings
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, get_origin

import yaml

from calm_harness.errors import CalmError
from calm_harness.files import check_locale
from calm_harness.process import command


class _Format(argparse.ArgumentDefaultsHelpFormatter, argparse.RawDescriptionHelpFormatter):
    """Defaults are shown, and the description as it is written."""


Parts = tuple[Sequence[type], Callable[..., int]]  # dataclasses whose fields are flags, and what is done with them


def run(program: str, description: str | None, parts: Callable[[], Parts], argv: Sequence[str] | None = None) -> int:
    """Run a command whose flags are the fields of dataclasses, from the command line or a YAML file (`--config`).

    Args:
        program: its name.
        description: for its help.
        parts: imports what the command is made of, which takes seconds.
        argv: the command line; that of this process by default.

    Returns:
        The command's status; 1 after bad input, which is one line on stderr.
    """
    return command.run(program, lambda: _run(program, description, *parts(), argv))


def _run(
    program: str,
    description: str | None,
    arguments: Sequence[type],
    work: Callable[..., int],
    argv: Sequence[str] | None,
) -> int:
    from trl import TrlParser

    # TRL 1.16 uses transformers' old names for it, whatever the user says.
    warnings.filterwarnings("ignore", message=".*gradient_checkpointing` is deprecated", category=FutureWarning)
    parser = TrlParser(
        dataclass_types=list(arguments),
        prog=f"python -m {program}",
        description=description,
        formatter_class=_Format,
        epilog="A YAML file with these names gives defaults: --config FILE.",
        allow_abbrev=False,
    )
    for action in parser._actions:
        if get_origin(action.type) is dict:
            action.type = _object
    return work(*_parsed(parser, list(sys.argv[1:] if argv is None else argv)))


def _object(text: str) -> dict[str, Any]:
    """Read a table of settings from the command line, as lm-eval's --metadata is written."""
    try:
        settings = json.loads(text)
    except json.JSONDecodeError:
        settings = None
    if not isinstance(settings, dict):
        raise argparse.ArgumentTypeError(f'{text!r} is no JSON object, such as \'{{"split": "train"}}\'')
    return settings


def _parsed(parser: Any, argv: list[str]) -> tuple[Any, ...]:
    for flag, value in pairwise(argv):
        if flag == "--config":
            check_locale(Path(value))
    try:
        arguments: tuple[Any, ...] = parser.parse_args_and_config(argv)
    except (OSError, ValueError, yaml.YAMLError, IndexError) as error:
        raise CalmError(f"the arguments cannot be read: {' '.join(str(error).split())}") from None
    return arguments
