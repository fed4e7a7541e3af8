"""The ranking on the page: what fits, what is told of a name and of a metric, and what leaves it as CSV."""

import csv
import json

import pytest

from calm_harness.report.page.glossary import MEANINGS
from tests.report.conftest import EVIL

COLUMNS = ["acc", "consistency", "correct_all", "alpha", "rankc", "majority_acc", "pivot_gap", "invalid"]
SCROLLING = "#view-ranking .dt-layout-table > div"
OVERFLOW = (
    f"(() => {{ const box = document.querySelector('{SCROLLING}'); return box.scrollWidth - box.clientWidth; }})()"
)


def names(page):
    """The first column, as it is shown."""
    return page.locator("#ranking tbody .who").all_inner_texts()


def column(page, name):
    """The values of a metric's column, as they are shown."""
    place = page.evaluate(
        f"[...document.querySelectorAll('#ranking thead th')].findIndex((head) => head.dataset.column === '{name}')"
    )
    texts = page.eval_on_selector_all(
        "#ranking tbody tr[data-row]",
        f"all => all.map((row) => row.cells[{place}].querySelector('.value').textContent)",
    )
    return [float(text) for text in texts]


@pytest.mark.parametrize("density", ["comfortable", "compact"])
@pytest.mark.parametrize("width", [1280, 1920])
def test_no_column_is_cut(crowd, visit, width, density):
    page = visit(crowd[1], width=width).page
    page.select_option("#density", density)
    heads = page.locator("#ranking thead th").all()
    assert len(heads) == 5 + len(COLUMNS)
    assert page.evaluate(OVERFLOW) <= 0
    assert all(head.bounding_box()["x"] + head.bounding_box()["width"] <= width - 16 for head in heads)


def test_no_column_is_cut_where_responses_are_told_of_as_well(report, visit):
    page = visit(report / "leaderboard.html").page
    assert page.locator("#ranking thead th").count() == 5 + len(COLUMNS) + 1
    assert page.evaluate(OVERFLOW) <= 0
    page.set_viewport_size({"width": 1265, "height": 900})  # what a scroll bar leaves
    assert page.evaluate(OVERFLOW) <= 0


def test_the_first_column_stays_where_the_others_move(crowd, visit):
    page = visit(crowd[1], "#hidden=none", width=400).page
    assert page.evaluate(OVERFLOW) > 300
    first = page.locator("#ranking tbody th").first
    before = first.bounding_box()
    page.eval_on_selector(SCROLLING, "box => box.scrollTo(box.scrollWidth, 0)")
    assert first.bounding_box() == before
    last = page.locator("#ranking tbody tr >> nth=0 >> td >> nth=-1").bounding_box()
    assert before["x"] + before["width"] <= last["x"]
    assert last["x"] + last["width"] <= 400
    top = page.evaluate(f"document.elementFromPoint({before['x'] + 40}, {before['y'] + 10}).closest('th, td').tagName")
    assert top == "TH"


def test_a_narrow_window_shows_few_columns(crowd, visit):
    page = visit(crowd[1], width=400).page
    shown = page.eval_on_selector_all("#ranking thead th", "all => all.map((head) => head.dataset.column)")
    assert shown == ["model", "acc", "consistency", "alpha"]


def test_an_adapter_stands_on_one_line_beneath_its_model(crowd, visit):
    page = visit(crowd[1]).page
    page.fill(".dt-search input", "runs/study/english/seed0")  # the full name is found
    assert names(page) == ["gemma-3-270m\n+ english"]
    lines = page.eval_on_selector_all("#ranking .who bdi", "all => all.map((line) => line.getClientRects().length)")
    assert lines == [1, 1]
    full = ".cache/gemma-3-270m + runs/study/english/seed0/round1/dpo"
    assert page.get_attribute("#ranking .who", "title") == full
    page.fill(".dt-search input", "")
    assert "gemma-3-270m\n+ own" in names(page)
    assert "Qwen/Qwen3-0.6B-Base\n+ crosslingual" in names(page)


