"""Cut passages to a budget of tokens, or of characters where the model's tokenizer is not known (pure functions)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from calm_harness.prompts import context, passage_text
from calm_harness.prompts.languages import words_of

CHARACTERS = 2000  # of passages, where nothing says how much the model reads
RESERVE = 64  # tokens to spare: special ones, and what a server's own chat template puts around a prompt
SHORTEST = 16  # tokens or characters that are worth showing of a passage


class Measure(Protocol):
    """How long a text is, in tokens or characters."""

    def count(self, text: str) -> int:
        """Count."""
        ...

    def cut(self, text: str, most: int) -> str:
        """Return the beginning of a text that counts no more than so many."""
        ...


class Characters:
    """Counts characters."""

    def count(self, text: str) -> int:
        """Count characters."""
        return len(text)

    def cut(self, text: str, most: int) -> str:
        """Return the first characters."""
        return text[: max(most, 0)]


def fit(
    passages: Sequence[Mapping[str, Any]], doc: Mapping[str, Any], most: int, measure: Measure
) -> list[Mapping[str, Any]]:
    """Keep the first passages that fit; of the one that would go beyond the budget only the beginning.

    Args:
        passages: the nearest first; `title`, `text` and `cut` are read.
        doc: the question, the words of whose language stand around them.
        most: what they may count with the word that heads them.
        measure: how they are counted.
    """
    words = words_of(doc)
    empty = {"title": "", "text": ""}
    left = most - measure.count(context({**doc, "passages": [empty]}))
    fitted: list[Mapping[str, Any]] = []
    for passage in passages:
        size = measure.count(passage_text(passage, words)) + 1  # and the line break
        if size <= left:
            fitted.append(passage)
            left -= size
            continue
        room = left - measure.count(passage_text({**passage, "text": ""}, words)) - 2  # tokens may part otherwise there
        if room >= SHORTEST and "labels" not in passage:  # a line of a glossary is whole, or not there
            fitted.append({**passage, "text": measure.cut(passage["text"], room), "cut": True})
        break
    return fitted
