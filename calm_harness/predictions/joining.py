"""Which rows of other people's logs are of the same question: by a field of their documents, else by content (pure).

Position is not identity: neither lm-eval's number of a document nor a field that only counts the rows joins two files.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from calm_harness.errors import CalmError
from calm_harness.predictions.document import is_label, order_of_id, rank_of_id
from calm_harness.predictions.prediction import Origin, Prediction
from calm_harness.questions.align import align
from calm_harness.questions.align.evidence import Item
from calm_harness.questions.schema import fingerprint

MANY = 20  # rows from which a field that is unique in every file, whatever its name, is hardly so by chance
_COUNT = re.compile(r"\d{1,18}")
SHARED = 0.9  # share of the smaller language's ids that the first language has as well
DOC_ID = "doc_id"  # lm-eval's number of a document, which only a user can take for an id
_SHORTEST = 3  # characters of a value whose field's name is not an id's: shorter ones are labels and counts

Log = Sequence[Prediction]
Content = tuple[str, ...]


@dataclass(frozen=True)
class Joined:
    """Rows of logs that know their questions.

    Attributes:
        files: the rows of each file.
        by: the fields that they were joined by, or `content`; "" where there was nothing to join.
    """

    files: list[list[Prediction]]
    by: str


def is_foreign(files: Sequence[Log]) -> bool:
    """Tell whether there are logs of other people's tasks, and nothing else; the rows of a file are of one kind."""
    return any(files) and all(rows[0].origin is not None for rows in files if rows)


def join(files: Sequence[Log], id_fields: Sequence[str] = ()) -> Joined:
    """Give the rows of logs the ids of their questions.

    Args:
        files: rows of other people's logs, with the ids that they have in their own files.
        id_fields: the fields that are the id, as the user names them; empty finds them.

    Returns:
        The rows of each file, without those that are surely the translation of no row of the first language.

    Raises:
        CalmError: a named field is missing or the same in two rows, fields join the rows in different ways, or nothing
            joins them.
    """
    if id_fields:
        return Joined([_with_ids(rows, _named(rows, id_fields)) for rows in files], " and ".join(id_fields))
    if len(files) == 1:
        return Joined([list(files[0])], "")
    is_one_language = len({row.language for rows in files for row in rows}) == 1
    fields = () if is_one_language else id_of(files)
    if fields:
        return Joined([_with_ids(rows, _values(rows, fields)) for rows in files], " and ".join(fields))
    return Joined(_by_content(files), "content")


def id_of(files: Sequence[Log]) -> tuple[str, ...]:
    """Find the field, or the two fields, whose values tell all rows of a file apart and are shared by the languages.

    Names that look like an id's come first. A field that only counts the rows of every file is none.

    Returns:
        The fields' names; empty where there are none.

    Raises:
        CalmError: two such fields join the rows in different ways.
    """
    identifying = [name for name in _common_fields(files) if not is_label(name) and not _counts(files, name)]
    names = sorted((name for name in identifying if _is_shared(files, [name])), key=order_of_id)
    singles: list[tuple[str, ...]] = [
        (name,) for name in names if _is_unique(files, [name]) and _is_telling(files, name)
    ]
    pairs = [pair for pair in combinations(names, 2) if min(map(rank_of_id, pair)) < 2]
    candidates = singles or [pair for pair in pairs if _is_unique(files, pair) and _is_shared(files, pair)]
    if not candidates:
        return ()
    first, *rivals = candidates
    for fields in rivals:
        ranks = max(map(rank_of_id, first)), max(map(rank_of_id, fields))
        if ranks in ((0, 0), (1, 1)) and _disagree(files, first, fields):  # of the worse name, chance may be the reason
            raise CalmError(
                f"{_origin(files[0][0]).path} and the other files may be joined by {' '.join(first)} or by "
                f"{' '.join(fields)}, which do not agree; name the documents' id: --id FIELD"
            )
    return first


def _common_fields(files: Sequence[Log]) -> list[str]:
    names = list(_origin(files[0][0]).fields)
    return [name for name in names if all(name in _origin(row).fields for rows in files for row in rows)]


def _counts(files: Sequence[Log], name: str) -> bool:
    """Tell whether a field only counts the rows, from 0 or 1, in every file."""
    return all(
        any(
            all(_origin(row).fields[name] == str(place + start) for place, row in zip(places, rows, strict=True))
            for places in (range(len(rows)), _doc_ids(rows))
            for start in (0, 1)
        )
        for rows in files
    )


def _doc_ids(rows: Log) -> Sequence[int]:
    numbers = [_origin(row).doc_id for row in rows]
    return [int(number) if _COUNT.fullmatch(number) else -2 for number in numbers]


def _is_telling(files: Sequence[Log], name: str) -> bool:
    """Tell whether a field may be an id by its values, as far as its name does not say so."""
    values = [_origin(row).fields[name] for rows in files for row in rows]
    if rank_of_id(name) == 0:
        return True
    if rank_of_id(name) == 1:
        return not all(len(value) == 1 and value.isalpha() for value in values)  # the letters of right options
    return min(map(len, files)) >= MANY and min(map(len, values)) >= _SHORTEST


def _is_unique(files: Sequence[Log], fields: Sequence[str]) -> bool:
    return all(len(set(_values(rows, fields))) == len(rows) for rows in files)


