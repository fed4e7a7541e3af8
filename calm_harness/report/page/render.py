"""The page: one HTML file that works from disk and asks for nothing; what is too large for it lies beside it."""

from __future__ import annotations

import base64
import functools
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
from jinja2 import Environment
from markupsafe import Markup

from calm_harness import __version__, metrics
from calm_harness.files import write_text
from calm_harness.metrics.bootstrap import FEW, RESAMPLES, SEED
from calm_harness.prompts.families import kind_of
from calm_harness.report import charts
from calm_harness.report.leaderboard import Leaderboard, Row, by_accuracy
from calm_harness.report.packed import pack
from calm_harness.report.page.glossary import MEANINGS
from calm_harness.report.probe import Found
from calm_harness.report.ranking import note
from calm_harness.report.sheets import RANKED
from calm_harness.report.training.charts import Training
from retrieval.text import drawable, printable

INLINE = 16_000_000  # characters of answers and texts that the page itself may hold
PAGE = "leaderboard.html"
FOLDER = "leaderboard_data"
COMPUTING = ("intervals.js", "stats.js", "paired.js")  # what a worker has as well
WORKER = "worker.js"
SCRIPTS = (
    *("data.js", "shared.js", "glossary.js", "charts.js", "languages.js", "probes.js", "ranking.js"),
    *("sharing.js", "work.js", "compare.js", "questions.js", "main.js"),
)
BESIDE = "beside.js"  # only where answers lie beside the page
VIEWS = {
    "ranking": "Ranking",
    "languages": "Languages",
    "scatter": "Accuracy × consistency",
    "compare": "Compare",
    "questions": "Questions",
    "probes": "Probes",
    "training": "Training",
    "about": "About",
}


def write(
    board: Leaderboard, trainings: Sequence[Training], folder: Path, title: str, probes: Sequence[Found] = ()
) -> Path:
    """Write the page, and its data folder if one is needed.

    Args:
        board: what it shows.
        trainings: the charts of loops and studies.
        folder: where it is to lie.
        title: its heading.
        probes: what probes came to.

    Returns:
        The page's path.
    """
    chunks = packed(board)
    inline = sum(map(len, chunks.values())) <= INLINE
    files = {} if inline else {name: f"{name.partition('-')[0]}-{_digest(text)}" for name, text in chunks.items()}
    for old_file in (folder / FOLDER).glob("*.js"):  # of an earlier report
        if old_file.stem not in files.values():
            old_file.unlink()
    if files:
        (folder / FOLDER).mkdir(exist_ok=True)
        for name, file in files.items():
            write_text(folder / FOLDER / f"{file}.js", f'calm.arrived("{file}", "{chunks[name]}");\n')
    text = render(board, trainings, title, chunks if inline else {}, files, probes=probes)
    write_text(folder / PAGE, text)
    return folder / PAGE


def _digest(text: str) -> str:
    """Name a file by its content: a page that was left open never reads another report's answers."""
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def packed(board: Leaderboard) -> dict[str, str]:
    """Name what the page loads when it is asked for: `core-N` and `said-N` of row N, `sheet-KEY` and `texts-KEY`."""
    chunks = {}
    for row in board.rows:
        if row.answers is not None:
            chunks[f"core-{row.number}"] = row.answers.core
            chunks[f"said-{row.number}"] = row.answers.details
    for key, sheet in board.sheets.items():
        chunks[f"sheet-{key}"] = pack({"ids": sheet.question_ids, "languages": sheet.languages})
        chunks[f"texts-{key}"] = pack(sheet.texts)
    return chunks


def render(
    board: Leaderboard,
    trainings: Sequence[Training],
    title: str,
    chunks: Mapping[str, str],
    files: Mapping[str, str],
    *,
    probes: Sequence[Found] = (),
) -> str:
    """Render the page with the chunks that it is to hold, or with the names of the files that hold them."""
    source = resources.files("calm_harness.report.page")
    # Nothing but our own files and the libraries enters unescaped; in JSON every "<" is written as \u003c.
    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True, finalize=_final)
    environment.filters |= {"breakable": breakable, "bare": bare}
    joined = lambda names: Markup("\n".join((source / name).read_text(encoding="utf-8") for name in names))  # noqa: E731
    template = environment.from_string((source / "page.html").read_text(encoding="utf-8"))
    absent = {name for name, shown in (("training", trainings), ("probes", probes)) if not shown}
    views = [(name, text) for name, text in VIEWS.items() if name not in absent]
    rows = sorted(by_accuracy(board.rows), key=lambda row: row.scope)
    scripts = [*SCRIPTS[:-1], *([BESIDE] if files else []), SCRIPTS[-1]]  # the last one starts the page
    return template.render(
        title=title,
        version=__version__,
        views=views,
        rows=rows,
        columns=board.columns,
        meanings=MEANINGS,
        note=note,
        few=FEW,
        scopes=dict.fromkeys(row.scope for row in rows),
        formats=dict.fromkeys(row.run.format for row in rows),
        modes=dict.fromkeys(row.run.how for row in rows),
        trainings=trainings,
        probes=probes,
        same_count=charts.same_count,
        skipped=board.skipped,
        noted=board.noted,
        apart=board.apart,
        meta=Markup(_json({**meta(board, trainings, probes), **({"files": files} if files else {})})),
        chunks=[(name, Markup(content)) for name, content in chunks.items()],
        libraries={name: Markup(content) for name, content in libraries().items()},
        css=Markup((source / "page.css").read_text(encoding="utf-8")),
        computing=joined(COMPUTING),
        worker=joined([WORKER]),
        script=joined(scripts),
    )


