"""What the document of somebody else's lm-eval task says: its options, its question, what may be its id (pure).

Every task names the columns of its data as it likes. The names below are those of the data sets that lm-eval's own
tasks read.
"""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from string import ascii_uppercase
from typing import Any

from calm_harness.questions.sets.option_lists import read_options

LONGEST_ID = 200  # characters: longer texts are questions and passages
_LISTS = ("choices", "options", "endings", "candidates", "mc1_targets", "multiple_choice_targets")
_SERIES = re.compile(
    r"(?P<stem>(?:options?|choices?|opt?|sol(?:ution)?|endings?|(?:mc_)?answers?|candidate|alternative|sentence_quiz)"
    r"[ _-]?)(?P<last>[A-Za-z]|\d{1,2})",
    re.IGNORECASE,
)
_LETTER = re.compile(r"(?P<stem>)(?P<last>[A-Z])")
_BEGINNINGS = ("a", "0", "1")
_LABEL = re.compile(
    r"answer|label|gold|target|correct|cop$|solution|rationale|explanation|verdict|truth", re.IGNORECASE
)
_TEXT = re.compile(
    r"question|stem|query|premise|hypothesis|sentence|ctx|context|passage|paragraph|article|story|instruction|input"
    r"|problem|goal|prompt|text",
    re.IGNORECASE,
)
_CAMEL = re.compile(r"(?<=[a-z\d])(?=[A-Z])")
_ID = re.compile(r"(?:^|_)(?:[a-z]*(?:id|idx)|ind|index|uuid|guid|hash)(?:_|$)")
_LIKE_ID = re.compile(
    r"(?:^|_)(?:link|url|uri|doi|num|number|no|nr|code|key|ref|item|slug|unnamed|sha|md5|serial)(?:_|$)"
)
_NO_ID = 2  # the rank of a name that is none of an id
_BY_TRADITION = ("question_id", "id", "sample_id")  # taken before other names, in this order


def options_of(doc: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the document's options in its order; empty where none are found."""
    return next(iter(option_lists(doc)), ())


def option_lists(doc: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """Return the options in each place where the document has them; bare letters only where it has nothing else."""
    lists = list(_option_lists(doc))
    return [options for options in lists if not _are_letters(options)] or lists


def stem_of(doc: Mapping[str, Any]) -> str:
    """Return the document's question, with all that belongs to it; "" where none is found."""
    texts = []
    for name in _question_names(tuple(doc)):
        value = doc[name]
        text = value.get("stem") if isinstance(value, dict) else value  # X-CSQA: question {stem, choices}
        if isinstance(text, str) and text.strip():
            texts.append(text)
    return "\n".join(texts)


@functools.cache
def _question_names(names: tuple[str, ...]) -> list[str]:
    in_columns = {name for column_names in _series(names) for name in column_names}
    return [
        name
        for name in names
        if _TEXT.search(name) and name not in in_columns and not is_label(name) and rank_of_id(name) == _NO_ID
    ]


@functools.cache
def is_label(name: str) -> bool:
    """Tell whether a field holds, by its name, the right answer or what gives it away."""
    return _LABEL.search(name) is not None


@functools.cache
def rank_of_id(name: str) -> int:
    """Return how much a field's name looks like that of an id: 0 very much, 1 somewhat, 2 not at all."""
    words = re.sub(r"[^a-z\d]+", "_", _CAMEL.sub("_", name).lower())
    if _ID.search(words):
        return 0
    return 1 if _LIKE_ID.search(words) else _NO_ID


def order_of_id(name: str) -> tuple[int, int]:
    """Return a key that sorts names by how much they look like an id's; `question_id` and `id` come first."""
    place = _BY_TRADITION.index(name) if name in _BY_TRADITION else len(_BY_TRADITION)
    return rank_of_id(name), place


def fields_of(doc: Mapping[str, Any]) -> dict[str, str]:
    """Return what may be an id: the document's short texts and whole numbers, as text; `outer.inner` where one is."""
    fields: dict[str, str] = {}
    for name, value in doc.items():
        if isinstance(value, dict):
            fields |= {f"{name}.{inner}": text for inner, text in fields_of(value).items()}
        elif text := _short_text(value):
            fields[name] = text
    return fields


def _short_text(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():  # a column with gaps is read as floats
        return str(int(value))
    text = str(value).strip() if isinstance(value, int | str) and not isinstance(value, bool) else ""
    return text if len(text) <= LONGEST_ID else ""


def _option_lists(doc: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    question = doc.get("question")
    for columns in (doc, question if isinstance(question, dict) else {}):
        for name in _LISTS:
            if name in columns and len(options := _listed(columns[name])) > 1:
                yield options
    for names in _series(tuple(doc)):
        options = _filled(tuple(_text_of(doc[name]) for name in names))
        if len(options) > 1:
            yield options


def _listed(value: Any) -> tuple[str, ...]:
    """Read a list of texts or its text, {text: [...], label: [...]}, [{text: ..., ...}, ...] or {A: ..., B: ...}."""
    if isinstance(value, dict):
        for name in ("text", "choices"):
            if isinstance(value.get(name), list):
                return _listed(value[name])
    options = read_options(value)
    texts = tuple(_text_of(option.get("text") if isinstance(option, dict) else option) for option in options or ())
    return _filled(texts)


def _filled(texts: tuple[str, ...]) -> tuple[str, ...]:
    """Leave out the empty places after the last option, where a question has fewer than others; () if others are."""
    while texts and not texts[-1]:
        texts = texts[:-1]
    return texts if all(texts) else ()


def _text_of(value: Any) -> str:
    """Return a text or a number as text, "" for anything else: NaN is how pandas writes a missing one."""
    is_missing = isinstance(value, bool) or (isinstance(value, float) and math.isnan(value))
    return str(value).strip() if isinstance(value, str | int | float) and not is_missing else ""


@functools.cache
def _series(names: tuple[str, ...]) -> list[list[str]]:
    """Find columns such as option_a, option_b, ... or A, B, ... among a document's."""
    by_stem: dict[str, dict[str, str]] = {}
    for name in names:
        match = _SERIES.fullmatch(name) or _LETTER.fullmatch(name)
        if match:
            by_stem.setdefault(match["stem"], {})[match["last"].lower()] = name
    series = []
    for by_last in by_stem.values():
        beginning = next((mark for mark in _BEGINNINGS if mark in by_last), "")
        column_names: list[str] = []
        while beginning and (last := _after(beginning, len(column_names))) in by_last:
            column_names.append(by_last[last])
        if len(column_names) > 1:
            series.append(column_names)
    return series


def _after(beginning: str, steps: int) -> str:
    return str(int(beginning) + steps) if beginning.isdigit() else chr(ord(beginning) + steps)


def _are_letters(options: Sequence[str]) -> bool:
    return "".join(option.strip("().") for option in options) == ascii_uppercase[: len(options)]
