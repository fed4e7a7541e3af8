"""Find names in a text, in any script (pure).

The longest name at a place counts, from the left, and what it covers is covered. Where a script parts its words, a name
begins and ends where words do. Chinese, Thai, Lao, Khmer and Burmese do not, and a name may stand anywhere; there, a
part of a longer word may read like a name: a table of longer names prevents it. A run of katakana is a word, and one of
hangul may end in a particle. Names of a single character are never found: 手 (hand) is in 手机 (telephone).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Literal

Kind = Literal["dense", "katakana", "hangul", "spaced"]
SHORTEST = 2  # characters of a name
# Of scripts that part no words: Thai and Lao, Burmese, Khmer, hiragana, Han.
_DENSE = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u309f\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)
_KATAKANA = re.compile("[\u30a0-\u30fa\u30fc-\u30ff\u31f0-\u31ff]")
_HANGUL = re.compile("[\u1100-\u11ff\u3130-\u318f\uac00-\ud7af]")
PARTICLES = (  # that stand behind a noun in Korean, the longest first
    *(
        "으로는",
        "에서는",
        "에서의",
        "까지",
        "부터",
        "에서",
        "에게",
        "에는",
        "으로",
        "이란",
        "이나",
        "이며",
        "처럼",
        "보다",
        "라는",
    ),
    *("은", "는", "이", "가", "을", "를", "의", "에", "와", "과", "로", "도", "만", "란", "나"),
)
_APOSTROPHES = {ord(sign): "'" for sign in "\u2018\u2019\u02bc"}


def normal(text: str) -> str:
    """Return a text as it is compared: NFKC, without case, with single spaces and straight apostrophes."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return " ".join(folded.translate(_APOSTROPHES).split())


def lengths_of(names: Iterable[str]) -> dict[str, list[int]]:
    """Return by first character the lengths that names have, the greatest first; of those that can be found."""
    found: dict[str, set[int]] = {}
    for name in names:
        if len(name) >= SHORTEST:
            found.setdefault(name[0], set()).add(len(name))
    return {first: sorted(lengths, reverse=True) for first, lengths in found.items()}


def found(text: str, names: Mapping[str, object] | set[str], lengths: Mapping[str, list[int]]) -> list[str]:
    """Find names in a text, both as `normal` has them.

    Args:
        text: the text.
        names: what is looked for.
        lengths: of these, see `lengths_of`.

    Returns:
        Those that stand in it, in order, each once.
    """
    there: dict[str, None] = {}
    place = 0
    while place < len(text):
        end = place + 1
        if not _within_word(text, place):
            for length in lengths.get(text[place], ()):
                name = text[place : place + length]
                if name in names and _ends(text, place + length):
                    there[name] = None
                    end = place + length
                    break
        place = end
    return list(there)


def stands_in(name: str, text: str) -> bool:
    """Tell whether a name stands in a text; both as `normal` has them."""
    return bool(found(text, {name}, lengths_of([name])))


def _ends(text: str, place: int) -> bool:
    """Tell whether a word, or a Korean noun, may end before a place."""
    if not _within_word(text, place):
        return True
    if not (_HANGUL.match(text[place - 1]) and _HANGUL.match(text[place])):
        return False
    return any(
        text.startswith(particle, place) and not _within_word(text, place + len(particle)) for particle in PARTICLES
    )


def _within_word(text: str, place: int) -> bool:
    """Tell whether the characters before and after a place are of one word, or of one syllable."""
    if place in (0, len(text)):
        return False
    before, after = text[place - 1], text[place]
    if unicodedata.category(after).startswith("M"):
        return True
    if not (_is_letter(before) and _is_letter(after)):
        return False
    return _kind(before) == _kind(after) != "dense"


def _is_letter(character: str) -> bool:
    return character.isalnum() or character == "_" or unicodedata.category(character).startswith("M")


def _kind(character: str) -> Kind:
    if _DENSE.match(character):
        return "dense"
    if _KATAKANA.match(character):
        return "katakana"
    return "hangul" if _HANGUL.match(character) else "spaced"
