"""The grid of mixed languages: every kind of mix beside the same questions unmixed, from their sample logs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from calm_harness.errors import CalmError
from calm_harness.metrics import Answers, Statistic
from calm_harness.metrics.bootstrap import estimate, too_few
from calm_harness.metrics.compare import to_json
from calm_harness.passages.choice import NONE
from calm_harness.predictions import Prediction, asked_languages, read
from calm_harness.predictions.scoring import tabulate
from calm_harness.probes.barrier import ALL, NO_PLACE, Asked, chance, compared
from calm_harness.report import tables
from calm_harness.report.probe import Probe, Table
from calm_harness.report.run import Run
from calm_harness.report.tables import left_out, markdown, number
from retrieval.text import joined

ODD = "one_wrong"  # the kind with a wrong option that is odd
SIGNED = ("barrier", "behind", "attraction")  # figures that are differences


def grid(logs: Mapping[str, Path], language: str) -> dict[str, Any]:
    """Lay runs side by side.

    Args:
        logs: kind of mix -> sample log, `none` (unmixed) among them.
        language: of the rest.

    Returns:
        `language`, `languages` (of the rows), `questions`, `incomplete_questions`, `chance`, and `cells`: kind ->
        language, or `all` but that of the rest -> figure -> value, stderr, 95% interval and number of questions (see
        `calm_harness.probes.barrier`).

    Raises:
        CalmError: a log cannot be read, or is of other questions.
    """
    rows = {kind: in_order(list(read(log)), asked_languages.of_results(log)) for kind, log in logs.items()}
    tables = {kind: tabulate(rows[kind], asked_languages.of_results(log)) for kind, log in logs.items()}
    plain = tables[NONE]
    texts = {str(row.question_id): row.options for row in rows[NONE] if row.language == language}
    cells: dict[str, Any] = {}
    for kind, table in tables.items():
        odd = odd_places(rows[kind], table, texts) if kind == ODD else np.full(table.chosen.shape, NO_PLACE)
        try:
            statistics = compared(Asked(table, odd), plain, language)
        except CalmError as error:
            raise CalmError(f"{logs[kind]}: {error}") from None
        cells[kind] = {tag: _figures(figures) for tag, figures in statistics.items()}
    return {
        "language": language,
        "languages": list(plain.languages),
        "questions": len(plain.question_ids),
        "incomplete_questions": plain.incomplete,
        "chance": chance(plain),
        "cells": cells,
    }


def _figures(statistics: Mapping[str, Statistic]) -> dict[str, dict[str, Any]]:
    """Estimate figures, each of which is a mean; a question counts where it has what the mean is taken of."""
    return {
        name: {**figure, "questions": int((statistics[name].parts[:, 1] > 0).sum())}
        for name, figure in to_json(estimate(statistics)).items()
    }


def in_order(rows: Sequence[Prediction], languages: Sequence[str]) -> list[Prediction]:
    """Sort rows by language, in the order of the run's, whichever process asked them."""
    order = {language: place for place, language in enumerate(languages)}
    return sorted(rows, key=lambda row: (order.get(row.language, len(order)), row.language))


def odd_places(rows: Sequence[Prediction], table: Answers, texts: Mapping[str, Sequence[str]]) -> Any:
    """[Q, L]: position of the one option in the row's language; -1 where none is, or its text is the same unmixed.

    Args:
        rows: of a log of mixed languages.
        table: their answers.
        texts: of each question the options in the language of the rest.
    """
    question_of = {question_id: place for place, question_id in enumerate(table.question_ids)}
    odd = np.full(table.chosen.shape, NO_PLACE)
    for row in rows:
        question_id = str(row.question_id)
        stem, *options = row.mix.get("languages", [row.language] * (len(row.options) + 1))
        own = [place for place, tag in enumerate(options) if tag == row.language != stem]
        if len(own) == 1 and question_id in question_of and row.options[own[0]] != texts[question_id][own[0]]:
            odd[question_of[question_id], table.languages.index(row.language)] = own[0]
    return odd