def meta(board: Leaderboard, trainings: Sequence[Training], probes: Sequence[Found] = ()) -> dict[str, Any]:
    """Lay out what the page's script has at once."""
    state = np.random.default_rng(SEED).bit_generator.state["state"]  # whose draws the bootstrap uses
    return {
        "generator": {"state": str(state["state"]), "increment": str(state["inc"])},
        "resamples": RESAMPLES,
        "few": FEW,
        "folder": FOLDER,
        "columns": board.columns,
        "higher": metrics.HIGHER_IS_BETTER,
        "rows": [_row(row) for row in board.rows],
        "charts": scopes(board.rows),
        "pairs": {name: charts.pairs({}, name) for name in charts.PAIRS},
        "kin": charts.kin([]),
        "differences": charts.differences([]),
        "trainings": [{"title": training.title, "spec": drawable(training.spec)} for training in trainings],
        "probes": [_heats(found) for found in probes],
    }


def _heats(found: Found) -> list[dict[str, Any]]:
    """Lay out the heat map of each of a probe's tables."""
    probe = found.probe
    return [
        {"title": printable(f"{table.title}, {probe.title}, {probe.model}"), "spec": drawable(charts.heat(table))}
        for table in probe.tables
    ]


def _row(row: Row) -> dict[str, Any]:
    cells = {name: row.run.figures.get(name) for name in RANKED}
    figures = {name: cell for name, cell in cells.items() if cell and cell["value"] is not None}
    return {
        "number": row.number,
        "name": row.name,
        "model": row.run.model,
        "adapter": row.run.adapter or "",
        "revision": row.run.revision,
        "settings": ", ".join(f"{name} {value}" for name, value in row.run.settings.items()),
        "scope": row.scope,
        "format": row.run.format,
        "how": row.run.how,
        "date": row.run.date.isoformat(),
        "results": printable(row.run.results),
        "languages": row.run.languages,
        "kinds": [kind_of(language) for language in row.run.languages],
        "pairwise": {name: _brief(table) for name, table in row.run.pairwise.items() if name in charts.PAIRS},
        "related": charts.kin_values(row.run.related),
        "base": row.base,
        "sheet": row.answers and row.answers.sheet,
        "transductive": row.run.transductive,
        "collapsed": row.collapsed,
        "ranked": list(figures),
        "figures": {name: [cell["value"], *cell["interval"]] for name, cell in figures.items()},
    }


def _brief(table: Mapping[str, Mapping[str, Mapping[str, Any] | None]]) -> dict[str, dict[str, list[float | None]]]:
    """Lay out a table of language × language, where it has a value: that, its interval, the number of questions."""
    found: dict[str, dict[str, list[float | None]]] = {}
    for first, line in table.items():
        cells = {second: cell for second, cell in line.items() if cell is not None and cell["value"] is not None}
        found[first] = {
            second: [
                None if number is None else round(number, 5)
                for number in (cell["value"], *cell["interval"], cell["questions"])
            ]
            for second, cell in cells.items()
        }
    return found


def scopes(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Lay out the charts of each set of questions: `scope`, `rows` (numbers), `heat`, `scatter` (None where empty)."""
    groups: dict[str, list[Row]] = {}
    for row in rows:
        if row.run.ours:
            groups.setdefault(row.scope, []).append(row)
    return [
        {
            "scope": scope,
            "rows": [row.number for row in group],
            "heat": drawable(charts.heat_map(group)),
            "scatter": drawable(charts.scatter(group)),
        }
        for scope, group in groups.items()
    ]


@functools.cache  # bundling takes a second
def libraries() -> dict[str, str]:
    """Return the scripts and styles of the libraries that draw charts and tables, as their packages hold them."""
    import vl_convert

    tables = resources.files("itables") / "html"
    return {
        "charts": vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;").replace("</script", "<\\/script"),
        "tables": base64.b64encode((tables / "dt_bundle.js").read_bytes()).decode("ascii"),
        "table_css": (tables / "dt_bundle.css").read_text(encoding="utf-8"),
    }


def breakable(name: object, after: str = "/") -> Markup:
    """Let a path break after its slashes, or a name after what joins its words."""
    return Markup(f"{after}<wbr>").join(printable(name).split(after))


def bare(value: float) -> str:
    """Write a share, or a difference of shares, without the zero before its point: intervals take less room so."""
    return re.sub(r"^(-?)0\.", r"\1.", f"{value:.3f}")


def _final(value: object) -> object:
    """Make whatever the template shows printable, but for our own files and the libraries."""
    return value if isinstance(value, Markup) else printable(value)


def _json(content: Any) -> str:
    """Return JSON that may stand in a script element."""
    text = json.dumps(content, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c")
