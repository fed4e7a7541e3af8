"""Find the shards of one run below folders, whichever there are: none missing, none of another run."""

from __future__ import annotations

import hashlib
import logging
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from calm_harness.cache import changes
from calm_harness.errors import CalmError
from calm_harness.files import below, iterate_jsonl_rows
from calm_harness.predictions.task_log import SHARD, read_row
from calm_harness.shards.deal import Shard
from retrieval.formats.literals import json_value

log = logging.getLogger(__name__)

_FOLDER_FILE = re.compile(r"results_(.+)\.json")  # as lm-eval calls it in a folder of the model's name
_STAMPED = re.compile(r".*?_(\d{4}-\d\d-\d\dT[\d.-]+)\.json")
_PARTS = ("results", "configs", "config")
REMEDY = "run the shard again"
NAMED = 20  # missing shards that are named


@dataclass(frozen=True)
class Part:
    """A shard's results, with its logs.

    Attributes:
        path: the results file.
        results: what it holds.
        logs: by task.
    """

    path: Path
    results: dict[str, Any]
    logs: dict[str, Path]

    @property
    def shard(self) -> Shard:
        """Return which shard it is."""
        return Shard(int(self.results[SHARD]["number"]), int(self.results[SHARD]["of"]))

    @property
    def stamp(self) -> str:
        """Return when it was written, as lm-eval has it in its files' names."""
        return _stamp(self.path)

    @property
    def folder(self) -> Path:
        """Return what was its `--output_path`: lm-eval makes a folder of the model's name in it."""
        return self.path.parent.parent if _FOLDER_FILE.fullmatch(self.path.name) else self.path.parent

    def rows(self, task: str) -> Iterator[dict[str, Any]]:
        """Yield the rows of a task's log."""
        return iterate_jsonl_rows(self.logs[task], REMEDY)


def find(paths: Sequence[Path], besides: Path) -> list[Part]:
    """Find all shards of one run, in their order.

    Of a shard that is there twice the newer counts: it was lost, or thought so, and done again.

    Args:
        paths: folders of lm-eval's output, at any depth, or results files.
        besides: a folder that is not looked into, where the run is to lie.

    Raises:
        CalmError: there is none, one is missing or cut off, a whole run is among them, or they are of different runs.
    """
    parts: list[Part] = []
    cut_off: list[str] = []
    for file in _files(paths, besides):
        results = _read(file)
        if isinstance(results, str):
            cut_off.append(f"{file} {results}")
        elif results is not None:
            part = _part(file, results)
            if isinstance(part, Part):
                parts.append(part)
            else:
                cut_off.append(part)
    if not parts:
        why = f" ({cut_off[0]})" if cut_off else ""
        raise CalmError(f"there is no shard of a run in {', '.join(map(str, paths))}{why}; calm eval --shard N/M")
    _check_one_run(parts)
    latest = _latest(parts)
    _check_missing(latest, cut_off)
    for why in (*cut_off, *(f"{path} is not there" for path in paths if not path.exists())):
        log.warning("passed over: %s", why)
    return [latest[number] for number in sorted(latest)]


def _files(paths: Sequence[Path], besides: Path) -> Iterator[Path]:
    """Yield JSON files, each once."""
    seen = set()
    for path in paths:
        for file in below(path, "*.json") if path.is_dir() else [path]:
            place = file.resolve()
            if file.suffix == ".json" and file.is_file() and besides.resolve() not in place.parents:
                if place not in seen:
                    yield file
                seen.add(place)


def _read(file: Path) -> dict[str, Any] | str | None:
    """Read a results file: what is wrong with it, where it was cut off; None of a file of another kind."""
    try:
        results = json_value(file.read_text("utf-8"))
    except (OSError, ValueError):
        return "is cut off" if _STAMPED.fullmatch(file.name) else None
    if not isinstance(results, dict) or not all(isinstance(results.get(name), dict) for name in _PARTS):
        return None
    if SHARD not in results:
        raise CalmError(f"{file} is of a whole run; name shards alone (calm eval --shard N/M)")
    return results if _is_shard(results) else "is damaged: it does not say of which run it is a shard"


def _is_shard(results: Mapping[str, Any]) -> bool:
    """Whether results have all that shards are told apart, compared and joined by."""
    shard, hashes = results[SHARD], results.get("task_hashes")
    if not isinstance(shard, dict) or not all(isinstance(shard.get(name), dict) for name in ("run", "rows", "digests")):
        return False
    try:
        Shard.parse(f"{shard['number']}/{shard['of']}")
        dated = math.isfinite(float(results["date"]))
        float(results["total_evaluation_time_seconds"])
        shard["run"]["arguments"]["limit"]
        told = [results["configs"][task]["metadata"]["calm"] for task in shard["rows"]]
        figured = [calm for calm in told if "questions" in calm]  # not of --predict_only
        texts = [text for calm in figured for text in (calm["set"], calm["split"], *calm["languages"])]
        dated = dated and all(isinstance(text, str) for text in texts) and all(calm["languages"] for calm in figured)
        tables = [hashes, results["versions"], *told, *(results["results"][task] for task in shard["rows"])]
        tables += [results["n-samples"][task] for task in shard["rows"]]
    except (CalmError, KeyError, TypeError, ValueError, OverflowError):
        return False
    return (
        dated and all(isinstance(table, dict) for table in tables) and shard["digests"].keys() == shard["rows"].keys()
    )


