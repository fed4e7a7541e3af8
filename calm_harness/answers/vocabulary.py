"""The words to look for when a language is asked for, from the table of all languages' words."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from calm_harness.answers.tokens import words
from calm_harness.answers.words import WORDS
from calm_harness.prompts.languages import LANGUAGES

# The kind of word a field of `Words` holds. Where a word is in two fields, the later counts.
_KINDS = {
    "articles": "F",
    "filler": "F",
    "join": "J",
    "clause": "B",
    "aside": "E",
    "negation": "X",
    "copula": "I",
    "good": "G",
    "option": "O",
    "answer": "N",
    "choose": "V",
    "refusal": "R",
}


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words to look for when a language is asked for.

    Attributes:
        phrases: Phrases and their kinds by first word, the longest first.
        articles: Articles of the language and of English.
        single: One-letter words of the language and of English, in upper case.
    """

    phrases: dict[str, list[tuple[tuple[str, ...], str]]]
    articles: frozenset[tuple[str, ...]]
    single: frozenset[str]


def _split(field: str) -> Iterator[tuple[str, ...]]:
    return (words(phrase) for phrase in field.split(",") if phrase.strip())


@lru_cache
def vocabulary(language: str) -> Vocabulary:
    """Returns the words of all languages, as models answer in English and others than the one asked for.

    Where languages differ about a word, the one asked for wins, then English.
    """
    preferred_rows = [WORDS[code] for code in ("en", language) if code in WORDS]
    kinds: dict[tuple[str, ...], str] = {}
    for row in (*WORDS.values(), *preferred_rows):
        for field, kind in _KINDS.items():
            kinds |= dict.fromkeys(_split(getattr(row, field)), kind)
    kinds |= {phrase: "Q" for row in LANGUAGES.values() for phrase in _split(row.question)}
    phrases = defaultdict(list)
    for phrase, kind in sorted(kinds.items(), key=lambda item: -len(item[0])):
        phrases[phrase[0]].append((phrase, kind))
    return Vocabulary(
        phrases=dict(phrases),
        articles=frozenset(article for row in preferred_rows for article in _split(row.articles)),
        single=frozenset(word.upper() for row in preferred_rows for (word,) in _split(row.single)),
    )
