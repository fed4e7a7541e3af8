"""Read the rows of JSONL, JSON, CSV, TSV and Parquet files."""

from __future__ import annotations

import codecs
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from calm_harness.errors import CalmError
from calm_harness.files.text import check_file, read_json, read_text, reason
from retrieval.formats.literals import json_value
from retrieval.formats.parquet import parquet_rows
from retrieval.formats.tables import Delimiter, TableError, table_rows


class Place(NamedTuple):
    """Where a row stands in a file: its first byte, and how many it has."""

    start: int
    size: int


def read_json_rows(path: Path, remedy: str) -> list[dict[str, Any]]:
    """Read a JSON file that is a list of objects.

    Raises:
        CalmError: see `read_json`; or it is something else.
    """
    rows = read_json(path, remedy)
    if not isinstance(rows, list) or not rows:
        raise CalmError(f"{path} is not a list of rows; {remedy}")
    for number, row in enumerate(rows):
        if not isinstance(row, dict):
            raise CalmError(f"{path} row {number} is not an object with named fields; {remedy}")
    return rows


def read_jsonl_rows(path: Path, remedy: str) -> list[dict[str, Any]]:
    """Read a file with a JSON object a line; see `iterate_jsonl_rows`."""
    return list(iterate_jsonl_rows(path, remedy))


def iterate_jsonl_rows(path: Path, remedy: str) -> Iterator[dict[str, Any]]:
    """Yield the rows of a file with a JSON object a line, one at a time; empty lines are passed over.

    Raises:
        CalmError: see `read_text`; or a line is cut off, or is something else.
    """
    return (row for _, row in iterate_placed_rows(path, remedy))


def iterate_placed_rows(path: Path, remedy: str) -> Iterator[tuple[Place, dict[str, Any]]]:
    """Do as `iterate_jsonl_rows` does, and say where each row stands, for `row_at`."""
    row_count = start = 0
    check_file(path, remedy)
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
    except OSError as error:
        raise CalmError(f"{path} cannot be read ({reason(error)}); {remedy}") from None
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
        return json_value(line.decode("utf-8"))


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


def is_array(path: Path) -> bool:
    """Tell whether a file begins as a JSON array, whatever its name; one that cannot be read does not."""
    try:
        with path.open(encoding="utf-8-sig", errors="replace") as file:
            return file.read(1000).lstrip()[:1] == "["
    except OSError:
        return False


def _begins_with_rows(path: Path) -> bool:
    """Tell whether a file's first two lines are objects by themselves: `datasets` calls JSON lines .json."""
    try:
        with path.open("rb") as file:
            first = file.readline().removeprefix(codecs.BOM_UTF8)
            return all(isinstance(_decoded(line), dict) for line in (first, file.readline()))
    except (OSError, ValueError):
        return False


def read_table(path: Path, remedy: str) -> list[dict[str, Any]]:
    """Read the rows of a JSONL, JSON, CSV, TSV or Parquet file; how quotes are read, `retrieval.formats.tables` says.

    Raises:
        CalmError: see `read_text`; or a row is malformed, or the file is of no such kind.
    """
    suffix = path.suffix.lower()
    if suffix in (".jsonl", ".json"):
        check_file(path, remedy)
        lines = not is_array(path) and (suffix == ".jsonl" or _begins_with_rows(path))
        return read_jsonl_rows(path, remedy) if lines else read_json_rows(path, remedy)
    if suffix in (".csv", ".tsv"):
        return _read_separated_rows(path, remedy, "," if suffix == ".csv" else "\t")
    if suffix == ".parquet":
        return _read_parquet_rows(path, remedy)
    raise CalmError(f"{path} is none of .jsonl, .json, .csv, .tsv and .parquet; {remedy}")


def _read_separated_rows(path: Path, remedy: str, delimiter: Delimiter) -> list[dict[str, Any]]:
    text = read_text(path, remedy)
    try:
        rows = table_rows(lambda: io.StringIO(text, newline="\n"), delimiter)
        return [row for row in rows if any(map(str.strip, row.values()))]  # spreadsheets end in rows of commas
    except TableError as error:
        raise CalmError(f"{path} {error}; {remedy}") from None


def _read_parquet_rows(path: Path, remedy: str) -> list[dict[str, Any]]:
    check_file(path, remedy)
    try:
        return list(parquet_rows(path))
    except TableError as error:
        raise CalmError(f"{path} {error}; {remedy}") from None
