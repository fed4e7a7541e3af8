"""The words to look for when a language is asked for, from the table of all languages' words."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from calm_harness.answers.notation import KINDS
from calm_harness.answers.tokens import words
from calm_harness.answers.words import SHARED, WORDS
from calm_harness.prompts.answer_words import Words
from calm_harness.prompts.languages import LANGUAGES

# The kind of word a field of `Words` holds. Where a word is in two fields, the later counts.
_KINDS = {
    "articles": "filler",
    "filler": "filler",
    "join": "and",
    "clause": "because",
    "aside": "other",
    "negation": "not",
    "copula": "is",
    "good": "good",
    "option": "option",
    "answer": "answer",
    "choose": "choose",
    "refusal": "refusal",
}


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words to look for when a language is asked for.

    Attributes:
        phrases: Phrases and their kinds by first word, the longest first.
        articles: Articles of the language and of English.
        single: One-letter words of the language and of English, in upper case.
        nouns: Words for the answer and for an option in the language, endings not among them.
        moods: Words of supposition of the language and of English, and whether they are `would` or `condition`.
    """

    phrases: dict[str, list[tuple[tuple[str, ...], str]]]
    articles: frozenset[tuple[str, ...]]
    single: frozenset[str]
    nouns: frozenset[str]
    moods: dict[str, str]


def _split(field: str) -> Iterator[tuple[str, ...]]:
    return (words(phrase) for phrase in field.split(",") if phrase.strip())


@lru_cache
def vocabulary(language: str, own: Words | None = None) -> Vocabulary:
    """Returns the words of a language and of those that models also answer in (`SHARED`).

    Where languages differ about a word, the one asked for wins, then English.

    Args:
        language: BCP 47 tag.
        own: words that the question's set brought for its language.
    """
    preferred_rows = [WORDS[code] for code in ("en", language) if code in WORDS] + ([own] if own else [])
    kinds: dict[tuple[str, ...], str] = {}
    for row in (*(WORDS[code] for code in SHARED), *preferred_rows):
        for field, kind in _KINDS.items():
            kinds |= dict.fromkeys(_split(getattr(row, field)), KINDS[kind])
    kinds |= {phrase: KINDS["question"] for row in LANGUAGES.values() for phrase in _split(row.question)}
    phrases = defaultdict(list)
    for phrase, kind in sorted(kinds.items(), key=lambda item: -len(item[0])):
        phrases[phrase[0]].append((phrase, kind))
    return Vocabulary(
        phrases=dict(phrases),
        articles=frozenset(article for row in preferred_rows for article in _split(row.articles)),
        single=frozenset(word.upper() for row in preferred_rows for (word,) in _split(row.single)),
        nouns=frozenset(
            phrase[0]
            for row in preferred_rows
            for field in (row.answer, row.option)
            for phrase in _split(field)
            if len(phrase) == 1
        ),
        moods={
            phrase[0]: field
            for row in preferred_rows
            for field in ("would", "condition")
            for phrase in _split(getattr(row, field))
        },
    )
