"""The page on paper: landscape, whole, with all rows, intervals, and the table's head on every sheet."""

import re
import zlib

import pytest

WIDTH = 1047  # pixels of a landscape A4 sheet between margins of 10 mm
VIEWS = ("ranking", "languages", "scatter", "compare", "questions", "probes", "training", "about")
WIDER = """(width) => [...document.querySelectorAll('body *')]
  .filter((each) => each.checkVisibility() && !each.closest('svg *'))
  .filter((each) => !each.closest('.unseen, caption'))
  .filter((each) => each.getBoundingClientRect().right > width + 1 || each.getBoundingClientRect().left < -1)
  .map((each) => `${each.tagName} ${each.id} ${each.className}: ${each.getBoundingClientRect().right}`)"""
CUT = """() => [...document.querySelectorAll('main *')]
  .filter((each) => each.checkVisibility() && !each.closest('svg *, .unseen, caption'))
  .filter((each) => getComputedStyle(each).overflowX !== 'visible' && each.scrollWidth > each.clientWidth + 1)
  .map((each) => `${each.tagName} ${each.id} ${each.className}`)"""


@pytest.mark.parametrize("view", VIEWS)
def test_nothing_is_wider_than_the_paper(whole, visit, view):
    found = visit(whole, f"#view={view}&question=mini-101", width=WIDTH)
    page = found.page
    page.emulate_media(media="print")
    assert page.locator(f"#view-{view}").is_visible()
    assert page.evaluate(WIDER, WIDTH) == []
    assert page.evaluate(CUT) == []
    assert page.locator("button:visible:not(.who):not(.term):not(#list button)").count() == 0
    assert found.said == []


@pytest.mark.parametrize("density", ["comfortable", "compact"])
def test_a_ranking_of_long_names_fits_with_its_intervals(crowd, visit, density):
    page = visit(crowd[1], f"#density={density}", width=WIDTH).page
    page.emulate_media(media="print")
    assert page.evaluate(WIDER, WIDTH) == []
    assert page.evaluate(CUT) == []
    interval = page.locator("#ranking td.number small").first
    assert re.fullmatch(r"\[-?[\d.]+, -?[\d.]+\]", interval.inner_text())
    assert interval.bounding_box()["width"] > 30
    assert page.evaluate("getComputedStyle(document.querySelector('#ranking thead')).display") == "table-header-group"


def sheets(pdf):
    """What is drawn on each sheet of a PDF of Chromium's, as it stands in the file."""
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL)
    texts = []
    for stream in streams:
        try:
            texts.append(zlib.decompress(stream))
        except zlib.error:
            continue
    return [text for text in texts if all(word in text for word in (b"BT\n", b" Tf", b" rg"))]


def test_every_sheet_is_landscape_and_begins_with_the_head_of_the_table(crowd, visit):
    board, path = crowd
    page = visit(path).page
    page.add_style_tag(content="@media print { #ranking thead th { background: rgb(255 0 51) !important } }")
    assert page.locator("#ranking tbody tr").count() == 50
    pdf = page.pdf(prefer_css_page_size=True, print_background=True)
    sizes = [tuple(map(float, size)) for size in re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", pdf)]
    assert sizes
    assert all(width > height for width, height in sizes)
    drawn = sheets(pdf)
    assert len(drawn) == len(sizes) > 2
    red = [len(re.findall(rb"\b1 0 \.2\d* rg", text)) for text in drawn]
    with_rows = [count for count in red if count]
    assert len(with_rows) >= len(drawn) - 1  # the last may have the note alone
    assert page.locator("#ranking tbody tr").count() == 50  # afterwards as before
    assert len(board.rows) == 66


def test_all_rows_are_printed(crowd, visit):
    page = visit(crowd[1]).page
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert page.locator("#ranking tbody tr").count() == 66
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert page.locator("#ranking tbody tr").count() == 50
