"""Links: what is seen is in the address, and whoever opens the address sees it."""

from urllib.parse import parse_qs, urlsplit

import pytest

from tests.browser import until

SHOWN = """() => ({
  rows: [...document.querySelectorAll('#ranking tbody tr')].map((row) => row.dataset.row),
  columns: [...document.querySelectorAll('#ranking thead th')].map((head) => head.dataset.column),
  filters: [...document.querySelectorAll('#ranking-controls select')].map((select) => select.value),
  boxes: [...document.querySelectorAll('#columns input')].map((box) => box.checked),
  search: document.querySelector('.dt-search input').value,
  sorted: [...document.querySelectorAll('#ranking thead th[aria-sort]')].map((head) =>
    [head.dataset.column, head.ariaSort]),
  height: document.querySelector('#ranking tbody tr').offsetHeight,
})"""


def told(page):
    """What the address says."""
    return {name: values[0] for name, values in parse_qs(urlsplit(page.url).fragment).items()}


def fragment(page):
    return f"#{urlsplit(page.url).fragment}"


def test_a_link_to_the_ranking_has_all_that_was_chosen(report, visit):
    page = visit(report / "leaderboard.html").page
    assert told(page) == {"view": "ranking"}
    scope = page.locator("#ranking-controls [data-field=scope] option", has_text="mini · test · 12").first.inner_text()
    page.select_option("[data-field=scope]", scope)
    page.select_option("[data-field=format]", "cloze")
    page.select_option("[data-field=how]", "zero-shot")
    page.fill(".dt-search input", "gemma")
    page.click(".picker summary")
    page.uncheck("#columns input[data-column=alpha]")
    page.uncheck("#columns input[data-column=mode]")
    page.click(".picker summary")
    page.click("#ranking th[data-column=consistency]")
    page.click("#ranking th[data-column=date]", modifiers=["Shift"])
    page.select_option("#density", "compact")
    assert told(page) == {
        "view": "ranking",
        "scope": scope,
        "format": "cloze",
        "how": "zero-shot",
        "search": "gemma",
        "order": "-consistency,-date",
        "hidden": "mode,alpha",
        "density": "compact",
    }
    first = page.evaluate(SHOWN)
    assert len(first["rows"]) == 4
    assert first["height"] < 30
    other = visit(report / "leaderboard.html", fragment(page))
    assert other.page.evaluate(SHOWN) == first
    assert fragment(other.page) == fragment(page)
    assert other.said == []


def test_a_link_without_a_choice_undoes_it(report, visit):
    plain = visit(report / "leaderboard.html").page.evaluate(SHOWN)
    page = visit(report / "leaderboard.html", "#search=xcsqa&hidden=acc,date&density=compact&order=acc").page
    assert page.evaluate(SHOWN) != plain
    page.evaluate("location.hash = 'view=ranking'")
    until(page, "document.querySelectorAll('#ranking tbody tr').length > 1")
    page.wait_for_selector("body[data-ready=ranking]")
    assert page.evaluate(SHOWN) == plain


@pytest.mark.parametrize(
    "unknown",
    [
        "#view=nothing",
        "#scope=nothing&format=letters&how=x",
        "#hidden=nothing&density=huge&order=nothing,-none",
        "#view=ranking&run=99&measure=x&search=",
        "#%%%&&=&order=,,-",
    ],
)
def test_what_is_not_known_is_passed_over(report, visit, unknown):
    plain = visit(report / "leaderboard.html").page.evaluate(SHOWN)
    found = visit(report / "leaderboard.html", unknown)
    assert found.page.evaluate(SHOWN) == plain
    assert found.said == []


def test_a_narrow_window_keeps_its_own_columns_unless_a_link_names_some(crowd, visit):
    path = crowd[1]
    assert len(visit(path, "#order=-rankc", width=400).page.evaluate(SHOWN)["columns"]) == 4
    page = visit(path, "#hidden=none", width=400).page
    assert len(page.evaluate(SHOWN)["columns"]) == 13
    assert told(page) == {"view": "ranking", "hidden": "none"}
    assert visit(path, "#hidden=date", width=400).page.evaluate(SHOWN)["columns"][-1] == "invalid"


def test_a_link_to_the_languages_has_questions_run_and_measure(board, runs, report, visit):
    page = visit(report / "leaderboard.html").view("languages")
    row = next(row for row in board.rows if row.run.results.is_relative_to(runs / "rag"))
    (other,) = [row for row in board.rows if row.run.results.is_relative_to(runs / "recorded")]
    page.select_option("#languages-scope", label=other.scope)
    page.wait_for_selector(f"#kin svg[aria-label='Pairs by script and family, {other.name}']")
    page.select_option("#languages-scope", label=row.scope)
    page.select_option("#agreement-run", str(row.number))
    page.select_option("#agreement-table", "lift")
    page.wait_for_selector(f"#agreement svg[aria-label='lift by pairs of languages, {row.name}']")
    until(page, "location.hash.includes('lift')")
    assert told(page) == {"view": "languages", "scope": row.scope, "run": str(row.number), "measure": "lift"}
    found = visit(report / "leaderboard.html", fragment(page))
    found.page.wait_for_selector(f"#agreement svg[aria-label='lift by pairs of languages, {row.name}']")
    assert found.page.get_attribute("#heat svg.marks", "aria-label") == f"Accuracy by language, {row.scope}"
    assert told(found.page) == told(page)
    wrong = visit(report / "leaderboard.html", f"#view=languages&scope={row.scope}x&run={other.number}&measure=x").page
    assert wrong.input_value("#agreement-run") != ""
    assert wrong.input_value("#agreement-table") == "consistency"
    assert found.said == []


def test_a_link_to_the_scatter_has_its_questions(board, runs, report, visit):
    page = visit(report / "leaderboard.html").view("scatter")
    (row,) = [row for row in board.rows if row.run.results.is_relative_to(runs / "part")]
    label = f"Accuracy against consistency, {row.scope}"
    assert page.get_attribute("#scatter svg.marks", "aria-label") != label
    page.select_option("#scatter-scope", label=row.scope)
    page.wait_for_selector(f"#scatter svg[aria-label='{label}']")
    until(page, "location.hash.includes('scope')")
    assert told(page) == {"view": "scatter", "scope": row.scope}
    found = visit(report / "leaderboard.html", fragment(page))
    assert found.page.get_attribute("#scatter svg.marks", "aria-label") == label


def test_a_link_is_copied(report, visit):
    found = visit(report / "leaderboard.html", "#search=xcsqa", permissions=["clipboard-read", "clipboard-write"])
    found.page.click("#copy")
    until(found.page, "document.getElementById('copied').textContent")
    assert found.page.inner_text("#copied") == "Link copied."
    assert found.page.evaluate("navigator.clipboard.readText()") == found.page.url
    assert found.page.url.endswith("#view=ranking&search=xcsqa")
    assert not found.page.is_visible("#link")


def test_a_link_that_may_not_be_copied_is_selected(report, visit):
    found = visit(report / "leaderboard.html", "#search=xcsqa")
    page = found.page
    page.evaluate(
        "Object.defineProperty(navigator, 'clipboard', { value: undefined })"
    )  # as where a page is not trusted
    page.click("#copy")
    page.wait_for_selector("#link:visible")
    assert page.evaluate("getSelection().toString()") == page.url
    assert page.evaluate("document.activeElement.id") == "link"
    assert "Ctrl+C" in page.inner_text("#copied")
    assert found.said == []
