"""Data sets from the Hugging Face Hub, and X-CSQA as it is there (`INK-USC/xcsr`)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from calm_harness.errors import CalmError


def load_rows(
    place: str | Path, config: str | None, split: str, remedy: str, columns: Sequence[str]
) -> list[dict[str, Any]]:
    """Load a split of a data set from the Hub, or from a folder that is laid out like one.

    Args:
        place: Hub id or folder.
        config: the configuration, None where there is only one.
        split: the split.
        remedy: what else can be done if the data set cannot be had.
        columns: columns that it has to have.

    Raises:
        CalmError: it cannot be had, or lacks a column.
    """
    import datasets

    what = f"data set {place}" + (f", configuration {config}" if config else "") + f", split {split}"
    try:
        data = datasets.load_dataset(str(place), config, split=split)
    except (OSError, ValueError, datasets.exceptions.DatasetsError) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise CalmError(f"{what} cannot be loaded ({reason[:200]}); {remedy}") from None
    missing = [column for column in columns if column not in data.column_names]
    if missing:
        raise CalmError(f"{what} has no column {', '.join(missing)} (it has: {', '.join(data.column_names)}); {remedy}")
    return data.to_list()
