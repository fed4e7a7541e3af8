"""What would lose a run at its end, tried before: where results go, which rows are asked, what a tokenizer reads."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from calm_harness.errors import CalmError
from calm_harness.files import is_portable
from calm_harness.models.digest import ADAPTER

KEPT = 180  # bytes of a name that no file system takes
AS_JSON = """a path with a comma or a quotation mark is given as JSON: --model_args '{"pretrained": "/a,b"}'"""


def check_output(output_path: str) -> None:
    """See that a folder for results can be made and written in.

    Args:
        output_path: as lm-eval takes it: a folder, or a file's name that ends in .json.

    Raises:
        CalmError: it cannot.
    """
    path = Path(output_path)
    folder = path.parent if path.suffix == ".json" else path
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise CalmError(f"--output_path {output_path} cannot be written in ({error.strerror}); name another") from None


def check_model(model_args: Mapping[str, Any]) -> None:
    """See that a model's or an adapter's folder is where the flag says, as lm-eval has read it.

    Args:
        model_args: lm-eval's.

    Raises:
        CalmError: it is not; says how a path is given that has commas or quotation marks.
    """
    for name in ("pretrained", *ADAPTER):
        value = model_args.get(name)
        if isinstance(value, int | float):
            raise CalmError(f"--model_args {name}={value} is read as a number; for a folder write {name}=./{value}")
        if isinstance(value, str) and value.startswith((".", "/", "~", "\\")) and not os.path.exists(value):
            raise CalmError(f"--model_args {name}={value}: there is no such folder; {AS_JSON}")


def check_reads(tokenizer: Any, name: str) -> None:
    """See that a tokenizer tells texts apart: where a folder holds none, transformers makes one that knows no word.

    Args:
        tokenizer: transformers', as it was loaded.
        name: of the model or folder that it was loaded from.

    Raises:
        CalmError: all texts are the same to it.
    """
    if tokenizer.encode("water") == tokenizer.encode("fire"):
        raise CalmError(
            f"{name} holds no tokenizer (what was loaded reads all texts alike); copy its base's tokenizer into it, "
            "or for an evaluation name one: --model_args tokenizer=BASE"
        )


def short_name(name: str) -> str:
    """Give a folder a name that every system takes: lm-eval makes one of a model's whole path, however long and odd.

    The end of a path tells most; a hash of all of it stands before.
    """
    if is_portable(name):
        return name
    encoded = name.encode("utf-8", "surrogateescape")
    end = re.sub(r"[\x00-\x1f\x7f]", "_", encoded[-KEPT:].decode("utf-8", "ignore")).strip(" .")
    return f"{hashlib.sha256(encoded).hexdigest()[:12]}__{end}"


def check_samples(samples: object, rows: Mapping[str, int | None]) -> None:
    """See that what `--samples` says can be asked.

    Args:
        samples: task -> numbers of its rows, as read from the flag.
        rows: of each task that is evaluated, how many it has; None where that is not known.

    Raises:
        CalmError: it is something else, or names a task that is not evaluated, or a row that there is not.
    """
    if samples is None:
        return
    if not isinstance(samples, Mapping):
        raise CalmError(
            f"--samples {samples!r} is neither a file nor an object of rows; give a JSON file such as "
            '{"calm_mini_xl": [0, 1, 2]}'
        )
    for task, numbers in samples.items():
        if task not in rows:
            raise CalmError(f"--samples: {task} is not among --tasks ({', '.join(rows)}); correct its name")
        _check_numbers(task, numbers, rows[task])


def _check_numbers(task: str, numbers: object, count: int | None) -> None:
    if not isinstance(numbers, Sequence) or isinstance(numbers, str) or not numbers:
        raise CalmError(f"--samples: {task} has no list of row numbers; give one such as [0, 1, 2]")
    for number in numbers:
        if not isinstance(number, int) or isinstance(number, bool) or number < 0:
            raise CalmError(f"--samples: {task}: {number!r} is no row's number; rows are counted from 0")
        if count is not None and number >= count:
            raise CalmError(f"--samples: {task} has no row {number}; it has rows 0 to {count - 1}")
    if len(set(numbers)) < len(numbers):
        raise CalmError(f"--samples: {task} names a row twice; name each once")
