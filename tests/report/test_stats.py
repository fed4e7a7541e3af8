"""What the page computes is what Python computes: the same metrics, the same resamples, the same intervals."""

import random
from dataclasses import replace
from importlib.resources import files
from statistics import NormalDist

import numpy as np
import pytest

from calm_harness import metrics
from calm_harness.metrics import Answer, Answers, twins
from calm_harness.metrics.bootstrap import RESAMPLES, SEED, resampled
from calm_harness.metrics.compare import differences, names_of
from calm_harness.metrics.intervals import holm
from calm_harness.predictions import Prediction, read
from calm_harness.predictions.scoring import tabulate
from calm_harness.report.page.render import COMPUTING
from calm_harness.report.sheets import RANKED, core
from tests.report.free_of_labels import FREE_OF_LABELS

LANGUAGES = ("en", "fr", "ja", "ar")


@pytest.fixture(scope="module")
def page(chromium):
    """The page's statistics alone."""
    context = chromium.new_context()
    page = context.new_page()
    for name in COMPUTING:
        page.add_script_tag(content=(files("calm_harness.report") / "page" / name).read_text("utf-8"))
    start = np.random.default_rng(SEED).bit_generator.state["state"]
    page.evaluate(
        "([state, increment, resamples]) => { calm.meta = { generator: { state, increment }, resamples }; }",
        [str(start["state"]), str(start["inc"]), RESAMPLES],
    )
    yield page
    context.close()


DRAWN = """questions => {
  const generator = new calm.Generator(calm.meta.generator);
  const found = { rows: {}, sum: 0 };
  for (let row = 0; row < calm.meta.resamples; row++) {
    const times = generator.count(new Uint32Array(questions));
    if ([0, 1, 499, 999].includes(row)) found.rows[row] = [...times];
    times.forEach((n, q) => (found.sum += n * ((row * questions + q) % 9973)));
  }
  return found;
}"""


@pytest.mark.parametrize("questions", [1, 2, 60, 997, 1000])
def test_questions_are_drawn_as_numpy_draws_them(page, questions):
    rng = np.random.default_rng(SEED)
    expected = np.stack(
        [np.bincount(rng.integers(0, questions, questions), minlength=questions) for _ in range(RESAMPLES)]
    )
    found = page.evaluate(DRAWN, questions)
    for place in (0, 1, 499, 999):
        assert found["rows"][str(place)] == expected[place].tolist()
    assert found["sum"] == int((expected.ravel() * (np.arange(expected.size) % 9973)).sum())


def invented(seed, hidden=False):
    """Predictions to 40 questions, of every kind that is difficult: twins, no answers, other numbers of options."""
    rng = random.Random(seed)
    rows = []
    for number in range(40):
        size = rng.choice([2, 4, 4, 5, 40])
        gold = -1 if hidden else rng.randrange(size)
        for language in LANGUAGES:
            options = [f"option {i}" for i in range(size)]
            if rng.random() < 0.3:
                options[rng.randrange(size)] = options[rng.randrange(size)]
            favourite = rng.randrange(size) if rng.random() < 0.5 else max(gold, 0)
            choice = None if rng.random() < 0.1 else favourite
            scores = tuple(float(rng.randrange(4)) for _ in options)  # with ties
            rows.append(Prediction(language, "stem", tuple(options), gold, (choice,), f"q{number:02d}", scores))
    return rows


def table(rows):
    answers = [
        Answer(
            r.question_id,
            r.language,
            r.choices[0],
            r.gold,
            twins(r.options),
            r.scores,
            unfinished=r.unfinished,
            own_language=r.own_language,
        )
        for r in rows
    ]
    return Answers.collect(answers, LANGUAGES)


def as_page(rows):
    return core(table(rows), {(row.question_id, row.language): row for row in rows})


def chances(after, before):
    """The p-value of each metric's difference: of the greater minus the less."""
    runs = [resampled({name: metrics.statistic(name, run) for name in names_of(run)}) for run in (after, before)]
    found = {}
    for name in runs[0]:
        greater, less = sorted((run[name] for run in runs), key=lambda draws: -draws.value)
        found[name] = (greater - less).chance()
    return found


def marked(after, before):
    """The metrics that the page says to be better or worse: of the ranking's, and of all others."""
    undirected = {name for name, higher in metrics.HIGHER_IS_BETTER.items() if higher is None}
    directed = {name: chance for name, chance in chances(after, before).items() if name not in undirected}
    families = [
        {name: chance for name, chance in directed.items() if (name in RANKED) == side} for side in (True, False)
    ]
    return holm(families[0]) | holm(families[1])


VALUES = """([core, languages]) => {
  const table = calm.table(core, languages);
  const value = (name) => {
    const statistic = calm.statistic(name, table);
    return statistic.finish(calm.total(statistic), table.questions);
  };
  return Object.fromEntries(calm.names(table).map((name) => [name, value(name)]));
}"""
DIFFERENCES = """([after, before, languages]) => {
  const tables = [after, before].map((core) => calm.table(core, languages));
  const work = calm.differences(calm.names(tables[0]), tables);
  for (;;) {
    const { done, value } = work.next();
    if (done) return value;
  }
}"""


@pytest.mark.parametrize("seed", range(6))
def test_metrics_are_those_of_python(page, seed):
    rows = invented(seed)
    found = page.evaluate(VALUES, [as_page(rows), list(LANGUAGES)])
    assert len(found) == 13 + len(LANGUAGES)
    for name, value in found.items():
        assert value == pytest.approx(float(metrics.statistic(name, table(rows))), abs=1e-12), name


