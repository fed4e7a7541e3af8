"""A sample log of our own tasks, gone through row by row: its rows have ids, so none has to wait for another."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from calm_harness.errors import CalmError
from calm_harness.files import Place, iterate_placed_rows, row_at, state_of
from calm_harness.predictions import task_log
from calm_harness.predictions.prediction import Prediction
from calm_harness.predictions.rows.answering import Rows
from calm_harness.predictions.rows.kinds import REMEDY, SEVERAL_KINDS, is_of_task, read_row


class TaskLog:
    """A sample log of our own tasks, a JSON object a line, as lm-eval writes them since 0.4.3.

    Args:
        path: the file.

    Raises:
        CalmError: it is not there.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rows = Rows(self._read)
        self._state = state_of(path)

    def __iter__(self) -> Iterator[Prediction]:
        """Read its rows, and the answers of their responses."""
        return (row for _, row in self.rows)

    def at(self, place: Place) -> Prediction:
        """Read a row again, without the answers that have to be read out of its responses.

        Raises:
            CalmError: the file is another one since.
        """
        return self.rows.begun(task_log.read_row(row_at(self.path, place, self._state)))

    def _read(self) -> Iterator[tuple[Place, Prediction]]:
        for number, (place, row) in enumerate(iterate_placed_rows(self.path, REMEDY)):
            found = read_row(self.path, number, row, None) if is_of_task(row) else None
            if not isinstance(found, Prediction):
                raise CalmError(f"{self.path} {SEVERAL_KINDS}")
            if found.question_id is None:
                raise CalmError(f"{self.path} row {number} has no question_id; take it out")
            yield place, found


def task_log_of(path: Path) -> TaskLog | None:
    """Return a file as a log of our own tasks; None where its first row says that it is none, or none can be read."""
    try:
        _, first = next(iterate_placed_rows(path, REMEDY))
    except CalmError:  # a JSON array, or what reading it will say
        return None
    doc = first.get("doc")
    has_id = isinstance(doc, dict) and doc.get("question_id") is not None
    return TaskLog(path) if is_of_task(first) and has_id else None
