"""Options of a question that are the same in a language (pure)."""

from __future__ import annotations

from collections.abc import Sequence


def twins(options: Sequence[str]) -> tuple[int, ...]:
    """For each option the index of the first option with the same text, white space aside.

    Case counts: "Flugzeug" and "flugzeug" are one word, but the genotypes "Aa" and "aa" are two answers.
    """
    texts = [" ".join(option.split()) for option in options]
    return tuple(texts.index(text) for text in texts)
