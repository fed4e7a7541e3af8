"""Write a leaderboard: the page, tables for other places, and charts as SVG and PNG."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from tqdm import tqdm

from calm_harness.errors import CalmError
from calm_harness.files import write_text
from calm_harness.report import charts, ranking
from calm_harness.report.leaderboard import Leaderboard, by_accuracy
from calm_harness.report.page import render
from calm_harness.report.probe import Found
from calm_harness.report.probe import find as find_probes
from calm_harness.report.training.charts import Training, find

CHARTS = "charts"
_OURS = re.compile(r"(languages|scatter|agreement|rounds|arms|probe)-\d+-.*\.(svg|png)")
MOST = 12  # runs whose agreement is drawn, of one set of questions


def write(board: Leaderboard, runs: Sequence[Path], folder: Path, title: str) -> list[Path]:
    """Write all files.

    Args:
        board: what they show.
        runs: where reports of loops and studies, and probes, may lie.
        folder: where they are to lie.
        title: the heading.

    Returns:
        The paths of page, tables, and the charts' folder.
    """
    trainings, unread = find(runs)
    probes, unread_probes = find_probes(runs)
    board = replace(board, skipped=[*board.skipped, *unread, *unread_probes])
    try:
        (folder / CHARTS).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CalmError(f"{folder / CHARTS} cannot be made ({error.strerror}); name another folder") from None
    paths = [
        render.write(board, trainings, folder, title, probes),
        folder / "leaderboard.md",
        folder / "leaderboard.csv",
    ]
    write_text(paths[1], ranking.to_markdown(board, title))
    write_text(paths[2], ranking.to_csv(board))
    specs = dict(pictures(board, trainings, probes))
    for old_file in (folder / CHARTS).iterdir():  # of an earlier report
        if _OURS.fullmatch(old_file.name):
            old_file.unlink()
    for name, spec in tqdm(specs.items(), desc="drawing charts", unit="chart", disable=None):
        write_text(folder / CHARTS / f"{name}.svg", charts.svg(spec))
        (folder / CHARTS / f"{name}.png").write_bytes(charts.png(spec))
    return [*paths, folder / CHARTS]


def pictures(
    board: Leaderboard, trainings: Sequence[Training], probes: Sequence[Found] = ()
) -> Iterator[tuple[str, charts.Spec]]:
    """Name every chart."""
    for place, scope in enumerate(render.scopes(board.rows)):
        name = f"{place + 1}-{_file_name(scope['scope'])}"
        if scope["heat"]:
            yield f"languages-{name}", scope["heat"]
        if scope["scatter"]:
            yield f"scatter-{name}", scope["scatter"]
        rows = by_accuracy(board.rows[number] for number in scope["rows"])
        for row in rows[:MOST]:
            if row.run.pairwise.get("consistency"):
                spec = charts.pairs(row.run.pairwise["consistency"], "consistency")
                yield f"agreement-{name}-run{row.number}", {**spec, "title": {"text": row.name, "anchor": "start"}}
    for place, training in enumerate(trainings):
        yield f"{training.kind}-{place + 1}-{_file_name(training.title)}", training.spec
    for place, found in enumerate(probes):
        for number, table in enumerate(found.probe.tables):
            name = _file_name(f"{found.probe.kind} {table.title}")
            yield f"probe-{place + 1}-{number + 1}-{name}", charts.titled(found.probe, table)


def _file_name(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:50]