def test_a_row_unfolds_to_all_that_it_leaves_out(crowd, visit):
    board, path = crowd
    page = visit(path).page
    page.select_option("#density", "compact")
    (row,) = [row for row in board.rows if row.run.adapter and "english" in row.run.adapter]
    button = page.locator(f"#ranking tr[data-row='{row.number}'] .who")
    assert button.get_attribute("aria-expanded") == "false"
    button.click()
    assert button.get_attribute("aria-expanded") == "true"
    told = page.inner_text("#ranking td.details")
    cell = row.run.figures["alpha"]
    interval = "[{:.3f}, {:.3f}]".format(*cell["interval"])
    for text in (row.run.model, row.run.adapter, "settings\nscore pmi", row.scope, str(row.run.results)):
        assert text in told
    assert f"alpha {cell['value']:.3f} {interval}" in told
    button.click()
    assert page.locator("#ranking td.details").count() == 0


def test_a_compact_row_is_a_line_whose_intervals_are_still_said(crowd, visit):
    board, path = crowd
    page = visit(path, "#density=compact").page
    heights = page.eval_on_selector_all("#ranking tbody tr", "all => all.map((row) => row.offsetHeight)")
    assert len(heights) == 50
    assert max(heights) < 30
    number = next(row.number for row in board.rows if row.run.adapter and "english" in row.run.adapter)
    cell = board.rows[number].run.figures["acc"]
    interval = "[{:.3f}, {:.3f}]".format(*cell["interval"]).replace("0.", ".")
    at = page.locator(f"#ranking tr[data-row='{number}'] td.number >> nth=0")
    assert at.text_content() == f"{cell['value']:.3f}{interval}"
    assert interval in page.get_by_role("row", name="english").first.aria_snapshot()
    small = at.locator("small")
    assert small.evaluate("text => [getComputedStyle(text).display, text.clientWidth]") == ["block", 1]
    at.hover()
    tip = page.locator("[role=tooltip]:visible")
    assert tip.inner_text() == interval
    page.select_option("#density", "comfortable")
    at.hover()
    assert tip.count() == 0
    assert small.evaluate("text => text.clientWidth") > 40


