"""How far two runs of the same questions are apart."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from calm_harness.api import frames
from calm_harness.api.run import Run
from calm_harness.errors import CalmError
from calm_harness.metrics.bootstrap import too_few
from calm_harness.metrics.compare import differences, to_json
from calm_harness.predictions import Prediction
from calm_harness.report.sheets import text_of

if TYPE_CHECKING:
    import pandas as pd

log = logging.getLogger(__name__)


def compare(run: Run, baseline: Run) -> pd.DataFrame:
    """Estimate how far the metrics of two runs are apart (run minus baseline), paired by question.

    Questions that one run alone has are left out, which a warning says. The figures are those of `calm score
    --baseline`.

    Returns:
        `metric` and `language` (string; missing where a figure is of all languages together), `value`, `stderr`, `low`
        and `high` (float64; NaN where undefined), and `questions` (int64): how many both runs have.

    Raises:
        CalmError: the runs are in other languages, have no question in common, or one of the same id is another
            question; a run has no sample log.

    >>> from calm_harness import compare, load_run
    >>> run = load_run("runs/gemma")
    >>> compare(run, baseline=run).query("metric == 'consistency'")[["value", "questions"]]
       value  questions
    1    0.0          4
    """
    tables = run.answers, baseline.answers
    figures = to_json(differences(*tables))
    shared = len(set(tables[0].question_ids) & set(tables[1].question_ids))
    _check(run, baseline)
    left_out = [len(table.question_ids) - shared for table in tables]
    if any(left_out):
        log.warning(
            "compared on the %d questions that both runs have; %d of the run and %d of the baseline are left out",
            *(shared, *left_out),
        )
    if few := too_few(shared):
        log.warning("%s", few)
    return frames.of_figures(figures).assign(questions=shared)


def _check(run: Run, baseline: Run) -> None:
    """See that a question of one id is the same in both runs, whatever the order of its options.

    Raises:
        CalmError: it is not.
    """
    first = {(row.question_id, row.language): row for row in run.rows()}
    for row in baseline.rows():
        other = first.get((row.question_id, row.language))
        if other is None:
            continue
        where = f"question {row.question_id} in {row.language} of {baseline.log}"
        if text_of(row) != text_of(other):
            raise CalmError(
                f"{where} has another text than in {run.log}; compare runs of one set whose languages are mixed in the "
                "same way, or not at all"
            )
        if min(row.gold, other.gold) >= 0 and _right(row) != _right(other):
            raise CalmError(f"{where} has another right option than in {run.log}; evaluate one of the two anew")


def _right(row: Prediction) -> int:
    """Return the place of the right option in the set's own order."""
    return row.order[row.gold] if row.order else row.gold
