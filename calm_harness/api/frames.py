"""Figures as frames of pandas, a figure a row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from calm_harness.metrics import parted

if TYPE_CHECKING:
    import pandas as pd

TEXT, NUMBER, COUNT = "string", "float64", "Int64"  # text and counts may be missing, numbers are NaN


def of_figures(figures: Mapping[str, Mapping[str, Any]]) -> pd.DataFrame:
    """Lay metrics out (see `calm_harness.metrics.compare.to_json`).

    Returns:
        `metric` and `language` (string; missing where a figure is of all languages together), `value`, `stderr`, `low`
        and `high` (float64; NaN where undefined), the last two being the ends of the 95% interval.
    """
    rows = [(*parted(name), figure["value"], figure["stderr"], *figure["interval"]) for name, figure in figures.items()]
    return frame(rows, metric=TEXT, language=TEXT, value=NUMBER, stderr=NUMBER, low=NUMBER, high=NUMBER)


def of_pairs(tables: Mapping[str, Mapping[str, Mapping[str, Mapping[str, Any] | None]]]) -> pd.DataFrame:
    """Lay tables of language × language out (see `calm_harness.metrics.pairwise_report`), but for their diagonals.

    Returns:
        `metric`, `language` (the table's row) and `other_language` (its column), both ways round (string); `value`,
        `low` and `high` (float64; NaN where undefined) and `questions` (Int64): how many the figure is a share of.
    """
    rows = [
        (name, row, column, cell["value"], *cell["interval"], cell["questions"])
        for name, table in tables.items()
        for row, line in table.items()
        for column, cell in line.items()
        if cell is not None
    ]
    names = {"metric": TEXT, "language": TEXT, "other_language": TEXT}
    return frame(rows, **names, value=NUMBER, low=NUMBER, high=NUMBER, questions=COUNT)


def frame(rows: Sequence[Sequence[Any]], **kinds: str) -> pd.DataFrame:
    """Make a frame of rows and of its columns' types."""
    import pandas as pd

    columns = zip(*rows, strict=True) if rows else ([] for _ in kinds)
    return pd.DataFrame(
        {name: pd.Series(list(values), dtype=kind) for (name, kind), values in zip(kinds.items(), columns, strict=True)}
    )
