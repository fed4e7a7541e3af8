"""The files of a probe, or of a grid: its figures as JSON, Markdown and CSV, and what the page shows of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from calm_harness.files import write_text
from calm_harness.report.probe import Probe, write


def save(folder: Path, name: str, table: Mapping[str, Any], *, text: str, rows: str, probe: Probe | None) -> None:
    """Write `{name}.json`, `{name}.md` and `{name}.csv`, and `probe.json` where there is anything to show.

    Args:
        folder: where they are to lie.
        name: of the first three.
        table: the figures.
        text: these as Markdown.
        rows: these as CSV.
        probe: what the page shows of them.

    Raises:
        CalmError: a file cannot be written.
    """
    write_text(folder / f"{name}.json", json.dumps(table, indent=1, ensure_ascii=False) + "\n")
    write_text(folder / f"{name}.md", text)
    write_text(folder / f"{name}.csv", rows)
    if probe is not None:
        write(probe, folder)
