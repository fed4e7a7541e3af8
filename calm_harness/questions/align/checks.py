"""What has to hold of the pairs of two files, however they were found: by ids or by content (pure)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

from calm_harness.errors import CalmError
from calm_harness.questions.schema import normalise

CHANCE = 0.01  # what translations may do as well as files that are refused
DISPUTED = 0.05  # share of questions whose gold option, or order of options, differs between languages: an honest slip


def check_gold(left: Sequence[int], right: Sequence[int], pairs: Mapping[int, int], names: tuple[str, str]) -> None:
    """Refuse pairs whose gold options differ more than translations do.

    Args:
        left: the gold options of one file's rows, -1 where hidden.
        right: those of the other.
        pairs: position in the left file -> position in the right one.
        names: of the files, for messages.

    Raises:
        CalmError: they do, by a binomial test; the message has the count.
    """
    labelled = [(left[i], right[j]) for i, j in pairs.items() if left[i] >= 0 and right[j] >= 0]
    disputed = sum(left_gold != right_gold for left_gold, right_gold in labelled)
    if more_than_slips(disputed, len(labelled)):
        raise CalmError(
            f"{names[1]} and {names[0]}: the gold options of {disputed} of {len(labelled)} aligned questions differ, "
            "more than translations show; give both files the questions' ids (columns: id) and their options in one "
            "order, or correct the gold options"
        )


def check_order(pairs: Iterable[tuple[Sequence[str], Sequence[str]]], names: tuple[str, str]) -> None:
    """Refuse pairs whose options stand in another order in the other file, as far as names and numbers tell it.

    Args:
        pairs: the options of a question in one file and in the other.
        names: of the files, for messages.

    Raises:
        CalmError: they do, by a binomial test over the questions whose options are the same texts in both files.
    """
    same = [(left, right) for left, right in pairs if sorted(map(normalise, left)) == sorted(map(normalise, right))]
    turned = [options for options in same if is_other_order(*options)]
    if more_than_slips(len(turned), len(same)):
        shown = " and ".join(", ".join(options) for options in turned[0])
        raise CalmError(
            f"{names[1]} and {names[0]}: of {len(same)} questions whose options are the same texts in both, "
            f"{len(turned)} have them in another order ({shown[:120]}); put them in the same order in all languages"
        )


def is_other_order(options: Sequence[str], again: Sequence[str]) -> bool:
    """Tell whether two lists have the same options in another order."""
    first, second = ([normalise(option) for option in texts] for texts in (options, again))
    return first != second and sorted(first) == sorted(second)


def more_than_slips(count: int, total: int) -> bool:
    """Tell by a binomial test whether so many questions differ that files are no translations of each other."""
    return count > 0 and _tail(count, total, DISPUTED) <= CHANCE


def _tail(successes: int, trials: int, share: float) -> float:
    """The chance of at least so many successes."""
    return sum(
        math.exp(
            math.lgamma(trials + 1)
            - math.lgamma(k + 1)
            - math.lgamma(trials - k + 1)
            + k * math.log(share)
            + (trials - k) * math.log1p(-share)
        )
        for k in range(successes, trials + 1)
    )
