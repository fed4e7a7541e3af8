"""Split a text into words that stay the same however it was set: markup, line ends and invisible characters fall away.

Chinese, Japanese, Korean, and the scripts of South East Asia that write no spaces are split into characters, so that
one rule does for all languages. Where a word may be broken or two may touch (`ques-` at the end of a line, a soft
hyphen, `H<sub>2</sub>O`), the reading is taken that the questions know: "question" is a word of theirs, "yearold" of
"35-year-/old" is none.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Container, Sequence
from typing import NamedTuple

SEAM, GAP = "\0", "\4"  # where a word may go on, and where it may end
ASKS, ENDS, OPENS = "\1", "\2", "\3"  # marks: of a question, of a sentence's end, of what comes after a colon or number

_ENTITY = re.compile(r"&#?\w{2,31};")
_ATTRIBUTES = r"""(?:\s+[\w:.-]+\s*=\s*(?:"[^"<>]*"|'[^'<>]*'|[^\s"'<>]+))*\s*/?>"""
_INLINE = re.compile(
    r"</?(?:a|abbr|b|bdi|bdo|big|cite|code|del|em|font|i|ins|kbd|mark|q|s|samp|small|span|strong|sub|sup|tt|u|var|wbr)"
    + _ATTRIBUTES,
    re.IGNORECASE,
)
_TAG = re.compile(r"<!--[^<>]*-->|<(?!mask>)/?[a-z][\w:-]*" + _ATTRIBUTES, re.IGNORECASE)  # `<mask>` is ours: a word
_BROKEN = re.compile(r"(?<=\w)[-\u2010\u2011]\s+(?=\w)")
_SOFTLY_BROKEN = re.compile(r"\u00ad\s+")
_BLANK = re.compile(r"_{2,}|[(（]\s*[)）]")
_PARAGRAPH = re.compile(r"\n[^\S\n]*\n")
_MARKS = (
    dict.fromkeys(map(ord, "?؟՞፧⁇"), f" {ASKS} ")
    | dict.fromkeys(map(ord, ".!。｡।॥։።۔။។؛;…"), f" {ENDS} ")
    | dict.fromkeys(map(ord, ":)]•"), f" {OPENS} ")
)
# Points that an edition may leave out, in scripts whose letters do without: stress in Cyrillic, vowels in Hebrew and
# Arabic, and the line that stretches an Arabic word.
_POINTS = {0x300, 0x301, *range(0x591, 0x5C8), 0x640, *range(0x64B, 0x660), 0x670, *range(0x6D6, 0x6EE)}
_DENSE = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\U0010ffff"  # Thai, Lao, Burmese, Khmer, and East Asia
_HAS_DENSE = re.compile(f"[{_DENSE}]")
_SIGNS = "\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u0eb1\u0eb4-\u0ebc\u0ec8-\u0ece\u102b-\u103e\u17b4-\u17d3"  # vowels, tones
_WORD = re.compile(rf"[{_DENSE}][{_SIGNS}]*|[^\s{_DENSE}]+")
_HALF_WORD = re.compile(rf"[^\W{_DENSE}]+[-\u00ad\u2010\u2011]$")
_LONGEST, _LONGEST_WORD, _LONGEST_TAG = 8, 60, 400  # parts of one broken word; characters


class _Letters(dict[int, str | None]):
    """What becomes of a character: letters, digits and vowel signs stay; the rest is a space, or invisible."""

    def __missing__(self, code: int) -> str | None:
        character = chr(code)
        category = unicodedata.category(character)
        value: str | None = " "
        if code in _POINTS:
            value = None
        elif character.isalnum() or category.startswith("M"):
            value = character
        elif code == 0x200B:  # the space of no width
            value = GAP
        elif category == "Cf":
            value = None
        self[code] = value
        return value


_BREAKS = {ord(SEAM): SEAM, ord(GAP): GAP}
_LETTERS = _Letters(_BREAKS)
_LETTERS_AND_MARKS = _Letters(_BREAKS | _MARKS)


class MarkedWords(NamedTuple):
    """Words, and the marks before each and after the last: `marks[i]` stand before `words[i]`."""

    words: list[str]
    marks: list[str]


def words_of(text: str, vocabulary: Container[str] | None = None) -> list[str]:
    """Split a text into words; case and punctuation fall away.

    Args:
        text: as it was found, with its markup.
        vocabulary: words that a broken one may be put together to; None takes every break for none.
    """
    return _split(_fold(_unmarked(text), _LETTERS), vocabulary)


def marked_words_of(text: str, vocabulary: Container[str] | None = None) -> MarkedWords:
    """Split a text into the same words as `words_of`, and keep the marks that tell a question from a sentence."""
    text = _PARAGRAPH.sub(". ", _BLANK.sub("? ", _unmarked(text)))
    words: list[str] = []
    marks = [""]
    for token in _split(_fold(text, _LETTERS_AND_MARKS), vocabulary):
        if token in (ASKS, ENDS, OPENS):
            marks[-1] += token
        else:
            words.append(token)
            marks.append("")
    return MarkedWords(words, marks)


def length(words: Sequence[str]) -> float:
    """Return how much words say: a character of a dense script counts half."""
    return sum(0.5 if _HAS_DENSE.match(word) else 1.0 for word in words)


def _unmarked(text: str) -> str:
    """Take tags and entities away (also those that were escaped once more), and the hyphens of broken words."""
    for _ in range(2):
        if "&" in text:
            text = _ENTITY.sub(lambda entity: html.unescape(entity[0]), text)
    if "<" in text:
        text = _TAG.sub(" ", _INLINE.sub(SEAM, text))
    return _BROKEN.sub(SEAM, _SOFTLY_BROKEN.sub(GAP, text))


def _fold(text: str, table: _Letters) -> str:
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text).casefold()
        return text.translate(table)
    return text.lower().translate(table)


