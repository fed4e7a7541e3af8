"""Which option a short free answer names, where none was shown (pure)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from calm_harness.answers.short.rules import forms
from calm_harness.prompts.answer_words import Words

Texts = Sequence[Collection[str]]
"""Of a question's options: for each one the texts that stand for it."""


def first_line(text: str, head: str) -> str:
    """Returns the first line that says anything, without the answer word: a short answer is one line.

    Args:
        text: A response without its thoughts.
        head: The answer word, which models repeat.
    """
    return next(filter(None, (_without(head, line) for line in text.splitlines())), "")


def _without(head: str, line: str) -> str:
    before, colon, rest = line.replace("：", ":").partition(":")
    return (rest if colon and before.strip("* \u00a0").casefold() == head.casefold() else line).strip()


def named(
    answer: str, language: str, texts: Mapping[str, Texts], own: Mapping[str, Words | None] | None = None
) -> tuple[frozenset[int], bool]:
    """Returns the options that a short answer names, and whether it does so in the language asked for.

    Its own language goes first: what names an option there is not looked for elsewhere. So does a text with its
    articles and prepositions: they are left out only where nothing fits with them.

    Args:
        answer: A line.
        language: BCP 47 tag of the language asked for.
        texts: The options' texts by language.
        own: The words that the question's set brought, by language.
    """
    words = own or {}
    if found := _named(answer, texts[language], language, words.get(language)):
        return found, True
    others = (_named(answer, options, tag, words.get(tag)) for tag, options in texts.items() if tag != language)
    return frozenset().union(*others), False


def _named(answer: str, options: Texts, language: str, own: Words | None) -> frozenset[int]:
    for form, said in enumerate(forms(answer, language, own)):
        found = frozenset(
            place
            for place, names in enumerate(options)
            if said and any(forms(name, language, own)[form] == said for name in names)
        )
        if found:
            return found
    return frozenset()
