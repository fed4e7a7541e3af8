"""When a stem that stands in a text gives the question away, and when the text only completes it (pure functions)."""

from __future__ import annotations

import re
from collections.abc import Container, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Literal

from calm_harness.passages.asking import asking_words
from calm_harness.passages.words import ASKS, ENDS, OPENS, MarkedWords, length, words_of
from calm_harness.prompts import MASK
from calm_harness.prompts.languages import LANGUAGES

COMPLETED = 12  # words up to which a text may have the beginning of a sentence by itself
RESTATED = 40  # words up to which an answer may have all of a question but the word that asks
NEAR = 4  # words between a stem and the mark that makes it a question: "the largest planet is which one?"
MARK = 2  # words of the mark of an option, and what may stand beside it

_SENTENCE = re.compile(r"""[.!。｡।॥։።۔။។;][\s"'”’»)）」』\]]*$""")
_BLANK = re.compile(r"_{2,}|[(（]\s*[)）]|\.{3}|…")


@dataclass(frozen=True)
class Stem:
    """A question to look for.

    Attributes:
        question_id: of the question.
        language: BCP 47 tag.
        words: what is looked for.
        options: words of each option, where they are given.
        asking: places of the words that ask.
        sentence: whether it ends as a sentence does.
    """

    question_id: str
    language: str
    words: list[str] = field(repr=False)
    options: tuple[list[str], ...] = field(repr=False)
    asking: range
    sentence: bool

    @classmethod
    def read(cls, question_id: str, language: str, stem: str, options: Sequence[str] = ()) -> Stem:
        """Read a stem."""
        words = words_of(stem)
        open_end = MASK in stem or _BLANK.search(stem) is not None
        return cls(
            question_id=question_id,
            language=language,
            words=words,
            options=tuple(filter(None, map(words_of, options))),
            asking=asking_words(language, words),
            sentence=not open_end and _SENTENCE.search(stem) is not None,
        )

    @property
    def window(self) -> int:
        """Words after the stem in which its options stand where they are listed."""
        return sum(map(len, self.options)) + MARK * (len(self.options) + 1)

    def asks(self, matched: Container[int]) -> bool:
        """Tell whether its words, as far as a text has them, are a question's by themselves.

        Args:
            matched: places of the words that the text has.
        """
        if self.asking and not all(place in matched for place in self.asking):
            return length(self.words) > RESTATED
        return len(self.asking) > 0 or length(self.words) > COMPLETED

    def asked(self, text: MarkedWords, start: int, end: int) -> bool:
        """Tell whether a text that has the stem from `start` to `end` asks it, and does not complete it.

        It does where a question mark or a blank follows, where the word for question or answer stands beside it, where
        all options follow, or where a stem that is a sentence is one there as well.
        """
        for place in range(end, min(end + NEAR, len(text.words)) + 1):
            if ASKS in text.marks[place]:
                return True
            if text.marks[place]:
                break
        if self.sentence and text.marks[end].startswith(ENDS) and (start == 0 or text.marks[start]):
            return True
        if _beside(text, start, end):
            return True
        return len(self.options) > 1 and len(self.options_after(text.words, end)) == len(self.options)

    def options_after(self, words: Sequence[str], end: int) -> list[range]:
        """Return where options stand that follow the stem: the places of each one that does, in the options' order."""
        stretch = list(words[end : end + self.window])
        places = (_place(option, stretch) for option in self.options)
        return [
            range(end + place, end + place + len(option))
            for option, place in zip(self.options, places, strict=True)
            if place is not None
        ]


def _beside(text: MarkedWords, start: int, end: int) -> bool:
    """Tell whether "Question:" or "Question 5" stands before a stretch of a text, or "Answer:" after it."""
    for word in _words_for("answer"):
        after = end + len(word)
        if text.words[end:after] == word and OPENS in text.marks[after]:
            return True
    numbered = start > 0 and text.words[start - 1].isdigit()
    place = start - 1 if numbered else start
    return (numbered or OPENS in text.marks[start]) and any(
        text.words[max(0, place - len(word)) : place] == word for word in _words_for("question")
    )


def _place(phrase: Sequence[str], words: Sequence[str]) -> int | None:
    """Return where a phrase stands first."""
    return next(
        (start for start in range(len(words) - len(phrase) + 1) if list(words[start : start + len(phrase)]) == phrase),
        None,
    )


@cache
def _words_for(name: Literal["question", "answer"]) -> tuple[list[str], ...]:
    return tuple(words_of(getattr(row, name)) for row in LANGUAGES.values())
