"""A run as Python programs see it: figures, answers and texts, as frames of pandas."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from calm_harness.api.frames import TEXT, frame, of_figures, of_pairs
from calm_harness.errors import CalmError
from calm_harness.files import state_of
from calm_harness.metrics import Answers
from calm_harness.predictions import Prediction, read
from calm_harness.predictions.identity import by_cell
from calm_harness.predictions.scoring import table_of
from calm_harness.report import run as reported
from calm_harness.report.sheets import check

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class Run:
    """One task that a model was asked; `evaluate` and `load_run` make it.

    Attributes:
        task: lm-eval's name of it.
        model: name or path, as it was given; None where there is nothing but a sample log, which does not say.
        adapter: name or path of what was put on top of it, None where there was nothing.
        languages: BCP 47 tags.
        results: the results file, None where there is nothing but a sample log.
        log: the sample log, None where the results have none beside them.
        figures: metric -> value, stderr and 95% interval, as the results file has them; `metrics` lays them out.
        pairwise: table -> language -> language -> figure, likewise; `pairs` lays them out.
        record: all else that the results say, None where there are none.
        folder: where the files lie, for as long as the run is in use, where `evaluate` was given no `output_path`.
    """

    task: str
    model: str | None
    adapter: str | None
    languages: tuple[str, ...]
    results: Path | None
    log: Path | None
    figures: Mapping[str, Mapping[str, Any]] = field(repr=False)
    pairwise: Mapping[str, Any] = field(repr=False)
    record: reported.Run | None = field(default=None, repr=False)
    folder: TemporaryDirectory[str] | None = field(default=None, repr=False)

    @property
    def metrics(self) -> pd.DataFrame:
        """Every metric: `metric`, `language`, `value`, `stderr`, `low`, `high` (`of_figures`)."""
        return of_figures(self.figures)

    @property
    def pairs(self) -> pd.DataFrame:
        """Languages held against each other: `metric`, `language`, `other_language`, `value`, `low`, `high`,
        `questions` (`of_pairs`).
        """
        return of_pairs(self.pairwise)

    @property
    def answers(self) -> Answers:
        """The answers to the questions that were asked in all languages; `answers.to_pandas()` is their frame.

        Raises:
            CalmError: there is no sample log, it is damaged, or it is not the one that the results are of.
        """
        return self._read[0]

    def questions(self) -> pd.DataFrame:
        """Return what was asked and said: a row a question and language, those of `answers` in the same order.

        Returns:
            `question_id`, `language`, `stem` (string); `options` (lists of text, in the order shown); `chosen_text` and
            `gold_text` (string), missing where there is no answer or the label is hidden; `response` (string): the
            first one, missing where options were scored; `prompt` (string): what the model read.

        Raises:
            CalmError: see `answers`.
        """
        rows = [
            (
                row.question_id,
                row.language,
                row.stem,
                list(row.options),
                None if row.choices[0] is None else row.options[row.choices[0]],
                row.options[row.gold] if row.gold >= 0 else None,
                row.responses[0] if row.responses else None,
                row.prompt,
            )
            for row in self.rows()
        ]
        asked = {"question_id": TEXT, "language": TEXT, "stem": TEXT, "options": "object"}
        return frame(rows, **asked, chosen_text=TEXT, gold_text=TEXT, response=TEXT, prompt=TEXT)

    def rows(self) -> list[Prediction]:
        """Read the log's rows of the questions of `answers`, in its order: question by question, language by language.

        Raises:
            CalmError: see `answers`; or the log has been written anew since.
        """
        table, log, state = self._read
        cells = by_cell(read(log, first=True))
        if state_of(log) != state:
            raise CalmError(f"{log} is another file than when its answers were read; load the run again")
        return [cells[question_id, language][0] for question_id in table.question_ids for language in table.languages]

    @cached_property
    def _read(self) -> tuple[Answers, Path, tuple[int, int]]:
        """The answers, the log that they were read from, and its state then."""
        if self.log is None:
            raise CalmError(f"{self.results} has no sample log beside it; evaluate with --log_samples")
        state = state_of(self.log)
        table = table_of(self.log)
        if self.record is not None:
            check(self.record, table)
        return table, self.log, state
