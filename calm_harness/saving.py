"""Results and samples of a run, which lm-eval writes, appear under their names only once all of them are whole."""

from __future__ import annotations

import json
import logging
import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from calm_harness.files import PART

log = logging.getLogger(__name__)

Rows = Sequence[Mapping[str, Any]]


def save(tracker: Any, results: dict[str, Any], samples: Mapping[str, Rows] | None) -> list[Path] | None:
    """Have lm-eval save what came of a run.

    Args:
        tracker: lm-eval's, which knows where to.
        results: of the run.
        samples: task -> its rows; None where they are not to be saved.

    Returns:
        The files, the results last; none where they were to be nowhere, and None where saving failed, which lm-eval
        logs, leaving what was written.
    """
    if not tracker.output_path:
        _write(tracker, results, samples)
        return []
    named = Path(tracker.output_path)
    folder = named.parent if named.suffix == ".json" else named
    scratch: Path | None = None
    try:
        scratch = Path(tempfile.mkdtemp(dir=folder, prefix=".saving-", suffix=PART))
        tracker.output_path = str(scratch / named.name if named.suffix == ".json" else scratch)
        _write(tracker, results, samples)
        counts = {task: len(rows) for task, rows in (samples or {}).items()}
        # Samples, which are .jsonl, before results.
        files = sorted((path for path in scratch.rglob("*") if path.is_file()), key=lambda path: path.suffix == ".json")
        if not _whole(files, getattr(tracker, "date_id", None), counts):
            return None
        places = [folder / file.relative_to(scratch) for file in files]
        for file, place in zip(files, places, strict=True):
            place.parent.mkdir(exist_ok=True)
            os.replace(file, place)
        return places
    except OSError as error:
        log.warning("%s: %s", folder, error.strerror)
        return None
    finally:
        tracker.output_path = str(named)
        if scratch is not None:
            shutil.rmtree(scratch, ignore_errors=True)


def _write(tracker: Any, results: dict[str, Any], samples: Mapping[str, Rows] | None) -> None:
    tracker.save_results_aggregated(results=results, samples=samples)
    if samples is not None:
        for name in results["configs"]:
            tracker.save_results_samples(task_name=name, samples=samples[name])
    if tracker.push_results_to_hub or tracker.push_samples_to_hub:
        tracker.recreate_metadata_card()


def _whole(files: Sequence[Path], stamp: str | None, counts: Mapping[str, int]) -> bool:
    """Tell whether the results can be read, and each log has its rows to the last character."""
    names = {file.name: file for file in files}
    logs = {task: names.pop(f"samples_{task}_{stamp}.jsonl", None) for task in counts}
    if len(names) != 1 or any(log is None for log in logs.values()):
        return False
    try:
        json.loads(next(iter(names.values())).read_bytes())
    except ValueError:
        return False
    return all(_lines(log) == counts[task] for task, log in logs.items() if log is not None)


def _lines(path: Path) -> int:
    """Count the lines that end."""
    with path.open("rb") as file:
        return sum(line.endswith(b"\n") for line in file)
