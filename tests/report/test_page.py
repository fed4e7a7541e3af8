"""The page in a real browser: every view, at two widths, from disk and alone."""

import json
import re
import shutil
from urllib.parse import quote

import pytest

from calm_harness.cli import main
from calm_harness.report.leaderboard import build
from calm_harness.report.page import render as pages
from calm_harness.report.runs import find
from tests.browser import until
from tests.report.free_of_labels import FREE_OF_LABELS

PAGE = "leaderboard.html"
VIEWS = ("ranking", "languages", "scatter", "compare", "questions", "about")


@pytest.mark.parametrize("width", [1280, 400])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_view_opens_without_a_word_and_without_a_request(report, visit, width, scheme):
    found = visit(report / PAGE, width=width, scheme=scheme)
    for name in VIEWS:
        page = found.view(name)
        if name == "questions":
            page.click("#list button >> nth=0")
            page.wait_for_selector(".card")
        assert page.locator(f"#view-{name}").is_visible()
        assert page.locator("section[role=tabpanel]:visible").count() == 1
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert found.said == []
    assert [url for url in found.asked if not url.startswith(("data:", "blob:"))] == [(report / PAGE).as_uri()]


def test_the_page_may_ask_for_nothing(report):
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', (report / PAGE).read_text("utf-8"))
    assert policy.startswith("default-src 'none';")
    assert "http" not in policy
    assert "connect-src" not in policy


def cells(page, column):
    """The text of a column of the ranking, as it is shown."""
    return page.eval_on_selector_all(
        "#ranking tbody tr",
        f"rows => rows.map((row) => row.cells[{column}].querySelector('.value')?.textContent ?? '')",
    )


def test_the_ranking_sorts_and_filters(report, visit):
    page = visit(report / PAGE).page
    everything = cells(page, 4)
    assert len(everything) == 8
    for direction in ("descending", "ascending"):
        page.click("#ranking thead th >> nth=4")
        page.wait_for_selector(f"#ranking thead th[aria-sort={direction}] >> nth=0")
        assert cells(page, 4) == sorted(everything, reverse=direction == "descending")
    page.select_option("#ranking-controls select >> nth=2", "RAG same k=1")
    assert len(cells(page, 4)) == 1
    page.select_option("#ranking-controls select >> nth=2", "")
    page.fill(".dt-search input", "xcsqa")
    assert len(cells(page, 4)) == 1
    page.fill(".dt-search input", "")
    page.click(".picker summary")
    page.click("#columns label:has-text('alpha')")
    assert "alpha" not in page.locator("#ranking thead").inner_text()


def numbers_of(log):
    """Accuracy and consistency of a sample log, from its lines alone; options with the same text are one answer."""
    told = {}
    for line in log.read_text("utf-8").splitlines():
        row = json.loads(line)
        options = [" ".join(option.split()) for option in row["doc"]["options"]]
        choice = row["answers"]["choice"]
        given = {i for i, option in enumerate(options) if choice is not None and option == options[choice]}
        told.setdefault(row["doc"]["question_id"], []).append((given, row["doc"]["answer"]))
    right = [gold in given for answers in told.values() for given, gold in answers]
    alike = []
    for answers in told.values():
        valid = [given for given, _ in answers if given]
        pairs = [bool(one & other) for i, one in enumerate(valid) for other in valid[:i]]
        alike.append(sum(pairs) / len(pairs) if pairs else 0)
    return sum(right) / len(right), sum(alike) / len(alike)


SHOWN = """row => [...row.cells].slice(4, -1).map((cell) =>
  [".value", "small"].map((part) => cell.querySelector(part)?.textContent))"""


def test_figures_are_those_of_the_results_and_of_the_samples(board, report, visit):
    page = visit(report / PAGE).page
    rows = board.rows
    for row in rows:
        shown = page.eval_on_selector(f"#ranking tr[data-row='{row.number}']", SHOWN)
        written = json.loads(row.run.results.read_text("utf-8"))
        result = written["results"][row.run.task]
        told = (written["configs"][row.run.task]["metadata"] or {}).get("calm", {}).get("interval", {})
        names = ["acc", "consistency", "correct_all", "alpha", "rankc", "majority_acc", "pivot_gap", "invalid"]
        names.append("unfinished")
        for name, (value, interval) in zip(names, shown, strict=True):
            if f"{name},none" in result:
                assert value == f"{result[f'{name},none']:.3f}"
            else:
                assert value is None
            if name in told:
                assert interval == "[{:.3f}, {:.3f}]".format(*told[name]).replace("0.", ".")
        if row.run.ours:
            accuracy, consistency = numbers_of(row.run.samples)
            assert (shown[0][0], shown[1][0]) == (f"{accuracy:.3f}", f"{consistency:.3f}")