def shown_as_csv(page):
    """What the button CSV hands out, by its header."""
    with page.expect_download() as handed:
        page.click("#csv")
    assert handed.value.suggested_filename == "ranking.csv"
    with open(handed.value.path(), encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_csv_has_the_rows_and_columns_that_are_shown_in_their_order(crowd, visit):
    board, path = crowd
    found = visit(path)
    page = found.page
    page.fill(".dt-search input", "gemma")
    page.click(".picker summary")
    for name in ("alpha", "format", "date"):
        page.uncheck(f"#columns input[data-column={name}]")
    page.click(".picker summary")
    page.click("#ranking th[data-column=consistency]")
    page.click("#ranking th[data-column=consistency]")
    lines = shown_as_csv(page)
    metrics = [name for name in COLUMNS if name != "alpha"]
    heads = [f"{name}{end}" for name in metrics for end in ("", "_low", "_high")]
    assert list(lines[0]) == ["model", "adapter", "revision", "settings", "questions", "mode", *heads]
    rows = sorted(
        (row for row in board.rows if "gemma" in row.run.model), key=lambda row: row.run.figures["consistency"]["value"]
    )
    assert len(lines) == len(rows) == 5
    assert [line["adapter"] for line in lines] == [row.run.adapter or "" for row in rows]
    for line, row in zip(lines, rows, strict=True):
        assert (line["model"], line["questions"], line["mode"]) == (row.run.model, row.scope, row.run.how)
        for name in metrics:
            cell = row.run.figures[name]
            expected = [cell["value"], *cell["interval"]]
            assert [float(line[f"{name}{end}"]) for end in ("", "_low", "_high")] == expected
    assert found.said == []


def test_csv_has_all_pages_of_the_table_and_no_formulas(crowd, visit):
    board, path = crowd
    page = visit(path).page
    lines = shown_as_csv(page)
    assert len(lines) == len(board.rows) == 66
    assert page.locator("#ranking tbody tr").count() == 50
    evil = [line["model"] for line in lines if "calc" in line["model"]]
    assert evil == [f"'{EVIL}"]
    assert not [field for line in lines for field in line.values() if field[:1] in ("=", "+", "@")]


def test_csv_has_an_empty_cell_where_a_run_has_no_such_metric(report, visit):
    lines = shown_as_csv(visit(report / "leaderboard.html").page)
    (plain,) = [line for line in lines if line["questions"].startswith("plain_questions")]
    assert (plain["alpha"], plain["alpha_low"], plain["alpha_high"]) == ("", "", "")
    assert 0 <= float(plain["acc_low"]) <= float(plain["acc"]) <= float(plain["acc_high"]) <= 1


def tip_of(page, element):
    """The one tooltip that is shown; it belongs to an element and lies in the window."""
    tip = page.locator("[role=tooltip]:visible")
    assert tip.count() == 1
    assert element.get_attribute("aria-describedby") == tip.get_attribute("id")
    box = tip.bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= page.viewport_size["width"]
    assert box["y"] >= 0
    assert box["y"] + box["height"] <= page.viewport_size["height"]
    middle = [box["x"] + box["width"] / 2, box["y"] + box["height"] / 2]
    assert page.evaluate("([x, y]) => document.elementFromPoint(x, y).getAttribute('role')", middle) == "tooltip"
    return tip.inner_text()


@pytest.mark.parametrize("width", [400, 1280])
def test_a_header_says_what_its_metric_means(crowd, visit, width):
    page = visit(crowd[1], "#hidden=none", width=width).page
    assert page.locator("#ranking thead [data-term]").count() == len(COLUMNS)
    for name in COLUMNS:
        head = page.locator(f"#ranking th[data-column={name}]")
        button = head.locator("[tabindex]")
        head.hover()
        assert tip_of(page, button) == MEANINGS[name]
        page.hover("h1")
        page.wait_for_selector("[role=tooltip]:visible", state="detached")
        button.focus()
        assert tip_of(page, button) == MEANINGS[name]
        page.keyboard.press("Escape")
        assert page.locator("[role=tooltip]:visible").count() == 0
        assert page.evaluate("document.activeElement.closest('th').dataset.column") == name
        page.evaluate("document.activeElement.blur()")


def test_a_tooltip_can_be_pointed_at_itself(crowd, visit):
    page = visit(crowd[1]).page
    page.hover("#ranking th[data-column=rankc]")
    page.hover("#meaning-rankc")
    page.wait_for_timeout(400)
    assert page.inner_text("[role=tooltip]:visible") == MEANINGS["rankc"]


def test_the_column_picker_says_what_a_metric_means(crowd, visit):
    page = visit(crowd[1]).page
    page.click(".picker summary")
    for name in COLUMNS:
        box = page.locator(f"#columns input[data-column={name}]")
        box.focus()
        assert tip_of(page, box) == MEANINGS[name]
    page.focus("#columns input[data-column=format]")
    assert page.locator("[role=tooltip]:visible").count() == 0


def test_the_comparison_says_what_its_metrics_mean(report, visit):
    page = visit(report / "leaderboard.html").view("compare")
    page.wait_for_selector("#compare table")
    rows = page.eval_on_selector_all("#compare tr[data-metric]", "all => all.map((row) => row.dataset.metric)")
    named = [name for name in rows if not name.startswith("acc_")]
    assert {"acc", "consistency_strict", "potential_chance", "kappa_strict"} <= set(named)
    for name in named:
        button = page.locator(f"#compare tr[data-metric={name}] button")
        button.focus()
        assert tip_of(page, button) == MEANINGS[name]
        assert button.inner_text() == name
    assert page.locator("#compare tr[data-metric=acc_en] th").inner_text() == "en"


def test_whoever_touches_a_name_is_told(report, chromium):
    context = chromium.new_context(viewport={"width": 400, "height": 800}, has_touch=True)
    page = context.new_page()
    page.goto(f"{(report / 'leaderboard.html').as_uri()}#view=compare")
    page.wait_for_selector("#compare table")
    page.tap("#compare tr[data-metric=alpha] button")
    assert page.inner_text("[role=tooltip]:visible") == MEANINGS["alpha"]
    context.close()


def test_intervals_have_no_zero_before_the_point(crowd, visit):
    board, path = crowd
    page = visit(path).page
    number = next(row.number for row in board.rows if row.run.adapter)
    shown = page.eval_on_selector_all(
        f"#ranking tr[data-row='{number}'] td.number small", "all => all.map((each) => each.textContent)"
    )
    for name, text in zip(COLUMNS, shown, strict=True):
        assert not text.startswith("[0.")
        assert json.loads(text.replace("[.", "[0.").replace("-.", "-0.").replace(" .", " 0.")) == [
            round(end, 3) for end in board.rows[number].run.figures[name]["interval"]
        ]
