"""Read and write text and JSON files so that whatever is wrong ends in one line that says what to do."""

from __future__ import annotations

import codecs
import io
import json
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from calm_harness.errors import CalmError
from retrieval.tables import Delimiter, TableError, table_rows


def read_text(path: Path, remedy: str) -> str:
    """Read a UTF-8 file that has to be there and to have content.

    Args:
        path: the file.
        remedy: how to get it, as in "run: calm data download calm_release".

    Raises:
        CalmError: it is missing, cannot be read, is empty, or is not UTF-8.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise CalmError(f"{path} is missing; {remedy}") from None
    except OSError as error:
        raise CalmError(f"{path} cannot be read ({error.strerror}); {remedy}") from None
    except UnicodeDecodeError as error:
        raise CalmError(f"{path} is not UTF-8 (byte {error.start}); convert it to UTF-8, or {remedy}") from None
    if not text.strip():
        raise CalmError(f"{path} is empty; {remedy}")
    return text


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Yield a scratch path beside a file (or folder), which gets its name only when the block ends without an error.

    The name is the writer's own, so that two processes that write the same file do not write into each other's.
    """
    scratch = path.with_name(f"{path.name}.{os.getpid()}-{secrets.token_hex(4)}.part")
    try:
        yield scratch
        if scratch.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        scratch.replace(path)
    finally:
        if scratch.is_dir():
            shutil.rmtree(scratch, ignore_errors=True)
        else:
            scratch.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write a UTF-8 file, which appears under its name only when it is whole.

    Raises:
        CalmError: its folder is not there, or it cannot be written.
    """
    if not path.parent.is_dir():
        raise CalmError(f"{path.parent} is not a folder; make it, or name another file")
    try:
        with whole(path) as scratch:
            scratch.write_text(text, encoding="utf-8")
    except OSError as error:
        raise CalmError(f"{path} cannot be written ({error.strerror}); name another file, or make room") from None


def read_json_rows(path: Path, remedy: str) -> list[dict[str, Any]]:
    """Read a JSON file that is a list of objects.

    Raises:
        CalmError: see `read_text`; or it is cut off, or is something else.
    """
    text = read_text(path, remedy)
    try:
        rows = json.loads(text)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise CalmError(f"{path} is cut off or is not JSON ({where}: {error.msg}); {remedy}") from None
    if not isinstance(rows, list) or not rows:
        raise CalmError(f"{path} is not a list of rows; {remedy}")
    for number, row in enumerate(rows):
        if not isinstance(row, dict):
            raise CalmError(f"{path} row {number} is not an object with named fields; {remedy}")
    return rows


class Place(NamedTuple):
    """Where a row stands in a file: its first byte, and how many it has."""

    start: int
    size: int


def iterate_jsonl_rows(path: Path, remedy: str) -> Iterator[dict[str, Any]]:
    """Yield the rows of a file with a JSON object a line, one at a time; empty lines are passed over.

    Raises:
        CalmError: see `read_text`; or a line is cut off, or is something else.
    """
    return (row for _, row in iterate_placed_rows(path, remedy))


def iterate_placed_rows(path: Path, remedy: str) -> Iterator[tuple[Place, dict[str, Any]]]:
    """Do as `iterate_jsonl_rows` does, and say where each row stands, for `row_at`."""
    row_count = start = 0
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file):
                place = Place(start, len(line))
                start += len(line)
                if not line.strip():
                    continue
                row = _json_line(line.removeprefix(codecs.BOM_UTF8) if number == 0 else line, path, number, remedy)
                row_count += 1
                yield place, row
    except FileNotFoundError:
        raise CalmError(f"{path} is missing; {remedy}") from None
    except OSError as error:
        raise CalmError(f"{path} cannot be read ({error.strerror}); {remedy}") from None
    if not row_count:
        raise CalmError(f"{path} is empty; {remedy}")


def state_of(path: Path) -> tuple[int, int]:
    """Return what differs when a file is written anew: its size, and when it was written.

    Raises:
        CalmError: it is not there any more.
    """
    try:
        found = path.stat()
    except OSError as error:
        raise CalmError(f"{path} cannot be read ({error.strerror}); it was there a moment ago") from None
    return found.st_size, found.st_mtime_ns


def row_at(path: Path, place: Place, state: tuple[int, int]) -> dict[str, Any]:
    """Read a row again.

    Args:
        path: the file.
        place: as `iterate_placed_rows` said it.
        state: the file's (`state_of`) when it was said.

    Raises:
        CalmError: the file is another one since.
    """
    if state_of(path) != state:
        raise CalmError(f"{path} was changed while it was read; run it again when nothing writes to it")
    with path.open("rb", buffering=0) as file:
        file.seek(place.start)
        return _json_line(file.read(place.size).removeprefix(codecs.BOM_UTF8), path, 0, "run it again")


def _decoded(line: bytes) -> Any:
    """Decode JSON, fast; Python decodes what orjson refuses: NaN and Infinity, which lm-eval writes, and errors."""
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError:
        return json.loads(line.decode("utf-8"))


def _json_line(line: bytes, path: Path, number: int, remedy: str) -> dict[str, Any]:
    try:
        row = _decoded(line)
    except UnicodeDecodeError as error:
        raise CalmError(
            f"{path} line {number + 1} is not UTF-8 (byte {error.start}); convert it to UTF-8, or {remedy}"
        ) from None
    except json.JSONDecodeError as error:
        raise CalmError(f"{path} line {number + 1} is cut off or is not JSON ({error.msg}); {remedy}") from None
    if not isinstance(row, dict):
        raise CalmError(f"{path} line {number + 1} is not an object with named fields; {remedy}")
    return row


def read_jsonl_rows(path: Path, remedy: str) -> list[dict[str, Any]]:
    """Read a file with a JSON object a line; see `iterate_jsonl_rows`."""
    return list(iterate_jsonl_rows(path, remedy))


def read_table(path: Path, remedy: str) -> list[dict[str, Any]]:
    """Read the rows of a JSONL, JSON, CSV, TSV or Parquet file; how quotes are read, `retrieval.tables` says.

    Raises:
        CalmError: see `read_text`; or a row is malformed, or the file is of no such kind.
    """
    suffix = path.suffix.lower()
    if suffix == ".jsonl":
        return read_jsonl_rows(path, remedy)
    if suffix == ".json":
        return read_json_rows(path, remedy)
    if suffix in (".csv", ".tsv"):
        return _read_separated_rows(path, remedy, "," if suffix == ".csv" else "\t")
    if suffix == ".parquet":
        return _read_parquet_rows(path, remedy)
    raise CalmError(f"{path} is none of .jsonl, .json, .csv, .tsv and .parquet; {remedy}")


def _read_separated_rows(path: Path, remedy: str, delimiter: Delimiter) -> list[dict[str, Any]]:
    text = read_text(path, remedy)
    try:
        return list(table_rows(lambda: io.StringIO(text, newline="\n"), delimiter))
    except TableError as error:
        raise CalmError(f"{path} {error}; {remedy}") from None


def _read_parquet_rows(path: Path, remedy: str) -> list[dict[str, Any]]:
    import pyarrow
    import pyarrow.parquet

    if not path.is_file():
        raise CalmError(f"{path} is missing; {remedy}")
    try:
        rows: list[dict[str, Any]] = pyarrow.parquet.read_table(path).to_pylist()
    except (pyarrow.ArrowException, OSError) as error:
        raise CalmError(f"{path} is empty, cut off or not Parquet ({' '.join(str(error).split())}); {remedy}") from None
    return rows
