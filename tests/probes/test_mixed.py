"""The grid of mixed languages as tables, of answers that are written by hand."""

import csv
import io
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from calm_harness.metrics import Answer, Answers
from calm_harness.predictions import Prediction
from calm_harness.probes.mixed import in_order, odd_places, to_csv, to_markdown, to_probe
from calm_harness.report.run import Run

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def prediction(question_id, language, options, languages=()):
    mix = {"kind": "one_wrong", "language": "en", "languages": list(languages)} if languages else {}
    return Prediction(language, "?", tuple(options), 0, (0,), question_id=question_id, mix=mix)


def figure(value, low, high):
    return {"value": value, "stderr": 0.1, "interval": [low, high], "questions": 60}


CELL = {"acc": figure(0.5, 0.4, 0.6), "behind": figure(0.1, -0.1, 0.3), "apart": figure(0.4, 0.3, 0.5)}
MIXED = CELL | {"barrier": figure(0.2, 0.1, 0.3), "flipped": figure(0.3, 0.2, 0.4)}
CONTROL = {"odd": figure(0.3, 0.2, 0.4), "odd_plain": figure(0.1, 0.0, 0.2), "attraction": figure(0.2, 0.1, 0.3)}
TABLE = {
    "language": "en",
    "languages": ["en", "de", "fr"],
    "questions": 60,
    "incomplete_questions": 1,
    "chance": 0.25,
    "cells": {
        "none": dict.fromkeys(("de", "fr", "all"), CELL),
        "one_wrong": dict.fromkeys(("de", "fr", "all"), MIXED | CONTROL),
    },
}


def test_as_markdown():
    lines = to_markdown(TABLE).splitlines()
    assert lines[0] == (
        "60 questions in de, fr (1 more were not asked in all of these, and are left out), what is not in the row's "
        "language in en (mixup: in others); rows in en itself are not mixed, and not in these figures. By chance 0.250 "
        "are right; 95% intervals over questions, differences paired by question."
    )
    assert lines[2] == "| mix | acc | barrier | flipped | acc all in en − acc | other answer than all in en |"
    assert lines[4] == "| none | 0.500 [0.400, 0.600] |  |  | +0.100 [-0.100, +0.300] | 0.400 [0.300, 0.500] |"
    assert lines[5].startswith("| one_wrong | 0.500 [0.400, 0.600] | +0.200 [+0.100, +0.300] | 0.300 [0.200, 0.400] |")
    assert lines[7] == "The wrong option that alone is in the row's language:"
    assert lines[9] == "| language | odd option chosen | the same, all in en | attraction |"
    assert lines[11] == "| de | 0.300 [0.200, 0.400] | 0.100 [0.000, 0.200] | +0.200 [+0.100, +0.300] |"
    assert lines[-5] == "Barrier by language of the row:"
    assert lines[-1] == "| one_wrong | +0.200 [+0.100, +0.300] | +0.200 [+0.100, +0.300] |"


def test_as_csv():
    rows = list(csv.DictReader(io.StringIO(to_csv(TABLE))))
    (row,) = [row for row in rows if (row["mix"], row["language"], row["figure"]) == ("one_wrong", "all", "barrier")]
    assert (row["value"], row["low"], row["high"]) == ("0.2", "0.1", "0.3")


def test_an_option_is_odd_where_it_alone_is_in_the_rows_language_and_reads_otherwise_in_the_rest():
    rows = [
        prediction("a", "de", ("rain", "Sand"), ("en", "en", "de")),
        prediction("b", "de", ("Regen", "sand"), ("en", "de", "en")),
        prediction("c", "de", ("rain", "sand"), ("en", "en", "de")),  # the text is that of the rest
        prediction("d", "de", ("Regen", "sand"), ("de", "de", "en")),  # the stem is in the row's language, too
        prediction("e", "de", ("Regen", "Sand"), ("en", "de", "de")),
    ]
    answers = [Answer(row.question_id, tag, 0, 0, (0, 1)) for row in rows for tag in ("en", "de")]
    table = Answers.collect(answers, ("en", "de"))
    rows.append(prediction("a", "en", ("rain", "sand"), ("en", "en", "en")))
    odd = odd_places(rows, table, dict.fromkeys("abcde", ("rain", "sand")))
    assert np.array_equal(odd, [[-1, 1], [-1, 0], [-1, -1], [-1, -1], [-1, -1]])


def test_rows_are_sorted_by_the_languages_of_the_run():
    rows = [prediction("a", tag, ("x", "y")) for tag in ("de", "ja", "en")]
    assert [row.language for row in in_order(rows, ("en", "ja", "de"))] == ["en", "ja", "de"]
    assert [row.language for row in in_order(rows, ())] == ["de", "en", "ja"]


def test_as_a_probe():
    """Each figure by mix and language, of the kinds and languages that have it, with the head of the grid."""
    run = Run(
        Path("r.json"), None, "calm_mini_xl", "org/model", "lora", "", *[""] * 4, False, {}, "", "", NOW, (), 60, {}
    )
    hidden = {"languages": ["en", "de"], "cells": {"none": {"de": {"apart": CELL["apart"]}, "all": {}}}}
    found = to_probe(TABLE, run)
    assert (found.kind, found.title) == ("mix", "Languages mixed with en")
    assert (found.model, found.task, found.questions) == ("org/model + lora", "calm_mini_xl", 60)
    assert list(found.lines) == [to_markdown(TABLE).splitlines()[0]]
    told = {table.figure: (list(table.rows), table.signed) for table in found.tables}
    assert told == {
        "accuracy": (["none", "one_wrong"], False),
        "barrier": (["one_wrong"], True),
        "flipped": (["one_wrong"], False),
        "attraction": (["one_wrong"], True),
    }
    assert all(list(table.columns) == ["de", "fr", "all"] for table in found.tables)
    assert found.tables[1].cells["one_wrong"]["all"] == figure(0.2, 0.1, 0.3)
    assert to_probe({**TABLE, **hidden}, run).tables == []
