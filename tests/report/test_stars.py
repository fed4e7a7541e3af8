"""★ in Python and in the page: the same runs are ahead in the same metrics, also on what two runs share."""

import csv
import io
import random
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from calm_harness import metrics
from calm_harness.metrics import Answer, Answers, twins
from calm_harness.metrics.ahead import ahead
from calm_harness.metrics.bootstrap import resampled
from calm_harness.metrics.compare import estimates, names_of, to_json
from calm_harness.predictions import Prediction
from calm_harness.report.leaderboard import Leaderboard, Row, base_rows, best, collapsed, scopes
from calm_harness.report.packed import pack
from calm_harness.report.page import render as pages
from calm_harness.report.ranking import to_csv, to_markdown
from calm_harness.report.run import Run
from calm_harness.report.sheets import RANKED, Answered, Sheet, core

LANGUAGES = ("en", "zh", "ar")
OPTIONS = ("one", "two", "three", "four")
STARS = [name for name in RANKED if metrics.HIGHER_IS_BETTER[name] is not None]


def predictions(right: float, questions: int, seed: int, languages=LANGUAGES) -> dict[tuple[str, str], Prediction]:
    """Answers to so many questions, of which about this share is right; what is hard is hard for all runs."""
    rng, own = random.Random(0), random.Random(seed)
    rows = {}
    for number in range(questions):
        hard = rng.random()
        for language in languages:
            draw = 0.7 * hard + 0.3 * own.random()
            choice = 0 if draw < right else own.choice([1, 2, 3, None])
            key = (f"q{number:03d}", language)
            rows[key] = Prediction(language, f"stem {key}", OPTIONS, 0, (choice,), key[0])
    return rows


def tabled(rows: Mapping[tuple[str, str], Prediction], languages=LANGUAGES) -> Answers:
    answers = [Answer(r.question_id, r.language, r.choices[0], r.gold, twins(r.options)) for r in rows.values()]
    return Answers.collect(answers, languages)


def row_of(number: int, rows: Mapping[tuple[str, str], Prediction], sheet: str, languages=LANGUAGES, **changes) -> Row:
    """A run with these answers."""
    table = tabled(rows, languages)
    told = {
        "results": Path(f"run{number}/results.json"),
        "samples": Path(f"run{number}/samples.jsonl"),
        "task": "calm_mini_xl_cloze",
        "model": f"model {number}",
        "adapter": None,
        "revision": "",
        "set_name": "mini",
        "split": "test",
        "format": "cloze",
        "mode": "zero-shot",
        "transductive": False,
        "settings": {},
        "inputs": "",
        "arguments": "",
        "date": datetime(2026, 11, 1, number, tzinfo=UTC),
        "languages": languages,
        "questions": len(table.question_ids),
        "figures": to_json(estimates(table)),
    }
    names = [name for name in names_of(table) if name in RANKED]
    samples = resampled({name: metrics.statistic(name, table) for name in names})
    details = {"responses": [""] * len(rows), "cut": []}
    answered = Answered(sheet, sheet, samples, pack(core(table, rows)), pack(details))
    return Row(number, Run(**{**told, **changes}), f"model {number}", "", f"model {number}", answered)


def sheet_of(key: str, rows: Mapping[tuple[str, str], Prediction], languages=LANGUAGES) -> Sheet:
    table = tabled(rows, languages)
    texts = tuple(
        tuple((rows[question, tag].stem, rows[question, tag].options) for tag in languages)
        for question in table.question_ids
    )
    return Sheet(key, table.question_ids, languages, texts)


def board_of(rows: list[Row], *sheets: Sheet) -> Leaderboard:
    """A leaderboard of rows that are starred as `build` does it."""
    names, fallen = scopes(rows), collapsed(rows, base_rows(rows))
    rows = [replace(row, scope=names[row.number], collapsed=fallen.get(row.number, "")) for row in rows]
    found = best(rows)
    rows = [replace(row, best=found.get(row.number, ())) for row in rows]
    return Leaderboard(rows, {sheet.key: sheet for sheet in sheets})


