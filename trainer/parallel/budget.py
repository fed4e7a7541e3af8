"""As many texts as a budget of tokens takes."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import Any

from calm_harness.errors import CalmError
from trainer.training.tokens import Writer, tokens

Row = dict[str, Any]


def counted(rows: Iterable[Row], side: str, tokenizer: Any) -> Iterable[tuple[Row, int]]:
    """Pair rows with the number of their tokens that are learned: of the completion or the text, with its end.

    Args:
        rows: of TRL's prompt-completion or language modelling format.
        side: the column that is learned.
        tokenizer: of transformers.
    """
    told, encoded = itertools.tee(rows)
    ids = tokens(encoded, Writer(tokenizer, (side,)))
    return ((row, len(found[f"{side}_ids"])) for row, found in zip(told, ids, strict=True))


def within(rows: Iterable[tuple[Row, int]], max_tokens: int) -> tuple[list[Row], int]:
    """Take rows in their order, up to the first that would pass the budget.

    Args:
        rows: with the number of their tokens.
        max_tokens: of all.

    Returns:
        The rows, and the number of their tokens.

    Raises:
        CalmError: there are not so many tokens, or the first row has more: arms would not be equal.
    """
    taken: list[Row] = []
    total = 0
    for row, count in rows:
        if total + count > max_tokens:
            break
        taken.append(row)
        total += count
    else:
        if total < max_tokens:
            raise CalmError(
                f"max_tokens is {max_tokens}, and all texts have {total}; take {total} or less for all arms"
            )
    if not taken:
        raise CalmError(f"max_tokens is {max_tokens}, and the first text alone has more; take more")
    return taken, total
