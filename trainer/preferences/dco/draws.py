"""What DCO draws: two options of a question, and which languages are partners (pure).

A draw depends on the seed, the question and, of partners, the language: neither on the order of rows nor on what other
questions there are.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Sequence

from calm_harness.metrics import PIVOT
from trainer.votes.fixed_point import Partners


def two_options(question_id: str, size: int, seed: int) -> tuple[int, int]:
    """Draw the options of a question that are chosen and rejected, the same in all languages; neither is the better."""
    chosen, rejected = random.Random(f"{seed}/{question_id}/options").sample(range(size), 2)
    return chosen, rejected


def pairs_of_languages(
    question_id: str, languages: Sequence[str], partners: Partners, seed: int
) -> list[tuple[str, str]]:
    """Pair the languages of a question; in a pair each is the other's partner.

    Args:
        question_id: of the question.
        languages: BCP 47 tags.
        partners: `english` pairs English with each other language; `random` each language with one that is drawn among
            the others (so some pairs may come twice, one from either side); `all` each with each.
        seed: of what is drawn.
    """
    if partners == "english":
        return [(PIVOT, language) for language in languages if language != PIVOT] if PIVOT in languages else []
    if partners == "all":
        return list(itertools.combinations(languages, 2))
    others = {language: sorted(set(languages) - {language}) for language in languages}
    return [
        (language, random.Random(f"{seed}/{question_id}/{language}/partner").choice(among))
        for language, among in others.items()
        if among
    ]
