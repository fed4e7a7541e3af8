"""Where a needle stands in a haystack, and of what that is made: whole passages, counted in tokens (pure functions)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from itertools import accumulate
from typing import TypeVar

Item = TypeVar("Item")


def by_hash(*parts: object) -> str:
    """Return what sorts and draws alike in every process and on every machine: 64 hexadecimal digits."""
    return hashlib.sha256("\x1f".join(map(str, parts)).encode("utf-8", "surrogatepass")).hexdigest()


def drawn(choices: Sequence[Item], *parts: object) -> Item:
    """Draw one by hash."""
    return choices[int(by_hash(*parts), 16) % len(choices)]


def merged(
    lists: Mapping[str, Sequence[Item]], draw: Callable[[int], str], key: Callable[[Item], Hashable]
) -> Iterator[Item]:
    """Take the next of one of several lists in turn, each thing once, until that list has no more.

    Args:
        lists: name -> things, the first to be taken first.
        draw: from the number of the turn to the name.
        key: what is the same of the same thing in two lists.
    """
    ahead = {name: iter(things) for name, things in lists.items()}
    taken: set[Hashable] = set()
    turn = 0
    while True:
        thing = next((thing for thing in ahead[draw(turn)] if key(thing) not in taken), None)
        if thing is None:
            return
        taken.add(key(thing))
        yield thing
        turn += 1


def filled(
    things: Iterable[Item], size: Callable[[Item], int], tokens: int | None, count: int | None
) -> tuple[list[Item], bool]:
    """Take things until the next would go beyond the tokens, or there are so many.

    Args:
        things: the first to be taken first.
        size: of one, in tokens.
        tokens: the most of all together; None where things are counted.
        count: how many; None where tokens are counted.

    Returns:
        What was taken, and whether there were enough: no thing more could have been taken.
    """
    chosen: list[Item] = []
    left = tokens
    for thing in things:
        if len(chosen) == count:
            return chosen, True
        if left is not None:
            left -= size(thing)
            if left < 0:
                return chosen, True
        chosen.append(thing)
    return chosen, len(chosen) == count or left == 0


def boundary(sizes: Sequence[int], position: float) -> int:
    """Return how many things stand before the boundary that is nearest to a place; the first of two that are as near.

    Args:
        sizes: of the things, in tokens.
        position: share of all tokens that are to stand before it.
    """
    before = [0, *accumulate(sizes)]
    return min(range(len(before)), key=lambda number: abs(before[number] - position * before[-1]))
