"""Join the shards of a run: one log a task and one results file, as a single process writes them."""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from calm_harness.cache import file_digest, is_done, stage
from calm_harness.errors import CalmError
from calm_harness.files import below, write_text
from calm_harness.metrics.catalogue import parted
from calm_harness.predictions.task_log import SHARD
from calm_harness.questions import QuestionSet
from calm_harness.shards.found import Part, find
from calm_harness.task.aggregation import Aggregation
from calm_harness.task.answers import counted

Rows = list[dict[str, Any]]


def merge(paths: Sequence[Path], output: Path) -> bool:
    """Join shards into a run, unless that was done with the same ones.

    Returns:
        Whether it was done now.

    Raises:
        CalmError: see `find`; or the folder holds something else, or cannot be written.
    """
    parts = find(paths, output)
    contents = {str(part.shard): [file_digest(file) for file in (part.path, *part.logs.values())] for part in parts}
    content = {"shards": contents}
    if not is_done(output, content) and below(output, "results_*.json"):
        raise CalmError(f"{output} holds another run; name another folder, or remove it")
    return stage(output, content, lambda: _write(parts, output))


def _write(parts: Sequence[Part], output: Path) -> None:
    """Write what a single process would have, under the newest shard's name."""
    newest = max(parts, key=lambda part: float(part.results["date"]))
    results, logs = joined(parts)
    folder = output / str(results["model_name_sanitized"])
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CalmError(f"--output {output} cannot be made ({error.strerror}); name another") from None
    for task, rows in logs.items():
        lines = (json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        write_text(folder / newest.logs[task].name, "".join(lines))
    write_text(folder / f"results_{newest.stamp}.json", json.dumps(results, indent=2, ensure_ascii=False))


def joined(parts: Sequence[Part]) -> tuple[dict[str, Any], dict[str, Rows]]:
    """Join results and logs: rows in the questions' order, figures computed anew from all of them.

    What is not of the questions (the machine, batch sizes) is the first shard's; the date is the earliest, and the time
    what all took together.

    Args:
        parts: all shards of a run, see `find`.

    Returns:
        The results, and by task the rows.

    Raises:
        CalmError: a row is there twice or not at all.
    """
    results = copy.deepcopy(parts[0].results)
    record = results.pop(SHARD)
    logs = {task: _rows(parts, task, count) for task, count in record["rows"].items()}
    for task, rows in logs.items():
        calm = [part.results["configs"][task]["metadata"]["calm"] for part in parts]
        figures, report = _figures(task, results["results"][task], calm[0], rows, record["digests"][task])
        results["results"][task] = figures
        results["configs"][task]["metadata"]["calm"] = {**calm[0], **report, **_transductive(calm)}
        results["n-samples"][task]["effective"] = len(rows)
    results["config"]["limit"] = record["run"]["arguments"]["limit"]
    results["task_hashes"] = {task: _task_hash(rows) for task, rows in logs.items()}
    seconds = [float(part.results["total_evaluation_time_seconds"]) for part in parts]
    results["date"] = min(float(part.results["date"]) for part in parts)
    results["total_evaluation_time_seconds"] = str(sum(seconds))
    results["merged"] = {"shards": len(parts), "seconds": seconds}
    return results, logs


def _rows(parts: Sequence[Part], task: str, count: int) -> Rows:
    rows = [row for part in parts for row in part.rows(task)]
    for row in rows:
        del row[SHARD]
    rows.sort(key=lambda row: int(row["doc_id"]))
    distinct = len({row["doc_id"] for row in rows})
    if not distinct == len(rows) == count:
        raise CalmError(f"{task}: the shards have {len(rows)} rows, {distinct} of them distinct, and not {count}")
    return rows


def _figures(
    task: str, first: dict[str, Any], calm: dict[str, Any], rows: Rows, digest: str
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Compute a task's figures, and the report of them, from its rows.

    Args:
        task: its name.
        first: a shard's figures, for their names.
        calm: what that shard's results say of the questions.
        rows: of all shards.
        digest: of the questions that are asked in all languages.
    """
    if "questions" not in calm:  # --predict_only
        return {**first, "sample_len": len(rows), "answers,none": len(rows)}, {}
    keys = {key: key.partition(",")[0] for key in first}
    names = [name for name in keys.values() if f"{name}_stderr" in keys.values() and name != "answers"]
    asked = QuestionSet(calm["set"], calm["split"], tuple(calm["languages"]), [])
    strange = [name for name in names if parted(name)[1] not in (None, *asked.languages)]
    if strange:
        raise CalmError(
            f"{task}: {strange[0]} is of none of its languages ({', '.join(asked.languages)}); run it again"
        )
    aggregation = Aggregation(asked, names, task, digest)
    answers = [counted(row["answers"], row["doc"]) for row in rows]
    functions = aggregation.functions()
    figures = {key: functions[name](answers) if name in functions else first[key] for key, name in keys.items()}
    return {**figures, "sample_len": len(rows)}, aggregation.report


def _transductive(calm: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Say of how many questions of all shards a model was trained on."""
    said = [report["transductive"] for report in calm if "transductive" in report]
    if not said:
        return {}
    return {
        "transductive": {
            "declared": any(report["declared"] for report in said),
            "trained_on": sum(report["trained_on"] for report in said),
        }
    }


def _task_hash(rows: Rows) -> str:
    """Hash questions, prompts and answers as lm-eval does."""
    hashes = "".join(row["doc_hash"] + row["prompt_hash"] + row["target_hash"] for row in rows)
    return hashlib.sha256(hashes.encode()).hexdigest()
