"""What was written of a data set: a file a configuration."""

from __future__ import annotations

from dataclasses import dataclass

from calm_harness.sharing.found import Part

DATA = "data"


@dataclass(frozen=True)
class Table:
    """A file of the data set.

    Attributes:
        name: of its configuration.
        split: of its rows.
        rows: how many.
        as_json: the columns that are JSON, since their values are not of one kind.
        languages: of its rows.
        chance: the mean over rows of 1 ÷ options, None where there are none or the answers are free.
        part: what it was made of; None of the figures.
    """

    name: str
    split: str
    rows: int
    as_json: list[str]
    languages: list[str]
    chance: float | None = None
    part: Part | None = None

    @property
    def file(self) -> str:
        """Its path in the folder."""
        return f"{DATA}/{self.name}.parquet"
