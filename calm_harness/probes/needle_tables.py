"""The grid of needles as Markdown, as CSV, and as what the page shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from calm_harness.metrics.bootstrap import too_few
from calm_harness.probes.found import ALL, FOUND
from calm_harness.report import tables
from calm_harness.report.probe import Probe, Table
from calm_harness.report.tables import left_out, markdown, number
from retrieval.text import joined

if TYPE_CHECKING:
    from calm_harness.report.run import Run

UNKNOWN = "not known"
GAIN = "gain"
TITLES = {
    "acc": "Accuracy",
    FOUND: "Found: (accuracy − haystack alone) ÷ (needle alone − haystack alone)",
    GAIN: "Accuracy − haystack alone",
}
NOTES = {
    "acc": "The floor, chance, and the accuracy of the needle and of the haystack alone stand above.",
    FOUND: "1: as good as the needle alone; 0: no better than the haystack alone; empty where these two are not surely "
    "apart, so that there is no knowing.",
    GAIN: "Paired by question.",
}
SIGNED = (GAIN, "room")


def to_markdown(table: Mapping[str, Any]) -> str:
    """Render the tables: what needles are held against, then accuracy, found and gain of each length."""
    lines = [_head(table), "", *_references(table)]
    for length in table["lengths"]:
        for name, title in TITLES.items():
            lines += ["", f"{title}, haystacks of up to {length} tokens:", ""]
            lines += _by_place(table, name, length)
    if len(table["languages"]) > 1:
        lines += ["", "Accuracy by language of the question:", ""]
        lines += markdown(
            ["tokens", "needle in", "at", *table["languages"]],
            [
                [str(cell["length"]), cell["language"], cell["place"]]
                + [number(cell["figures"][tag]["acc"]) for tag in table["languages"]]
                for cell in table["cells"]
            ],
        )
    lines += ["", "Where needles stand, means over rows (passages are whole):", ""]
    lines += markdown(
        ["tokens", "needle in", "asked at", "stands at", "tokens around", "passages around", "tokens of the needle"],
        [
            [str(cell["length"]), cell["language"], cell["place"], f"{cell['at']:.3f}"]
            + [f"{cell[name]:.0f}" for name in ("haystack_tokens", "haystack_passages", "tokens")]
            for cell in table["cells"]
        ],
    )
    return joined(lines) + "\n"


def _head(table: Mapping[str, Any]) -> str:
    left, few = left_out(table["incomplete_questions"]), too_few(table["questions"])
    return (
        f"{table['questions']} questions in {', '.join(table['languages'])}{left}. By chance {table['chance']:.3f} "
        f"are right, without any passage {number(table['floor'][ALL]['acc'])}: what is known, or guessed from the "
        "options, is no reading. 95% intervals over questions, differences paired by question."
        + (f" {few}." if few else "")
    )


def _references(table: Mapping[str, Any]) -> list[str]:
    rows = {"no passage (floor)": table["floor"]}
    rows |= {f"haystack alone, {length} tokens": table["without"][str(length)] for length in table["lengths"]}
    rows |= {f"needle alone, {tag}": table["alone"][tag] for tag in table["needle_languages"]}
    tags = [ALL, *(table["languages"] if len(table["languages"]) > 1 else [])]
    return markdown(
        ["accuracy", *tags], [[name, *(number(figures[tag]["acc"]) for tag in tags)] for name, figures in rows.items()]
    )


def _by_place(table: Mapping[str, Any], name: str, length: int) -> list[str]:
    """Lay a figure of one length out: needle's language × place."""
    cells = {(cell["language"], cell["place"]): cell for cell in table["cells"] if cell["length"] == length}
    return markdown(
        ["needle in", *table["places"]],
        [[tag, *(_shown(cells[tag, place], name) for place in table["places"])] for tag in table["needle_languages"]],
    )


def _shown(cell: Mapping[str, Any], name: str) -> str:
    text = number(cell["figures"][ALL][name], sign="+" if name in SIGNED else "")
    return text or (UNKNOWN if name == FOUND else "")


def to_csv(table: Mapping[str, Any]) -> str:
    """Render a row a run, language of the question and figure, for spreadsheets and plots."""
    rows: list[tuple[Sequence[Any], Mapping[str, Any]]] = []
    runs = [(("none", "", "", ""), table["floor"])]
    runs += [(("haystack", "", "", length), table["without"][str(length)]) for length in table["lengths"]]
    runs += [(("alone", tag, "", ""), table["alone"][tag]) for tag in table["needle_languages"]]
    runs += [(("needle", cell["language"], cell["place"], cell["length"]), cell["figures"]) for cell in table["cells"]]
    for keys, by_language in runs:
        rows += [((*keys, tag, name), figure) for tag, own in by_language.items() for name, figure in own.items()]
    return tables.to_csv(["run", "needle", "place", "tokens", "language", "figure"], rows)


def to_probe(table: Mapping[str, Any], run: Run) -> Probe:
    """Lay the grid out for the page: needle's language × place, of each length and figure.

    Args:
        table: see `calm_harness.probes.needle.grid`.
        run: any of those that it is of.
    """
    lines = [_head(table)]
    lines += [
        f"Haystack alone, {length} tokens: {number(table['without'][str(length)][ALL]['acc'])}"
        for length in table["lengths"]
    ]
    lines += [f"Needle alone, {tag}: {number(table['alone'][tag][ALL]['acc'])}" for tag in table["needle_languages"]]
    shown = [
        Table(
            title=f"{TITLES[name]}, haystacks of up to {length} tokens",
            figure="accuracy" if name == "acc" else name,
            row="needle in",
            column="stands at",
            rows=table["needle_languages"],
            columns=table["places"],
            cells={
                tag: {
                    cell["place"]: cell["figures"][ALL][name]
                    for cell in table["cells"]
                    if (cell["length"], cell["language"]) == (length, tag)
                }
                for tag in table["needle_languages"]
            },
            signed=name in SIGNED,
            note=NOTES[name],
        )
        for length in table["lengths"]
        for name in TITLES
    ]
    return Probe("needle", "A needle in many languages", run.who, run.task, table["questions"], lines, shown)
