"""What the document of somebody else's lm-eval task says: its options, its question, what may be its id (pure).

Every task names the columns of its data as it likes. The names below are those of the data sets that lm-eval's own
tasks read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from calm_harness.questions.schema import normalise

LONGEST_ID = 200  # characters: longer texts are questions and passages
_LISTS = ("choices", "options", "endings", "candidates", "mc1_targets", "multiple_choice_targets")
_SERIES = re.compile(
    r"(?P<stem>(?:options?|choices?|opt?|sol(?:ution)?|endings?|(?:mc_)?answers?|candidate|alternative|sentence_quiz)"
    r"[ _-]?)(?P<last>[A-Za-z]|\d{1,2})",
    re.IGNORECASE,
)
_LETTER = re.compile(r"(?P<stem>)(?P<last>[A-Z])")
_BEGINNINGS = ("a", "1", "0")
_LABEL = re.compile(
    r"answer|label|gold|target|correct|cop$|solution|rationale|explanation|verdict|(?:^|_)key$|truth", re.IGNORECASE
)
_TEXT = re.compile(
    r"question|stem|query|premise|hypothesis|sentence|ctx|context|passage|paragraph|article|story|instruction|input"
    r"|problem|goal|prompt|text",
    re.IGNORECASE,
)
_CAMEL = re.compile(r"(?<=[a-z\d])(?=[A-Z])")
_ID = re.compile(r"(?:^|_)(?:[a-z]*(?:id|idx)|ind|index|uuid|guid|hash)(?:_|$)")
_LIKE_ID = re.compile(r"(?:^|_)(?:link|url|num|number|no|nr|code|key)(?:_|$)")
_NO_ID = 2  # the rank of a name that is none of an id
_BY_TRADITION = ("question_id", "id", "sample_id")  # taken before other names, in this order


def options_of(doc: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the document's options in its order; empty where none are found."""
    return next(iter(option_lists(doc)), ())


def option_lists(doc: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """Return the options in each place where the document has them; bare letters only where it has nothing else."""
    lists = list(_option_lists(doc))
    return [options for options in lists if not _are_letters(options)] or lists


def is_other_order(options: Sequence[str], again: Sequence[str]) -> bool:
    """Tell whether two lists have the same options in another order."""
    first, second = ([normalise(option) for option in texts] for texts in (options, again))
    return first != second and sorted(first) == sorted(second)


def stem_of(doc: Mapping[str, Any]) -> str:
    """Return the document's question, with all that belongs to it; "" where none is found."""
    options = set(options_in_columns(doc))
    texts = []
    for name, value in doc.items():
        text = value.get("stem") if isinstance(value, Mapping) else value  # X-CSQA: question {stem, choices}
        is_question = _TEXT.search(name) and name not in options and not is_label(name) and rank_of_id(name) == _NO_ID
        if is_question and isinstance(text, str) and text.strip():
            texts.append(text)
    return "\n".join(texts)


def options_in_columns(doc: Mapping[str, Any]) -> list[str]:
    """Return the names of the columns that hold an option each."""
    return [name for names in _series(doc) for name in names]


def is_label(name: str) -> bool:
    """Tell whether a field holds, by its name, the right answer or what gives it away."""
    return _LABEL.search(name) is not None


def rank_of_id(name: str) -> int:
    """Return how much a field's name looks like that of an id: 0 very much, 1 somewhat, 2 not at all."""
    words = _CAMEL.sub("_", name).lower().replace("-", "_").replace(" ", "_")
    if _ID.search(words):
        return 0
    return 1 if _LIKE_ID.search(words) else _NO_ID


def order_of_id(name: str) -> tuple[int, int]:
    """Return a key that sorts names by how much they look like an id's; `question_id` and `id` come first."""
    place = _BY_TRADITION.index(name) if name in _BY_TRADITION else len(_BY_TRADITION)
    return rank_of_id(name), place


def fields_of(doc: Mapping[str, Any]) -> dict[str, str]:
    """Return what may be an id: the document's short texts and whole numbers, as text."""
    fields: dict[str, str] = {}
    for name, value in doc.items():
        if isinstance(value, float) and value.is_integer():  # a column with gaps is read as floats
            fields[name] = str(int(value))
        elif isinstance(value, int | str) and not isinstance(value, bool):
            text = str(value).strip()
            if text and len(text) <= LONGEST_ID:
                fields[name] = text
    return fields


def _option_lists(doc: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    question = doc.get("question")
    for columns in (doc, question if isinstance(question, Mapping) else {}):
        for name in _LISTS:
            options = _listed(columns.get(name))
            if len(options) > 1:
                yield options
    for names in _series(doc):
        yield tuple(str(doc[name]).strip() for name in names)


def _listed(value: Any) -> tuple[str, ...]:
    """Read a list of texts, {text: [...], label: [...]}, [{text: ..., label: ...}, ...] or {A: ..., B: ...}."""
    if isinstance(value, Mapping):
        for name in ("text", "choices"):
            if isinstance(value.get(name), Sequence) and not isinstance(value[name], str):
                return _listed(value[name])
        letters = sorted(name for name, text in value.items() if text is not None)
        if "".join(letters) == "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[: len(letters)]:
            return _listed([value[letter] for letter in letters])
        return ()
    if not isinstance(value, Sequence) or isinstance(value, str):
        return ()
    texts = [option.get("text") if isinstance(option, Mapping) else option for option in value]
    if any(not isinstance(text, str | int | float) or isinstance(text, bool) for text in texts):
        return ()
    return tuple(str(text).strip() for text in texts)


def _series(doc: Mapping[str, Any]) -> Iterator[list[str]]:
    """Find columns such as option_a, option_b, ... or A, B, ...; empty ones at the end fall away."""
    by_stem: dict[str, dict[str, str]] = {}
    for name in doc:
        match = _SERIES.fullmatch(name) or _LETTER.fullmatch(name)
        if match:
            by_stem.setdefault(match["stem"], {})[match["last"].lower()] = name
    for by_last in by_stem.values():
        beginning = next((mark for mark in _BEGINNINGS if mark in by_last), None)
        if beginning is None:
            continue
        names: list[str] = []
        while (last := _after(beginning, len(names))) in by_last:
            names.append(by_last[last])
        while names and doc[names[-1]] in (None, ""):
            names.pop()
        if len(names) > 1 and all(isinstance(doc[name], str | int | float) and doc[name] != "" for name in names):
            yield names


def _after(beginning: str, steps: int) -> str:
    return str(int(beginning) + steps) if beginning.isdigit() else chr(ord(beginning) + steps)


def _are_letters(options: Sequence[str]) -> bool:
    return [option.strip("().") for option in options] == [chr(ord("A") + place) for place in range(len(options))]