def _split(folded: str, vocabulary: Container[str] | None) -> list[str]:
    if GAP in folded:
        folded = " ".join(_apart(token, vocabulary) for token in folded.split())
    if SEAM in folded:
        folded = " ".join(part for token in folded.split() for part in _together(token, vocabulary))
    if folded.isascii() or not _HAS_DENSE.search(folded):
        return folded.split()
    return _WORD.findall(folded)


def _apart(token: str, vocabulary: Container[str] | None) -> str:
    """Take a gap for a space, unless what it parts are no words."""
    parts = token.split(GAP)
    apart = vocabulary is None or all(part.replace(SEAM, "") in vocabulary for part in parts if part)
    return (" " if apart else SEAM).join(parts)


def _together(token: str, vocabulary: Container[str] | None) -> list[str]:
    """Put the parts of a broken word together: the longest runs that are words."""
    parts = [part for part in token.split(SEAM) if part]
    if vocabulary is None:
        return ["".join(parts)]
    joined = []
    start = 0
    while start < len(parts):
        ends = range(min(len(parts), start + _LONGEST), start + 1, -1)
        end = next((end for end in ends if "".join(parts[start:end]) in vocabulary), start + 1)
        joined.append("".join(parts[start:end]))
        start = end
    return joined


def loose_end(text: str, following: str) -> tuple[int, str]:
    """Return where a text ends in half a word or half a tag that the following text goes on with, and what parts them.

    Returns:
        The place, the text's length where there is none; and the white space that stood between the two texts.
    """
    word = _HALF_WORD.search(text[-_LONGEST_WORD:])
    if word:
        return len(text) - len(word[0]), "\n"
    start = text.rfind("<", -_LONGEST_TAG)
    if start > text.rfind(">"):
        for between in ("", " "):
            if _TAG.match(text[start:] + between + following[:_LONGEST_TAG]):
                return start, between
    return len(text), ""