def to_markdown(table: Mapping[str, Any]) -> str:
    """Render the tables: all languages together, the control, and accuracy and barrier by language."""
    cells, rest = table["cells"], table["language"]
    varied = [tag for tag in table["languages"] if tag != rest]
    first = {"acc": "acc", "barrier": "barrier", "flipped": "flipped"}
    first |= {"behind": f"acc all in {rest} − acc", "apart": f"other answer than all in {rest}"}
    lines = [_head(table), "", *_table("mix", cells, {kind: cell[ALL] for kind, cell in cells.items()}, first)]
    if ODD in cells and "odd" in cells[ODD][ALL]:
        control = {"odd": "odd option chosen", "odd_plain": f"the same, all in {rest}", "attraction": "attraction"}
        lines += ["", "The wrong option that alone is in the row's language:", ""]
        lines += _table("language", cells[ODD], cells[ODD], control)
    for name, title in (("acc", "Accuracy"), ("barrier", "Barrier")):
        by_language = {
            kind: {tag: cell[tag][name] for tag in varied if name in cell[tag]} for kind, cell in cells.items()
        }
        by_language = {kind: figures for kind, figures in by_language.items() if figures}
        if len(varied) > 1 and by_language:
            lines += ["", f"{title} by language of the row:", ""]
            sign = "+" if name in SIGNED else ""
            body = [[kind, *(number(row.get(tag), sign=sign) for tag in varied)] for kind, row in by_language.items()]
            lines += markdown(["mix", *varied], body)
    return joined(lines) + "\n"


def _head(table: Mapping[str, Any]) -> str:
    rest = table["language"]
    varied = [tag for tag in table["languages"] if tag != rest]
    left, few = left_out(table["incomplete_questions"]), too_few(table["questions"])
    return (
        f"{table['questions']} questions in {', '.join(varied)}{left}, what is not in the row's language in {rest} "
        f"(mixup: in others); rows in {rest} itself are not mixed, and not in these figures. By chance "
        f"{table['chance']:.3f} are right; 95% intervals over questions, differences paired by question."
        + (f" {few}." if few else "")
    )


def _table(
    head: str, keys: Mapping[str, Any], rows: Mapping[str, Mapping[str, Any]], columns: Mapping[str, str]
) -> list[str]:
    shown = {name: title for name, title in columns.items() if any(name in row for row in rows.values())}
    body = [[key, *(number(rows[key].get(name), sign="+" if name in SIGNED else "") for name in shown)] for key in keys]
    return markdown([head, *shown.values()], body)


def to_csv(table: Mapping[str, Any]) -> str:
    """Render a row a kind of mix, language and figure, for spreadsheets and plots."""
    return tables.to_csv(
        ["mix", "language", "figure"],
        (
            ((kind, tag, name), figure)
            for kind, cell in table["cells"].items()
            for tag, figures in cell.items()
            for name, figure in figures.items()
        ),
    )


def to_probe(table: Mapping[str, Any], run: Run) -> Probe:
    """Lay the grid out for the page: accuracy, barrier and flipped by mix and language, and the control.

    Args:
        table: see `grid`.
        run: any of those that it is of.
    """
    rest, cells = table["language"], table["cells"]
    tags = [*(tag for tag in table["languages"] if tag != rest), ALL]
    shown = {
        "acc": ("Accuracy", f"The row {NONE} is of the same questions, all in the language above."),
        "barrier": (
            "Barrier",
            "Accuracy with all in the language above, minus accuracy mixed: above 0 is what mixing costs.",
        ),
        "flipped": ("Flipped answers", "Share of answers that are other ones than with all in the language above."),
        "attraction": (
            "Attraction of the odd option",
            f"P(odd option chosen) minus P(the same with all in {rest}): 0 where its language decides nothing.",
        ),
    }
    found = []
    for name, (title, note) in shown.items():
        rows = {kind: {tag: cell[tag][name] for tag in tags if name in cell[tag]} for kind, cell in cells.items()}
        rows = {kind: figures for kind, figures in rows.items() if figures}
        if rows:
            figure = "accuracy" if name == "acc" else name
            found.append(Table(title, figure, "mix", "language", list(rows), tags, rows, name in SIGNED, note))
    return Probe("mix", f"Languages mixed with {rest}", run.who, run.task, table["questions"], [_head(table)], found)
