"""Examples on disk, from where all processes map them into memory."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import pyarrow

from calm_harness.errors import CalmError
from calm_harness.files import whole

PIECE = 512  # examples that are written at a time
IDS = pyarrow.list_(pyarrow.int32())


def write(
    path: Path, examples: Iterable[Mapping[str, Any]], alive: Callable[[], None], schema: pyarrow.Schema | None = None
) -> int:
    """Write examples, and return how many there were; none leave no file.

    Args:
        path: the file.
        examples: with the same columns each.
        alive: called after every piece.
        schema: of the columns; lists of token ids by default.

    Raises:
        CalmError: it cannot be written.
    """
    rows, count = iter(examples), 0
    first = next(rows, None)
    if first is None:
        return 0
    rows = itertools.chain([first], rows)
    schema = schema or pyarrow.schema(
        [(name, pyarrow.float64() if isinstance(value, float) else IDS) for name, value in first.items()]
    )
    try:
        with whole(path) as scratch, pyarrow.ipc.new_stream(scratch, schema) as stream:
            while piece := list(itertools.islice(rows, PIECE)):
                stream.write_batch(pyarrow.RecordBatch.from_pylist(piece, schema=schema))
                count += len(piece)
                alive()
    except OSError as error:
        raise CalmError(f"{path} cannot be written ({error.strerror}); name another folder, or make room") from None
    return count
