"""The page without a mouse, without colours that are hard to read, and for screen readers: axe-core on every view."""

import pytest

from tests.browser import until

PAGE = "leaderboard.html"
VIEWS = ("ranking", "languages", "scatter", "compare", "questions", "probes", "training", "about")
OUTLINE = """() => {
  const { activeElement: at } = document;
  const box = at.getBoundingClientRect();
  const style = getComputedStyle(at);
  const on = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
  return {
    name: at.id || at.dataset.column || at.closest("th")?.dataset.column || at.textContent.trim().slice(0, 30),
    outlined: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
    inside: box.right > 0 && box.left < innerWidth && box.bottom > 0 && box.top < innerHeight,
    uncovered: on !== null && (at.contains(on) || on.contains(at) || on.closest("label")?.control === at),
  };
}"""


@pytest.fixture(scope="module")
def axe():
    """axe-core, which a page's policy does not let in unless it is passed by."""
    return pytest.importorskip(
        "axe_playwright_python.sync_playwright", reason="pip install axe-playwright-python"
    ).Axe()


def violations(axe, page):
    """What axe-core finds: rule, element and why."""
    found = axe.run(page).response["violations"]
    return [
        (one["id"], node["target"], node.get("failureSummary", "").replace("\n", " "))
        for one in found
        for node in one["nodes"]
    ]


@pytest.mark.parametrize("width", [400, 1280, 1920])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(axe, whole, visit, width, scheme):
    found = visit(whole, width=width, scheme=scheme, bypass_csp=True)
    for name in VIEWS:
        page = found.view(name)
        if name == "ranking":
            page.click("#ranking .who >> nth=0")
            page.click(".picker summary")
            page.focus("#columns input >> nth=3")
            assert page.locator("[role=tooltip]:visible").count() == 1
        if name == "questions":
            page.click("#list button >> nth=0")
            page.wait_for_selector(".card")
            for summary in page.locator(".card details:not([open]) summary").all():
                summary.click()
        for summary in page.locator("details:visible summary:has-text('As a table')").all():
            summary.click()
        assert violations(axe, page) == [], name


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_a_compact_ranking(axe, crowd, visit, scheme):
    found = visit(crowd[1], "#density=compact", scheme=scheme, bypass_csp=True)
    assert violations(axe, found.page) == []


def test_axe_finds_what_is_wrong(axe, crowd, visit):
    page = visit(crowd[1], bypass_csp=True).page
    page.add_style_tag(content=":root { --soft: #b0b0b0 !important }")
    page.evaluate("document.getElementById('copy').textContent = ''")
    assert {"color-contrast", "button-name"} <= {rule for rule, *_ in violations(axe, page)}


def walk(page, until, most=200):
    """Press Tab until an element has the focus, and return what was come by; all of it is seen."""
    passed = []
    for _ in range(most):
        page.keyboard.press("Tab")
        at = page.evaluate(OUTLINE)
        assert at["outlined"], at
        assert at["inside"], at
        assert at["uncovered"], at
        passed.append(at["name"])
        if page.evaluate("(selector) => document.activeElement.matches(selector)", until):
            return passed
    raise AssertionError(f"Tab does not come to {until}: {passed}")


def press(page, *keys):
    for key in keys:
        page.keyboard.press(key)


@pytest.mark.parametrize("width", [400, 1280])
def test_everything_is_done_by_keyboard(board, report, visit, width):
    found = visit(report / PAGE, "#hidden=none", width=width)
    page = found.page
    assert walk(page, ".skip") == ["Skip to the content"]
    walk(page, "#copy")
    walk(page, "#tab-ranking")

    walk(page, "[data-field=scope]")
    walk(page, "[data-field=how]")
    page.keyboard.type("RAG")
    assert page.locator("#ranking tbody tr").count() == 1
    page.wait_for_timeout(1200)  # what is typed at once is one word
    page.keyboard.type("all")
    assert page.locator("#ranking tbody tr").count() == len(board.rows)

    walk(page, ".picker summary")
    press(page, "Enter")
    walk(page, "#columns input[data-column=alpha]")
    assert page.locator("#meaning-alpha").is_visible()
    press(page, "Space")
    assert page.locator("#ranking th[data-column=alpha]").count() == 0
    press(page, "Space", "Escape")
    assert page.get_attribute(".picker", "open") is not None
    walk(page, "#density")
    assert page.get_attribute(".picker", "open") is None
    press(page, "ArrowDown")
    assert page.input_value("#density") == "compact"

    walk(page, "#csv")
    with page.expect_download() as handed:
        press(page, "Enter")
    assert handed.value.suggested_filename == "ranking.csv"

    walk(page, ".dt-search input")
    page.keyboard.type("gemma")
    walk(page, "th[data-column=consistency] [tabindex]")
    assert page.locator("#meaning-consistency").is_visible()
    press(page, "Enter")
    page.wait_for_selector("#ranking th[data-column=consistency][aria-sort=descending]")
    press(page, "Escape")
    assert not page.locator("#meaning-consistency").is_visible()
    walk(page, ".who")
    press(page, "Enter")
    assert page.locator("#ranking td.details").count() == 1

    page.focus("#tab-ranking")
    press(page, "ArrowRight", "ArrowRight", "ArrowRight")
    page.wait_for_selector("body[data-ready=compare]")
    page.wait_for_selector("#compare table")
    walk(page, "#view-compare select[data-side=b]")
    before = page.input_value("#view-compare select[data-side=b]")
    press(page, "ArrowDown")
    until(page, f"calm.state.b !== {before}")
    page.wait_for_selector("body[data-ready=compare]")
    walk(page, "#view-compare select[data-side=a]")
    walk(page, "#view-compare .swap")
    walk(page, "#compare tr[data-metric=acc] button")
    assert page.locator("#meaning-acc").is_visible()
    assert found.said == []
