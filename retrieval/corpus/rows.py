"""The rows of the files that a corpus lies in: JSON lines (also .gz), CSV, TSV, Parquet."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from retrieval.errors import RetrievalError
from retrieval.formats.literals import json_value
from retrieval.formats.parquet import parquet_rows
from retrieval.formats.tables import TableError, table_rows

SUFFIXES = (".jsonl", ".jsonl.gz", ".csv", ".tsv", ".parquet")


def rows(path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Yield number (from 1; of a text file, the line) and row."""
    if path.name.endswith(".parquet"):
        return _parquet_rows(path)
    if path.name.endswith((".csv", ".tsv")):
        return _separated_rows(path)
    return json_rows(path)


def lines(path: Path) -> Iterator[str]:
    """Yield the lines of a UTF-8 file."""
    try:
        with _open(path) as file:
            for number, line in enumerate(file, start=1):
                try:
                    yield line.decode("utf-8-sig" if number == 1 else "utf-8")
                except UnicodeDecodeError as error:
                    raise RetrievalError(
                        f"{path} line {number} is not UTF-8 (byte {error.start}); convert the file to UTF-8"
                    ) from None
    except FileNotFoundError:
        raise RetrievalError(f"{path} is missing; name a file that is there") from None
    except (OSError, EOFError, zlib.error) as error:
        raise RetrievalError(f"{path} cannot be read ({error}); get it anew") from None


def _open(path: Path) -> IO[bytes]:
    return gzip.open(path) if path.suffix == ".gz" else path.open("rb")  # type: ignore[return-value]


def json_rows(path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Yield line number and object of a file of JSON lines.

    Raises:
        RetrievalError: it is missing, not UTF-8, or a line is no object.
    """
    for number, line in enumerate(lines(path), start=1):
        if not line.strip():
            continue
        try:
            row = json_value(line)
        except json.JSONDecodeError as error:
            raise RetrievalError(f"{path} line {number} is cut off or is not JSON ({error.msg}); get it anew") from None
        if not isinstance(row, dict):
            raise RetrievalError(f"{path} line {number} is not an object with named fields; see the documentation")
        yield number, row


def _separated_rows(path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    try:
        yield from enumerate(table_rows(lambda: lines(path), "," if path.suffix == ".csv" else "\t"), start=1)
    except TableError as error:
        raise RetrievalError(f"{path} {error}; correct it") from None


def _parquet_rows(path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    if not path.is_file():
        raise RetrievalError(f"{path} is missing; name a file that is there")
    try:
        yield from enumerate(parquet_rows(path), start=1)
    except TableError as error:
        raise RetrievalError(f"{path} {error}; get it anew") from None
