"""What a probe comes to: `probe.json`, tables of figures, which `calm grid` and its like write and the page shows."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from numbers import Integral, Real
from pathlib import Path
from typing import Any

from calm_harness.errors import CalmError
from calm_harness.files import below, read_json, write_text
from calm_harness.report.run import Skipped

PROBE = "probe.json"
MOST = 10_000  # cells of a table that anybody can look at
_REMEDY = "make the probe again"
_TYPES = {str: "text", bool: "true or false", list: "a list", dict: "an object"}


@dataclass(frozen=True)
class Table:
    """Figures by two things, drawn as a heat map.

    Attributes:
        title: what the table shows.
        figure: what a cell is: `accuracy`, `barrier`, `found`.
        row: what the rows are: `edited in`.
        column: what the columns are: `asked in`.
        rows: their names, in order, each once.
        columns: theirs.
        cells: row -> column -> `value`, `stderr`, `interval` (its two ends) and `questions` (how many), the first three
            as `calm_harness.metrics.compare.to_json` lays them out. What is absent, or has no value, is drawn empty.
        signed: whether a cell is a difference, whose colour goes by how far it is from 0, and to which side.
        note: one or two sentences beneath.
    """

    title: str
    figure: str
    row: str
    column: str
    rows: Sequence[str]
    columns: Sequence[str]
    cells: Mapping[str, Mapping[str, Mapping[str, Any]]]
    signed: bool = False
    note: str = ""


@dataclass(frozen=True)
class Probe:
    """What one probe of one model comes to.

    Attributes:
        kind: `mix`, `needle`, `edit`, ...
        title: what it is called.
        model: name or path, as it was given to the backend.
        task: lm-eval's name of it.
        questions: how many the figures are of.
        lines: what to know before the tables: chance, floor, controls.
        tables: in order.
    """

    kind: str
    title: str
    model: str
    task: str
    questions: int
    lines: Sequence[str]
    tables: Sequence[Table]


@dataclass(frozen=True)
class Found:
    """A probe, and the file that it is read from."""

    path: Path
    probe: Probe


def write(probe: Probe, folder: Path) -> None:
    """Write `probe.json` into a folder, whole or not at all; a number that is not finite becomes null.

    Raises:
        CalmError: the folder is not there, or `read` would refuse the file.
    """
    path = folder / PROBE
    content = _plain(probe)
    _probe(content, path)
    write_text(path, json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n")


def read(path: Path) -> Probe:
    """Read a `probe.json`; a number that is not finite is as good as none. Fields that are not known are passed over.

    What is shown of it has to pass `retrieval.text`: names are as somebody wrote them.

    Raises:
        CalmError: the file cannot be read, or is not as it has to be; names the field.
    """
    return _probe(_plain(read_json(path, _REMEDY)), path)


def files(paths: Sequence[Path]) -> list[Path]:
    """List what is called `probe.json` below folders, or is named itself; each once."""
    named = [path for path in paths if path.name == PROBE and path.is_file()]
    named += [file for path in paths if path.is_dir() for file in below(path, PROBE)]
    return list({file.resolve(): file for file in named}.values())


def find(paths: Sequence[Path]) -> tuple[list[Found], list[Skipped]]:
    """Read all probes below folders, or of such files.

    Returns:
        The probes, in the order of their paths, each file once; and what cannot be read, with the reason.
    """
    found: list[Found] = []
    skipped: list[Skipped] = []
    for file in files(paths):
        try:
            found.append(Found(file, read(file)))
        except CalmError as error:
            skipped.append(Skipped(file, str(error).removeprefix(str(file)).lstrip(": ")))
    return found, skipped


def _plain(value: Any) -> Any:
    """Return content that JSON can hold: numbers of numpy as Python's, and None for one that is not finite."""
    if dataclasses.is_dataclass(value):
        return _plain(vars(value))
    if isinstance(value, Mapping):
        return {name: _plain(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    if isinstance(value, bool) or not isinstance(value, Real):
        return value
    if isinstance(value, Integral):
        return int(value)
    return float(value) if isfinite(value) else None


def _probe(content: Any, path: Path) -> Probe:
    field = _Field(path, "", content)
    return Probe(
        **{name: field.part(name).of(str) for name in ("kind", "title", "model", "task")},
        questions=field.part("questions").count(),
        lines=[line.of(str) for line in field.part("lines").parts()],
        tables=[_table(table) for table in field.part("tables").parts()],
    )


def _table(field: _Field) -> Table:
    rows, columns = _names(field.part("rows")), _names(field.part("columns"))
    if len(rows) * len(columns) > MOST:
        raise field.refused(f"has more than {MOST} cells")
    return Table(
        **{name: field.part(name).of(str) for name in ("title", "figure", "row", "column")},
        rows=rows,
        columns=columns,
        cells={
            row: {column: _cell(cell) for column, cell in line.among(columns) if cell.value is not None}
            for row, line in field.part("cells").among(rows)
        },
        signed=field.part("signed", False).of(bool),
        note=field.part("note", "").of(str),
    )


def _names(field: _Field) -> list[str]:
    names: list[str] = [name.of(str) for name in field.parts()]
    if len(set(names)) < len(names):
        raise field.refused("names one twice")
    return names


def _cell(field: _Field) -> dict[str, Any]:
    interval = field.part("interval")
    ends = [end.number() for end in interval.parts()]
    if len(ends) != 2:
        raise interval.refused("does not have two ends")
    low, high = ends
    if (low is None) != (high is None):
        raise interval.refused("has one end")
    if low is not None and high is not None and low > high:
        raise interval.refused("ends before it starts")
    figures = {name: field.part(name).number() for name in ("value", "stderr")}
    return {**figures, "interval": ends, "questions": field.part("questions").count()}


_NEEDED: Any = object()


@dataclass(frozen=True)
class _Field:
    """A value in a file, and where it stands there."""

    path: Path
    name: str
    value: Any

    def refused(self, why: str) -> CalmError:
        return CalmError(f"{self.path}: {self.name or 'it'} {why}; {_REMEDY}")

    def of(self, kind: type) -> Any:
        """Return the value, which has to be of a type."""
        if not isinstance(self.value, kind):
            raise self.refused(f"is not {_TYPES[kind]}")
        return self.value

    def count(self) -> int:
        if isinstance(self.value, bool) or not isinstance(self.value, int) or self.value < 0:
            raise self.refused("is not a whole number from 0 on")
        return self.value

    def number(self) -> float | None:
        if self.value is not None and (isinstance(self.value, bool) or not isinstance(self.value, int | float)):
            raise self.refused("is not a number or null")
        try:
            return None if self.value is None else float(self.value)
        except OverflowError:
            raise self.refused("is larger than any number that is used") from None

    def part(self, name: str, default: Any = _NEEDED) -> _Field:
        """Return a part of an object, which has to have it where there is no default."""
        value = self.of(dict).get(name, default)
        part = _Field(self.path, f"{self.name}.{name}" if self.name else name, value)
        if value is _NEEDED:
            raise part.refused("is missing")
        return part

    def parts(self) -> Iterator[_Field]:
        """Yield the parts of a list."""
        return (_Field(self.path, f"{self.name}[{at}]", part) for at, part in enumerate(self.of(list)))

    def among(self, names: Sequence[str]) -> Iterator[tuple[str, _Field]]:
        """Yield the parts of an object, all of which have to have one of these names."""
        known = set(names)
        for name, part in self.of(dict).items():
            field = _Field(self.path, f"{self.name}[{name!r}]", part)
            if name not in known:
                raise field.refused("is of no row or column of the table")
            yield name, field
