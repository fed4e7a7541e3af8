"""Of what format a row is, by its fields, and what it says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from calm_harness.errors import CalmError
from calm_harness.predictions import foreign_log, llama_factory, task_log
from calm_harness.predictions.prediction import Prediction

REMEDY = (
    "give an lm-eval sample log, LLaMA-Factory's generated_predictions.jsonl, or a samples file of the CALM release"
)
SEVERAL_KINDS = "has rows of several kinds; take them apart into a file of each"
LOG_FIELDS = {"doc", "resps", "filtered_resps"}
FACTORY_FIELDS = {"prompt", "predict", "label"}


def is_of_task(row: dict[str, Any]) -> bool:
    """Tell whether a row is one of a sample log of our own tasks."""
    return row.keys() >= LOG_FIELDS and isinstance(row.get("answers"), dict)


def read_row(path: Path, number: int, row: dict[str, Any], language: str | None) -> Prediction | foreign_log.Draft:
    """Read a row: its fields say of what format it is.

    Args:
        path: its file.
        number: its number there, from 0.
        row: its fields.
        language: the file's; None where rows say it themselves.

    Raises:
        CalmError: it is of no known format, or does not say its language.
    """
    if row.keys() >= LOG_FIELDS:
        if why := task_log.shard_of(row):
            raise CalmError(f"{path} {why}")
        try:
            if is_of_task(row):
                return task_log.read_row(row)
            return foreign_log.read_row(row, named(path, language), path, number)
        except ValueError as error:
            raise CalmError(f"{path} row {number}: {error}; {REMEDY}") from None
        except (KeyError, IndexError, TypeError, AttributeError, OverflowError, RecursionError) as error:
            raise CalmError(f"{path} row {number} is no row of an lm-eval sample log ({error!r}); {REMEDY}") from None
    if row.keys() >= FACTORY_FIELDS:
        try:
            return llama_factory.read_row(row, named(path, language))
        except ValueError as error:
            raise CalmError(f"{path} row {number}: {error}; correct the row or take it out") from None
    raise CalmError(f"{path} row {number} has only the fields {', '.join(sorted(row))}; {REMEDY}")


def named(path: Path, language: str | None) -> str:
    """Return the language of a file that has to name it.

    Raises:
        CalmError: it does not.
    """
    if language is None:
        raise CalmError(f"{path} does not say its language; name it in front: en={path}")
    return language
