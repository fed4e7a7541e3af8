"""Tables below each other, as of one run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calm_harness.errors import CalmError
from calm_harness.metrics import Answers


def stack(tables: Sequence[Answers]) -> Answers:
    """Put tables of the same languages below each other; a question may come again, from another run.

    Raises:
        CalmError: the languages differ.
    """
    first = tables[0]
    if any(set(table.languages) != set(first.languages) for table in tables):
        raise CalmError("runs in different languages cannot be put together")
    orders = [[table.languages.index(language) for language in first.languages] for table in tables]
    width = max(int(table.size.max(initial=1)) for table in tables)

    def columns(name: str) -> NDArray[Any]:
        return np.concatenate([getattr(table, name)[:, order] for table, order in zip(tables, orders, strict=True)])

    def known(name: str) -> NDArray[np.bool_] | None:
        return columns(name) if all(getattr(table, name) is not None for table in tables) else None

    def padded(name: str) -> NDArray[np.float64] | None:
        parts = [getattr(table, name) for table in tables]
        if any(part is None for part in parts):
            return None
        parts = [part[:, order, :width] for part, order in zip(parts, orders, strict=True)]
        sizes = [((0, 0), (0, 0), (0, width - part.shape[2])) for part in parts]
        return np.concatenate([np.pad(*pair, constant_values=-np.inf) for pair in zip(parts, sizes, strict=True)])

    def same(table: Answers, order: list[int]) -> NDArray[np.int64]:
        twins = np.broadcast_to(np.arange(width), (*table.position.shape, width)).copy()
        if table.twins is not None:
            twins[..., : table.twins.shape[2]] = table.twins[:, order]
        return twins

    return Answers(
        question_ids=tuple(name for table in tables for name in table.question_ids),
        languages=first.languages,
        chosen=columns("chosen"),
        position=columns("position"),
        gold=np.concatenate([table.gold for table in tables]),
        size=np.concatenate([table.size for table in tables]),
        scores=padded("scores"),
        totals=padded("totals"),
        truncated=known("truncated"),
        unfinished=known("unfinished"),
        own_language=known("own_language"),
        twins=np.concatenate(list(map(same, tables, orders))) if any(t.twins is not None for t in tables) else None,
        incomplete=sum(table.incomplete for table in tables),
    )
