"""When two short answers are the same: exact match after normalisation (pure).

The normalisation is that of SQuAD and MLQA (`mlqa_evaluation_v1.py` of https://github.com/facebookresearch/MLQA): case,
punctuation and articles say nothing. It is widened to the scripts of our sets, and to the prepositions that an answer
may have or lack ("in Africa", "Africa"); and a mark that makes another number of it stays. Each rule stands beside
texts that it makes equal and texts that stay apart, which a test walks.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import NamedTuple

from calm_harness.answers.words import WORDS
from calm_harness.prompts.answer_words import Words

Pair = tuple[str, str, str]  # language, and two texts in it

_LETTERS = str.maketrans({"ı": "i", "\u0307": None, "ё": "е"} | dict.fromkeys("’‘ʼ′´`", "'"))
_ARABIC = str.maketrans(dict.fromkeys("أإآٱ", "ا") | dict.fromkeys("ىی", "ي") | {"ک": "ك", "٫": ".", "٬": ","})
_POINTS = re.compile(r"[\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0640\u064b-\u065f\u0670]")
_NUMBER = re.compile(r"(?<=\d)[.,:/-](?=\d)|(?<![\w)])-(?=\d)")
_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—−〜", "-"))
_ATTACHED = "ـ"  # the Arabic tatweel stands where the noun of a written-on prefix goes
_LEAST = 3  # letters that a written-on prefix leaves, since Bali begins with one
WITHOUT_SPACES = ("zh", "ja", "th")


def _width(text: str, *_: object) -> str:
    return unicodedata.normalize("NFKC", text)


def _case(text: str, *_: object) -> str:
    return text.casefold()


def _letters(text: str, *_: object) -> str:
    return text.translate(_LETTERS).translate(_ARABIC)


def _points(text: str, *_: object) -> str:
    return "".join(letter for letter in _POINTS.sub("", text) if unicodedata.category(letter) != "Cf")


def _digits(text: str, *_: object) -> str:
    return "".join(str(unicodedata.decimal(letter, letter)) for letter in text).translate(_DASHES)


def _punctuation(text: str, *_: object) -> str:
    """Take punctuation away, as SQuAD does, without a space in its stead; what makes another number stays."""
    kept = {match.start() for match in _NUMBER.finditer(text)}
    return "".join(
        letter
        for place, letter in enumerate(text)
        if place in kept or letter == "'" or not unicodedata.category(letter).startswith("P")
    )


def _spaces(text: str, language: str, *_: object) -> str:
    return ("" if language.partition("-")[0] in WITHOUT_SPACES else " ").join(text.split())


def _outer(text: str, language: str, own: Words | None) -> str:
    """Take off the articles and prepositions that a text begins with, one after the other, as in "à l'hôpital"."""
    words = _outer_words(language, own)
    while rest := next(filter(None, (_behind(word, text) for word in words)), ""):
        text = rest
    return text


def _behind(word: str, text: str) -> str:
    """Return what follows a word at the beginning of a text; "" where it does not begin with it."""
    prefix = word.rstrip(_ATTACHED) if word.endswith((_ATTACHED, "'")) else f"{word} "
    rest = text[len(prefix) :].strip() if text.startswith(prefix) else ""
    return "" if word.endswith(_ATTACHED) and len(rest) < _LEAST else rest


@lru_cache
def _outer_words(language: str, own: Words | None) -> tuple[str, ...]:
    """Return the words that may stand before an answer, the longest first; prefixes that are written on come last."""
    rows = [row for row in (own, WORDS.get(language)) if row]
    words = {word.strip() for row in rows for word in f"{row.articles},{row.outer}".split(",") if word.strip()}
    attached = {word for word in words if word.endswith(_ATTACHED)}
    return tuple(
        _apply(_SIGNS, word, language) + end
        for group, end in ((words - attached, ""), (attached, _ATTACHED))
        for word in sorted(group, key=lambda word: (-len(word), word))
    )


def _apostrophes(text: str, *_: object) -> str:
    return text.replace("'", "")


class Rule(NamedTuple):
    """A step of the normalisation.

    Attributes:
        about: What it takes away.
        change: Text, language and the words that a set brought to text.
        same: Texts that it makes equal.
        apart: Texts that stay different.
    """

    about: str
    change: Callable[[str, str, Words | None], str]
    same: tuple[Pair, ...]
    apart: tuple[Pair, ...] = ()


_SIGNS = (
    Rule(
        "the width and form of a character",
        _width,
        (
            ("ja", "ＮＨＫ", "NHK"),
            ("ja", "ﾊﾟﾘ", "パリ"),
            ("ar", "ﻣﺼﺮ", "مصر"),
            ("vi", "Ha\u0300 No\u0323\u0302i", "Hà Nội"),
        ),
        (("fr", "pêche", "pèche"),),
    ),
    Rule(
        "case",
        _case,
        (("en", "PARIS", "Paris"), ("de", "STRASSE", "Straße"), ("el", "ΝΕΙΛΟΣ", "Νειλος"), ("ru", "НИЛ", "Нил")),
    ),
    Rule(
        "how letters differ that people write for each other",
        _letters,
        (
            *(("tr", "İSTANBUL", "istanbul"), ("tr", "Isparta", "ısparta"), ("ru", "мёд", "мед")),
            *(("ar", "إفريقيا", "افريقيا"), ("fa", "ايران", "ایران"), ("fa", "پاكستان", "پاکستان")),
            *(("fr", "l’eau", "l'eau"), ("fa", "۳٫۵", "۳.۵")),
        ),
        (("tr", "kur", "kür"),),
    ),
    Rule(
        "vowel points and marks that are not seen",
        _points,
        (("ar", "مِصْر", "مصر"), ("ar", "مصـــر", "مصر"), ("he", "יִשְׂרָאֵל", "ישראל"), ("fa", "کتاب\u200cخانه", "کتابخانه")),
        (("hi", "दिल", "दल"), ("th", "น้ำ", "นำ")),
    ),
    Rule(
        "the script of digits, and of the dash between them",
        _digits,
        (("ar", "٧٠", "70"), ("fa", "۷۰", "70"), ("hi", "−७", "-7"), ("en", "1914–1918", "1914-1918")),
    ),
    Rule(
        "punctuation, but for what makes another number",
        _punctuation,
        (
            *(("en", "**Paris**.", "Paris"), ("de", "„Paris“", "Paris"), ("zh", "《红楼梦》。", "红楼梦")),
            *(("zh", "查尔斯·狄更斯", "查尔斯狄更斯"), ("ja", "「パリ」。", "パリ"), ("ar", "باريس؟", "باريس")),
            *(("es", "¡París!", "París"), ("hi", "पेरिस।", "पेरिस"), ("en", "U.S.", "US"), ("en", "7.", "7")),
        ),
        (("en", "3.5", "35"), ("en", "-7", "7"), ("en", "1/2", "12"), ("en", "5–7", "57"), ("en", "C++", "C")),
    ),
    Rule(
        "how much white space there is, and where a script has none, all of it",
        _spaces,
        (("en", " New \n York", "New York"), ("zh", "纽约 市", "纽约市"), ("ja", "アフリカ 大陸", "アフリカ大陸")),
        (("en", "now here", "nowhere"), ("ko", "뉴욕 시", "뉴욕시")),
    ),
)
_PLAIN = (*_SIGNS, Rule("apostrophes", _apostrophes, (("en", "Noah's ark", "Noahs ark"),)))
_BARE = (
    *_SIGNS,
    Rule(
        "articles and prepositions before it",
        _outer,
        (
            *(("en", "the Nile", "Nile"), ("en", "In Africa.", "Africa"), ("de", "im Kühlschrank", "Kühlschrank")),
            *(("fr", "à l’hôpital", "Hôpital"), ("fr", "l'oxygène", "oxygène"), ("it", "all’ospedale", "ospedale")),
            *(("es", "del trigo", "trigo"), ("pt", "na África", "África"), ("ar", "في أفريقيا", "أفريقيا")),
            *(
                ("ar", "بالدماغ", "الدماغ"),
                ("ar", "إلى مصر", "مصر"),
                ("ar", "الأكسجين", "أكسجين"),
                ("ca", "l'oxigen", "oxigen"),
            ),
            *(("nl", "het hart", "hart"), ("hu", "a szív", "szív"), ("ru", "в Африке", "Африке")),
        ),
        (("en", "anise", "ise"), ("en", "the", "a"), ("ar", "بالي", "ي"), ("de", "Wasser im Eis", "Wasser Eis")),
    ),
    _PLAIN[-1],
)
RULES = (*_PLAIN[:-1], *_BARE[-2:])


def _apply(rules: Sequence[Rule], text: str, language: str, own: Words | None = None) -> str:
    for rule in rules:
        text = rule.change(text, language, own)
    return text


@lru_cache(1 << 17)
def forms(text: str, language: str, own: Words | None) -> tuple[str, str]:
    """Returns a text after normalisation, with and without the articles and prepositions that it begins with."""
    return _apply(_PLAIN, text, language, own), _apply(_BARE, text, language, own)


def equal(first: str, second: str, language: str, own: Words | None = None) -> bool:
    """Returns whether two answers are the same after normalisation."""
    return forms(first, language, own)[1] == forms(second, language, own)[1] != ""
