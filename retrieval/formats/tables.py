"""Rows of CSV and TSV as other programs write them: nothing is guessed, and no row swallows the next (pure).

CSV has quotes as RFC 4180 has them, with line breaks within them. TSV has none (a quotation mark is a character like
any other, as in MS MARCO's `collection.tsv`), unless the file is plainly quoted: every field that begins with a mark
also ends with one, with doubled marks between. Lines end with LF or CR LF; where a file has no LF at all, with CR.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import Literal

Delimiter = Literal[",", "\t"]
_QUOTED = re.compile(r'"(?:[^"]|"")*"')
_NUL, _CR = "\0", "\r"


class TableError(Exception):
    """A line that is no row: the message names the line (from 1) and, where there is one, the column."""


def table_rows(open_lines: Callable[[], Iterable[str]], delimiter: Delimiter) -> Iterator[dict[str, str]]:
    """Yield the rows after the header, in their order; blank lines are passed over.

    Args:
        open_lines: yields the lines of the file, split at LF alone, without a byte order mark. TSV is read twice.
        delimiter: what parts the fields.

    Raises:
        TableError: a row has more or fewer fields than the header, quotes do not fit, or there is a NUL character.
    """
    if delimiter == "\t":
        marked = (_stripped(line) for line in _lines(open_lines()) if '"' in line)
        quoted = plainly_quoted(field for line in marked for field in line.split("\t"))
        records = _tab_records(open_lines(), quoted)
    else:
        records = _comma_records(open_lines())
    number, header = next(records, (0, []))
    names = [name for name in header if name]
    doubled = next((name for name in names if names.count(name) > 1), None)
    if doubled is not None:
        raise TableError(f"line {number}: column {doubled!r} stands twice in the header")
    for number, fields in records:
        if len(fields) != len(header):
            raise TableError(f"line {number}: {_mismatch(fields, header, delimiter)}")
        yield dict(zip(header, fields, strict=True))


def plainly_quoted(fields: Iterable[str]) -> bool:
    """Whether fields, read without quoting, are quoted all the same: whatever begins with a mark is quoted well."""
    quoted = False
    for field in fields:
        if field.startswith('"'):
            if not _QUOTED.fullmatch(field):
                return False
            quoted = True
    return quoted


def _tab_records(lines: Iterable[str], quoted: bool) -> Iterator[tuple[int, list[str]]]:
    for number, line in enumerate(_lines(lines), start=1):
        text = _stripped(line)
        if text:
            fields = text.split("\t")
            yield number, [_unquoted(field) for field in fields] if quoted else fields


def _unquoted(field: str) -> str:
    return field[1:-1].replace('""', '"') if field.startswith('"') else field


def _comma_records(lines: Iterable[str]) -> Iterator[tuple[int, list[str]]]:
    """The line that a record begins on, and its fields; a CR within a line is a character, not its end."""
    csv.field_size_limit(2**31 - 1)  # a text may be long
    reader = csv.reader((_hidden_returns(line) for line in _lines(lines)), strict=True)
    while True:
        number = reader.line_num + 1
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise TableError(
                f"line {number}: the quotation marks do not fit ({error}); double a mark within a field"
            ) from None
        if fields:
            yield number, [field.replace(_NUL, _CR) for field in fields]


def _hidden_returns(line: str) -> str:
    """Write a CR that ends no line as NUL, which no line has: the `csv` module would end the row there."""
    text = _stripped(line)
    return text.replace(_CR, _NUL) + line[len(text) :] if _CR in text else line


def _lines(lines: Iterable[str]) -> Iterator[str]:
    """Lines with their ends, CR alone where there is no LF in the whole file; NUL characters are refused."""
    rest = iter(lines)
    first = list(islice(rest, 1))
    if first and not first[0].endswith("\n"):
        first = re.split(r"(?<=\r)", first[0])
    for number, line in enumerate(chain(first, rest), start=1):
        if _NUL in line:
            raise TableError(
                f"line {number} has a NUL character ({line.index(_NUL)}): the file is damaged, or not UTF-8 but UTF-16"
            )
        yield line


def _stripped(line: str) -> str:
    return line.removesuffix("\n").removesuffix(_CR)


def _mismatch(fields: Sequence[str], header: Sequence[str], delimiter: Delimiter) -> str:
    place = f"after column {header[-1]!r}" if len(fields) > len(header) else f"none for column {header[len(fields)]!r}"
    opening = next((name for name, field in zip(header, fields, strict=False) if field.startswith('"')), None)
    hint = f"; a quotation mark opens column {opening!r}, and .tsv has no line breaks or tabs in quotes"
    return (
        f"{len(fields)} fields, but {len(header)} in the header ({place})"
        f"{hint if opening is not None and delimiter == chr(9) else ''}"
    )
