"""Find passages that contain a question nearly word for word: they would give a test away (numpy and rapidfuzz alone).

A text contains a question where a stretch of it, as long as the question, has nine of ten of its words in their order
(characters, in Chinese, Japanese and the like), case, punctuation and markup aside. So a short question has to stand
there as it is: "the blue whale is the largest animal in the sea" is no leak of "what is the largest animal in the sea",
but what a passage is for. So is a text that completes a short stem which does not ask by itself: see `stems`.

A text is read on from piece to piece, so that a question is found wherever a document was cut, and what goes with it:
all pieces that hold a part of it or of the options that follow it. Which questions are compared is decided by the word
sequences that they share with the pieces, so that thousands of questions can be looked for in a whole corpus.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice, pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from calm_harness.passages.stems import Stem
from calm_harness.passages.stretch import (
    LENGTH,
    Piece,
    close_together,
    contained,
    least_shared,
    places_of,
    sequences,
    stretch_of,
)
from calm_harness.passages.words import ENDS, MarkedWords, loose_end, marked_words_of, words_of
from calm_harness.questions import Row
from retrieval.corpus.split import Passage

__all__ = ["Leak", "Leaks", "Question", "contained", "continues", "words_of"]

SHORTEST = 4  # words of a question: "Why?" stands in every book
LETTERS = 10  # of a question of one word less, as many languages need for what takes four in English
STRETCH = 1.1  # of a question's words, within which it is looked for


class Question(NamedTuple):
    """A question to look for, in one language; the options, where they are given, help to tell what goes with it."""

    question_id: str
    language: str
    stem: str
    options: tuple[str, ...] = ()

    @classmethod
    def of(cls, row: Row) -> Question:
        """Take a question set's row."""
        return cls(row.question_id, row.language, row.stem, row.options)


@dataclass(frozen=True)
class Leak:
    """A question found in a passage, and how much of it: 1 is word for word."""

    question_id: str
    language: str
    similarity: float


@dataclass
class Laid:
    """A passage laid out for the search.

    Attributes:
        passage: it.
        text: what it says, from the beginning of the word that the piece before broke off to that of the one it breaks.
        title, words: its title's and its text's.
        broken: whether it breaks a word off, which is among the next piece's.
        shared: for each question, its sequences that begin here; None until they are counted.
        leaks: questions that it has a part of, and whether it asks them or only completes them.
    """

    passage: Passage
    text: str
    title: list[str]
    words: list[str]
    broken: bool
    shared: NDArray[np.int64] | None = None
    leaks: list[tuple[Leak, bool]] = field(default_factory=list)

    def __len__(self) -> int:
        """Count the words of title and text."""
        return len(self.title) + len(self.words)

    @property
    def leak(self) -> Leak | None:
        """The question that it has most of, where it gives any away."""
        if not any(asked for _, asked in self.leaks):
            return None
        return max((leak for leak, _ in self.leaks), key=lambda leak: leak.similarity)