def _is_shared(files: Sequence[Log], fields: Sequence[str]) -> bool:
    by_language: dict[str, set[str]] = {}
    for rows in files:
        by_language.setdefault(rows[0].language, set()).update(_values(rows, fields))
    first, *value_sets = by_language.values()
    return all(len(first & values) >= SHARED * min(len(first), len(values)) for values in value_sets)


def _disagree(files: Sequence[Log], first: Sequence[str], second: Sequence[str]) -> bool:
    """Tell whether two candidates join any row with different rows of the first language."""
    partners = zip(_partners(files, first), _partners(files, second), strict=True)
    return any(a is not None and b is not None and a.isdisjoint(b) for a, b in partners)


def _partners(files: Sequence[Log], fields: Sequence[str]) -> list[set[int] | None]:
    """For each row of all files, the places of the rows of the first language that it is joined with."""
    places: dict[str, set[int]] = {}
    values = [(row.language, value) for rows in files for row, value in zip(rows, _values(rows, fields), strict=True)]
    for place, (language, value) in enumerate(values):
        if language == values[0][0]:
            places.setdefault(value, set()).add(place)
    return [places.get(value) for _, value in values]


def _values(rows: Log, fields: Sequence[str]) -> list[str]:
    return [" / ".join(_origin(row).fields[name] for name in fields) for row in rows]


def _named(rows: Log, fields: Sequence[str]) -> list[str]:
    """Return the values of the fields that a user named.

    Raises:
        CalmError: a row lacks one, or two rows have the same.
    """
    values: list[str] = []
    firsts: dict[str, Origin] = {}
    for row in rows:
        origin = _origin(row)
        columns = {DOC_ID: origin.doc_id, **origin.fields}
        missing = [name for name in fields if not columns.get(name)]
        if missing:
            raise CalmError(f"{origin}: its document has no {missing[0]}; --id takes one of {', '.join(columns)}")
        value = " / ".join(columns[name] for name in fields)
        first = firsts.setdefault(value, origin)
        if first is not origin:
            raise CalmError(
                f"{origin.path} rows {first.row} and {origin.row} both have the {' '.join(fields)} {value!r}; "
                "name a field, or two, that tell all rows apart: --id FIELD FIELD"
            )
        values.append(value)
    return values


def _by_content(files: Sequence[Log]) -> list[list[Prediction]]:
    """Join rows by what they ask: in one language exactly, between languages as translations."""
    contents = [_contents(rows) for rows in files]
    items: dict[str, dict[Content, Item]] = {}
    for rows, keys in zip(files, contents, strict=True):
        for row, key in zip(rows, keys, strict=True):
            items.setdefault(row.language, {}).setdefault(key, Item(row.stem or row.prompt or "", _origin(row).shown))
    ids = _content_ids(files, contents)
    pivot, *languages = items
    question_of = {pivot: {key: ids[key] for key in items[pivot]}}
    for language in languages:
        pairs = _aligned(files, items, (pivot, language))
        pivot_keys, keys = list(items[pivot]), list(items[language])
        question_of[language] = {
            keys[place]: ids[pivot_keys[pivot_place]]
            for pivot_place, place in pairs.items()
            if len(keys[place]) == len(pivot_keys[pivot_place])  # as many options
        }
    return [
        [
            replace(row, question_id=question_of[row.language][key])
            for row, key in zip(rows, keys, strict=True)
            if key in question_of[row.language]
        ]
        for rows, keys in zip(files, contents, strict=True)
    ]


def _contents(rows: Log) -> list[Content]:
    """Return what each row asks, its options in any order; what comes again in the file is numbered."""
    counts: dict[Content, int] = {}
    contents = []
    for row in rows:
        content = row.stem or row.prompt or "", *sorted(_origin(row).shown)
        counts[content] = counts.get(content, 0) + 1
        contents.append((*content, str(counts[content])))
    return contents


def _content_ids(files: Sequence[Log], contents: Sequence[Sequence[Content]]) -> Mapping[Content, str]:
    """Name the questions of the first language by the ids of their own files, or by content where those come again."""
    ids: dict[Content, str] = {}
    for rows, keys in zip(files, contents, strict=True):
        if rows[0].language == files[0][0].language:
            for row, key in zip(rows, keys, strict=True):
                ids.setdefault(key, str(row.question_id))
    return ids if len(set(ids.values())) == len(ids) else {key: fingerprint(*key) for key in ids}


def _aligned(
    files: Sequence[Log], items: Mapping[str, Mapping[Content, Item]], languages: tuple[str, str]
) -> Mapping[int, int]:
    left, right = (list(items[language].values()) for language in languages)
    first, second = (
        next(_origin(rows[0]).path for rows in files if rows[0].language == language) for language in languages
    )
    try:
        return align(left, right, (first, second))
    except CalmError as error:
        names = ", ".join([*_common_fields(files), DOC_ID])
        raise CalmError(f"{error}; if a field of the documents is their id, name it: --id FIELD ({names})") from None


def _with_ids(rows: Log, ids: Sequence[str]) -> list[Prediction]:
    return [replace(row, question_id=question_id) for row, question_id in zip(rows, ids, strict=True)]


def _origin(row: Prediction) -> Origin:
    assert row.origin is not None
    return row.origin
