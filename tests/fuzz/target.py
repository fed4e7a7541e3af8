"""What a target is, and the list of them."""

import atexit
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

Shape = Literal["json", "jsonl", "csv", "tsv", "parquet", "yaml", "text", "bytes"]
"""How inputs are laid out, and so how they are changed."""


@dataclass(frozen=True)
class Target:
    """A reader under test.

    Attributes:
        read: gives it an input, and asserts what must hold of what was read.
        seeds: makes valid inputs.
        shape: of the inputs.
        tokens: texts that mean something to the reader, for inputs that are text.
        crashes: whether a library in C++ reads the file as it is, so that it is read in a process of its own.
    """

    read: Callable[[bytes], object]
    seeds: Callable[[], Sequence[bytes]]
    shape: Shape
    tokens: tuple[str, ...] = ()
    crashes: bool = False


TARGETS: dict[str, Target] = {}


def target(seeds, shape, tokens=(), *, crashes=False):
    """Make a function of bytes a target by its own name."""

    def register(read):
        TARGETS[read.__name__] = Target(read, seeds, shape, tuple(tokens), crashes)
        return read

    return register


@cache
def scratch() -> Path:
    """A folder of this process."""
    folder = Path(tempfile.mkdtemp(prefix="calm-fuzz-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def put(name: str, data: bytes) -> Path:
    """Write an input below the scratch folder."""
    path = scratch() / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path
