"""The passages of an index: an Arrow file, written batch by batch, and mapped, not read.

Arrow hands out whatever the offsets in a file point at, inside it or not. So every batch is validated before it is
used, and only the file that `write_passages` can have written is one: its columns, and bodies as they lie in memory.
"""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Iterable
from itertools import islice
from pathlib import Path

import numpy as np
import pyarrow
import pyarrow.compute
from numpy.typing import NDArray

from retrieval.corpus.split import Passage
from retrieval.errors import RetrievalError

CONTENT = ("passage_id", "language", "title", "text", "source")  # all that there was in an index of an earlier version
SCHEMA = pyarrow.schema(
    [(name, pyarrow.string()) for name in (*CONTENT, "document")] + [("piece", pyarrow.int32())]  # null: not known
)
NUMBERED = "#[0-9]+$"  # how the ids of a long document's pieces end, from the second on
MAGIC = b"ARROW1\0\0"  # what an Arrow file begins with; a stream of messages follows, and a table of contents
HEADER, COMPRESSION = 2, 3  # fields of Arrow's tables Message and RecordBatch (format/Message.fbs)


def read_passages(path: Path, *, sound: bool = False) -> pyarrow.Table:
    """Map a file of passages.

    Args:
        path: the file.
        sound: that it is has been seen before; it is not looked at again.

    Raises:
        RetrievalError: it is missing or damaged.
    """
    try:
        batches, schema = _batches(path)
        table = pyarrow.Table.from_batches(batches, schema)
        if not sound:
            table.validate(full=True)
    except (OSError, ValueError, MemoryError, pyarrow.ArrowException) as error:
        reason = " ".join(str(error).split())[:200]
        raise RetrievalError(f"{path} is missing or damaged ({reason}); build the index anew") from None
    if table.schema.names == list(CONTENT):
        table = _with_documents(table)
    if any(table[name].null_count for name in CONTENT):
        raise RetrievalError(f"{path} has a passage without {', '.join(CONTENT)}; build the index anew")
    return table


def _batches(path: Path) -> tuple[list[pyarrow.RecordBatch], pyarrow.Schema]:
    """Map the batches that follow each other in a file, and return them with their columns."""
    source = pyarrow.memory_map(str(path))
    if source.read(len(MAGIC)) != MAGIC:
        raise ValueError("it is no Arrow file")
    messages = iter(pyarrow.ipc.MessageReader.open_stream(source))
    first = next(messages, None)
    if first is None or first.type != "schema":
        raise ValueError("it does not begin with its columns")
    schema = pyarrow.ipc.read_schema(first)
    earlier = pyarrow.schema([SCHEMA.field(name) for name in CONTENT])
    if schema not in (SCHEMA, earlier):
        raise ValueError(f"it has not the columns {', '.join(SCHEMA.names)}, all of text but for the last")
    batches = []
    for message in messages:
        if message.type != "record batch" or _is_compressed(message.metadata.to_pybytes()):
            raise ValueError("it holds something else than batches of uncompressed passages")
        batches.append(pyarrow.ipc.read_record_batch(message, schema))
    return batches, schema


def _is_compressed(metadata: bytes) -> bool:
    """Tell whether a batch would be unpacked in memory, to a size that nothing in the file bounds.

    Arrow has seen to it that the metadata is a sound flatbuffer, but does not say this of it.
    """
    (message,) = struct.unpack_from("<I", metadata)
    header = _field(metadata, message, HEADER)
    if not header:
        return False
    batch = header + struct.unpack_from("<I", metadata, header)[0]
    return bool(_field(metadata, batch, COMPRESSION))


def _field(metadata: bytes, table: int, number: int) -> int:
    """Return where a field of a table in a flatbuffer lies; 0 where the table lacks it."""
    fields = table - struct.unpack_from("<i", metadata, table)[0]
    place = 4 + 2 * number  # after the sizes of this list of fields and of the table
    (size,) = struct.unpack_from("<H", metadata, fields)
    (offset,) = struct.unpack_from("<H", metadata, fields + place) if place < size else (0,)
    return table + offset if offset else 0


def _with_documents(table: pyarrow.Table) -> pyarrow.Table:
    """Add the columns that an earlier version did not have: known where no document was split, else null."""
    ids = table["passage_id"]
    if pyarrow.compute.any(pyarrow.compute.match_substring_regex(ids, NUMBERED)).as_py():
        documents = pyarrow.nulls(len(ids), pyarrow.string())
        pieces = pyarrow.nulls(len(ids), pyarrow.int32())
    else:
        documents = ids
        pieces = pyarrow.repeat(pyarrow.scalar(1, pyarrow.int32()), len(ids))
    return table.append_column(SCHEMA.field("document"), documents).append_column(SCHEMA.field("piece"), pieces)


def write_passages(path: Path, passages: Iterable[Passage], batch: int = 8192) -> int:
    """Write passages to a file, batch by batch, and return their number."""
    count = 0
    remaining = iter(passages)
    with pyarrow.OSFile(str(path), "wb") as sink, pyarrow.ipc.new_file(sink, SCHEMA) as writer:
        while rows := list(islice(remaining, batch)):
            columns = [pyarrow.array([getattr(row, entry.name) for row in rows], entry.type) for entry in SCHEMA]
            writer.write_batch(pyarrow.RecordBatch.from_arrays(columns, schema=SCHEMA))
            count += len(rows)
    return count


def keep_passages(source: Path, path: Path, keep: NDArray[np.bool_]) -> None:
    """Copy the passages to keep from one file to another."""
    start = 0
    with pyarrow.OSFile(str(path), "wb") as sink, pyarrow.ipc.new_file(sink, SCHEMA) as writer:
        for batch in read_passages(source).to_batches():
            writer.write_batch(batch.filter(pyarrow.array(keep[start : start + len(batch)])))
            start += len(batch)


def digest(table: pyarrow.Table) -> str:
    """Return the sha256 of what passages say, in their order, however they lie in batches.

    Which document they are of does not count: what a search finds does not depend on it.
    """
    checksum = hashlib.sha256()
    table = table.select(list(CONTENT))
    for start in range(0, table.num_rows, 1024):
        checksum.update(json.dumps(table.slice(start, 1024).to_pydict(), ensure_ascii=False).encode())
    return checksum.hexdigest()
