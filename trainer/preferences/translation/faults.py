"""What is wrong with a translation of an explanation, if anything (pure).

It cannot be seen here whether a translation says what its original says. What is seen: its language, length and end,
loops, and which options it names. A refusal in the right language passes where it is as long as the original and has
none of the words by which `calm_harness.answers` or `.refusals` know one; so does half of a text, another text of that
length, and a translation that takes another thing for the one that is meant.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from calm_harness.answers import explain, mentions, spoken
from calm_harness.answers.ending import STOPS, ends, is_whole
from calm_harness.prompts.answer_words import Words
from calm_harness.prompts.languages import Language
from trainer.preferences.language import in_language
from trainer.preferences.translation import refusals

SHORTEST, LONGEST = 0.5, 2.5
"""Length of a translation, as a multiple of what its language needs for what the original says.

Of the stems of X-CSQA's training questions in the CALM release, in all pairs of six languages, 99.5% lie within.
"""
_LATIN = "[0-9A-Za-z\u00c0-\u024f'’.-]"
_CAPITAL = re.compile(f"(?<!{_LATIN})[A-J](?!{_LATIN.replace('.', '')})")  # alone, as options are named
LOOP, RUN = 0.6, 12
"""A text loops if fewer of its sequences of so many characters are different ones."""


@dataclass(frozen=True)
class Side:
    """An explanation in a language.

    Attributes:
        text: what it says, without its answer line.
        language: the words of its language.
        options: the options of its question in that language.
    """

    text: str
    language: Language
    options: Sequence[str]


def fault(original: Side, translation: Side, answer: int) -> str | None:
    """Say what is wrong with a translation, or None.

    Args:
        original: what was translated.
        translation: what came of it, the answer line not included.
        answer: the option that the original explains.
    """
    said, finished = spoken(translation.text)
    if not finished:
        return "thoughts"
    if not any(char.isalpha() for char in said):
        return "no words"
    stripped = replace(translation, text=said)
    return _of_form(original, stripped) or _of_options(original, stripped, answer) or _of_end(original, stripped)


def _of_form(original: Side, translation: Side) -> str | None:
    """Say what is wrong with a translation's language or length, or None."""
    if loops(translation.text):
        return "repeats itself"
    if not in_language(translation.text, translation.language, original.language):
        return "not in the language"
    if refusals.announces(original.text, translation.text):
        return "words about the translation"
    length = relative_length(original, translation)
    if length is None or SHORTEST <= length <= LONGEST:
        return None
    return "too short" if length < SHORTEST else "too long"


def _of_options(original: Side, translation: Side, answer: int) -> str | None:
    """Say what is wrong with the options that a translation names, or None."""
    reading = explain(*_read_as(translation))
    if reading.is_stated and reading.answer != answer:
        return "another answer"
    before, after = _read_as(original), _read_as(translation)
    refused = [
        mentions.refuses(*_read_as(side)) or refusals.refuses(side.text, side.language.code)
        for side in (original, translation)
    ]
    if refused == [False, True]:
        return "a refusal"
    named = mentions.letters(*after) - mentions.letters(*before) or _capitals(translation) - _capitals(original)
    return "other letters" if named else None


def _capitals(side: Side) -> set[str]:
    """Return the letters of options that stand alone in a text, but for those that are words of its language."""
    words = side.language.answers.single.upper().split() if side.language.answers else ()
    letters = {chr(ord("A") + place) for place in range(len(side.options))}
    return (set(_CAPITAL.findall(side.text)) & letters) - {"A", *words}


def _read_as(side: Side) -> tuple[str, Sequence[str], str, Words | None]:
    return side.text, side.options, side.language.code, side.language.answers


def _of_end(original: Side, translation: Side) -> str | None:
    """Say that a translation breaks off, where its original does not and its language writes full stops."""
    if not (ends(original.text) and any(stop in translation.language.instruction for stop in STOPS)):
        return None
    return None if is_whole(*_read_as(translation)) else "breaks off"


def loops(text: str) -> bool:
    """Whether a text says the same again and again."""
    joined = "".join(text.split()).casefold()
    runs = [joined[start : start + RUN] for start in range(len(joined) - RUN + 1)]
    return len(set(runs)) < LOOP * len(runs)


def relative_length(original: Side, translation: Side) -> float | None:
    """How long a translation is, as a multiple of what is to be expected; None where a language has no instruction.

    What is expected follows from the instruction, which says the same in all languages.
    """
    before, after = original.language.instruction, translation.language.instruction
    if not (before and after and original.text):
        return None
    return (len(translation.text) / len(after)) / (len(original.text) / len(before))