def _part(file: Path, results: dict[str, Any]) -> Part | str:
    """Put a results file together with its logs; or say why they are not whole: lm-eval writes them last."""
    tasks = list(results[SHARD]["rows"])
    logs = {task: file.with_name(f"samples_{task}_{_stamp(file)}.jsonl") for task in tasks}
    part = Part(file, results, logs)
    for task in tasks:
        if not logs[task].is_file():
            return f"{logs[task]} is missing"
        figured = "questions" in results["configs"][task]["metadata"]["calm"]  # not of --predict_only
        try:
            hashes = [_hash_of(row, figured) for row in part.rows(task)]
        except CalmError:
            return f"{logs[task]} is cut off"
        except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
            return f"{logs[task]} is damaged ({error!r})"
        if hashlib.sha256("".join(hashes).encode()).hexdigest() != results["task_hashes"].get(task):
            return f"{logs[task]} is cut off, or is not the log that {file.name} is of"
    return part


def _hash_of(row: Mapping[str, Any], figured: bool) -> str:
    """Return the hashes of a row's question, prompt and target, having seen that the row can be joined and counted.

    Raises:
        KeyError, IndexError, TypeError, ValueError, AttributeError: it cannot.
    """
    if not isinstance(row[SHARD], str) or not isinstance(row["doc_id"], int):
        raise ValueError("it does not say of which shard it is, or which document")
    if figured and read_row(row).gold != row["doc"]["answer"]:
        raise ValueError("it has no gold option, nor -1")
    return "".join(row[name] for name in ("doc_hash", "prompt_hash", "target_hash"))


def _stamp(file: Path) -> str:
    stamp = _STAMPED.fullmatch(file.name)
    return stamp[1] if stamp else ""


def _check_one_run(parts: Sequence[Part]) -> None:
    first = parts[0]
    for part in parts[1:]:
        if part.shard.of != first.shard.of:
            raise CalmError(
                f"{part.path} is one of {part.shard.of} shards and {first.path} one of {first.shard.of}; merge those "
                "of one run"
            )
        different = changes(_same(first), _same(part))
        if different:
            raise CalmError(
                f"{part.path} (shard {part.shard}) is of another run than {first.path} (shard {first.shard}): "
                f"{', '.join(different)}; merge those of one run"
            )


def _same(part: Part) -> dict[str, Any]:
    """Lay out what all shards of a run share: what decided it, how much it asks, and which figures it has."""
    record = part.results[SHARD]
    figures = {task: sorted(part.results["results"][task]) for task in record["rows"]}
    task_versions = {task: part.results["versions"].get(task) for task in record["rows"]}
    whole = {"rows": record["rows"], "questions asked": record["digests"], "figures": figures, "tasks": task_versions}
    prompts = {name: part.results.get(name) for name in ("chat_template_sha", "system_instruction_sha")}
    return {**record["run"], **whole, **prompts}


def _latest(parts: Sequence[Part]) -> dict[int, Part]:
    """Keep the newest of each shard, and say where an older one holds something else."""
    latest: dict[int, Part] = {}
    for part in sorted(parts, key=lambda part: float(part.results["date"])):
        earlier = latest.get(part.shard.number)
        if earlier and any(earlier.logs[task].read_bytes() != part.logs[task].read_bytes() for task in part.logs):
            log.warning("shard %s is there twice: %s counts, and not %s", part.shard, part.path, earlier.path)
        latest[part.shard.number] = part
    return latest


def _check_missing(parts: dict[int, Part], cut_off: Sequence[str]) -> None:
    some = next(iter(parts.values()))
    count = some.shard.of - len(parts)
    if not count:
        return
    missing = islice((number for number in range(1, some.shard.of + 1) if number not in parts), NAMED)
    named = [f"{Shard(number, some.shard.of)} is missing{_place(parts, number)}" for number in missing]
    named += [f"and {count - NAMED} more"] if count > NAMED else []
    why = f" ({'; '.join(cut_off)})" if cut_off else ""
    raise CalmError(f"shard {', '.join(named)}{why}; run what is missing again, and merge then")


def _place(parts: dict[int, Part], number: int) -> str:
    """Say where a missing shard should lie, if the others' folders are called by their numbers."""
    for part in parts.values():
        own = re.compile(rf"(?<!\d)(0*){part.shard.number}(?!\d)")
        if len(own.findall(part.folder.name)) == 1:
            width = len(own.search(part.folder.name)[0])  # type: ignore[index]
            name = own.sub(
                str(number).zfill(width) if width > len(str(part.shard.number)) else str(number), part.folder.name
            )
            return f" ({part.folder.with_name(name)})"
    return ""