def test_charts_draw_what_the_results_say(board, report, visit):
    page = visit(report / PAGE).view("languages")
    (scope,) = page.eval_on_selector_all(
        "#languages-scope option",
        "all => all.map((each) => each.textContent).filter((text) => text.startsWith('mini · test · 12'))",
    )
    page.select_option("#languages-scope", label=scope)
    rows = [row for row in board.rows if row.scope == scope]
    until(page, "document.querySelectorAll('#heat svg.marks text').length > 20")
    drawn = page.eval_on_selector_all("#heat svg .mark-text text", "all => all.map((each) => each.textContent)")
    for row in rows:
        for language in row.run.languages:
            assert f"{row.run.figures[f'acc_{language}']['value']:.2f}".replace("0.", ".", 1) in drawn
    assert page.locator("#heat svg.marks").get_attribute("aria-label") == f"Accuracy by language, {scope}"
    page.click("#heat summary:has-text('As a table')")
    page.wait_for_selector("#heat table tbody tr")
    assert page.locator("#heat table tbody tr").count() == len(rows) * 3


def tips(page, selector):
    """What the tooltips of a chart's marks say."""
    marks = page.eval_on_selector_all(selector, "all => all.map((each) => each.getAttribute('aria-label'))")
    return [dict(part.split(": ", 1) for part in mark.split("; ")) for mark in marks]


def test_transfer_is_drawn_from_line_to_column_with_interval_and_questions(runs, report, visit):
    found = visit(report / PAGE)
    page = found.view("languages")
    row = next(
        row for row in build(*find([runs]), progress=False).rows if row.run.results.is_relative_to(runs / "base")
    )
    page.select_option("#languages-scope", label=row.scope)
    page.select_option("#agreement-run", str(row.number))
    for measure, title in (("transfer", "P(column | line)"), ("lift", "lift")):
        page.select_option("#agreement-table", measure)
        label = f"{measure} by pairs of languages, {row.name}"
        page.wait_for_selector(f"#agreement svg[aria-label='{label}']")
        told = json.loads(row.run.results.read_text("utf-8"))["configs"][row.run.task]["metadata"]["calm"]
        cells = {
            (first, second): cell
            for first, line in told["pairwise"][measure].items()
            for second, cell in line.items()
            if cell and cell["value"] is not None
        }
        drawn = tips(page, "#agreement svg .mark-rect.role-mark path")
        assert len(drawn) == len(cells) > 0
        for tip in drawn:
            cell = cells[tip["right in"], tip["right in as well"]]
            assert json.loads(tip["95% interval"]) == pytest.approx(cell["interval"], abs=6e-4)
            assert tip["of questions"] == str(cell["questions"])
            assert float(tip[title].replace("−", "-")) == pytest.approx(cell["value"], abs=1e-4)
    page.hover("#agreement svg .mark-text text >> nth=0")
    page.wait_for_selector("#vg-tooltip-element.visible")
    assert "of questions" in page.inner_text("#vg-tooltip-element")
    heads = page.eval_on_selector_all("#agreement svg .role-axis-title text", "all => all.map((e) => e.textContent)")
    assert sorted(heads) == ["right in", "right in as well"]
    assert found.said == []


