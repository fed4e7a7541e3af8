"""Write rows as Parquet, a group at a time; a column whose values are not of one kind is written as JSON."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet

from calm_harness.errors import CalmError

GROUP = 2_000  # rows of a group
Row = dict[str, Any]
_UNLIKE = (
    *(pyarrow.ArrowInvalid, pyarrow.ArrowTypeError, pyarrow.ArrowNotImplementedError, OverflowError),
    UnicodeEncodeError,  # half a character, which is in logs where a response was cut off within it
)


def write(path: Path, rows: Callable[[], Iterator[Row]]) -> tuple[int, list[str]]:
    """Write a file; its rows are gone through twice, since a later one may have what others lack.

    Args:
        path: where to.
        rows: begins with the first row whenever it is called.

    Returns:
        How many rows there are, and the columns that are JSON.

    Raises:
        CalmError: it cannot be written.
    """
    types: dict[str, pyarrow.DataType | None] = {}  # None: JSON
    for group in _groups(rows()):
        for name in dict.fromkeys(name for row in group for name in row):
            seen = _type([row.get(name) for row in group])
            types[name] = _both(types[name], seen) if name in types else seen
    as_json = [name for name, kind in types.items() if kind is None]
    schema = pyarrow.schema([(name, kind or pyarrow.string()) for name, kind in types.items()])
    count = 0
    try:
        with pyarrow.parquet.ParquetWriter(path, schema, compression="zstd") as file:
            for group in _groups(rows()):
                count += len(group)
                laid_out = [{**row, **{name: _json(row.get(name)) for name in as_json}} for row in group]
                file.write_table(pyarrow.Table.from_pylist(laid_out, schema))
    except OSError as error:
        raise CalmError(f"{path} cannot be written ({error.strerror}); make room, or name another folder") from None
    return count, as_json


def _groups(rows: Iterator[Row]) -> Iterator[list[Row]]:
    return iter(lambda: list(itertools.islice(rows, GROUP)), [])


def _type(values: list[Any]) -> pyarrow.DataType | None:
    """Return the one type of all values, None where there is none that Parquet has."""
    try:
        kind = pyarrow.array(values).type
    except _UNLIKE:
        return None
    return None if _has_empty_struct(kind) else kind


def _both(first: pyarrow.DataType | None, second: pyarrow.DataType | None) -> pyarrow.DataType | None:
    """Return the type that values of both have."""
    if first is None or second is None:
        return None
    try:
        schemas = [pyarrow.schema([("", kind)]) for kind in (first, second)]
        return pyarrow.unify_schemas(schemas, promote_options="permissive").field(0).type
    except _UNLIKE:
        return None


def _has_empty_struct(kind: pyarrow.DataType) -> bool:
    if pyarrow.types.is_struct(kind):
        return kind.num_fields == 0 or any(_has_empty_struct(field.type) for field in kind)
    return pyarrow.types.is_list(kind) and _has_empty_struct(kind.value_type)


def _json(value: Any) -> str | None:
    if value is None:
        return None
    text = json.dumps(value, ensure_ascii=False)
    return text if _is_whole(text) else json.dumps(value)


def _is_whole(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
