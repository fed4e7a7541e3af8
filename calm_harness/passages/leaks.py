"""Find passages that contain a question nearly word for word: they would give a test away (needs rapidfuzz alone).

A passage contains a question where a stretch of it, as long as the question, has nine of ten of its words in their
order (characters, in Chinese, Japanese and Korean), case and punctuation aside. So a short question has to stand there
as it is: "the blue whale is the largest animal in the sea" is no leak of "what is the largest animal in the sea", but
what a passage is for. Which questions are compared is decided by the word sequences that they share with the passage,
so that thousands of questions can be looked for in a whole corpus.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz
from rapidfuzz.distance import LCSseq

from calm_harness.questions.schema import normalise

ALIKE = 0.9
LENGTH = 3  # words of a sequence
SHARED = 0.4  # of a question's sequences, so that it is compared at all
SHORTEST = 4  # words of a question: "Why?" stands in every book

Piece = tuple[str, ...]


@dataclass(frozen=True)
class Leak:
    """A question found in a passage, and how much of it: 1 is word for word."""

    question_id: str
    language: str
    similarity: float


class Leaks:
    """The questions to look for.

    >>> leaks = Leaks([("q1", "en", "What is the capital of France?")])
    >>> leaks.find("Quiz. WHAT is the capital of France? Paris!").question_id
    'q1'
    """

    def __init__(self, stems: Iterable[tuple[str, str, str]]) -> None:
        """Take question ids, languages and stems; stems too short to be told from other text are passed over."""
        self._questions: list[tuple[str, str, list[str]]] = []
        self._holders: dict[Piece, list[int]] = {}
        self._sizes: list[int] = []
        for question_id, language, stem in stems:
            words = words_of(stem)
            if len(words) >= SHORTEST:
                pieces = _pieces(words)
                for piece in pieces:
                    self._holders.setdefault(piece, []).append(len(self._questions))
                self._questions.append((question_id, language, words))
                self._sizes.append(len(pieces))

    def find(self, text: str) -> Leak | None:
        """Return the question that a passage contains, the one that it has most of; None if it has none."""
        words = words_of(text)
        shared = Counter(number for piece in _pieces(words) for number in self._holders.get(piece, ()))
        candidates = [
            Leak(*self._questions[number][:2], contained(self._questions[number][2], words))
            for number, count in shared.items()
            if count >= SHARED * self._sizes[number]
        ]
        best = max(candidates, key=lambda leak: leak.similarity, default=None)
        return best if best is not None and best.similarity >= ALIKE else None


def words_of(text: str) -> list[str]:
    """Split a text into words, Chinese, Japanese and Korean ones into characters; case and punctuation fall away."""
    return [part for word in normalise(text).split() for part in (word if _dense(word) else [word])]


def contained(question: Sequence[str], passage: Sequence[str]) -> float:
    """Return which share of a question's words stand, in their order, in a stretch of a passage no longer than it."""
    stretch = passage
    if len(passage) > len(question):
        alignment = fuzz.partial_ratio_alignment(question, passage)
        stretch = passage[alignment.dest_start : alignment.dest_end] if alignment else ()
    return LCSseq.similarity(question, stretch) / len(question)


def _pieces(words: Sequence[str]) -> set[Piece]:
    return {tuple(words[start : start + LENGTH]) for start in range(len(words) - LENGTH + 1)}


def _dense(word: str) -> bool:
    return any(character > "\u2e80" for character in word)  # where their blocks begin