def test_scripts_and_families_stand_beside_their_pairs(runs, report, visit):
    found = visit(report / PAGE)
    page = found.view("languages")
    rows = build(*find([runs]), progress=False).rows
    row = next(row for row in rows if row.run.results.is_relative_to(runs / "recorded"))
    page.select_option("#languages-scope", label=row.scope)
    page.wait_for_selector(f"#kin svg[aria-label='Pairs by script and family, {row.name}']")
    lines = page.eval_on_selector_all(
        "#kinds tbody tr", "rows => rows.map((row) => [...row.cells].map((cell) => cell.textContent))"
    )
    kinds = {language: (script, family) for language, script, family, _ in lines}
    assert kinds["en"] == ("Latn", "Indo-European")
    assert kinds["zh"] == ("Hans", "Sino-Tibetan")
    for language, _, _, accuracy in lines:
        cell = row.run.figures[f"acc_{language}"]
        assert accuracy == "{:.3f} [{:.3f}, {:.3f}]".format(cell["value"], *cell["interval"])
    told = json.loads(row.run.results.read_text("utf-8"))["configs"][row.run.task]["metadata"]["calm"]["related"]
    drawn = tips(page, "#kin svg .mark-symbol.role-mark path")
    assert len(drawn) == 3 * 2 * 3  # measures, traits, sides
    for tip in drawn:
        side, _, trait = tip["languages"].partition(" ")
        trait, side = (side.rstrip(":"), "difference") if tip["languages"].endswith("minus other") else (trait, side)
        cell = told[trait][tip["measure"]][side]
        assert tip["95% interval"] == "[{:.3f}, {:.3f}]".format(*cell["interval"])
        assert tip["pairs"] == str(cell.get("pairs", ""))
    assert page.inner_text("#unknown") == ""
    assert found.said == []


def test_a_language_that_is_not_known_is_said_to_be_so(runs, tmp_path, visit):
    def change(content, told, rows):
        told["languages"] = ["en", "zh", "xx"]
        for table in told["pairwise"].values():
            table["xx"] = table.pop("ar")
        for row in rows:
            row["doc"]["language"] = {"ar": "xx"}.get(row["doc"]["language"], row["doc"]["language"])
        return rows

    page = visit(altered(runs, tmp_path, change)).view("languages")
    scope = next(text for text in page.locator("#languages-scope option").all_inner_texts() if text.endswith("xx"))
    page.select_option("#languages-scope", label=scope)
    page.wait_for_selector("#kinds tr:has-text('xx')")
    assert page.inner_text("#kinds tr:has-text('xx')").split("\t")[1:3] == ["not known", "not known"]
    assert page.inner_text("#unknown").startswith("Script or family is not known of xx,")


def test_results_of_before_say_what_they_lack(runs, tmp_path, visit):
    def change(content, told, rows):
        told["pairwise"] = {"consistency": {"en": {"zh": 0.5}, "zh": {"en": 0.5}}}
        told["split"] = "before"
        del told["related"]
        return rows

    page = visit(altered(runs, tmp_path, change)).view("languages")
    scope = next(text for text in page.locator("#languages-scope option").all_inner_texts() if "before" in text)
    page.select_option("#languages-scope", label=scope)
    page.wait_for_selector("#kin:has-text('evaluate again')")
    assert page.locator("#agreement-table option").all_inner_texts() == ["consistency"]
    assert {tip["95% interval"] for tip in tips(page, "#agreement svg .mark-rect.role-mark path")} == {""}


def test_an_arrow_leads_from_the_base_model_to_the_aligned_one(report, visit):
    page = visit(report / PAGE).view("scatter")
    specs = page.evaluate("calm.meta.charts.map((chart) => chart.scatter)")
    arrows = [layer["data"]["values"] for spec in specs for layer in spec["layer"] if "data" in layer]
    assert [len(values) for values in arrows] == [1, 1]  # its line and its head
    assert page.locator("#scatter svg.marks").count() == 1


def choose(page, after, before):
    page.select_option("#view-questions select[data-side=b]", str(before.number))
    page.select_option("#view-questions select[data-side=a]", str(after.number))
    page.wait_for_selector("#list button")


