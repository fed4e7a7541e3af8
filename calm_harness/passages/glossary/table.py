"""A table of what things are called: a user's, as exported from Wikidata or elsewhere, or a set's parallel titles."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from calm_harness.errors import CalmError
from calm_harness.files import read_jsonl_rows, read_table
from calm_harness.questions import SETS

TITLES = "titles"  # instead of a file: the titles of the set's own passages, which are parallel by id
LONG = ("entity", "language", "label")  # the columns of a table with a row a name
BETWEEN = "|"  # a label and its aliases in one cell
_REMEDY = (
    f"give a .csv, .tsv, .jsonl or .parquet with a row an entity and a column a language, or with {', '.join(LONG)}"
)


@dataclass(frozen=True)
class Entity:
    """A thing.

    Attributes:
        identity: what tells it apart in its table: an id, or the number of its row.
        names: language -> its label, then its aliases.
    """

    identity: str
    names: Mapping[str, tuple[str, ...]]


def read(source: str, set_name: str, languages: Sequence[str], pivot: str) -> list[Entity]:
    """Read a table, as far as languages are wanted.

    Args:
        source: a file, or `titles`.
        set_name: of the question set, whose titles may be meant.
        languages: of the questions.
        pivot: the language that things are explained in.

    Raises:
        CalmError: it cannot be read, a cell is no text, or it has no names in the pivot, or in no other language.
    """
    tags = list(dict.fromkeys([*languages, pivot]))
    if source == TITLES:
        rows = [row for path in _title_files(set_name) for row in read_jsonl_rows(path, _REMEDY)]
        return _long(rows, source, ("passage_id", "language", "title"), tags)
    path = Path(source).expanduser()
    rows = read_table(path, _REMEDY)
    columns = list(dict.fromkeys(name for row in rows for name in row))
    is_long = set(LONG) <= set(columns)
    entities = _long(rows, str(path), LONG, tags) if is_long else _wide(rows, str(path), tags)
    there = {tag for entity in entities for tag in entity.names}
    where = "in its column language" if is_long else f"its columns are {', '.join(map(str, columns))}"
    if pivot not in there:
        raise CalmError(f"{path} has no labels in {pivot}, the pivot ({where}); {_REMEDY}, or another pivot")
    if not there - {pivot}:
        wanted = ", ".join(tag for tag in languages if tag != pivot) or "any other language"
        raise CalmError(f"{path} has no labels in {wanted} ({where}); {_REMEDY}")
    return entities


def digest(source: str, set_name: str) -> str:
    """Tell tables apart by their content, as 16 hexadecimal digits.

    Raises:
        CalmError: it cannot be read.
    """
    files = _title_files(set_name) if source == TITLES else [Path(source).expanduser()]
    hashed = hashlib.sha256()
    for path in files:
        try:
            hashed.update(path.read_bytes())
        except (OSError, ValueError) as error:
            reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
            raise CalmError(f"{path} cannot be read ({reason}); {_REMEDY}") from None
    return hashed.hexdigest()[:16]


def _title_files(set_name: str) -> list[Path]:
    info = SETS.get(set_name)
    if info is None or info.passages is None:
        raise CalmError(
            f"glossary={TITLES} needs a set with passages of its own, as mini; {set_name} has none; {_REMEDY}"
        )
    return info.passages()


def _wide(rows: Iterable[Mapping[str, Any]], where: str, tags: Sequence[str]) -> list[Entity]:
    """Read a row an entity, with a column a language; of other columns, `entity` names it."""
    entities = []
    for number, row in enumerate(rows, 1):
        names = {tag: _names(row.get(tag), f"{where} row {number}: {tag}") for tag in tags}
        identity = row.get("entity")
        entities.append(Entity(str(identity or f"row {number}"), {tag: cells for tag, cells in names.items() if cells}))
    return entities


def _long(
    rows: Iterable[Mapping[str, Any]], where: str, columns: tuple[str, str, str], tags: Sequence[str]
) -> list[Entity]:
    """Read a row a name; the first of an entity in a language is its label, those after it are aliases."""
    which, tag_column, name_column = columns
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for number, row in enumerate(rows, 1):
        identity, tag = row.get(which), row.get(tag_column)
        if identity in (None, "") or tag in (None, ""):
            raise CalmError(f"{where} row {number} names no {which if identity in (None, '') else tag_column}; fill it")
        if tag in tags:
            names = _names(row.get(name_column), f"{where} row {number}: {name_column}")
            known = found.setdefault(str(identity), {})
            known[tag] = tuple(dict.fromkeys([*known.get(tag, ()), *names]))
    return [
        Entity(identity, {tag: cells for tag, cells in names.items() if cells}) for identity, names in found.items()
    ]


def _names(cell: Any, where: str) -> tuple[str, ...]:
    """Read a cell: a label, perhaps with aliases after it, parted by a stroke or in a list; none where it is empty."""
    parts = [] if cell is None else cell.split(BETWEEN) if isinstance(cell, str) else cell
    if not isinstance(parts, list | tuple) or not all(isinstance(part, str) for part in parts):
        raise CalmError(f"{where} is neither text nor a list of texts; write it as text")
    return tuple(dict.fromkeys(name for part in parts if (name := " ".join(part.split()))))