def starred(page, number):
    """The metrics in which the page's ranking gives a row a ★."""
    names = page.eval_on_selector_all("#ranking thead th.number", "all => all.map((cell) => cell.textContent.trim())")
    cells = page.eval_on_selector_all(
        f"#ranking tr[data-row='{number}'] td.number", "all => all.map((cell) => cell.querySelector('.mark') !== null)"
    )
    return {name for name, mark in zip(names, cells, strict=True) if mark}


def compared(page):
    """Which of the ranking's metrics the comparison says to be better, which worse, and whose interval leaves out 0."""
    page.wait_for_selector("#compare table")
    shown = page.eval_on_selector_all(
        "#compare tr[data-metric]",
        "rows => rows.map((row) => [row.dataset.metric, ...[3, 4].map((cell) => row.cells[cell].textContent)])",
    )
    shown = [(name, value, interval) for name, value, interval in shown if name in STARS]
    ends = {name: [float(end) for end in re.findall(r"[+-][.\d]+", text.replace("−", "-"))] for name, _, text in shown}
    apart = {name for name, both in ends.items() if both and both[0] * both[1] > 0}
    better, worse = ({name for name, value, _ in shown if word in value} for word in ("better", "worse"))
    return better, worse, apart


@pytest.fixture
def opened(tmp_path, visit):
    """Write a leaderboard's page, and open the comparison of two rows."""

    def open_page(board, after=1, before=0):
        path = pages.write(board, [], tmp_path, "Test")
        return visit(path, f"#view=compare&a={after}&b={before}").page

    return open_page


@pytest.mark.parametrize(
    ("questions", "right", "seed", "taken"),
    [
        (40, 0.62, 3, {"invalid"}),  # of four leads Holm's correction takes one
        (40, 0.58, 1, {"acc"}),
        (30, 0.62, 4, {"majority_acc"}),
        (20, 0.66, 3, {"invalid"}),
        (60, 0.3, 4, {"consistency"}),  # the other run is ahead
        (40, 0.5, 9, set()),  # and none
    ],
)
def test_the_page_gives_the_stars_that_python_gives(opened, questions, right, seed, taken):
    before, after = predictions(0.5, questions, 100 + seed), predictions(right, questions, seed)
    board = board_of([row_of(0, before, "s"), row_of(1, after, "s")], sheet_of("s", before))
    page = opened(board)
    better, worse, apart = compared(page)
    assert (set(board.rows[1].best), set(board.rows[0].best)) == (better, worse)
    assert apart - better - worse == taken
    page.click("#tab-ranking")
    assert [starred(page, number) for number in (0, 1)] == [better & set(board.columns), worse & set(board.columns)][
        ::-1
    ]


@pytest.mark.parametrize(("questions", "ahead_at_all"), [(1, False), (9, False), (10, True)])
def test_nobody_is_ahead_on_fewer_than_ten_questions(opened, questions, ahead_at_all):
    before, after = predictions(0.0, questions, 1), predictions(1.0, questions, 2)
    board = board_of([row_of(0, before, "s"), row_of(1, after, "s")], sheet_of("s", before))
    assert ("acc" in board.rows[1].best) == ahead_at_all
    page = opened(board)
    assert ("acc" in compared(page)[0]) == ahead_at_all
    few = f"{questions} of at least 10 questions: too few to rank or compare by"
    assert (few in page.inner_text("#compare")) != ahead_at_all
    page.click("#tab-ranking")
    assert bool(starred(page, 1)) == ahead_at_all
    assert (few in to_markdown(board, "Test")) != ahead_at_all


@pytest.mark.parametrize(
    ("shared", "languages"), [(9, LANGUAGES), (40, LANGUAGES), (60, ("en", "ar")), (25, ("zh", "en"))]
)
def test_on_what_two_runs_share_the_page_says_what_python_says(opened, shared, languages):
    before, after = predictions(0.3, 60, 1), predictions(0.75, shared, 2, languages)
    rows = [row_of(0, before, "all"), row_of(1, after, "part", languages)]
    board = board_of(rows, sheet_of("all", before), sheet_of("part", after, languages))
    assert [row.best for row in board.rows] == [(), ()]  # they were asked other questions
    kept = {cell: row for cell, row in before.items() if cell in after}
    in_order = [tag for tag in languages if tag in LANGUAGES]
    measured = [
        resampled({name: metrics.statistic(name, table) for name in names_of(table) if name in RANKED})
        for table in (tabled(rows, in_order) for rows in (after, kept))
    ]
    better, worse, _ = compared(opened(board))
    assert [better, worse] == [set(names) for names in ahead(measured)]
    assert bool(better) == (shared > 9)


