"""A row of a source, as the columns of a `custom` set read it: texts, options, and which of them is gold (pure)."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from string import ascii_uppercase
from typing import Any

from calm_harness.errors import CalmError
from calm_harness.questions.assemble import Entry
from calm_harness.questions.schema import as_written, normalise
from calm_harness.questions.sets.option_lists import read_options
from calm_harness.questions.sets.own_marks import without_marks
from calm_harness.questions.sets.recipe import Answers, Columns

RawRow = Mapping[str, Any]
_SIGNS = re.compile(r"[+±×÷=<>≤≥↑↓→←%‰°/*^$€£¥]|(?<!\w)[-−–](?=\s*[\w.])|[-−](?=\s|$)")
_WHOLE = re.compile(r"(-?\d+)\.0+")  # a number that was whole before pandas had to write a missing value beside it


def read_entry(row: RawRow, columns: Columns, answers: Answers, where: str) -> Entry:
    """Read a question.

    Args:
        row: column -> value.
        columns: where things stand in it.
        answers: how the gold option is named.
        where: file and row, for messages.

    Raises:
        CalmError: something is missing or is of the wrong kind; the message names the row.
    """
    texts = [text_of(row, name, where) for name in (columns.passage, columns.stem) if name]
    if not all(texts):
        raise CalmError(f"{where}: the stem or passage is empty; correct the row or take it out")
    options = _options(row, columns.options, where)
    names = _column_names(columns, len(options)) if answers == "column" else ascii_uppercase[: len(options)]
    if columns.labels is not None:
        options, names = _labelled(row, columns.labels, options, where)
    gold = text_of(row, columns.answer, where)
    try:
        answer = _answer(gold, options, names, answers)
    except ValueError as error:
        is_column = gold in columns.options and not isinstance(columns.options, str)
        hint = "; it is the name of a column (answers: column)" if is_column and answers != "column" else ""
        raise CalmError(f"{where}: {error}{hint}; correct the row or the YAML file") from None
    rationale = text_of(row, columns.rationale, where) if columns.rationale else ""
    return Entry(
        *("\n".join(texts), options, answer, where),
        gold_passages=_gold_passages(row, columns, where),
        rationale=rationale or None,
        aliases=_aliases(row, columns, where),
    )


def text_of(row: RawRow, column: str, where: str) -> str:
    """A value as a text, "" where it is missing.

    Raises:
        CalmError: there is no such column, or it holds a list or a table.
    """
    return _as_text(_value(row, column, where), column, where)


def whole_number(text: str) -> str:
    """Write 7.0 as 7: pandas adds the point where a column of numbers has a gap, so that one file has it alone."""
    whole = _WHOLE.fullmatch(text)
    return whole[1] if whole else text


def _as_text(value: object, column: str, where: str) -> str:
    """NaN is how pandas writes a missing value, and 7.0 a whole number in a column that has one."""
    if _is_missing(value):
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, Mapping | list | tuple | set):
        raise CalmError(f"{where}: {column} is not one text but several values; {_part_of(value, column)}")
    if isinstance(value, bytes):
        raise CalmError(f"{where}: {column} is no text but bytes; write it as a text")
    return str(value).strip()


def _is_missing(value: object) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))


def _value(row: RawRow, column: str, where: str) -> Any:
    """A column's value; a dotted name goes down into it, and through the items of a list."""
    if column in row:
        return row[column]
    value: Any = row
    for name in column.split("."):
        if isinstance(value, Mapping) and name in value:
            value = value[name]
        elif isinstance(value, list) and value and all(isinstance(item, Mapping) and name in item for item in value):
            value = [item[name] for item in value]
        else:
            names = ", ".join(map(str, value if isinstance(value, Mapping) else row))
            one = len(row) == 1 and next((mark for mark in (";", "\t", "|") if mark in names), None)
            hint = f"; its cells are parted by {one!r}: save it with commas" if one else ""
            raise CalmError(f"{where}: there is no column {column!r} (there are: {names}){hint}")
    return value


def _gold_passages(row: RawRow, columns: Columns, where: str) -> tuple[str, ...]:
    if columns.gold_passages is None:
        return ()
    value = _value(row, columns.gold_passages, where)
    values = value if isinstance(value, list) else [value]
    return tuple(filter(None, (_as_text(item, columns.gold_passages, where) for item in values)))


