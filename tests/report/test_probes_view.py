"""Probes on the page: every table as a heat map and as a table, to be had with a mouse, with keys, and with neither."""

from pathlib import Path
from xml.etree import ElementTree

import pytest

from calm_harness.cli import main
from calm_harness.report import charts
from calm_harness.report.probe import PROBE, Probe, Table, find, write
from tests.browser import until
from tests.report import plain_run

PAGE = "leaderboard.html"
HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\x1b[31m\u202eevil & \u2067more"
KINDS = ["none", "gold", "one_wrong"]
LANGUAGES = ["de", "fr", "ja", "all"]


def cell(value, low=None, high=None, questions=60):
    return {"value": value, "stderr": 0.1, "interval": [low, high], "questions": questions}


ACCURACY = Table(
    "Accuracy",
    "accuracy",
    "mix",
    "language",
    KINDS,
    LANGUAGES,
    {kind: {tag: cell(0.25, 0.125, 0.5) for tag in LANGUAGES} for kind in KINDS},
)
BARRIER = Table(
    "Barrier",
    "barrier",
    "mix",
    "language",
    KINDS,
    LANGUAGES,
    {
        "gold": {"de": cell(0.3, 0.2, 0.4), "fr": cell(None, questions=0), "all": cell(-0.004, -0.1, 0.1)},
        "one_wrong": {"de": cell(-0.6, -1, -0.125, 17), "ja": cell(0.0)},
    },
    signed=True,
    note="Above 0 is what mixing costs.",
)


def probe(**changes):
    known = {"kind": "mix", "title": "Languages mixed with en", "model": "org/model", "task": "calm_mini_xl"}
    known |= {"questions": 60, "lines": ["By chance 0.250 are right."], "tables": [ACCURACY, BARRIER]}
    return Probe(**{**known, **changes})


def test_a_cell_has_value_interval_and_number():
    first, *_ = charts.heat(BARRIER)["data"]["values"]
    assert first == {
        "row": "gold",
        "column": "de",
        "value": 0.3,
        "shown": "+0.300 [+0.200, +0.400]",
        "questions": 60,
        "told": "mix gold, language de: barrier +0.300 [+0.200, +0.400], 60 questions",
        "brief": "+.30",
        "between": "[+.20, +.40]",
        "of": "n 60",
    }
    shown = {(value["row"], value["column"]): value for value in charts.heat(BARRIER)["data"]["values"]}
    assert list(shown) == [("gold", "de"), ("gold", "all"), ("one_wrong", "de"), ("one_wrong", "ja")]
    assert (shown["one_wrong", "de"]["brief"], shown["one_wrong", "de"]["between"]) == ("-.60", "[-1.00, -.12]")
    assert (shown["one_wrong", "ja"]["brief"], shown["one_wrong", "ja"]["between"]) == ("+.00", "")
    assert shown["one_wrong", "ja"]["told"] == "mix one_wrong, language ja: barrier +0.000, 60 questions"
    assert shown["gold", "all"]["brief"] == "-.00"  # less than a hundredth is lost: the sign says to which side


def test_shades_are_those_of_shares_or_go_from_0_to_both_sides():
    def domain(table):
        return charts.heat(table)["layer"][0]["encoding"]["color"]["scale"]["domain"]

    def of(*values, signed):
        cells = {"a": {str(at): cell(value) for at, value in enumerate(values)}}
        return Table("T", "f", "r", "c", ["a"], list(map(str, range(len(values)))), cells, signed)

    assert domain(ACCURACY) == [0, 1]
    assert domain(BARRIER) == [-0.6, 0, 0.6]
    assert domain(of(0.01, -0.02, signed=True)) == [-0.1, 0, 0.1]
    assert domain(of(-0.5, 3, signed=False)) == [-0.5, 3]
    assert domain(of(signed=True)) == [-0.1, 0, 0.1]


def test_rows_and_columns_are_there_where_they_are_empty():
    encoding = charts.heat(BARRIER)["encoding"]
    assert encoding["y"]["scale"]["domain"] == KINDS
    assert encoding["x"]["scale"]["domain"] == LANGUAGES


def test_one_number_of_questions_is_said_once():
    assert charts.same_count(ACCURACY) == 60
    assert charts.same_count(BARRIER) is None
    assert [layer["encoding"]["text"]["field"] for layer in charts.heat(ACCURACY)["layer"][1:]] == ["brief", "between"]
    assert [layer["encoding"]["text"]["field"] for layer in charts.heat(BARRIER)["layer"][1:]] == [
        *("brief", "between", "of"),
    ]


def test_probes_are_found_at_any_depth_and_once(tmp_path):
    for name in ("b/inner", "a"):
        (tmp_path / name).mkdir(parents=True)
        write(probe(title=name), tmp_path / name)
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / PROBE).write_text('{"kind": 1}', "utf-8")
    found, (skipped,) = find([tmp_path, tmp_path / "a", tmp_path / "a" / PROBE])
    assert sorted(each.probe.title for each in found) == ["a", "b/inner"]
    assert str(skipped) == f"{tmp_path / 'c' / PROBE}: kind is not text; make the probe again"
    assert find([tmp_path / "nowhere.json", tmp_path / "nowhere" / PROBE]) == ([], [])


