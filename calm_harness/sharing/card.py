"""The data card: what the data set is, its figures with intervals, where it comes from, and who may do what with it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from huggingface_hub import DatasetCardData

from calm_harness import __version__
from calm_harness.report import ranking
from calm_harness.report.sheets import RANKED
from calm_harness.report.tables import escaped, markdown, number
from retrieval.text import printable

if TYPE_CHECKING:
    from calm_harness.report.leaderboard import Row
    from calm_harness.sharing.found import Found
    from calm_harness.sharing.written import Table

CARD = "README.md"
TAG = "calm-harness"  # by which a data set of ours is known again
BESIDE = ("rankc_chance", "position_entropy")  # what RankC is by chance; 0 where the same letter is answered always
ASKED = ("vote", "objective", "score", "min_languages", "min_votes", "chosen", "chat", "transductive", "seed")


def render(found: Found, tables: Sequence[Table], repo: str, *, texts: bool, licence: str | None) -> str:
    """Write the card.

    Args:
        found: what the data set is made of.
        tables: its files.
        repo: its name.
        texts: whether questions, prompts and responses are in it.
        licence: the one that the user names.
    """
    name = repo.rpartition("/")[2]
    lines = ["---", metadata(tables, name, licence), "---", "", f"# {escaped(name)}", "", _what(found), ""]
    lines += ["```python", "from datasets import load_dataset", ""]
    lines += [f'rows = load_dataset("{repo}", "{table.name}", split="{table.split}")' for table in tables[:1]]
    lines += ["```", "", *_configurations(tables, texts)]
    if found.board:
        lines += _figures(found, {table.part.row.number: table for table in tables if table.part and table.part.row})
        lines += _origin(found)
    for table in tables:
        if table.part and table.part.summary:
            lines += _pairs(table.name, table.part.summary)
    lines += _terms(tables, texts, licence)
    lines += ["", f"Made by calm-harness {__version__} (`calm push`)."]
    return "\n".join(lines) + "\n"


def metadata(tables: Sequence[Table], name: str, licence: str | None) -> str:
    """Return what the Hub reads of a card, as YAML: files by configuration, languages, tags, the user's licence."""
    tags = list(dict.fromkeys(language for table in tables for language in table.languages))
    data = DatasetCardData(
        pretty_name=printable(name),
        language=sorted({tag.split("-")[0].lower() for tag in tags if tag.split("-")[0].isalpha()}) or None,
        license=licence,
        task_categories=["question-answering"],
        tags=[TAG, "lm-eval", "cross-lingual-consistency"],
        configs=[
            {"config_name": table.name, "data_files": [{"split": table.split, "path": table.file}]} for table in tables
        ],
    )
    return data.to_yaml().strip()


def _what(found: Found) -> str:
    logs = [part.row for part in found.parts if part.row]
    words = []
    if found.board:
        models = ", ".join(dict.fromkeys(escaped(row.model) for row in found.board.rows))
        words.append(
            f"What {models} answered, as [lm-evaluation-harness](https://github.com/EleutherAI/lm-evaluation-harness) "
            "logs it, by tasks of calm-harness, which ask the same questions in several languages"
            if logs
            else f"The figures of {models}, by lm-evaluation-harness"
        )
    if any(part.summary for part in found.parts):
        words.append("Preference pairs or texts to train on, made of such answers")
    return ". ".join(words) + "."


def _configurations(tables: Sequence[Table], texts: bool) -> list[str]:
    rows = [[f"`{table.name}`", f"`{table.split}`", str(table.rows), _content(table, texts)] for table in tables]
    lines = markdown(["configuration", "split", "rows", "what"], rows)
    as_json = {table.name: table.as_json for table in tables if table.as_json}
    for name, columns in as_json.items():
        lines += ["", f"In `{name}` JSON stands in {', '.join(f'`{column}`' for column in columns)}."]
    return [*lines, ""]


def _content(table: Table, texts: bool) -> str:
    if table.part is None:
        return "all figures with standard errors and 95% intervals, a row each"
    what = "sample log, a row a question and language" if table.part.row else "pairs or texts, with what they come from"
    return what if texts else f"{what}; without texts"


