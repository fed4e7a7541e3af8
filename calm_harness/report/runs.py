"""Find lm-eval's runs below folders; what is broken or cut off is said and passed over."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from calm_harness.errors import CalmError
from calm_harness.files import below
from calm_harness.report import probe, results_file
from calm_harness.report.probe import PROBE
from calm_harness.report.run import Run, Skipped

_RESULTS = re.compile(r"results.*\.json|.*_\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d(\.\d+)?\.json")
_SAYS_NOTHING = re.compile(
    r"(?:adapter|best|checkpoint|dco|dpo|epoch|final|grpo|last|lora|meta|peft|round|seed|sft|step)?s?[-_]?\d*", re.I
)
GAP = "…"  # parts that all paths share, between others


def find(paths: Sequence[Path]) -> tuple[list[Run], list[Skipped]]:
    """Read all runs below folders (or results files).

    Returns:
        The runs, by set, format, mode, model and date; and what was passed over, with the reason.

    Raises:
        CalmError: a path does not exist, or there is no run at all, nor a probe.
    """
    runs: list[Run] = []
    skipped: list[Skipped] = []
    files: dict[Path, Path] = {}
    for path in paths:
        if not path.exists():
            raise CalmError(f"{path} does not exist; give folders that lm_eval wrote with --output_path")
        for file in [path] if path.is_file() else below(path, "*.json"):
            if (path.is_file() and path.name != PROBE) or _RESULTS.fullmatch(file.name):
                files.setdefault(file.resolve(), file)
        skipped += [] if path.is_file() else _without_results(path)
    for file in files.values():
        file_runs, file_skipped = results_file.read(file)
        runs += file_runs
        skipped += file_skipped
    if not runs and not probe.files(paths):
        why = f" (passed over: {skipped[0]})" if skipped else ""
        where = ", ".join(map(str, paths))
        raise CalmError(
            f"there is no lm-eval run below {where}{why}; lm_eval writes one with --output_path DIR --log_samples"
        )
    return sorted(runs, key=_place), skipped


def run_of(log: Path) -> Run:
    """Return the run that left a sample log, by the results beside it.

    Raises:
        CalmError: there are none.
    """
    runs, _ = find([log.parent])
    of_log = [run for run in runs if run.samples == log]
    if not of_log:
        raise CalmError(f"{log} has no results beside it, which say of what model it is; run it again")
    return of_log[0]


def _place(run: Run) -> tuple[Any, ...]:
    return (run.set_name, run.split, run.languages, run.format, run.how, run.model, run.adapter or "", run.date)


def short_names(names: Iterable[str], parts: int = 1) -> dict[str, str]:
    """Shorten paths to as many last parts as tell them apart; names of a hub (`org/model`) stay.

    Args:
        names: names and paths.
        parts: the fewest last parts that are shown.
    """
    unique_names = sorted(set(names))
    pieces = {name: _pieces(name) for name in unique_names}
    short = {}
    for name in unique_names:
        if _of_a_hub(name):
            short[name] = name
            continue
        shown = parts
        while shown < len(pieces[name]) and any(
            pieces[other_name][-shown:] == pieces[name][-shown:] for other_name in unique_names if other_name != name
        ):
            shown += 1
        alike = [other_name for other_name in unique_names if pieces[other_name] == pieces[name]]
        short[name] = "/".join(pieces[name][-shown:]) if len(alike) == 1 and pieces[name] else name
    return short


def differing(names: Iterable[str]) -> dict[str, str]:
    """Shorten names and paths to the parts in which they differ.

    What all begin or end with is left out, and of paths of one length what all have between, where an ellipsis stands
    for it. A path that is alone is called by the last of its parts that says something (a kind of training, a round,
    a seed and a step say nothing). What differs in its slashes alone stays whole.
    """
    paths: dict[tuple[str, ...], list[str]] = {}
    for name in sorted(set(names)):
        paths.setdefault(_pieces(name), []).append(name)
    if len(paths) == 1:
        ((path, alike),) = paths.items()
        return {name: name if len(alike) > 1 or _of_a_hub(name) else _saying(path) or name for name in alike}
    parts = _without_shared(list(paths)) if paths else {}
    short = {
        name: "/".join(parts[path]) if len(alike) == 1 and path else name
        for path, alike in paths.items()
        for name in alike
    }
    return short if len(set(short.values())) == len(short) else {name: name for name in short}


def _without_shared(paths: Sequence[tuple[str, ...]]) -> dict[tuple[str, ...], list[str]]:
    """Leave out of paths, no two of which are the same, the parts that all of them share; none becomes empty."""
    least = min(map(len, paths))
    first = _alike(paths, least)
    last = _alike([path[::-1] for path in paths], least - first)
    if first + last == least:  # one of them is all but shared: it keeps a part
        first, last = max(first - 1, 0), last if first else max(last - 1, 0)
    whole = len(set(map(len, paths))) > 1
    shown: dict[tuple[str, ...], list[str]] = {path: [] for path in paths}
    for path, parts in shown.items():
        for place in range(first, len(path) - last):
            if whole or len({other[place] for other in paths}) > 1:
                parts.append(path[place])
            elif parts[-1] != GAP:
                parts.append(GAP)
    return shown


def _alike(paths: Sequence[tuple[str, ...]], most: int) -> int:
    """Count the parts, from the first on, that are the same in all paths."""
    return next((place for place in range(most) if len({path[place] for path in paths}) > 1), most)


def _saying(path: Sequence[str]) -> str:
    """Return the last part that says something, or the last two where none does."""
    return next((part for part in reversed(path) if not _SAYS_NOTHING.fullmatch(part)), "/".join(path[-2:]))


def _pieces(name: str) -> tuple[str, ...]:
    return tuple(piece for piece in re.split(r"[/\\]+", name) if piece not in ("", ".", "~"))


def _of_a_hub(name: str) -> bool:
    return name.count("/") <= 1 and "\\" not in name and name[:1] not in "./~"


def told_apart(runs: Iterable[Run]) -> dict[tuple[str, str, str, str], str]:
    """Name what lies, or lay, under one and the same name and is not the same: kind, digest, name and revision."""
    contents: dict[tuple[str, str, str], set[str]] = {}
    for run in runs:
        for kind, name in (("model", run.model), ("adapter", run.adapter)):
            if name and kind in run.contents:
                contents.setdefault((kind, name, run.revision), set()).add(run.contents[kind])
    return {
        (kind, digest, name, revision): f" [{digest[:6]}]"
        for (kind, name, revision), digests in contents.items()
        if len(digests) > 1
        for digest in digests
    }


def _without_results(folder: Path) -> Iterator[Skipped]:
    """Tell of folders in which a run left samples and no results."""
    for parent in sorted({log.parent for log in below(folder, "samples_*.jsonl")}):
        if not any(_RESULTS.fullmatch(file.name) for file in parent.glob("*.json")):
            yield Skipped(parent, "sample logs without a results file: the run was cut off; run it again")
