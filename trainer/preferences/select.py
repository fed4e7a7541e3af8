"""Which of all pairs are kept: those whose lengths match, and as many as the caps allow."""

from __future__ import annotations

import random
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from trainer.preferences import lengths
from trainer.preferences.arguments import PairArguments
from trainer.preferences.sides import Sides
from trainer.preferences.texts import Text

Pairs = tuple[Sides, list[tuple[Text, Text]]]  # of a question in a language, chosen and rejected
Numbers = NDArray[np.int64]


def is_needed(args: PairArguments) -> bool:
    """Whether pairs may be left out by what the others are."""
    caps = args.max_pairs, args.max_pairs_per_language
    return args.balance_length or args.balance or any(cap is not None for cap in caps)


class Selection:
    """Pairs of which some are kept.

    Args:
        pairs: all of them, for each question in a language, in their order.
        languages: BCP 47 tags, by number.
        length: tells how long a text is.
        args: the caps, and whether lengths are matched.

    Attributes:
        numbers: of the questions in languages of which some are kept, rising.
        dropped: why pairs are not kept.
    """

    def __init__(
        self, pairs: Iterable[Pairs], languages: Sequence[str], length: Callable[[str], int], args: PairArguments
    ) -> None:
        of, of_language, gaps = array("q"), array("q"), array("q")
        for sides, matched in pairs:
            for chosen, rejected in matched:
                of.append(sides.number)
                of_language.append(sides.cell[1])
                gaps.append(length(chosen.whole) - length(rejected.whole) if args.balance_length else 0)
        self._of, languages_of, gaps_of = (np.array(column, dtype=np.int64) for column in (of, of_language, gaps))
        level = levelled(languages_of, gaps_of) if args.balance_length else np.arange(len(of))
        drawn = level[capped(languages_of[level], languages, args)]
        self._kept = np.zeros(len(of), dtype=np.bool_)
        self._kept[drawn] = True
        self.numbers = np.unique(self._of[drawn])
        self.dropped = Counter(
            {
                "to balance lengths (pairs)": len(of) - len(level),
                "beyond the cap (pairs)": len(level) - len(drawn),
            }
        )

    def of(self, pairs: Iterable[Pairs]) -> Iterator[Pairs]:
        """Leave out those that are not kept; the pairs are of `numbers`."""
        for sides, matched in pairs:
            first = int(np.searchsorted(self._of, sides.number))
            yield sides, [pair for place, pair in enumerate(matched, first) if self._kept[place]]


def levelled(languages: Numbers, gaps: Numbers) -> Numbers:
    """Leave out, language by language, the pairs by which the mean lengths of the sides differ.

    Args:
        languages: [P] of pairs.
        gaps: [P] by how much the chosen text is longer.

    Returns:
        The numbers of those to keep, in their order.
    """
    kept = [numbers[lengths.levelled(gaps[numbers].tolist())] for numbers in _by_language(languages)]
    return np.sort(np.concatenate([np.zeros(0, np.int64), *kept]))


def capped(languages: Numbers, tags: Sequence[str], args: PairArguments) -> Numbers:
    """Keep what the caps allow, drawn at random.

    Args:
        languages: [P] of pairs, as numbers of `tags`.
        tags: BCP 47 tags.
        args: the caps.

    Returns:
        The numbers of those to keep, in their order.
    """
    groups = _by_language(languages)
    cap = args.max_pairs_per_language
    if args.balance and groups:
        fewest = min(map(len, groups))
        cap = fewest if cap is None else min(cap, fewest)
    drawn = [_drawn(numbers, cap, f"{args.seed}/{tags[languages[numbers[0]]]}") for numbers in groups]
    return np.sort(_drawn(np.concatenate([np.zeros(0, np.int64), *drawn]), args.max_pairs, f"{args.seed}/all"))


def _by_language(languages: Numbers) -> list[Numbers]:
    """Part the numbers of pairs by language, in the order in which languages are met."""
    _, firsts = np.unique(languages, return_index=True)
    return [np.flatnonzero(languages == languages[first]) for first in np.sort(firsts)]


def _drawn(numbers: Numbers, cap: int | None, seed: str) -> Numbers:
    if cap is None or cap >= len(numbers):
        return numbers
    return numbers[random.Random(seed).sample(range(len(numbers)), cap)]
