"""How the trainer's commands read their arguments and end: TRL's parser, bad input in one line."""

from __future__ import annotations

import argparse
import json
import sys
import warnings
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from calm_harness.errors import CalmError
from calm_harness.process import command

PLAIN = str | int | float | list | tuple | dict | None  # what settings may be and hold, as JSON has it


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
    from retrieval.formats.literals import json_value

    try:
        settings = json_value(text)
    except json.JSONDecodeError:
        settings = None
    if not isinstance(settings, dict):
        raise argparse.ArgumentTypeError(f'{text!r} is no JSON object, such as \'{{"split": "train"}}\'')
    return settings


def _parsed(parser: Any, argv: list[str]) -> tuple[Any, ...]:
    from calm_harness.files import check_locale, read_yaml

    for flag, name in pairwise(argv):
        if flag == "--config":  # TRL reads it again, and would make texts of all that anchors hold
            check_locale(Path(name))
            read_yaml(Path(name), "name a YAML file of settings")
    try:
        arguments: tuple[Any, ...] = parser.parse_args_and_config(argv)
    except Exception as error:  # TRL's and PyYAML's own, and whatever a value of another kind raises in their code
        reason = " ".join(str(error).split()) or type(error).__name__
        raise CalmError(f"the arguments cannot be read: {reason}; correct them, or the file of --config") from None
    for settings in arguments:
        if all(kind.__module__.startswith("trainer.") for kind in type(settings).__mro__[:-1]):  # not of TRL's own
            check_kinds(settings)
    return arguments


def check_kinds(settings: Any) -> None:
    """See that settings are of their kinds: of what a YAML file says, argparse converts texts alone.

    Args:
        settings: of a dataclass.

    Raises:
        CalmError: one is of another kind, or holds what JSON has not.
    """
    from calm_harness.files import parts_of

    hints = get_type_hints(type(settings))
    for name, value in vars(settings).items():
        if not _fits(value, hints[name]):
            raise CalmError(f"{name} is {_shown(value)}, and has to be {_named(hints[name])}")
        if odd := [part for part in parts_of(value) if not isinstance(part, PLAIN)]:
            raise CalmError(f"{name} holds {_shown(odd[0])}; put it in quotes, or write a text, a number, a list")


def _fits(value: Any, hint: Any) -> bool:
    """Whether a value is of a type such as `int | None`, `list[str]`, `dict[str, Any]` or `Literal["a", "b"]`."""
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return any(_fits(value, one) for one in inner)
    if origin is Literal:
        return value in inner
    if origin is list:
        return isinstance(value, list) and all(_fits(part, inner[0]) for part in value)
    if origin is dict:
        return isinstance(value, dict) and all(
            isinstance(name, str) and _fits(part, inner[1]) for name, part in value.items()
        )
    kinds = {Any: object, float: int | float}.get(hint, hint)
    return isinstance(value, kinds) and (hint in (Any, bool) or not isinstance(value, bool))


def _shown(value: Any) -> str:
    return repr(value)[:40] if isinstance(value, str | int | float | None) else f"a {type(value).__name__}"


def _named(hint: Any) -> str:
    return hint.__name__ if isinstance(hint, type) and get_origin(hint) is None else str(hint)