class Leaks:
    """The questions to look for.

    >>> leaks = Leaks([("q1", "en", "What is the capital of France?")])
    >>> leaks.find("Quiz. WHAT is the capital of France? Paris!").question_id
    'q1'
    """

    def __init__(self, questions: Iterable[tuple[str, str, str] | Question]) -> None:
        """Take questions; those too short to be told from other text are passed over."""
        self._stems: list[Stem] = []
        self._holders: dict[Piece, list[int]] = {}
        self._vocabularies: dict[str, set[str]] = {}
        for question in questions:
            stem = Stem.read(*question)
            if _long_enough(stem.words):
                for sequence in set(sequences(stem.words)):
                    self._holders.setdefault(sequence, []).append(len(self._stems))
                self._stems.append(stem)
                self._vocabularies.setdefault(stem.language, set()).update(stem.words)
        self._vocabulary = set().union(*self._vocabularies.values())
        self._needed = np.array([least_shared(stem.words) for stem in self._stems])
        self._lengths = STRETCH * np.array([len(stem.words) for stem in self._stems])
        self.reach = max((_room(stem) for stem in self._stems), default=0)

    def find(self, text: str) -> Leak | None:
        """Return the question that a text contains, the one that it has most of; None if it has none."""
        return next(self.scan([Passage("", "", "", text, "")]))

    def scan(self, passages: Iterable[Passage]) -> Iterator[Leak | None]:
        """Yield, for each passage, the question that it has a part of, None where it has none.

        Args:
            passages: as they stand in an index: the pieces of a document one after the other.
        """
        waiting = self._lay(passages)
        ahead: deque[Laid] = deque(islice(waiting, 1))
        while ahead:
            self._read_on(ahead, waiting)
            self._search(_run(ahead))
            yield ahead.popleft().leak
            if not ahead:
                ahead.extend(islice(waiting, 1))

    def words(self, text: str, language: str) -> list[str]:
        """Split a passage's text into words as the search reads them."""
        return words_of(text, self._words_in(language))

    def _words_in(self, language: str) -> set[str]:
        """Return the words of the questions in a language; of all where there are none in it."""
        return self._vocabularies.get(language, self._vocabulary)

    def _lay(self, passages: Iterable[Passage]) -> Iterator[Laid]:
        """Lay passages out; what is broken where a text was cut is made whole and counts to the following piece."""
        carried = ""
        for passage, following in pairwise(chain(passages, [None])):
            assert passage is not None
            text = carried + passage.text
            end, between = len(text), ""
            if following is not None and continues(passage, following):
                end, between = loose_end(text, following.text)
            text, carried = text[:end], text[end:] + between
            title = self.words(passage.title, passage.language) if passage.title else []
            yield Laid(passage, text, title, self.words(text, passage.language), broken=bool(carried))

    def _read_on(self, ahead: deque[Laid], waiting: Iterator[Laid]) -> None:
        """Read on as far as a question that begins in the first piece can reach, and a piece more."""
        reached = 0
        for place in range(1, 1 << 30):
            if place == len(ahead):
                laid = next(waiting, None)
                if laid is None:
                    return
                ahead.append(laid)
            if reached > self.reach or not continues(ahead[place - 1].passage, ahead[place].passage):
                return
            reached += len(ahead[place].words)

    def _search(self, run: Sequence[Laid]) -> None:
        """Look for the questions that begin in the first piece of a run."""
        begun = self._shared(run, 0)
        if not begun.any():
            return
        counts = begun.copy()
        reached = 0
        for place in range(1, len(run)):
            if reached > self._lengths.max():
                break
            counts += np.where(self._lengths >= reached, self._shared(run, place), 0)
            reached += len(run[place].words)
        numbers = np.flatnonzero((begun > 0) & (counts >= self._needed))
        if not numbers.size:
            return
        text = chain.from_iterable(laid.words for laid in run)
        words = [*run[0].title, *islice(text, len(run[0].words) + self.reach)]
        places = places_of(words)
        for number in numbers:
            stem = self._stems[number]
            if close_together(stem.words, places):
                self._compare(stem, run, words[: len(run[0]) + _room(stem)])

    def _shared(self, run: Sequence[Laid], place: int) -> NDArray[np.int64]:
        """Count, for each question, its sequences that begin in a piece; [questions]."""
        laid = run[place]
        if laid.shared is None:
            following = chain.from_iterable(later.words for later in run[place + 1 :])
            begun = set(sequences([*laid.title, *laid.words, *islice(following, LENGTH - 1)]))
            holders = (self._holders[sequence] for sequence in self._holders.keys() & begun)
            numbers = np.fromiter(chain.from_iterable(holders), np.int64)
            laid.shared = np.bincount(numbers, minlength=len(self._stems))
        return laid.shared

    def _compare(self, stem: Stem, run: Sequence[Laid], words: Sequence[str]) -> None:
        """Note a question wherever it begins in the first piece."""
        after = 0
        while True:
            stretch = stretch_of(stem.words, words[after:])
            if stretch is None or after + stretch.places[0] >= len(run[0]):
                return
            start, end = after + stretch.places[0], after + stretch.places[-1] + 1
            asked = stem.asks(stretch.matched) or stem.asked(self._marked(run, len(words)), start, end)
            if asked:
                document = len(run[0]) + sum(len(laid.words) for laid in run[1:] if _together(run[0], laid))
                end = max([end, *(place.stop for place in stem.options_after(words[:document], end))])
            self._note(Leak(stem.question_id, stem.language, stretch.similarity), asked, run, start, end)
            after = end

    def _note(self, leak: Leak, asked: bool, run: Sequence[Laid], start: int, end: int) -> None:
        """Note a question with all pieces that have one of the words from `start` to `end`."""
        offset = 0
        for laid in run:
            size = len(laid) if laid is run[0] else len(laid.words)
            if start < offset + size + laid.broken and offset < end:
                laid.leaks.append((leak, asked))
            offset += size

    def _marked(self, run: Sequence[Laid], count: int) -> MarkedWords:
        """Return the first words of a run with the marks between them."""
        words: list[str] = []
        marks = [""]
        for text, end in ((run[0].passage.title, ENDS), *((laid.text, "") for laid in run)):
            if len(words) >= count:
                break
            marked = marked_words_of(text, self._words_in(run[0].passage.language))
            words += marked.words
            marks[-1] += marked.marks[0]
            marks += marked.marks[1:]
            marks[-1] += end if text else ""
        return MarkedWords(words, marks)


def continues(before: Passage, after: Passage) -> bool:
    """Tell whether a passage may go on with the text of the one before: in a document, or in rows cut from one."""
    return (before.language, before.source, before.title) == (after.language, after.source, after.title)


def _run(ahead: Iterable[Laid]) -> list[Laid]:
    """Return the first piece and those that go on with it."""
    run: list[Laid] = []
    for laid in ahead:
        if run and not continues(run[-1].passage, laid.passage):
            break
        run.append(laid)
    return run


def _together(laid: Laid, later: Laid) -> bool:
    return laid.passage.document is not None and laid.passage.document == later.passage.document


def _room(stem: Stem) -> int:
    """Return how many words a question may take with its options."""
    return int(STRETCH * len(stem.words)) + LENGTH + stem.window


def _long_enough(words: Sequence[str]) -> bool:
    return len(words) >= SHORTEST or (len(words) == SHORTEST - 1 and sum(map(len, words)) >= LETTERS)
