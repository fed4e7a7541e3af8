"""Rows of Parquet files as other programs write them, a batch at a time: memory does not grow with the file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from retrieval.formats.tables import TableError


def parquet_rows(path: Path, batch: int = 1024) -> Iterator[dict[str, Any]]:
    """Yield the rows, in their order.

    Args:
        path: the file.
        batch: how many rows are read at a time.

    Raises:
        TableError: it is empty, cut off or no Parquet, two columns have one name, or a value is none that Python has.
    """
    import pyarrow
    import pyarrow.parquet

    try:
        with pyarrow.parquet.ParquetFile(path) as file:
            doubled = [name for name, count in Counter(file.schema_arrow.names).items() if count > 1]
            if doubled:
                raise TableError(f"has the column {doubled[0]!r} twice")
            for piece in file.iter_batches(batch_size=batch):
                yield from piece.to_pylist()
    except (pyarrow.ArrowException, OSError, ValueError, OverflowError, KeyError) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise TableError(f"is empty, cut off or not Parquet ({reason})") from None
