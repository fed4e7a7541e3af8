"""Compare on a page of many questions: figures are those of Python, the page answers, the last choice wins."""

import re

import psutil
import pytest

from benchmarks.page import WATCH, peak, renderer
from benchmarks.report import write_runs
from calm_harness.metrics.compare import differences
from calm_harness.predictions import read
from calm_harness.predictions.scoring import tabulate
from calm_harness.questions import load
from calm_harness.report.leaderboard import build
from calm_harness.report.page import render as pages
from calm_harness.report.runs import find

QUESTIONS = 2000
LANGUAGES = ("en", "zh", "ar")
SHOWN = "rows => rows.map((row) => [row.dataset.metric, ...[...row.cells].slice(1).map((cell) => cell.textContent)])"
COMPARED = "#compare tr[data-metric=acc_ar]"


def made(folder, runs, questions):
    """A page of invented runs, and the runs' sample logs in the order of its rows."""
    (folder / "runs").mkdir()
    (folder / "out").mkdir()
    write_runs(folder / "runs", runs, questions, load("mini", split="test", languages=LANGUAGES).rows)
    board = build(*find([folder / "runs"]), progress=False)
    return pages.write(board, [], folder / "out", "Many"), [row.run.samples for row in board.rows]


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    return made(tmp_path_factory.mktemp("many"), 3, QUESTIONS)


@pytest.fixture(scope="module")
def expected(many):
    """What Python computes of runs 1 and 0, as the page writes it."""
    found = differences(*(tabulate(read(many[1][number])) for number in (1, 0)))
    signed = lambda value: f"{value:+.3f}".replace("-", "−")  # noqa: E731
    return {name: [signed(one.value), f"[{signed(one.low)}, {signed(one.high)}]"] for name, one in found.items()}


def shown(page):
    rows = page.eval_on_selector_all("#compare tr[data-metric]", SHOWN)
    return {name: [apart.split()[0], interval] for name, _, _, apart, interval in rows}


def ended(page):
    """Whether the page's workers end within some seconds: a browser lets them finish a turn of their loop."""
    for _ in range(100):
        if not page.workers:
            return True
        page.wait_for_timeout(50)
    return False


def without_workers(page, folder):
    """The same page under a policy that forbids workers."""
    text = page.read_text("utf-8")
    assert text.count("worker-src blob:") == 1
    strict = folder / "strict.html"
    strict.write_text(text.replace("worker-src blob:", "worker-src 'none'"), "utf-8")
    return strict


def test_figures_computed_in_a_worker_are_those_of_python(many, expected, visit):
    found = visit(many[0])
    found.page.evaluate("calm.inSlices = null")
    page = found.view("compare")
    page.select_option("#view-compare select[data-side=b]", "0")
    page.select_option("#view-compare select[data-side=a]", "1")
    page.wait_for_selector("body[data-ready=compare]")
    figures = shown(page)
    assert len(figures) == 16
    assert figures == {name: expected[name] for name in figures}
    assert found.said == []
    assert ended(page)  # and its memory is free again


def test_figures_computed_where_workers_are_forbidden_are_those_of_python(many, expected, tmp_path, visit):
    page = visit(without_workers(many[0], tmp_path), "#view=compare&a=1&b=0").page
    page.wait_for_selector(COMPARED)
    figures = shown(page)
    assert len(figures) == 16
    assert figures == {name: expected[name] for name in figures}


@pytest.mark.parametrize("workers", [True, False])
def test_the_page_answers_while_it_computes(many, tmp_path, visit, workers):
    found = visit(many[0] if workers else without_workers(many[0], tmp_path))
    page = found.page
    page.evaluate("calm.meta.resamples = 1e6")  # it takes minutes
    page.click("#tab-compare")
    assert page.inner_text("#compare") == "Drawing 1000000 resamples …"
    assert len(page.workers) == workers
    page.click("#theme")
    page.click("#tab-about")
    page.wait_for_selector("body[data-ready=about]", timeout=10_000)
    assert ended(page)  # nobody waits for it any more


@pytest.mark.parametrize("workers", [True, False])
def test_a_choice_made_meanwhile_wins(many, expected, tmp_path, visit, workers):
    page = visit(many[0] if workers else without_workers(many[0], tmp_path)).page
    page.evaluate("calm.meta.resamples = 1e6; Object.assign(calm.state, { a: 2, b: 0 })")
    page.click("#tab-compare")
    page.wait_for_timeout(200)
    page.evaluate("calm.meta.resamples = 1000")
    page.select_option("#view-compare select[data-side=a]", "1")
    page.wait_for_selector(COMPARED)
    figures = shown(page)
    assert figures == {name: expected[name] for name in figures}
    assert page.evaluate("location.hash") == "#view=compare&a=1&b=0"


def test_only_compare_of_other_questions_reads_texts(many, visit):
    page = visit(many[0]).page
    page.evaluate(
        "calm.real = calm.packed; calm.asked = [];"
        "calm.packed = (name) => { calm.asked.push(name); return calm.real(name); }; null"
    )
    page.click("#tab-compare")
    page.wait_for_selector(COMPARED)
    assert {name.partition("-")[0] for name in page.evaluate("calm.asked")} == {"core", "sheet"}


@pytest.mark.slow
def test_a_hundred_thousand_questions_are_compared_in_bounded_memory(tmp_path, chromium):
    path, _ = made(tmp_path, 2, 100_000)
    before = {each.pid for each in psutil.Process().children(recursive=True)}
    context = chromium.new_context()
    page = context.new_page()
    page.goto(path.resolve().as_uri())
    page.wait_for_selector("body[data-ready=ranking]")
    process = renderer(before)
    at_first = process.memory_info().rss / 2**20
    page.evaluate(WATCH)
    with peak(process) as most:
        page.click("#tab-compare")
        page.wait_for_selector(COMPARED, timeout=600_000)
    assert re.match("100000 questions that both were asked", page.inner_text("#compare p"))
    # 18 parts of two runs are 29 MB, and a resample's draws 0.4; as counts of all resamples they would be 200 alone.
    assert most[0] - at_first < 200
    context.close()