def test_a_model_aligned_on_the_questions_stands_apart(opened):
    answers = [predictions(right, 60, seed) for seed, right in enumerate((0.3, 0.6, 0.9, 0.4))]
    rows = [row_of(number, told, "s", transductive=number > 1) for number, told in enumerate(answers)]
    board = board_of(rows, sheet_of("s", answers[0]))
    assert "acc" in board.rows[1].best
    assert [row.best for row in (board.rows[0], *board.rows[2:])] == [(), (), ()]
    plain = "mini · test · 60 questions · en zh ar"
    apart = f"{plain} · transductive: evaluated questions were let into its training"
    text = to_markdown(board, "Test")
    heads = [line for line in text.splitlines() if line.startswith("## ")]
    assert heads == [f"## {plain}", f"## {apart}"]
    assert "★" not in text.split(heads[1])[1]
    lines = list(csv.DictReader(io.StringIO(to_csv(board))))
    assert {(line["model"], line["transductive"]) for line in lines} == {
        *(("model 0", "False"), ("model 1", "False"), ("model 2", "True"), ("model 3", "True"))
    }
    page = opened(board, after=2, before=1)
    page.wait_for_selector("#compare table")
    assert page.inner_text("#compare .warning") == "model 2: evaluated questions were let into its training"
    page.click("#tab-ranking")
    assert [bool(starred(page, number)) for number in range(4)] == [False, True, False, False]
    page.select_option("#ranking-controls select >> nth=0", apart)
    shown = page.eval_on_selector_all("#ranking tbody tr", "rows => rows.map((row) => row.dataset.row)")
    assert shown == ["2", "3"]


def test_a_model_that_says_one_letter_stands_apart(opened):
    """Of two adapters one says A to everything: all languages agree, and the other is ahead of the base model."""
    base, better = predictions(0.3, 60, 0), predictions(0.9, 60, 1)
    always = {key: replace(each, choices=(0,)) for key, each in better.items()}
    gold = {key: number % 4 for number, key in enumerate(sorted({name for name, _ in base}))}
    told = [{key: replace(each, gold=gold[key[0]]) for key, each in run.items()} for run in (base, better, always)]
    told[1] = {
        key: replace(each, choices=(each.gold,)) if each.choices == (0,) else each for key, each in told[1].items()
    }
    rows = [row_of(0, told[0], "s", model="m")]
    rows += [row_of(number, told[number], "s", model="m", adapter=f"a{number}") for number in (1, 2)]
    board = board_of(rows, sheet_of("s", told[0]))
    assert [bool(row.collapsed) for row in board.rows] == [False, False, True]
    assert float(board.rows[2].run.figures["consistency"]["value"]) == 1
    assert board.rows[2].best == ()
    assert "consistency" in board.rows[1].best  # which it is behind the one that stands apart
    page = opened(board, after=2, before=0)
    page.wait_for_selector("#compare table")
    said = page.inner_text("#compare .warning")
    assert said.startswith("model 2: positions of answers collapsed (position_entropy 0.")
    assert said.endswith(" of the base model, 0.000)")


def test_what_the_star_means_is_said(opened):
    answers = predictions(0.5, 12, 1)
    board = board_of([row_of(0, answers, "s"), row_of(1, answers, "s")], sheet_of("s", answers))
    page = opened(board)
    assert "after Holm's correction" in page.inner_text("#compare .note")
    page.click("#tab-ranking")
    for text in (page.inner_text("#view-ranking .note"), to_markdown(board, "Test")):
        assert "after Holm's correction over the metrics" in text
        assert "none below 10 questions" in text
