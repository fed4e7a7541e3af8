"""Load runs that were done before: what `calm eval`, `calm merge`, `calm grid` and `lm_eval` wrote."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from calm_harness.api.run import Run
from calm_harness.errors import CalmError, first_of
from calm_harness.predictions import asked_languages
from calm_harness.predictions.rows.log import task_log_of
from calm_harness.predictions.scoring import lacking, score
from calm_harness.report import results_file
from calm_harness.report import run as reported
from calm_harness.report.runs import find

log = logging.getLogger(__name__)

_LOG = re.compile(r"samples_(?P<task>.+)_\d{4}-\d\d-\d\dT[\d.-]+")


def load_run(path: str | os.PathLike[str], task: str | None = None) -> Run:
    """Load a run of a task of ours.

    Args:
        path: the folder that `--output_path` named (or one above or below it), a results file, or a sample log. A log
            is taken with the results beside it; where there are none, figures are computed from it, as by `calm score`.
        task: which one, where a folder or a results file has several.

    Raises:
        CalmError: there is no such run, more than one, or a file is damaged. Files of other tasks and other tools are
            for `calm score`.

    >>> from calm_harness import load_run
    >>> run = load_run("runs/gemma")
    >>> run.task, run.languages
    ('calm_mini_xl_cloze', ('en', 'fr'))
    >>> list(run.metrics.columns)
    ['metric', 'language', 'value', 'stderr', 'low', 'high']
    >>> list(run.questions().columns)
    ['question_id', 'language', 'stem', 'options', 'chosen_text', 'gold_text', 'response', 'prompt']
    """
    place = Path(path).expanduser()
    if place.suffix == ".jsonl":
        return _of_log(place, task)
    found, skipped = find([place])
    runs = [run for run in found if run.ours and task in (None, run.task)]
    if len(runs) == 1:
        return of_record(runs[0])
    if runs:
        raise CalmError(
            f"{place} has {len(runs)} runs: {_listed(runs)}; give the path of one results file, or task= where it has "
            "several"
        )
    others = f"it has {_listed(found)}" if found else ""
    why = "; ".join(filter(None, [others, *map(str, skipped[:1])]))
    raise CalmError(f"{place} has no run of {task or 'a calm_* task'} ({why}); give the path of one")


def of_record(record: reported.Run, folder: TemporaryDirectory[str] | None = None) -> Run:
    """Make a run of what its results file says."""
    return Run(
        task=record.task,
        model=record.model,
        adapter=record.adapter,
        languages=record.languages,
        results=record.results,
        log=record.samples,
        figures=record.figures,
        pairwise=record.pairwise,
        record=record,
        folder=folder,
    )


def _of_log(place: Path, task: str | None) -> Run:
    """Load a run by its sample log."""
    rows = task_log_of(place)
    if rows is None:
        raise CalmError(f"{place} is no sample log of a calm_* task; calm score reads other files")
    beside = [
        run
        for file in sorted(place.parent.glob("*.json"))
        for run in results_file.read(file)[0]
        if run.samples is not None and run.samples.name == place.name
    ]
    match = _LOG.fullmatch(place.stem)
    name = beside[0].task if beside else match["task"] if match else place.stem
    if task not in (None, name):
        raise CalmError(f"{place} is of {name}, not of {task}; leave task out, or give another log")
    if beside:
        return of_record(beside[0])
    result = score([rows], asked=asked_languages.of_results(place))
    if warning := lacking(result, asked_languages.of_rows(place)):
        log.warning("%s: %s", place, warning)
    return Run(
        task=name,
        model=None,
        adapter=None,
        languages=tuple(result["languages"]),
        results=None,
        log=place,
        figures=result["metrics"],
        pairwise=result["pairwise"],
    )


def _listed(runs: Sequence[reported.Run]) -> str:
    return first_of([f"{run.task} of {run.adapter or run.model} ({run.results})" for run in runs])