# In the browser -------------------------------------------------------------------------------------------------------


def reported(folder, *probes):
    for place, each in enumerate(probes):
        (folder / "runs" / str(place)).mkdir(parents=True)
        write(each, folder / "runs" / str(place))
    (folder / "runs").mkdir(exist_ok=True)
    plain_run.write(folder / "runs")
    assert main(["report", str(folder / "runs"), "--output", str(folder / "out")]) == 0
    return folder / "out"


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    """A page with two probes, one of which has twelve languages and long names of columns."""
    tags = ["en", "de", "es", "fr", "zh", "ja", "ar", "hi", "th", "ru", "tr", "vi"]
    wide = {tag: {other: cell(0.5, 0.25, 0.75, 20) for other in tags} for tag in tags}
    success = Table("Success", "success", "edited in", "asked in", tags, tags, wide)
    places = ["at the start of it", "in the middle", "at the end of it"]
    long = Table("Found", "found", "needle in", "place", ["de"], places, {"de": {places[1]: cell(0.9, 0.8, 1)}})
    edits = probe(kind="edit", title="Edits", model="/some/where/model", tables=[success, long])
    return reported(tmp_path_factory.mktemp("probes"), probe(), edits)


@pytest.mark.parametrize(("width", "scheme"), [(400, "dark"), (1280, "light"), (1920, "dark")])
def test_the_view_fits(out, visit, width, scheme):
    found = visit(out / PAGE, width=width, scheme=scheme)
    page = found.view("probes")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator("#view-probes svg.marks").count() == 4
    assert page.locator("#view-probes h2").all_text_contents() == ["Languages mixed with en", "Edits"]
    text = page.inner_text("#view-probes")
    assert "org/model · calm_mini_xl · 60 questions" in text
    assert "By chance 0.250 are right." in text
    assert "Above 0 is what mixing costs." in text
    written = page.locator("#probe-0-1 svg .mark-text.role-mark text").all_text_contents()
    assert {"+.30", "[+.20, +.40]", "n 60", "n 17"} <= set(written)
    heads = page.locator("#probe-0-1 svg .role-axis-label text").all_text_contents()
    assert heads in ([*KINDS, *LANGUAGES], [*LANGUAGES, *KINDS])
    assert found.said == []


INK = """(all) => all.map((each) => getComputedStyle(each).fill)"""


