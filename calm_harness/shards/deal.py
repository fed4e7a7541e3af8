"""Which questions are in a shard (pure)."""

from __future__ import annotations

import re
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from calm_harness.errors import CalmError

_WRITTEN = re.compile(r"([1-9]\d*)/([1-9]\d*)")


@dataclass(frozen=True, order=True)
class Shard:
    """One of several equal parts of a run.

    Attributes:
        number: which, from 1.
        of: how many there are.
    """

    number: int
    of: int

    @classmethod
    def parse(cls, text: str) -> Shard:
        """Read `3/16`.

        Raises:
            CalmError: it is something else.
        """
        written = _WRITTEN.fullmatch(text)
        if not written or int(written[1]) > int(written[2]):
            raise CalmError(f"--shard {text}: write which of how many, counted from 1, as in 3/16")
        return cls(int(written[1]), int(written[2]))

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"


def deal(questions: Sequence[Hashable], shard: Shard) -> list[int]:
    """Deal questions out like cards, one after the other in their order, so that shards differ by at most one.

    Args:
        questions: of each row the question that it is of.
        shard: whose rows are wanted.

    Returns:
        The places of its rows; all rows of a question are in one shard.
    """
    numbers = {question: number for number, question in enumerate(dict.fromkeys(questions))}
    return [place for place, question in enumerate(questions) if numbers[question] % shard.of == shard.number - 1]