def _figures(found: Found, tables: dict[int, Table]) -> list[str]:
    """Lay the ranking out, with what guessing comes to beside accuracy."""
    assert found.board is not None
    lines = ["## Figures", "", _note(found.board.rows)]
    for scope in ranking.scopes(found.board):
        rows = [row for row in found.board.rows if row.scope == scope]
        columns = [name for name in (*RANKED, *BESIDE) if any(name in row.run.figures for row in rows)]
        few = ranking.note(rows)
        lines += ["", f"### {escaped(scope)}", "", *([few, ""] if few else [])]
        lines += markdown(
            ["model", "format", "mode", columns[0], "chance", *columns[1:]] if columns else ["model", "format", "mode"],
            [
                [escaped(row.model), escaped(row.run.format), escaped(row.run.how)]
                + [number(row.run.figures.get(name)) for name in columns[:1]]
                + ([_chance(tables.get(row.number))] if columns else [])
                + [number(row.run.figures.get(name)) for name in columns[1:]]
                for row in rows
            ],
        )
    return [*lines, ""]


def _note(rows: Sequence[Row]) -> str:
    note = (
        "Values with 95% intervals over questions, all languages of a question together. `chance` is the accuracy of "
        "guessing; consistency alone can be had by answering the same letter always: read it with `alpha` (0 by "
        "chance), accuracy and `position_entropy`."
    )
    if any(row.run.transductive for row in rows):
        note += " **Transductive** models were aligned, without labels, on questions that they were asked."
    return note


def _chance(table: Table | None) -> str:
    return "" if table is None or table.chance is None else f"{table.chance:.3f}"


def _origin(found: Found) -> list[str]:
    assert found.board is not None
    head = ["configuration", "task", "version", "model", "digest", "adapter", "digest", "questions", "settings", "of"]
    rows = []
    for row in found.board.rows:
        run = row.run
        settings = ", ".join(f"{name} {value}" for name, value in run.settings.items())
        versions = ", ".join(f"{name} {version}" for name, version in run.versions.items())
        cells = [
            run.task,
            str(json.loads(run.inputs).get("version") or ""),
            run.model + (f" @ {run.revision}" if run.revision else ""),
            run.contents.get("model", ""),
            run.adapter or "",
            run.contents.get("adapter", ""),
            run.contents.get("questions", ""),
            settings,
            f"{run.date:%Y-%m-%d}, {versions}",
        ]
        rows.append([f"`{found.names[row.number]}`", *map(escaped, cells)])
    return ["## Where it comes from", "", *markdown(head, rows), ""]


def _pairs(name: str, summary: dict[str, Any]) -> list[str]:
    """Lay out what is known of pairs: how many, by language and source, what they were made by, what was left out."""
    lines = [f"## `{name}`", ""]
    for what in ("pairs", "rows", "questions", "sampled_questions", "samples", "tokens"):
        if isinstance(summary.get(what), int):
            lines.append(f"- {what.replace('_', ' ')}: {summary[what]}")
    for what in ("pairs_by_language", "pairs_by_source", "by_language", "by_kind", "dropped", "samples_left_out"):
        counts = summary.get(what)
        if isinstance(counts, dict) and counts:
            listed = ", ".join(f"{escaped(str(key))} {value}" for key, value in counts.items())
            lines.append(f"- {what.replace('_', ' ')}: {listed}")
    settings = summary.get("settings")
    if isinstance(settings, dict):
        told = ", ".join(f"{key} {settings[key]}" for key in ASKED if settings.get(key) not in (None, False, [], ""))
        lines.append(f"- made by: {escaped(told)}")
    share = summary.get("vote_acc", {}).get("all") if isinstance(summary.get("vote_acc"), dict) else None
    if share:
        lines.append(f"- the vote is right (reported only, never used): {number(share)}")
    return [*lines, ""]


def _terms(tables: Sequence[Table], texts: bool, licence: str | None) -> list[str]:
    """Say whose the texts are, and what they are not to be used for."""
    lines = ["## Terms", ""]
    parts = [table.part for table in tables if table.part]
    if not texts:
        lines.append("- Questions, prompts, passages and responses are left out; ids say which questions were asked.")
    for part in parts if texts else ():
        by = part.licence or f"not known to calm-harness; whoever pushed this names {licence}"
        lines.append(f"- Texts of `{part.name}` are of {escaped(part.whose)}: {escaped(by)}.")
    if licence is None:
        lines.append("- No licence is named for the rest.")
    lines.append("- What a model wrote is subject to the terms of that model.")
    if any(part.row for part in parts):
        lines.append("- These are evaluation questions: what is trained on them is no longer evaluated by them.")
    return lines
