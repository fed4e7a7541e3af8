"""Learn which words go together in two parallel files, from the files themselves (pure functions).

Where two languages share neither letters nor spelling, lengths say little. But words that stand again and again in
paired rows are translations of each other: a stem's words are looked for in the other stem, an option's in the option
at the same place. A pair of rows that the counts were taken from is scored without its own contribution.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

CAUTION = 0.5  # words of a text are not independent of each other, so their evidence is not simply added
NOISE = 0.5  # how often a word that the lexicon knows stands without any word that it goes with
SEEN = 3  # times that two words must stand in paired texts
ROWS = 2  # in how many rows at least: what one row alone says, it cannot say for itself
LIFT = 5.0  # and how many times more often than by chance
ALL = slice(None)  # rows
LONGEST = 400  # characters of a text that is read; case histories are told apart without a lexicon

_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]+|[^\W\u3040-\u30ff\u3400-\u9fff]+")

Texts = Sequence[str]  # of a row: the stem, then the options


class _Link(NamedTuple):
    share: float  # how often the right word stands where the left one does
    without_own: float  # the same, not counting one pair of rows


_NO_LINK = _Link(0.0, 0.0)


class Lexicon:
    """Word associations of two files, for scoring any two of their rows.

    Args:
        left: the rows of one file.
        right: the rows of the other.
        pairs: positions of rows that are held to be translations.
    """

    def __init__(self, left: Sequence[Texts], right: Sequence[Texts], pairs: Iterable[tuple[int, int]]):
        self._pairs = frozenset(pairs)
        left_words = [[words(text) for text in row] for row in left]
        right_words = [[words(text) for text in row] for row in right]
        paired = [(left_words[i], right_words[j]) for i, j in sorted(self._pairs)]
        stems = _Associations([[(a[0], b[0])] for a, b in paired])
        options = _Associations([list(zip(a[1:], b[1:], strict=True)) for a, b in paired if len(a) == len(b)])
        self._tables = [stems, options]
        self._links = [[self._table(place).links(text) for place, text in enumerate(row)] for row in left_words]
        self._known = [[self._table(place).known(text) for place, text in enumerate(row)] for row in right_words]

    def score(self, i: int, j: int) -> float:
        """Natural log-likelihood ratio for row i of the left file and row j of the right one."""
        links, known_words = self._links[i], self._known[j]
        if len(links) != len(known_words):
            return 0.0
        is_counted = (i, j) in self._pairs
        places = range(len(links))
        return CAUTION * sum(self._table(place).ratio(links[place], known_words[place], is_counted) for place in places)

    def matrix(self, rows: slice = ALL, columns: slice = ALL) -> NDArray[np.float64]:
        """[n, m]: the scores of all pairs, or of those of some rows."""
        all_links, all_known = self._links[rows], self._known[columns]
        scores = np.zeros((len(all_links), len(all_known)))
        sizes = [np.array([len(row) for row in lists], dtype=int) for lists in (all_links, all_known)]
        for size in np.unique(sizes[0]):
            alike = [np.flatnonzero(counts == size) for counts in sizes]
            if size and alike[1].size:
                scores[np.ix_(*alike)] = CAUTION * sum(
                    self._table(place).ratios(
                        [all_links[i][place] for i in alike[0]], [all_known[j][place] for j in alike[1]]
                    )
                    for place in range(size)
                )
        first = [part.start or 0 for part in (rows, columns)]
        for i, j in self._pairs:
            row, column = i - first[0], j - first[1]
            if 0 <= row < len(all_links) and 0 <= column < len(all_known):
                scores[row, column] = self.score(i, j)  # without what the pair itself has contributed
        return scores

    def _table(self, place: int) -> _Associations:
        return self._tables[min(place, 1)]


class _Associations:
    """Which right words go with which left words, from texts that are translations of each other.

    Options of a row may say the same again. So words have to go together in several rows, and a pair of rows is scored
    without as much as one of these has contributed in the mean.

    Args:
        rows: of each pair of rows, its pairs of texts.
    """

    def __init__(self, rows: Sequence[Sequence[tuple[frozenset[str], frozenset[str]]]]):
        left_counts: Counter[str] = Counter()
        right_counts: Counter[str] = Counter()
        together: dict[str, Counter[str]] = defaultdict(Counter)
        left_rows: Counter[str] = Counter()
        together_rows: dict[str, Counter[str]] = defaultdict(Counter)
        for row in rows:
            beside: dict[str, set[str]] = defaultdict(set)
            for left, right in row:
                left_counts.update(left)
                right_counts.update(right)
                for word in left:
                    together[word].update(right)
                    beside[word] |= right
            left_rows.update(beside.keys())
            for word, right_words in beside.items():
                together_rows[word].update(right_words)
        texts = sum(map(len, rows))
        self._chance: dict[str, float] = {}
        self._links: dict[str, list[tuple[str, _Link]]] = {}
        for word, count in left_counts.items():
            links = []
            for right_word, times in together[word].items():
                chance, seen = right_counts[right_word] / texts, together_rows[word][right_word]
                if times >= SEEN and seen >= ROWS and times > LIFT * chance * count:
                    share = times / count
                    links.append((right_word, _Link(share, share * (1 - 1 / seen) / (1 - 1 / left_rows[word]))))
                    self._chance[right_word] = chance
            self._links[word] = links

    def links(self, text: frozenset[str]) -> dict[str, _Link]:
        """The right words that a left text makes likely."""
        best: dict[str, _Link] = {}
        for word in text:
            for right_word, link in self._links.get(word, ()):
                best[right_word] = max(link, best.get(right_word, _NO_LINK))
        return best

    def known(self, text: frozenset[str]) -> frozenset[str]:
        """The words of a right text that go with some left word."""
        return text & self._chance.keys()

    def ratio(self, links: dict[str, _Link], known_words: frozenset[str], is_counted: bool) -> float:
        """Log-likelihood ratio of a right text's known words, given the words that a left text makes likely."""
        shared = known_words & links.keys()
        log_ratio = sum(math.log(NOISE + (1 - NOISE) * links[word][is_counted] / self._chance[word]) for word in shared)
        return log_ratio + (len(known_words) - len(shared)) * math.log(NOISE)

    def ratios(self, links: Sequence[dict[str, _Link]], known_words: Sequence[frozenset[str]]) -> NDArray[np.float64]:
        """[left texts, right texts]: `ratio` of all pairs, each with what it may itself have contributed."""
        vocabulary = {word: place for place, word in enumerate(self._chance)}
        gains = [
            (row, vocabulary[word], math.log(NOISE + (1 - NOISE) * link.share / self._chance[word]) - math.log(NOISE))
            for row, linked in enumerate(links)
            for word, link in linked.items()
        ]
        holds = [(row, vocabulary[word], 1.0) for row, text in enumerate(known_words) for word in text]
        width = max(len(vocabulary), 1)
        lost = math.log(NOISE) * np.array([len(text) for text in known_words])
        scores: NDArray[np.float64] = (
            _sparse(gains, (len(links), width)) @ _sparse(holds, (len(known_words), width)).T
        ).toarray() + lost
        return scores


def _sparse(cells: Sequence[tuple[int, int, float]], shape: tuple[int, int]) -> sparse.csr_array:
    rows, columns, values = (np.array(part) for part in zip(*cells, strict=True)) if cells else (np.array([], int),) * 3
    return sparse.csr_array((values, (rows, columns)), shape)


@lru_cache(maxsize=2**16)  # rows are read again in each round of an alignment
def words(text: str) -> frozenset[str]:
    """A text's words; of Chinese and Japanese, which part no words, pairs of characters and short runs."""
    terms: set[str] = set()
    if len(text) > LONGEST:
        return frozenset()
    for run in _WORD.findall(unicodedata.normalize("NFKC", text).casefold()):
        if "\u3040" <= run[0] <= "\u9fff":
            terms.update(run[start : start + 2] for start in range(len(run) - 1))
            terms.update([run] if len(run) <= 6 else [])
        else:
            terms.add(run)
    return frozenset(terms)