def _aliases(row: RawRow, columns: Columns, where: str) -> tuple[str, ...]:
    if columns.aliases is None:
        return ()
    value = _value(row, columns.aliases, where)
    is_list = isinstance(value, list | tuple) or str(value).strip().startswith("[")
    values = _list(value, columns.aliases, where) if is_list else [value]
    return tuple(filter(None, (_as_text(item, columns.aliases, where) for item in values)))


def _options(row: RawRow, columns: str | Sequence[str], where: str) -> tuple[str, ...]:
    """The options, without the places that are left empty after the last: null in a list, anything blank in columns."""
    if isinstance(columns, str):
        values = _list(_value(row, columns, where), columns, where)
        texts = [_as_text(value, columns, where) for value in values]
        size = max((place + 1 for place, value in enumerate(values) if not _is_missing(value)), default=0)
    else:
        texts = [text_of(row, name, where) for name in columns]
        size = max((place + 1 for place, text in enumerate(texts) if text), default=0)
    options = tuple(texts[:size])
    if len(options) < 2 or not all(options):
        raise CalmError(f"{where}: an option is missing or empty {options}; correct the row or take it out")
    return options


def _list(value: object, column: str, where: str) -> Sequence[Any]:
    options = read_options(value)
    if options is None:
        raise CalmError(f"{where}: {column} is not a list of options; {_part_of(value, column)}")
    return options


def _part_of(value: object, column: str) -> str:
    """What to name instead of a column that holds a table, or a list of them."""
    table = value[0] if isinstance(value, list | tuple) and value else value
    if not isinstance(table, Mapping) or not table:
        return "name a column for each option"
    part = "text" if "text" in table else next(iter(table))
    return f"name a part of it ({', '.join(map(str, table))}), as in {column}.{part}"


def _labelled(
    row: RawRow, column: str, options: tuple[str, ...], where: str
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The options in the order of their labels, which need not stand in order, and the labels."""
    values = _list(_value(row, column, where), column, where)
    labels = tuple(_as_text(value, column, where) for value in values if not _is_missing(value))
    sequence = {normalise(label): place for place, label in enumerate(labels)}
    for alphabet in ("abcdefghijklmnopqrstuvwxyz", *([str(n + first) for n in range(len(labels))] for first in (0, 1))):
        expected = list(alphabet[: len(options)])
        if len(labels) == len(options) and sorted(sequence) == sorted(expected):
            order = [sequence[label] for label in expected]
            return tuple(options[place] for place in order), tuple(labels[place] for place in order)
    raise CalmError(
        f"{where}: {column} ({', '.join(labels)}) are not the labels A, B, ... or 1, 2, ... of {len(options)} options; "
        "correct the row or take it out"
    )


def _column_names(columns: Columns, count: int) -> tuple[str, ...]:
    assert not isinstance(columns.options, str)  # `read_recipe` sees to it
    return columns.options[:count]


def _answer(text: str, options: Sequence[str], names: Sequence[str], kind: Answers) -> int:
    """The gold option's index, -1 where it is hidden; a ValueError where it is none, or several."""
    if kind in ("index0", "index1"):
        text = whole_number(text)
        names = [str(place + (kind == "index1")) for place in range(len(options))]
    elif kind == "text":
        names = options
    places = _places(text, names, as_written)
    if not places and text in ("", "-1"):
        return -1
    if not places and kind == "text":
        plain = without_marks(options)  # the gold text may lack the marks that the options carry
        places = _places(text, plain, as_written) if plain else []
    if not places:
        places = _places(text, names, _folded)
    if len(places) != 1:
        raise ValueError(
            f"gold answer {text!r} names none, or more than one, of the {len(options)} options (answers: {kind})"
        )
    return places[0]


def _places(text: str, names: Sequence[str], fold: Callable[[str], object]) -> list[int]:
    folded = fold(text)
    return [place for place, name in enumerate(names) if fold(name) == folded]


def _folded(text: str) -> tuple[str, ...]:
    """Case and punctuation aside, but not the signs that make another number or formula of it."""
    return (normalise(text), *_SIGNS.findall(unicodedata.normalize("NFKC", text)))