def light(colour):
    """The luminance of a colour, `rgb(...)`, by WCAG 2."""
    parts = [int(part) / 255 for part in colour.strip("rgb()").split(",")]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(share * part for share, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_can_be_read_on_every_shade(out, visit, scheme):
    page = visit(out / PAGE, scheme=scheme).view("probes")
    for table in ("0-0", "0-1", "1-0"):
        shades = page.locator(f"#probe-{table} svg .mark-rect.role-mark path").evaluate_all(INK)
        inks = page.locator(f"#probe-{table} svg .mark-text.role-mark text").evaluate_all(INK)
        assert min((light(shade) + 0.05) / (light(ink) + 0.05) for shade in shades for ink in inks) >= 4.5


def test_sides_of_0_have_shades_of_their_own(out, visit):
    page = visit(out / PAGE).view("probes")
    fills = page.locator("#probe-0-1 svg .mark-rect.role-mark path").evaluate_all(INK)
    more, none, less, zero = [tuple(map(int, fill.strip("rgb()").split(","))) for fill in fills]
    assert more[2] > more[0]  # blue
    assert less[0] > less[2]  # orange
    assert max(none) - min(none) < 10
    assert max(zero) - min(zero) < 10


def test_a_cell_says_more_where_the_mouse_is(out, visit):
    page = visit(out / PAGE).view("probes")
    page.locator("#probe-0-1 svg .mark-text.role-mark text", has_text="+.30").hover()
    page.wait_for_selector("#vg-tooltip-element.visible td.value")
    assert page.locator("#vg-tooltip-element td").all_text_contents() == [
        *("mix", "gold", "language", "de", "barrier, 95% interval", "+0.300 [+0.200, +0.400]", "questions", "60"),
    ]


def test_the_keyboard_goes_from_cell_to_cell(out, visit):
    """One stop of Tab a table; arrows go to the next cell with a value, and stay where there is none."""
    found = visit(out / PAGE)
    page = found.view("probes")
    reached = page.locator("#view-probes path[tabindex='0']")
    assert reached.count() == 4
    page.focus("#probe-0-1 path[tabindex='0']")
    told = page.locator("#probe-0-1 .told")
    for key, row, column in (
        ("ArrowUp", "gold", "de"),
        ("ArrowRight", "gold", "all"),
        ("ArrowDown", "gold", "all"),
        ("ArrowLeft", "gold", "de"),
        ("ArrowDown", "one_wrong", "de"),
        ("ArrowRight", "one_wrong", "ja"),
    ):
        page.keyboard.press(key)
        assert told.text_content().startswith(f"mix {row}, language {column}: barrier ")
        assert page.evaluate("document.activeElement.getAttribute('aria-label')") == told.text_content()
    page.click("#theme")  # which draws anew
    until(page, "document.querySelectorAll('#probe-0-1 path[tabindex=\"0\"]').length === 1")
    page.focus("#tab-probes")
    page.keyboard.press("ArrowLeft")
    page.wait_for_selector("body[data-ready=questions]")
    assert found.said == []


def test_all_figures_are_in_a_table(out, visit):
    page = visit(out / PAGE).view("probes")
    section = page.locator("#view-probes section[aria-label=Barrier]")
    section.locator("summary", has_text="As a table").click()
    lines = section.locator("tr").evaluate_all(
        "rows => rows.map((row) => [...row.cells].map((cell) => cell.innerText.replace(/\\s+/g, ' ')))"
    )
    assert lines == [
        ["mix \\ language", *LANGUAGES],
        ["none", "", "", "", ""],
        ["gold", "+0.300 [+0.200, +0.400] n 60", "", "", "-0.004 [-0.100, +0.100] n 60"],
        ["one_wrong", "-0.600 [-1.000, -0.125] n 17", "", "+0.000 n 60", ""],
    ]
    assert section.locator("tbody th[scope=row]").count() == 3
    assert section.locator("thead th[scope=col]").count() == 5


def test_tables_are_pictures_too(out):
    drawn = sorted(path.name for path in (out / "charts").iterdir())
    names = ["1-1-mix-accuracy", "1-2-mix-barrier", "2-1-edit-success", "2-2-edit-found"]
    assert drawn == [f"probe-{name}.{kind}" for name in names for kind in ("png", "svg")]
    text = list(ElementTree.parse(out / "charts" / "probe-1-2-mix-barrier.svg").getroot().itertext())
    said = {"Languages mixed with en: Barrier", "org/model · calm_mini_xl", "Above 0 is what mixing costs.", "n 17"}
    assert said | {"+.30", "[+.20, +.40]"} <= set(text)


def test_without_a_probe_there_is_no_view(tmp_path, visit):
    found = visit(reported(tmp_path) / PAGE, "#view=probes")
    assert found.page.locator("#tab-probes, #view-probes").count() == 0
    assert found.page.locator("#tab-ranking").get_attribute("aria-selected") == "true"
    assert found.said == []


def test_hostile_names_are_shown_and_obeyed_by_nothing(tmp_path, visit):
    """Also those of fifty thousand letters."""
    rows, columns = [f"row {HOSTILE}", "n" * 50_000], [f"column {HOSTILE}", "m.n[0]", "toString"]
    cells = {row: {column: cell(0.5, 0.4, 0.6) for column in columns} for row in rows}
    table = Table(HOSTILE, HOSTILE, HOSTILE, HOSTILE, rows, columns, cells, note=HOSTILE)
    named = dict.fromkeys(("kind", "title", "model", "task"), HOSTILE)
    out = reported(tmp_path, Probe(**named, questions=60, lines=[HOSTILE], tables=[table]))
    found = visit(out / PAGE, width=400)
    page = found.view("probes")
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
    assert page.evaluate("document.querySelectorAll('img, script[src]').length") == 0
    assert page.locator("#probe-0-0 svg .mark-rect.role-mark path").count() == 6
    page.locator("#probe-0-0 path[tabindex='0']").focus()
    page.click("#view-probes summary:has-text('As a table')")
    text = page.inner_text("#view-probes")
    assert "<script>alert(1)</script>" in text
    assert not set("\x1b\u202e\u2067") & set(text)
    assert found.said == []
    (picture,) = (out / "charts").glob("*.svg")
    assert all(text.isprintable() for text in ElementTree.parse(picture).getroot().itertext())


def test_a_damaged_probe_is_named_and_the_rest_is_shown(tmp_path, visit):
    (tmp_path / "runs/broken").mkdir(parents=True)
    Path(tmp_path / "runs/broken" / PROBE).write_text('{"kind": "mix"}', "utf-8")
    page = visit(reported(tmp_path, probe()) / PAGE)
    assert page.view("probes").locator("#view-probes h2").count() == 1
    assert f"{tmp_path / 'runs/broken' / PROBE}: title is missing; make the probe again" in page.view(
        "about"
    ).inner_text("#view-about")


def test_a_probe_needs_no_run_beside_it(tmp_path, visit, capsys):
    """Some probes are no runs of lm-eval: the page begins with them, and all other views say that there is nothing."""
    (tmp_path / "edits").mkdir()
    write(probe(kind="edit"), tmp_path / "edits")
    for given in (tmp_path / "edits", tmp_path / "edits" / PROBE):
        assert main(["report", str(given), "--output", str(tmp_path / "out")]) == 0
        assert "passed over" not in capsys.readouterr().err
    found = visit(tmp_path / "out" / PAGE)
    assert found.page.locator("body").get_attribute("data-ready") == "probes"
    for name in ("ranking", "languages", "scatter", "compare", "questions", "about"):
        found.view(name)
    assert found.said == []
    (tmp_path / "edits" / PROBE).unlink()
    assert main(["report", str(tmp_path / "edits"), "--output", str(tmp_path / "out")]) == 1
    assert "there is no lm-eval run below" in capsys.readouterr().err
