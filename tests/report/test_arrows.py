"""Accuracy against consistency in a study: an arrow an arm, in a real browser too (figures are invented)."""

import itertools

import pytest

from calm_harness.cli import main
from calm_harness.report.outcome import (
    Measured,
    StudyArm,
    StudyBase,
    StudyEvaluation,
    StudyOutcome,
    StudyRound,
    to_json,
)
from calm_harness.report.training import arrows
from calm_harness.report.training.charts import find
from tests.report import plain_run

ARMS = ("crosslingual", "english", "pivot", "pooled", "sft", "dco english", "dco random", "dco all", "translations")
ARMS += ("mixed", "prompt", "gold", "random", "grpo vote", "grpo agree")


def cell(value, wide=0.03):
    low, high = (None, None) if wide is None else (value - wide, value + wide)
    return {"value": value, "stderr": 0.01, "interval": [low, high]}


def measured(acc, consistency, base=None, wide=0.03):
    """Figures of a model; with a base model's also the differences to them."""
    told = {"acc": cell(acc, wide), "consistency": cell(consistency, wide)}
    return Measured(told, None if base is None else {name: cell(told[name]["value"] - base[name]) for name in told})


def evaluation(arms, acc=0.4, consistency=0.3, wide=0.03, model="org/model"):
    """Arms of a base model, by how far they are from it in accuracy and consistency."""
    start = {"acc": acc, "consistency": consistency}
    base = StudyBase(model, list(arms), 60, ["en", "zh"], measured(acc, consistency, wide=wide))
    ends = {arm: measured(acc + right, consistency + up, start, wide) for arm, (right, up) in arms.items()}
    return StudyEvaluation([base], {arm: StudyArm(end, [StudyRound([0], end)]) for arm, end in ends.items()})


def study(**evaluations):
    arms = {arm: {} for each in evaluations.values() for arm in each.arms}
    kept = {arm: [1] for arm in arms}
    return StudyOutcome("Rivals", [0], False, next(iter(arms)), evaluations, kept, arms)


def panels(**evaluations):
    return arrows.arrows(arrows.points(study(**evaluations)))["concat"]


def drawn(panel):
    """What the layers of a panel are drawn from: bars (twice), shafts, heads, labels."""
    return [layer["data"]["values"] for layer in panel["layer"]]


def test_an_arrow_leads_from_the_base_model_to_the_arm():
    (panel,) = panels(unseen=evaluation({"up": (0, 0.2), "right": (0.1, 0), "down": (0, -0.1)}))
    _, _, shafts, heads, _ = drawn(panel)
    assert [(shaft["acc from"], shaft["acc to"]) for shaft in shafts] == [(0.4, 0.4), (0.4, 0.5), (0.4, 0.4)]
    assert [shaft["consistency to"] for shaft in shafts] == pytest.approx([0.5, 0.3, 0.2])
    assert [(head["arm"], head["shape"]) for head in heads] == [
        *((arm, "triangle-up") for arm in ("up", "right", "down")),
        ("base", "diamond"),
    ]
    assert [head["angle"] for head in heads[:3]] == pytest.approx([0, 90, 180])
    assert heads[1]["acc shown"] == "0.500 [0.470, 0.530]"
    assert heads[1]["acc − base"] == "+0.100 [+0.070, +0.130]"


def test_an_arm_that_keeps_the_base_model_is_a_point():
    (panel,) = panels(unseen=evaluation({"kept": (0, 0), "hardly": (0.001, 0.001), "random": (0.1, 0.1)}))
    heads = drawn(panel)[3]
    assert [head["shape"] for head in heads] == ["circle", "circle", "triangle-up", "diamond"]


def test_every_arm_starts_at_its_own_base_model():
    one = evaluation({"small": (0.1, 0.1)}, model="org/small")
    other = evaluation({"large": (0.1, 0.1)}, acc=0.7, model="org/large")
    (panel,) = panels(unseen=StudyEvaluation([*one.bases, *other.bases], {**one.arms, **other.arms}))
    assert [(shaft["arm"], shaft["acc from"]) for shaft in drawn(panel)[2]] == [("small", 0.4), ("large", 0.7)]
    assert [row["arm"] for row in panel["data"]["values"]] == ["base: org/small", "small", "base: org/large", "large"]


def test_what_has_no_consistency_has_no_panel():
    """A single language has none; where nothing has any, there is no such chart."""
    alone = evaluation({"own": (0.1, 0)})
    figures = Measured({"acc": cell(0.4)})
    alone = StudyEvaluation(
        [StudyBase("M", ["own"], 60, ["en"], figures)], {"own": StudyArm(figures, [StudyRound([0], figures)])}
    )
    both = panels(english=alone, unseen=evaluation({"own": (0.1, 0.1)}))
    assert [panel["title"]["text"] for panel in both] == ["unseen"]
    assert arrows.points(study(english=alone)) == []


def test_without_intervals_there_are_no_bars():
    (panel,) = panels(unseen=evaluation({"own": (0.1, 0.1)}, wide=None))
    bars = drawn(panel)[:2]
    assert bars == [[], []]


def test_all_that_is_drawn_lies_within_its_panel():
    (panel,) = panels(unseen=evaluation({"far": (0.58, 0.69), "near": (-0.39, -0.29)}))
    across, up = (panel["layer"][3]["encoding"][axis]["scale"]["domain"] for axis in "xy")
    assert (across, up) == ([0, 1], [0, 1])
    narrow = panels(unseen=evaluation({"own": (0, 0)}, wide=0.0))[0]["layer"][3]["encoding"]["x"]["scale"]["domain"]
    assert narrow == pytest.approx([0.4, 0.45])


