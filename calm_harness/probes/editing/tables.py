"""The tables of a run of edits: first what came of them in the edit's own language, then language by language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from calm_harness.metrics.bootstrap import too_few
from calm_harness.probes.editing.outcome import SIGNED, Outcome, matrices, summary
from calm_harness.probes.editing.plan import KEPT
from calm_harness.report import tables
from calm_harness.report.probe import Probe, Table
from calm_harness.report.tables import markdown, number
from retrieval.text import joined

FACTS = {"all": "all facts", "known": "facts known before"}
PLACES = {"diagonal": "in the edit's language", "elsewhere": "in another language", "gap": "the first minus the second"}
TITLES = {
    "success": "success",
    "before": "no edit",
    "other": "another fact's edit",
    "effect": "success − another fact's edit",
    "gain": "success − no edit",
    "locality": "locality",
    "hop": "two-hop",
    "hop_before": "two-hop, no edit",
    "hop_other": "two-hop, another fact's edit",
    "hop_effect": "two-hop − another fact's edit",
    "hop_gain": "two-hop − no edit",
}
FIRST = ("success", "locality", "before", "other", "effect", "gain")
HOPS = ("hop", "hop_before", "hop_other", "hop_effect", "hop_gain")
SHOWN = ("success", "other", "effect", "locality", "hop", "hop_effect")  # language by language; the rest is in the CSV
MEANING = {
    "success": "Share of facts whose new answer is scored higher than the old one after the edit.",
    "other": "The same questions after the edit of another fact, in the same language.",
    "effect": "Success minus that after another fact's edit, paired by fact.",
    "locality": "Share of other questions that are answered as before.",
    "hop": "Share of two-hop questions whose answer, as it follows from the new fact, is scored highest.",
    "hop_effect": "The same minus that after another fact's edit, paired by fact.",
}


def laid_out(found: Outcome, about: Mapping[str, Any]) -> dict[str, Any]:
    """Lay a run out for JSON.

    Args:
        found: what came of it.
        about: what was run: `model`, `facts`, `in` (context or weights), `score`, `settings` and `notes`.

    Returns:
        Also `languages`, `edits`, `kept`, `chance`, `without_control` (facts for which no other fact's edit serves),
        `summary` and `matrices` (see `calm_harness.probes.editing.outcome`).
    """
    without = int(np.isnan(found.other).all(axis=(1, 2)).sum())
    chance = {"success": 0.5, **{name: value for name, value in found.chance.items() if not np.isnan(value)}}
    counts = {
        "languages": list(found.languages),
        "edits": len(found.fact_ids),
        "kept": KEPT,
        "without_control": without,
    }
    return {**about, **counts, "chance": chance, "summary": summary(found), "matrices": matrices(found)}


def to_markdown(table: Mapping[str, Any]) -> str:
    """Render the tables: success and locality on the diagonal and off it, with controls, then each by language."""
    lines = [*_head(table), ""]
    for which, rows in table["summary"].items():
        lines += _summary(which, rows, FIRST)
    for which, rows in table["summary"].items():
        if any(name in row for row in rows.values() for name in HOPS):
            lines += _summary(which, rows, HOPS)
    for name in SHOWN:
        for which, rows in table["matrices"].get(name, {}).items():
            if any(rows.values()):
                lines += [f"{_title(name, which)}, by language of the edit (rows) and of the question:", ""]
                lines += [*_matrix(table["languages"], rows, name), ""]
    return joined(lines[:-1]) + "\n"


def to_csv(table: Mapping[str, Any]) -> str:
    """Render a row a figure, facts, language of the edit and language of the question, and of those of the summary."""
    whole = (
        ((name, which, where, "", cell["questions"]), cell)
        for which, rows in table["summary"].items()
        for where, row in rows.items()
        for name, cell in row.items()
    )
    single = (
        ((name, which, told, asked, cell["questions"]), cell)
        for name, kinds in table["matrices"].items()
        for which, rows in kinds.items()
        for told, row in rows.items()
        for asked, cell in row.items()
    )
    return tables.to_csv(["figure", "facts", "edited_in", "asked_in", "n"], [*whole, *single])


def probe(table: Mapping[str, Any]) -> Probe:
    """Lay the matrices out for `probe.json`."""
    languages = table["languages"]
    return Probe(
        kind="edit",
        title=f"Edits {_place(table)}: {table['facts']}",
        model=table["model"],
        task=table["facts"],
        questions=table["edits"],
        lines=[*_head(table), *_first(table)],
        tables=[
            Table(
                title=_title(name, which),
                figure=TITLES[name],
                row="edited in",
                column="asked in",
                rows=languages,
                columns=languages,
                cells=rows,
                signed=name in SIGNED,
                note=MEANING[name],
            )
            for name in SHOWN
            for which, rows in table["matrices"].get(name, {}).items()
            if any(rows.values())
        ],
    )


def _place(table: Mapping[str, Any]) -> str:
    settings = table["settings"]
    if table["in"] == "context":
        return "in context"
    return f"in weights ({settings['method']}, {settings['steps']} steps, learning rate {settings['learning_rate']:g})"


def _head(table: Mapping[str, Any]) -> list[str]:
    chance, few = table["chance"], too_few(table["edits"])
    without = table["without_control"]
    lines = [
        f"{table['edits']} facts of {table['facts']}, edited one at a time {_place(table)} in each of "
        f"{', '.join(table['languages'])}; options scored by {table['score']}. 95% intervals over facts, differences "
        f"paired by fact.{f' {few}.' if few else ''}",
        f"By chance success is {chance['success']:.3f}; what the model prefers without an edit, and after "
        f"another fact's, stands beside it. Locality is of the same {table['kept']} other facts after every edit; by "
        f"chance {chance['locality']:.3f} of the answers stay."
        + (f" Two-hop questions are right by chance in {chance['hop']:.3f}." if "hop" in chance else ""),
    ]
    if without:
        lines.append(
            f"For {without} facts no other fact's edit serves as control; they are left out where it is needed."
        )
    return [*lines, *(f"{note}." for note in table["notes"])]


def _first(table: Mapping[str, Any]) -> list[str]:
    """Say success and locality on the diagonal and off it in a line each."""
    row = table["summary"]["all"]
    return [
        f"Asked {PLACES[where]}: success {number(row[where]['success'])}, locality {number(row[where]['locality'])}."
        for where in ("diagonal", "elsewhere")
        if where in row
    ]


def _title(name: str, which: str) -> str:
    title = TITLES[name]
    return f"{title[0].upper()}{title[1:]}, {FACTS[which]}"


def _summary(which: str, rows: Mapping[str, Mapping[str, Any]], names: Sequence[str]) -> list[str]:
    shown = [name for name in names if any(name in row for row in rows.values())]
    body = [
        [PLACES[where], *(_counted(row.get(name), signed=name in SIGNED or where == "gap") for name in shown)]
        for where, row in rows.items()
    ]
    asked = [line for line in body if any(line[1:])]
    return [*markdown([f"{FACTS[which]}, asked", *(TITLES[name] for name in shown)], asked), ""]


def _matrix(languages: Sequence[str], rows: Mapping[str, Mapping[str, Any]], name: str) -> list[str]:
    body = [
        [told, *(_counted(rows[told].get(asked), signed=name in SIGNED) for asked in languages)] for told in languages
    ]
    return markdown(["", *languages], body)


def _counted(cell: Mapping[str, Any] | None, *, signed: bool) -> str:
    """Render a figure with its interval and how many facts it is of."""
    text = number(cell, sign="+" if signed else "")
    return f"{text} n={cell['questions']}" if cell and text else text
