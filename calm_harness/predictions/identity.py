"""Which rows of several files are of the same question."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from calm_harness.errors import CalmError
from calm_harness.predictions.prediction import Prediction
from calm_harness.questions.align import align
from calm_harness.questions.evidence import Item
from calm_harness.questions.schema import fingerprint, normalise

Cell = tuple[str, str]  # question id, language


def by_cell(predictions: Iterable[Prediction]) -> dict[Cell, list[Prediction]]:
    """Put predictions with ids together by question and language, in the order in which they are first met."""
    cells: dict[Cell, list[Prediction]] = {}
    for prediction in predictions:
        cells.setdefault((str(prediction.question_id), prediction.language), []).append(prediction)
    return cells


def identify(files: Sequence[list[Prediction]]) -> tuple[list[Prediction], int]:
    """Give rows without ids the ids of their questions, by aligning each file with the first.

    Returns:
        The predictions with ids, and how many rows were left out because they have no counterpart, or another number of
        options than it. Where languages disagree on the gold option, that of the first counts.

    Raises:
        CalmError: some files have ids and some have not.
    """
    identified, left_out = _identified(files)
    gold: dict[str, int] = {}
    return [
        replace(prediction, gold=gold.setdefault(str(prediction.question_id), prediction.gold))
        for prediction in identified
    ], left_out


def _identified(files: Sequence[list[Prediction]]) -> tuple[list[Prediction], int]:
    has_id = {prediction.question_id is not None for rows in files for prediction in rows}
    if has_id == {True}:
        return [prediction for rows in files for prediction in rows], 0
    if has_id == {True, False}:
        raise CalmError("some of these files have question ids and some have not; score them apart")
    pivot, *other_files = files
    ids = _content_ids(pivot)
    identified = [replace(prediction, question_id=ids[i]) for i, prediction in enumerate(pivot)]
    row_count = len(pivot)
    items = [Item(prediction.stem, prediction.options) for prediction in pivot]
    for rows in other_files:
        pairs = align(items, [Item(prediction.stem, prediction.options) for prediction in rows])
        identified += [
            replace(rows[place], question_id=ids[pivot_place])
            for pivot_place, place in pairs.items()
            if len(rows[place].options) == len(pivot[pivot_place].options)
        ]
        row_count += len(rows)
    return identified, row_count - len(identified)


def _content_ids(rows: Sequence[Prediction]) -> list[str]:
    """Name questions by their content; one that comes again gets a number as well."""
    counts: dict[str, int] = {}
    ids = []
    for row in rows:
        content_id = fingerprint(row.stem, *sorted(map(normalise, row.options)))
        counts[content_id] = counts.get(content_id, 0) + 1
        ids.append(content_id if counts[content_id] == 1 else f"{content_id}-{counts[content_id]}")
    return ids