def test_names_stand_where_they_cover_nothing_and_else_in_the_legend_alone():
    apart = {arm: (0.04 * (place % 4), 0.05 * (place // 4)) for place, arm in enumerate(ARMS)}
    (panel,) = panels(unseen=evaluation(apart))
    assert len(drawn(panel)[4]) > 10
    (panel,) = panels(unseen=evaluation(dict.fromkeys(ARMS, (0.1, 0.1))))
    labels = [label["text"] for label in drawn(panel)[4]]
    assert "base" in labels
    assert 0 < len(labels) < len(ARMS)
    assert set(ARMS) < set(panel["layer"][3]["encoding"]["color"]["scale"]["domain"])


# In the browser -------------------------------------------------------------------------------------------------------

GAINS = {arm: (0.01 * (place % 6), 0.012 * (place * 7 % 15)) for place, arm in enumerate(ARMS)} | {"random": (0, 0)}


@pytest.fixture(scope="module")
def rivals(tmp_path_factory):
    """A page with a study of 15 arms, and its reported study."""
    folder = tmp_path_factory.mktemp("rivals")
    names = ("unseen", "mini test", "mini open", "bmlama")
    found = study(**{name: evaluation(GAINS, acc=0.3 + place / 10) for place, name in enumerate(names)})
    (folder / "runs/study").mkdir(parents=True)
    (folder / "runs/study/report.json").write_text(to_json(found), "utf-8")
    plain_run.write(folder / "runs")
    assert main(["report", str(folder / "runs"), "--output", str(folder / "out")]) == 0
    return folder / "out"


BOXES = """(all) => all.map((each) => {
  const { left, right, top, bottom } = each.getBoundingClientRect();
  return { text: each.textContent, left, right, top, bottom };
})"""


@pytest.mark.parametrize(("width", "scheme"), [(1400, "light"), (400, "dark")])
def test_fifteen_arms_are_readable(rivals, visit, width, scheme):
    found = visit(rivals / "leaderboard.html", width=width, scheme=scheme)
    page = found.view("training")
    chart = page.locator("#training-0")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert chart.evaluate("(each) => each.scrollWidth - each.clientWidth") == 0  # nothing lies beyond its side
    assert chart.locator("svg.marks").get_attribute("aria-label") == "Rivals: accuracy against consistency"
    titles = chart.locator("svg .role-title-text text").evaluate_all(BOXES)
    assert [title["text"] for title in titles] == ["unseen", "mini test", "mini open", "bmlama"]
    assert len({title["top"] for title in titles}) == (1 if width == 1400 else 4)
    names = [each for each in chart.locator("svg .mark-text.role-mark text").evaluate_all(BOXES) if each["text"]]
    assert len(names) > 4 * 8  # of 16
    for one, other in itertools.combinations(names, 2):
        across = min(one["right"], other["right"]) - max(one["left"], other["left"])
        up = min(one["bottom"], other["bottom"]) - max(one["top"], other["top"])
        assert min(across, up) < 3, (one, other)
    legend = chart.locator("svg .role-legend-label text").all_text_contents()
    assert sorted(legend) == sorted(["base", *ARMS])
    assert found.said == []


def test_a_tooltip_has_the_figures_and_the_table_has_them_all(rivals, visit):
    page = visit(rivals / "leaderboard.html").view("training")
    heads = page.locator("#training-0 svg .mark-symbol.role-mark").first.locator("path")
    assert heads.count() == len(ARMS) + 1
    heads.nth(ARMS.index("pivot")).hover(force=True)  # which lies apart
    page.wait_for_selector("#vg-tooltip-element.visible td.value")
    tip = page.locator("#vg-tooltip-element td").all_text_contents()
    right, up = GAINS["pivot"]
    shown, change = (f"{0.3 + right:.3f} [{0.27 + right:.3f}, {0.33 + right:.3f}]", "+0.020 [-0.010, +0.050]")
    assert tip[:4] == ["arm", "pivot", "acc", shown]
    assert tip[6:8] == ["acc − base", change]
    page.click("#training-0 summary:has-text('As a table')")
    page.wait_for_selector("#training-0 table tbody tr")
    head = page.locator("#training-0 table thead th").all_text_contents()
    assert head == ["evaluation", "arm", "base", "acc", "acc − base", "consistency", "consistency − base"]
    rows = page.eval_on_selector_all(
        "#training-0 table tbody tr", "rows => rows.map((row) => [...row.cells].map((each) => each.textContent))"
    )
    assert len(rows) == 4 * (len(ARMS) + 1)
    told = next(row for row in rows if row[:2] == ["unseen", "pivot"])
    assert told[2:5] == ["base", shown, change]
    assert told[5].startswith(f"{0.3 + up:.3f} [")


def test_it_stands_before_what_changed(tmp_path):
    (tmp_path / "report.json").write_text(to_json(study(unseen=evaluation({"own": (0.1, 0.1)}))), "utf-8")
    trainings, skipped = find([tmp_path])
    assert skipped == []
    assert [(each.kind, each.title) for each in trainings] == [
        ("arrows", "Rivals: accuracy against consistency"),
        ("arms", "Rivals"),
    ]
