"""What the results beside a sample log of ours say of it: in which languages it was to be asked, and when.

lm-eval's `--limit` counts rows, and a question is as many rows as there are languages. The results file of the run,
which lm-eval writes beside the log, names all languages; so do the rows' metrics, `acc_<lang>`, where gold is known.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from calm_harness.errors import CalmError
from calm_harness.files import iterate_jsonl_rows, read_json

_LOG = re.compile(r"samples_(?P<task>.+)_(?P<stamp>\d{4}-\d\d-\d\dT[\d.-]+)\.jsonl")
_ACC, _STDERR = "acc_", "_stderr"


def of_results(log: Path) -> tuple[str, ...]:
    """Return the languages that the results file beside a log names; empty where there is none of our tasks."""
    match = _LOG.fullmatch(log.name)
    try:
        languages = _results(log)["configs"][match["task"]]["metadata"]["calm"]["languages"]  # type: ignore[index]
    except (CalmError, KeyError, TypeError):  # cut off, or of other tasks: `calm report` says so
        return ()
    return tuple(map(str, languages)) if isinstance(languages, list) else ()


def began(log: Path) -> float:
    """Return when a log's run began, in seconds; 0 where no results say it.

    The time in its name is the clock's on the wall, which goes back in autumn, and differs from place to place.
    """
    try:
        return float(_results(log)["date"])
    except (CalmError, ValueError, KeyError, TypeError):
        return 0


def _results(log: Path) -> Any:
    match = _LOG.fullmatch(log.name)
    return read_json(log.with_name(f"results_{match['stamp']}.json"), "") if match else None


def of_rows(log: Path) -> tuple[str, ...]:
    """Return the languages that the first row's metrics name; empty of other tasks, and where gold is hidden."""
    try:
        row = next(iterate_jsonl_rows(log, ""))
    except CalmError:  # a JSON array: lm-eval 0.4.2 and before, or the CALM release
        return ()
    names = row.get("metrics")
    if not isinstance(row.get("answers"), dict) or not isinstance(names, list):
        return ()
    return tuple(
        name.removeprefix(_ACC)
        for name in names
        if isinstance(name, str) and name.startswith(_ACC) and not name.endswith(_STDERR)
    )
