"""Which option a log's target means: its number, its text, its letter (pure).

What a target means is the same in all rows of a file, and only a meaning that fits every row is taken. lm-eval's own
verdict, where a row has one, is part of that: a gold option that contradicts it is none.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from string import ascii_uppercase
from typing import Any

from calm_harness.answers import extract
from calm_harness.predictions.document import is_label
from calm_harness.questions.schema import normalise
from calm_harness.questions.sets.rows import whole_number
from retrieval.formats.literals import python_value

HIDDEN = -1
_NOTHING = ("", "None", "nan")
_NUMBER = re.compile(r"-?\d{1,4}")  # of an option; `²` and numbers of thousands of digits are none
_LETTER = re.compile(r"\(?\s*([A-Za-z])\s*[).．:：]?")
_NO_TARGET, _BY_TEXT, _BY_NUMBER, _FROM_ONE = "nothing", "option", "number", " from 1"


@dataclass(frozen=True)
class Target:
    """A row's target, as it may be meant.

    Attributes:
        text: as it was logged.
        golds: meaning -> the option that it would be.
        choice: the option that lm-eval's verdict is of; None where there is no verdict.
        right: lm-eval's verdict on it.
    """

    text: str
    golds: Mapping[str, int] = field(default_factory=dict)
    choice: int | None = None
    right: bool = False

    def fitting(self) -> dict[str, int]:
        """Return the meanings that the verdict allows."""
        if self.choice is None:
            return dict(self.golds)
        return {meaning: gold for meaning, gold in self.golds.items() if (gold == self.choice) == self.right}


def of_choice(target: Any, options: Sequence[str], verdict: tuple[int, bool] | None) -> Target:
    """Read the target of a row whose options were continuations: lm-eval knows numbers and texts.

    Args:
        target: as the log has it.
        options: the continuations.
        verdict: what lm-eval took for the model's choice, and whether it was right; None where it does not say.

    Raises:
        ValueError: several options are right.
    """
    text = _single(target, options)
    golds: dict[str, int] = {} if text not in _NOTHING else {_NO_TARGET: HIDDEN}
    if _NUMBER.fullmatch(text) and HIDDEN <= int(text) < len(options):
        golds[_BY_NUMBER] = int(text)
    if text in options:
        golds[_BY_TEXT] = options.index(text)
    return Target(text, golds, *(verdict or ()))


def of_context(doc: Mapping[str, Any], options: Sequence[str], verdict: tuple[int, bool] | None) -> Target:
    """Read the gold option of a row whose options were contexts: the target is their common continuation.

    Of two options the verdict tells; of more, a field of the document that fits all verdicts.
    """
    if verdict is not None and len(options) == 2:
        choice, right = verdict
        return Target("", {"verdict": choice if right else 1 - choice}, choice, right)
    golds: dict[str, int] = {}
    for name, value in doc.items():
        if is_label(name) and isinstance(value, int | str):
            golds |= {f"{name}, {meaning}": gold for meaning, gold in _meanings(str(value).strip(), options).items()}
    return Target("", golds, *(verdict or ()))


def of_text(target: Any, options: Sequence[str], language: str) -> Target:
    """Read the target of a row of free text: a letter, an option's text, its number, or an answer in words.

    Raises:
        ValueError: several options are right.
    """
    text = _single(target, options)
    if text in _NOTHING:
        return Target(text, {_NO_TARGET: HIDDEN})
    golds = _meanings(text, options)
    if not golds and (choice := extract(text, list(options), language)) is not None:
        golds["words"] = choice
    return Target(text, golds)


def resolve(targets: Sequence[Target]) -> list[int]:
    """Return the gold option of each row of a file; HIDDEN where a row has no target.

    Raises:
        MeaningError: a row's target means no option, or may mean two.
    """
    fitting = [target.fitting() for target in targets]
    in_all = _in_all([golds for golds in fitting if golds.keys() != {_NO_TARGET}])
    resolved = []
    for place, (target, golds) in enumerate(zip(targets, fitting, strict=True)):
        options = {golds[meaning] for meaning in in_all if meaning in golds} or set(golds.values())
        if len(options) != 1:
            raise MeaningError(place, _why(target, bool(options)))
        resolved.append(options.pop())
    return resolved


class MeaningError(ValueError):
    """A target means no option, or may mean two; `place` is the row's place."""

    def __init__(self, place: int, why: str) -> None:
        super().__init__(why)
        self.place = place


def verdict_of(row: Mapping[str, Any], choice: int) -> tuple[int, bool] | None:
    """Return what lm-eval took for the model's choice, and whether it was right; None where the log does not say.

    Raises:
        ValueError: it is neither right nor wrong, as where several options are right in part.
    """
    if row.get("acc") is None:
        return None
    accuracy = float(row["acc"])
    if accuracy not in (0.0, 1.0):
        raise ValueError(f"its acc is {accuracy:g}, so it has not one right option")
    return choice, accuracy == 1.0


def _in_all(fitting: Sequence[Mapping[str, int]]) -> list[str]:
    """List the meanings that fit all rows; numbers from 1 only where numbers from 0 do not, which lm-eval's are."""
    first = fitting[0] if fitting else {}
    meanings = [meaning for meaning in first if all(meaning in golds for golds in fitting)]
    from_zero = {f"{meaning}{_FROM_ONE}" for meaning in meanings}
    return [meaning for meaning in meanings if meaning not in from_zero]


def _meanings(text: str, options: Sequence[str]) -> dict[str, int]:
    golds: dict[str, int] = {}
    letter = _LETTER.fullmatch(text)
    if letter and (place := ascii_uppercase.index(letter[1].upper())) < len(options):
        golds["letter"] = place
    places = [place for place, option in enumerate(options) if normalise(option) == normalise(text)]
    if len(places) == 1:
        golds[_BY_TEXT] = places[0]
    if _NUMBER.fullmatch(text) and int(text) >= 0:
        golds |= {_BY_NUMBER: int(text)} if int(text) < len(options) else {}
        golds |= {f"{_BY_NUMBER}{_FROM_ONE}": int(text) - 1} if 0 < int(text) <= len(options) else {}
    return golds


def _single(target: Any, options: Sequence[str]) -> str:
    """Return a target as text; one in a list, or in the text of a list, is taken out of it.

    Raises:
        ValueError: there are several in the list.
    """
    if isinstance(target, str) and target.strip()[:1] == "[" and target.strip() not in options:
        try:
            target = python_value(target.strip())
        except ValueError:
            return str(target).strip()
    if isinstance(target, list):
        if len(target) > 1:
            raise ValueError(f"it has several right options ({str(target)[:60]}), and the metrics are of one")
        target = target[0] if target else ""
    text = str(target).strip()
    return text if text in options else whole_number(text)  # as a column of numbers with a gap is logged


def _why(target: Target, several: bool) -> str:
    if not target.text and not target.golds:
        return "neither a target nor its document says which option is right"
    if several:
        return f"the target {target.text[:60]!r} may be either of two choices"
    return f"the target {target.text[:60]!r} is no choice, or does not fit the accuracy that was logged"
