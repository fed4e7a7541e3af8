"""How well two texts in different languages fit each other, without a dictionary (pure).

Evidence is what translation keeps: numbers, words in Latin letters (names, units, terms; by their first letters,
without accents) and lengths. Each kind is a log-likelihood ratio, "translation of each other" against "any two rows of
the two files", with rates estimated from the files themselves. Gold labels are never read.
"""

from __future__ import annotations

import math
import re
import statistics
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

PREFIX = 5  # letters of a Latin word that are compared: enough for `diabetes` and `diabète`
CAUTION = 0.5  # tokens of a row are not independent of each other, so their evidence is not simply added
ENOUGH = 50  # pairs from which the spread of lengths is well estimated; with fewer, lengths say less
SHORT = 3  # characters that a length is longer by, since the shortest texts vary most
ALL = slice(None)  # rows
FLOOR = -3.0  # no single length speaks louder against a pair than this
_ACCENT = re.compile(r"[\u0300-\u036f]")
_TOKEN = re.compile(r"\d+|[a-z]{2,}")


@dataclass(frozen=True)
class Item:
    """A row as far as aligning reads it.

    Attributes:
        stem: the question, or the whole row where it could not be read.
        options: empty where the row could not be read.
    """

    stem: str
    options: tuple[str, ...] = ()

    @property
    def texts(self) -> tuple[str, ...]:
        """Stem and options."""
        return (self.stem, *self.options)

    @cached_property
    def tokens(self) -> frozenset[str]:
        """Numbers and the beginnings of Latin words."""
        decomposed = unicodedata.normalize("NFKD", "\n".join(self.texts)).casefold()
        letters = _ACCENT.sub("", decomposed)
        return frozenset(token if token.isdigit() else token[:PREFIX] for token in _TOKEN.findall(letters))

    @cached_property
    def lengths(self) -> tuple[float, ...]:
        """Logarithms of the lengths of stem and options."""
        return tuple(math.log(SHORT + len(text)) for text in self.texts)


class Evidence:
    """Scores for pairs of rows of two files.

    Args:
        left: the rows of one file.
        right: the rows of the other.
        pairs: pairs of positions that are held to be translations; rates of lengths are estimated from them.
    """

    def __init__(self, left: Sequence[Item], right: Sequence[Item], pairs: Iterable[tuple[int, int]]):
        self.left, self.right = left, right
        position_pairs = list(pairs)
        self._present, self._absent = _token_ratios(left, right)
        self._base = [CAUTION * sum(self._absent[token] for token in item.tokens) for item in left]
        self._fits = [_LengthFit.estimate(left, right, position_pairs, place) for place in range(_width(left, right))]

    def matrix(self, rows: slice = ALL, columns: slice = ALL) -> NDArray[np.float64]:
        """[n, m]: natural log-likelihood ratios of all pairs, or of those of some rows."""
        left, right = self.left[rows], self.right[columns]
        vocabulary = {token: place for place, token in enumerate(self._present)}
        gain = np.array([CAUTION * (self._present[token] - self._absent[token]) for token in vocabulary] or [0.0])
        holds = [_incidence([item.tokens for item in items], vocabulary) for items in (left, right)]
        base = np.array(self._base[rows])[:, None]
        scores: NDArray[np.float64] = base + (holds[0].multiply(gain) @ holds[1].T).toarray()
        sizes = [np.array([len(item.options) for item in items], dtype=int) for items in (left, right)]
        for size in np.unique(sizes[0]):
            alike = [np.flatnonzero(counts == size) for counts in sizes]
            if alike[1].size:
                lengths = [
                    np.array([items[int(place)].lengths for place in places])
                    for items, places in zip((left, right), alike, strict=True)
                ]
                scores[np.ix_(*alike)] += sum(
                    fit.ratios(lengths[1][None, :, place] - lengths[0][:, None, place])
                    for place, fit in enumerate(self._fits[: size + 1])
                )
        return scores


def _incidence(texts: Sequence[frozenset[str]], vocabulary: Mapping[str, int]) -> sparse.csr_array:
    """[rows, words]: 1 where a row has a word."""
    places = [(row, vocabulary[word]) for row, text in enumerate(texts) for word in text if word in vocabulary]
    rows, columns = zip(*places, strict=True) if places else ((), ())
    shape = len(texts), max(len(vocabulary), 1)
    return sparse.csr_array((np.ones(len(places)), (np.array(rows, dtype=int), np.array(columns, dtype=int))), shape)


@dataclass(frozen=True)
class _LengthFit:
    """Normal distributions of a logarithmic length ratio, for translations and for any two rows."""

    mean: float
    spread: float
    any_mean: float
    any_spread: float
    weight: float

    @classmethod
    def estimate(
        cls, left: Sequence[Item], right: Sequence[Item], pairs: Sequence[tuple[int, int]], place: int
    ) -> _LengthFit:
        a = [item.lengths[place] for item in left if place < len(item.lengths)]
        b = [item.lengths[place] for item in right if place < len(item.lengths)]
        ratios = [
            right[j].lengths[place] - left[i].lengths[place]
            for i, j in pairs
            if len(left[i].lengths) == len(right[j].lengths) > place
        ]
        any_mean = statistics.fmean(b) - statistics.fmean(a) if a and b else 0.0
        any_spread = math.sqrt(_variance(a) + _variance(b)) or 1.0
        if len(ratios) < 3:
            return cls(any_mean, any_spread, any_mean, any_spread, 0.0)
        mean = statistics.median(ratios)
        spread = 1.48 * statistics.median(abs(ratio - mean) for ratio in ratios)  # robust against wrong pairs
        weight = min(1.0, len(ratios) / ENOUGH)
        return cls(mean, min(max(spread, 0.1), any_spread), any_mean, any_spread, weight)

    def ratios(self, differences: NDArray[np.float64]) -> NDArray[np.float64]:
        """Log-likelihood ratios of differences of lengths."""
        own = ((differences - self.mean) / self.spread) ** 2
        other = ((differences - self.any_mean) / self.any_spread) ** 2
        scores: NDArray[np.float64] = self.weight * np.maximum(
            FLOOR, math.log(self.any_spread / self.spread) + (other - own) / 2
        )
        return scores


def _width(left: Sequence[Item], right: Sequence[Item]) -> int:
    return max(len(item.lengths) for item in (*left, *right))


def _variance(values: Sequence[float]) -> float:
    return statistics.pvariance(values) if values else 0.0


def _token_ratios(left: Sequence[Item], right: Sequence[Item]) -> tuple[dict[str, float], dict[str, float]]:
    """For each token of the left file, the evidence in its standing, or not standing, in a row of the right file."""
    left_counts = Counter(token for item in left for token in item.tokens)
    right_counts = Counter(token for item in right for token in item.tokens)
    present, absent = {}, {}
    for token, count in left_counts.items():
        chance = (right_counts[token] + 0.5) / (len(right) + 1)
        survival = 0.9 * min(1.0, right_counts[token] / count)  # it survives translation as often as the files allow
        match = survival + (1 - survival) * chance
        present[token] = math.log(match / chance)
        absent[token] = math.log((1 - match) / (1 - chance))
    return present, absent