def test_questions_are_found_by_what_happened_to_them(board, report, visit):
    rows = board.rows
    after = next(row for row in rows if row.run.adapter)
    before = rows[after.base]
    page = visit(report / PAGE).view("questions")
    choose(page, after, before)
    told = [
        {
            (row["doc"]["question_id"], row["doc"]["language"]): (row["answers"]["choice"], row["doc"]["answer"])
            for row in map(json.loads, run.run.samples.read_text("utf-8").splitlines())
        }
        for run in (before, after)
    ]
    ids = {name for name, _ in told[0]}
    right = [{key: choice == gold for key, (choice, gold) in each.items()} for each in told]
    tags = ("en", "zh", "ar")
    expected = {
        "all": ids,
        "disagreeing": {q for q in ids if len({told[1][q, tag][0] for tag in tags}) > 1},  # no twins, no gaps
        "fixed": {q for q in ids if any(right[1][q, tag] and not right[0][q, tag] for tag in tags)},
        "broken": {q for q in ids if any(right[0][q, tag] and not right[1][q, tag] for tag in tags)},
        "english": {q for q in ids if [right[1][q, tag] for tag in tags] == [True, False, False]},
        "wrong": {q for q in ids if not any(right[1][q, tag] for tag in tags)},
        "right": {q for q in ids if all(right[1][q, tag] for tag in tags)},
        "none": set(),
    }
    assert expected["fixed"] | expected["broken"]  # the random adapter does change answers
    for kind, wanted in expected.items():
        page.select_option("#kind", kind)
        found = page.eval_on_selector_all("#list button", "all => all.map((each) => each.dataset.id)")
        assert set(found) == wanted, kind
        assert page.inner_text("#found") == f"{len(wanted)} of 12 questions that both were asked"


def test_a_question_is_shown_in_all_languages_with_both_runs(board, runs, report, visit):
    rows = board.rows
    after = next(row for row in rows if row.run.results.is_relative_to(runs / "permuted"))
    before = next(row for row in rows if row.run.results.is_relative_to(runs / "rag"))
    page = visit(report / PAGE, f"#view=questions&a={after.number}&b={before.number}&question=mini-101").page
    page.wait_for_selector(".card")
    assert page.locator(".card").count() == 3
    logged = {}
    for run in (before, after):
        for line in run.run.samples.read_text("utf-8").splitlines():
            row = json.loads(line)
            if (row["doc"]["question_id"], row["doc"]["language"]) == ("mini-101", "zh"):
                logged[run.number] = row
    card = page.locator(".card").nth(1)
    assert card.locator("p.text").inner_text() == logged[after.number]["doc"]["stem"]
    for run, badge in ((before, "before"), (after, "after")):
        row = logged[run.number]
        answer = row["doc"]["options"][row["answers"]["choice"]]
        assert badge in card.locator("li", has_text=answer).first.locator(".badge").inner_text()
    gold = logged[after.number]["doc"]["options"][logged[after.number]["doc"]["answer"]]
    assert gold in card.locator("li.gold").inner_text()
    place = logged[after.number]["answers"]
    score = place["scores"]["pmi"][place["choice"]]
    shown = card.locator("li", has_text=logged[after.number]["doc"]["options"][place["choice"]]).first.locator(
        ".scores"
    )
    assert shown.inner_text().endswith(f"→ {score:.2f}")
    assert page.locator(".card").nth(2).locator("ul").evaluate("list => getComputedStyle(list).direction") == "rtl"


def test_passages_and_responses_can_be_read(board, report, visit):
    rows = board.rows
    rag = next(row for row in rows if row.run.mode.startswith("RAG"))
    page = visit(report / PAGE, f"#view=questions&a={rag.number}&b={rag.number}&question=mini-101").page
    page.wait_for_selector(".card")
    page.click(".card >> nth=0 >> summary")
    logged = json.loads(rag.run.samples.read_text("utf-8").splitlines()[0])["doc"]["passages"][0]
    assert logged["text"] in page.locator(".card").first.locator(".response").inner_text()
    recorded = next(row for row in rows if row.run.format == "cot")
    page = visit(report / PAGE, f"#view=questions&a={recorded.number}&b={recorded.number}").page
    page.wait_for_selector("#list button")
    page.click("#list button >> nth=0")
    page.wait_for_selector(".card")
    name = page.inner_text("#question h2")
    responses = [
        row["resps"][0][0]
        for row in map(json.loads, recorded.run.samples.read_text("utf-8").splitlines())
        if row["doc"]["question_id"] == name
    ]
    shown = page.eval_on_selector_all(".card .response", "all => all.map((each) => each.textContent)")
    assert len(shown) == 6
    assert set(shown) == set(responses)


