"""Where a passage has a question: how much of it, and between which words (rapidfuzz alone)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from rapidfuzz import fuzz
from rapidfuzz.distance import LCSseq

ALIKE = 0.9
LENGTH = 3  # words of a sequence

Piece = tuple[str, ...]


class Stretch(NamedTuple):
    """Where a text has a question: how much of it, which of its words, and their places in the text."""

    similarity: float
    matched: Sequence[int]
    places: Sequence[int]


def sequences(words: Sequence[str]) -> list[Piece]:
    """Return all sequences of words that stand one after the other."""
    return list(zip(words, words[1:], words[2:], strict=False))


def least_shared(question: Sequence[str]) -> int:
    """Return how many sequences of a question a stretch of its length shares at least that has nine of ten words.

    A word that is missing breaks as many sequences as it stands in, and one that is too many, which stands there in its
    place or elsewhere, all that go over it (the q-gram lemma: Jokinen and Ukkonen 1991).
    """
    missing = int((1 - ALIKE) * len(question) + 1e-9)
    return max(1, len(set(sequences(question))) - (2 * LENGTH - 1) * missing)


def places_of(words: Sequence[str]) -> dict[Piece, list[int]]:
    """Return where each sequence of a text begins."""
    places: dict[Piece, list[int]] = {}
    for place, sequence in enumerate(sequences(words)):
        places.setdefault(sequence, []).append(place)
    return places


def close_together(question: Sequence[str], places: Mapping[Piece, Sequence[int]]) -> bool:
    """Tell whether a text has enough sequences of a question within a stretch as long as it.

    Args:
        question: its words.
        places: where each sequence of the text begins.
    """
    ordered = sorted(place for sequence in set(sequences(question)) for place in places.get(sequence, ()))
    needed = least_shared(question)
    return any(last - first < len(question) for first, last in zip(ordered, ordered[needed - 1 :], strict=False))


def contained(question: Sequence[str], passage: Sequence[str]) -> float:
    """Return which share of a question's words stand, in their order, in a stretch of a passage no longer than it."""
    start, end = _alignment(question, passage)
    return LCSseq.similarity(question, passage[start:end]) / len(question)


def stretch_of(question: Sequence[str], passage: Sequence[str]) -> Stretch | None:
    """Return the stretch of a passage that has a question nearly word for word, if there is one."""
    start, end = _alignment(question, passage)
    similarity = LCSseq.similarity(question, passage[start:end]) / len(question)
    if similarity < ALIKE:
        return None
    equal = [block for block in LCSseq.opcodes(question, passage[start:end]) if block.tag == "equal"]
    matched = [place for block in equal for place in range(block.src_start, block.src_end)]
    places = [start + place for block in equal for place in range(block.dest_start, block.dest_end)]
    return Stretch(similarity, matched, places)


def _alignment(question: Sequence[str], passage: Sequence[str]) -> tuple[int, int]:
    if len(passage) <= len(question):
        return 0, len(passage)
    alignment = fuzz.partial_ratio_alignment(question, passage)
    return (alignment.dest_start, alignment.dest_end) if alignment else (0, 0)
