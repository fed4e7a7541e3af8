"""Runs and leaderboards as strangers may see them: what lies where on this machine is no business of theirs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from calm_harness.report.leaderboard import Leaderboard
from calm_harness.report.probe import Found
from calm_harness.report.run import Run, Skipped

_ROOTED = re.compile(r"(/|~|\.{1,2}[/\\]|[A-Za-z]:[/\\]|\\\\)")
_PARTS = re.compile(r"[/\\]+")
_JOINTS = re.compile(r"( @ | \+ )")  # a model, its revision, an adapter: `Run.who`


def is_path(name: str) -> bool:
    """Tell whether a name is a path; what a hub calls `owner/name` is none."""
    return bool(_ROOTED.match(name)) or "\\" in name or name.count("/") > 1


def last_part(path: str) -> str:
    """Return the last part of a path that has a name."""
    parts = [part for part in _PARTS.split(path) if part not in ("", ".", "..", "~")]
    return parts[-1] if parts else "?"


def names(paths: Iterable[str]) -> dict[str, str]:
    """Name what paths lead to by their last parts, with a number where several have the same; other names stay."""
    unique = sorted(set(paths))
    short = {name: last_part(name) if is_path(name) else name for name in unique}
    alike = {name: [other for other in unique if short[other] == short[name]] for name in unique}
    return {
        name: short[name] if len(alike[name]) == 1 else f"{short[name]} ({alike[name].index(name) + 1})"
        for name in unique
    }


def who(runs: Sequence[Run], probes: Sequence[Found] = ()) -> dict[str, str]:
    """Name the models and adapters of runs and probes, so that one has the same name wherever it is shown."""
    named = [name for run in runs for name in (run.model, run.adapter) if name]
    return names([*named, *(part for found in probes for part in _JOINTS.split(found.probe.model)[::2])])


def runs(found: Sequence[Run], shown: Mapping[str, str]) -> list[Run]:
    """Name models, adapters and what settings name without the folders that they lie in; `shown` is of `who`."""
    return [
        replace(
            run,
            model=shown[run.model],
            adapter=run.adapter and shown[run.adapter],
            settings={name: last_part(value) if is_path(value) else value for name, value in run.settings.items()},
        )
        for run in found
    ]


def probes(found: Sequence[Found], shown: Mapping[str, str]) -> list[Found]:
    """Name the models of probes in the same way, and where their texts name such a path as well."""
    paths = {name: short for name, short in shown.items() if name != short}
    return [
        Found(
            Path(each.path.name),
            replace(
                each.probe,
                model="".join(shown.get(part, part) for part in _JOINTS.split(each.probe.model)),
                title=_without(each.probe.title, paths),
                lines=[_without(line, paths) for line in each.probe.lines],
            ),
        )
        for each in found
    ]


def board(built: Leaderboard) -> Leaderboard:
    """Return a leaderboard of such runs with names of files in place of paths.

    It is to be shown: of what lies where its rows no longer say enough to read it.
    """
    files = [file for row in built.rows for file in (row.run.results, row.run.samples) if file]
    messages = [*built.skipped, *built.noted, *built.apart]
    shown = {str(path): path.name for path in (*files, *(each.path for each in messages))}
    rows = [
        replace(
            row,
            run=replace(
                row.run, results=Path(row.run.results.name), samples=row.run.samples and Path(row.run.samples.name)
            ),
        )
        for row in built.rows
    ]
    return replace(
        built,
        rows=rows,
        skipped=_told(built.skipped, shown),
        noted=_told(built.noted, shown),
        apart=_told(built.apart, shown),
    )


def _told(messages: Sequence[Skipped], shown: Mapping[str, str]) -> list[Skipped]:
    return [Skipped(Path(message.path.name), _without(message.why, shown)) for message in messages]


def _without(text: str, shown: Mapping[str, str]) -> str:
    for path in sorted(shown, key=len, reverse=True):
        text = text.replace(path, shown[path])
    return text