def test_words_find_questions_in_any_language(report, visit):
    page = visit(report / PAGE).view("questions")
    page.fill("#words", "意大利")
    assert page.eval_on_selector_all("#list button", "all => all.map((each) => each.dataset.id)") == ["mini-102"]
    page.fill("#words", "MINI-103")
    assert page.eval_on_selector_all("#list button", "all => all.map((each) => each.dataset.id)") == ["mini-103"]


def test_the_keyboard_goes_through_the_views(report, visit):
    page = visit(report / PAGE).page
    page.focus("#tab-ranking")
    page.keyboard.press("ArrowRight")
    page.wait_for_selector("body[data-ready=languages]")
    assert page.evaluate("document.activeElement.id") == "tab-languages"
    page.keyboard.press("ArrowLeft")
    page.wait_for_selector("body[data-ready=ranking]")
    unnamed = page.eval_on_selector_all(
        "select, input, button",
        "all => all.filter((each) => !each.labels?.length && !each.ariaLabel"
        " && !(each.matches('button') && each.textContent)).length",
    )
    assert unnamed == 0


def test_what_is_too_large_lies_beside_the_page(runs, tmp_path, visit, monkeypatch):
    monkeypatch.setattr(pages, "INLINE", 0)
    out = page_of(runs, tmp_path / "out").parent
    names = sorted(path.name for path in (out / "leaderboard_data").iterdir())
    assert len([name for name in names if re.fullmatch(r"core-[0-9a-f]{16}\.js", name)]) > 3
    page_of(runs, out)
    assert (
        sorted(path.name for path in (out / "leaderboard_data").iterdir()) == names
    )  # the same content, the same names
    found = visit(out / PAGE)
    found.view("compare").wait_for_selector("#compare table")
    found.view("questions").wait_for_selector("#list button")
    assert found.said == []
    assert all(url.startswith(("file://", "data:", "blob:")) for url in found.asked)
    shutil.rmtree(out / "leaderboard_data")
    lost = visit(out / PAGE, "#view=about")
    lost.page.click("#tab-compare")
    lost.page.wait_for_selector(".failed")
    assert "keep the folder beside the page" in lost.page.inner_text(".failed")


HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\x1b[31m\u202eevil & \u2067more"


def hostile(runs, folder):
    """Runs in which everything that others wrote is hostile: names, questions, options, passages, responses."""
    for name in ("rag", "recorded"):
        shutil.copytree(runs / name, folder / f"{name}\x1b[31m\u202e<img src=x onerror=alert(3)>")
    for path in folder.rglob("results_*.json"):
        content = json.loads(path.read_text("utf-8"))
        content["config"]["model_args"] = {"pretrained": HOSTILE, "peft": f"./{HOSTILE}"}
        content["config"] |= {"model_revision": HOSTILE, "gen_kwargs": {"stop": HOSTILE}}
        content["lm_eval_version"] = HOSTILE
        for task in content["configs"].values():
            task["metadata"]["calm"]["split"] = HOSTILE
        path.write_text(json.dumps(content), encoding="utf-8")
    for path in folder.rglob("samples_*.jsonl"):
        rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
        for row in rows:
            row["doc"]["stem"] += HOSTILE
            row["doc"]["options"] = [option + HOSTILE for option in row["doc"]["options"]]
            row["doc"]["question_id"] += HOSTILE
            for passage in row["doc"].get("passages") or []:
                passage.update(text=HOSTILE, title=HOSTILE, passage_id=HOSTILE)
            if "recorded" in str(path):
                row["resps"] = [[HOSTILE + "x" * 1_000_000 * (row is rows[0])]]
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return folder


def test_hostile_text_changes_nothing(runs, tmp_path, visit, capsys):
    out = tmp_path / "report"
    assert main(["report", str(hostile(runs, tmp_path / "runs")), "--output", str(out), "--text"]) == 0
    printed = capsys.readouterr()
    assert not set("\x1b\u202e\u2067") & set(printed.out + printed.err)
    found = visit(out / PAGE)
    for name in VIEWS:
        found.view(name)
    page = found.page
    said = found.said
    for row in page.evaluate("calm.rows.map((row) => row.number)"):
        found = visit(out / PAGE, f"#view=questions&a={row}&b={row}")
        page = found.page
        page.wait_for_selector("#list button")
        page.click("#list button >> nth=0")
        page.wait_for_selector(".card")
        assert "<script>alert(1)</script>" in page.inner_text("#question")
        for summary in page.locator(".card summary").all():
            summary.click()
        assert page.evaluate("document.querySelectorAll('img, script[src]').length") == 0
        said += found.said
    assert said == []
    text = (out / "leaderboard.md").read_text("utf-8")
    assert "<script>" not in text
    assert not set("\x1b\u202e\u2067") & set(text + (out / "leaderboard.csv").read_text("utf-8"))
    for path in (out / "charts").glob("*.svg"):
        assert "<script" not in path.read_text("utf-8")


def test_a_million_characters_are_all_there(runs, tmp_path, visit):
    page_of(hostile(runs, tmp_path / "runs"), tmp_path / "out")
    first = json.loads(
        next(path for path in (tmp_path / "runs").rglob("samples_*") if "recorded" in str(path))
        .read_text("utf-8")
        .splitlines()[0]
    )
    rows = build(*find([tmp_path / "runs"]), progress=False).rows
    (number,) = [row.number for row in rows if row.run.format == "cot"]
    fragment = f"#view=questions&a={number}&b={number}&question={quote(first['doc']['question_id'])}"
    page = visit(tmp_path / "out" / PAGE, fragment).page
    page.wait_for_selector(".card")
    lengths = page.eval_on_selector_all(".card .response", "all => all.map((each) => each.textContent.length)")
    assert max(lengths) == len(HOSTILE) + 1_000_000


def altered(runs, folder, change):
    """Two copies of the base run, of which the second is another's, after a change of results and rows."""
    for name in ("one", "other"):
        shutil.copytree(runs / "base", folder / name)
    (path,) = (folder / "other").rglob("results_*.json")
    (log,) = (folder / "other").rglob("samples_*.jsonl")
    content = json.loads(path.read_text("utf-8"))
    rows = [json.loads(line) for line in log.read_text("utf-8").splitlines()]
    content["config"]["model_args"]["pretrained"] = "other"
    rows = change(content, content["configs"]["calm_mini_xl_cloze"]["metadata"]["calm"], rows)
    result = content["results"]["calm_mini_xl_cloze"]
    for name in [name for name in result if name.endswith(",none")]:  # what the change makes of them is not known
        del result[name]
    path.write_text(json.dumps(content), encoding="utf-8")
    log.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return page_of(folder, folder / "out")


def page_of(folder, out):
    """Write the page alone."""
    out.mkdir(exist_ok=True)
    return pages.write(build(*find([folder]), progress=False), [], out, "Test")


def hide(content, told, rows):
    for row in rows:
        row["doc"]["answer"] = -1
    return rows


def only_in(*tags):
    def change(content, told, rows):
        told["languages"] = list(tags)
        return [row for row in rows if row["doc"]["language"] in tags]

    return change


def number_of(page, model):
    (number,) = page.evaluate(f"calm.rows.filter((row) => row.name.startsWith('{model}')).map((row) => row.number)")
    return number


@pytest.mark.parametrize("sides", ["ab", "ba"])
def test_hidden_labels_are_nowhere_taken_for_wrong_answers(runs, tmp_path, visit, sides):
    found = visit(altered(runs, tmp_path, hide))
    hidden, known = number_of(found.page, "other"), number_of(found.page, "gemma")
    a, b = (hidden, known) if sides == "ab" else (known, hidden)
    page = visit(tmp_path / "out" / PAGE, f"#view=compare&a={a}&b={b}").page
    page.wait_for_selector("#compare table")
    text = page.inner_text("#compare")
    assert "became right" not in text
    assert "null" not in text
    shown = page.eval_on_selector_all("#compare tr[data-metric]", "all => all.map((row) => row.dataset.metric)")
    assert set(shown) == FREE_OF_LABELS
    found.page.goto((tmp_path / "out" / PAGE).as_uri() + f"#view=questions&a={a}&b={b}")
    found.page.reload()
    found.page.wait_for_selector("#list button")
    for kind in ("fixed", "broken", "wrong"):
        found.page.select_option("#kind", kind)
        assert found.page.locator("#list button").count() == 0
    heat = visit(tmp_path / "out" / PAGE).view("languages")
    assert "undefined" not in heat.inner_text("#view-languages")
    assert found.said == []


def test_runs_in_other_languages_are_compared_in_those_they_share(runs, tmp_path, visit):
    found = visit(altered(runs, tmp_path, only_in("ar", "zh")))
    a, b = number_of(found.page, "other"), number_of(found.page, "gemma")
    page = visit(tmp_path / "out" / PAGE, f"#view=compare&a={a}&b={b}").page
    page.wait_for_selector("#compare table")
    assert "12 questions that both were asked" in page.inner_text("#compare p")
    assert page.inner_text("#compare p").endswith("in ar, zh; paired by question.")
    values = page.eval_on_selector_all(
        "#compare tr[data-metric] td:nth-child(4)", "all => all.map((cell) => cell.textContent)"
    )
    assert {value.split()[0] for value in values} == {"+0.000"}  # in these they answered the same


def test_runs_without_a_common_language_are_not_compared(runs, tmp_path, visit):
    shutil.copytree(altered(runs, tmp_path / "first", only_in("ar")).parents[1] / "other", tmp_path / "runs" / "ar")
    shutil.copytree(altered(runs, tmp_path / "second", only_in("zh")).parents[1] / "other", tmp_path / "runs" / "zh")
    page_of(tmp_path / "runs", tmp_path / "out")
    found = visit(tmp_path / "out" / PAGE, "#view=compare&a=0&b=1")
    assert found.page.inner_text("#compare") == "These runs share no language."
    assert "0 of 0 questions" in found.view("questions").inner_text("#found")
    assert found.said == []


def test_options_with_one_text_are_no_disagreement(runs, tmp_path, visit):
    def twins(content, told, rows):
        for row in rows:  # in English all options are one text, so its answer equals any
            if row["doc"]["language"] == "en":
                row["doc"]["options"] = ["the same"] * len(row["doc"]["options"])
        return [row for row in rows if row["doc"]["language"] != "ar"]

    def change(content, told, rows):
        told["languages"] = ["en", "zh"]
        return twins(content, told, rows)

    found = visit(altered(runs, tmp_path, change))
    number = number_of(found.page, "other")
    page = visit(tmp_path / "out" / PAGE, f"#view=questions&a={number}&b={number}").page
    page.wait_for_selector("#list button")
    page.select_option("#kind", "disagreeing")
    assert page.locator("#list button").count() == 0


def test_a_slow_answer_does_not_take_the_place_of_a_newer_choice(board, runs, report, visit):
    rows = board.rows
    rag = next(row for row in rows if row.run.mode.startswith("RAG"))
    base, again = (
        next(row for row in rows if row.run.results.is_relative_to(runs / name)) for name in ("base", "again")
    )
    page = visit(report / PAGE).page
    page.evaluate(
        f"""() => {{
          const load = calm.load;
          calm.load = (name) => name === "core-{rag.number}"
            ? new Promise((resolve) => setTimeout(resolve, 700)).then(() => load(name)) : load(name);
        }}"""
    )
    page.click("#tab-compare")
    page.wait_for_selector("#compare table")
    page.select_option("#view-compare select[data-side=b]", str(base.number))
    page.select_option("#view-compare select[data-side=a]", str(rag.number))
    page.select_option("#view-compare select[data-side=a]", str(again.number))
    page.wait_for_timeout(1500)
    assert page.inner_text("#compare tr[data-metric=acc] td:nth-child(4)") == "+0.000"


def test_names_are_filtered_as_they_are(runs, tmp_path, visit):
    def change(content, told, rows):
        told["split"] = "r&d <x>"
        return rows

    page = visit(altered(runs, tmp_path, change)).page
    (label,) = [text for text in page.locator("#ranking-controls option").all_inner_texts() if "r&d <x>" in text]
    page.select_option("#ranking-controls select >> nth=0", label=label)
    assert page.locator("#ranking tbody tr").count() == 1


def test_nothing_of_this_machine_is_needed(report):
    markup = re.sub(r"<script.*?</script>", "", (report / PAGE).read_text("utf-8"), flags=re.DOTALL)
    assert re.findall(r'(?:src|href)="(?!#)([^"]+)"', markup) == []