def test_thoughts_that_never_end_are_counted_as_in_python(page):
    rows = [
        replace(row, scores=None, unfinished=row.choices[0] is None and number % 3 > 0)
        for number, row in enumerate(invented(7))
    ]
    found = page.evaluate(VALUES, [as_page(rows), list(LANGUAGES)])
    assert "rankc" not in found
    expected = sum(row.unfinished for row in rows) / len(rows)
    assert found["unfinished"] == pytest.approx(expected)
    assert 0 < expected < found["invalid"]
    assert found["unfinished"] == pytest.approx(float(metrics.statistic("unfinished", table(rows))), abs=1e-12)


def test_free_answers_are_held_against_the_language_asked_for_as_in_python(page):
    rows = [replace(row, scores=None, own_language=number % 3 > 0) for number, row in enumerate(invented(8))]
    found = page.evaluate(VALUES, [as_page(rows), list(LANGUAGES)])
    for name in ("em", "other_language"):
        assert 0 < found[name] < found["acc"]
        assert found[name] == pytest.approx(float(metrics.statistic(name, table(rows))), abs=1e-12)
    assert found["em"] + found["other_language"] == pytest.approx(found["acc"])


def test_hidden_labels_leave_what_needs_none(page):
    found = page.evaluate(VALUES, [as_page(invented(0, hidden=True)), list(LANGUAGES)])
    assert set(found) == FREE_OF_LABELS


@pytest.mark.parametrize("seed", [1, 2])
def test_intervals_of_differences_are_those_of_python(page, seed):
    after, before = invented(seed), invented(seed + 100)
    found = page.evaluate(DIFFERENCES, [as_page(after), as_page(before), list(LANGUAGES)])
    expected = differences(table(after), table(before))
    for name, cell in found.items():
        wanted = expected[name]
        assert [cell["value"], cell["low"], cell["high"]] == pytest.approx(
            [wanted.value, wanted.low, wanted.high], abs=1e-12
        )


@pytest.mark.parametrize("seed", range(4))
def test_p_values_of_differences_are_those_of_python(page, seed):
    runs = invented(seed), invented(seed + 100)
    found = page.evaluate(DIFFERENCES, [*map(as_page, runs), list(LANGUAGES)])
    expected = chances(*map(table, runs))
    for name, cell in found.items():
        assert cell["chance"] == pytest.approx(expected[name], rel=1e-9), name


def test_a_p_value_is_as_exact_in_its_tail_as_in_python(page):
    for z in (0, 0.3, 1, 1.959963984540054, 2.7, 3.5, 4.5):
        assert page.evaluate(f"calm.beyond({z})") == pytest.approx(NormalDist().cdf(-z), rel=1e-9, abs=1e-15)
    assert 0 <= page.evaluate("calm.beyond(10)") < 1e-15


@pytest.mark.parametrize("seed", range(5))
def test_a_family_is_corrected_as_in_python(page, seed):
    rng = random.Random(seed)
    family = {f"m{i}": rng.random() ** 4 / 5 for i in range(rng.randrange(9))}
    assert set(page.evaluate("family => calm.holm(family)", family)) == holm(family)


def test_the_compare_view_shows_what_python_computes(board, report, visit):
    rows = board.rows
    (after,) = [row for row in rows if row.run.adapter]
    before = rows[after.base]
    page = visit(report / "leaderboard.html", f"#view=compare&a={after.number}&b={before.number}").page
    page.wait_for_selector("#compare table")
    expected = differences(*(tabulate(read(row.run.samples)) for row in (after, before)))
    shown = page.eval_on_selector_all(
        "#compare tr[data-metric]",
        "rows => rows.map((row) => [row.dataset.metric, ...[...row.cells].slice(1).map((cell) => cell.textContent)])",
    )
    assert {name for name, *_ in shown} == {
        *(
            "acc",
            "consistency",
            "consistency_strict",
            "consistency_all",
            "correct_all",
            "potential",
            "potential_chance",
            "alpha",
            "kappa_strict",
            "rankc",
            "majority_acc",
        ),
        "pivot_gap",
        "invalid",
        "acc_en",
        "acc_zh",
        "acc_ar",
    }
    certain = marked(*(tabulate(read(row.run.samples)) for row in (after, before)))
    signed = lambda value: f"{value:+.3f}".replace("-", "−")  # noqa: E731
    for name, was, now, apart, interval in shown:
        wanted = expected[name]
        assert apart.split()[0] == signed(wanted.value)
        better = (wanted.value > 0) == (name != "invalid")
        assert apart.split()[1:] == ([] if name not in certain else ["better"] if better else ["worse"])
        assert interval == f"[{signed(wanted.low)}, {signed(wanted.high)}]"
        assert (was, now) == tuple(f"{row.run.figures[name]['value']:.3f}" for row in (before, after))


def test_runs_of_other_questions_are_compared_on_those_they_share(board, runs, report, visit):
    rows = board.rows
    part, full, recorded = (
        next(row for row in rows if row.run.results.is_relative_to(runs / name))
        for name in ("part", "base", "recorded")
    )
    page = visit(report / "leaderboard.html", f"#view=compare&a={part.number}&b={full.number}").page
    page.wait_for_selector("#compare table")
    assert page.inner_text("#compare p").startswith(
        "5 questions that both were asked (of 5 (after) and 12 (before)), in en, zh, ar"
    )
    page = visit(report / "leaderboard.html", f"#view=compare&a={recorded.number}&b={full.number}").page
    assert "These runs share no question" in page.inner_text("#compare")
    assert page.locator("#compare table").count() == 0
