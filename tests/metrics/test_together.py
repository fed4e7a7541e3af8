"""Metrics of several seeds together: means over models, not the metric of all models' answers."""

from dataclasses import replace

import numpy as np
import pytest

from calm_harness.metrics import Answers, names, statistic
from calm_harness.metrics.bootstrap import difference, estimate
from calm_harness.metrics.seeds import together

LANGUAGES = ("en", "zh", "fr")


def answered(position, first=0, scores=None):
    """A table of positions [Q, 3], of four options of which the first is right."""
    position = np.array(position)
    return Answers(
        question_ids=tuple(f"q{first + number:04}" for number in range(len(position))),
        languages=LANGUAGES,
        chosen=np.where(position >= 0, 1 << np.maximum(position, 0), 0),
        position=position,
        gold=np.zeros(len(position), dtype=int),
        size=np.full(len(position), 4),
        scores=scores,
    )


def drawn(count, seed, first=0, agreeing=0.6):
    """Draw a table, with scores, in which languages often agree."""
    draw = np.random.default_rng(seed)
    common = draw.integers(0, 4, (count, 1))
    position = np.where(draw.random((count, 3)) < agreeing, common, draw.integers(-1, 4, (count, 3)))
    return answered(position, first, draw.normal(size=(count, 3, 4)))


def pooled(name, *tables):
    return together([statistic(name, table) for table in tables], [table.question_ids for table in tables])


KNOWN = names(LANGUAGES, labelled=True, scored=True, responses=False)


def test_models_that_always_say_one_thing_each_are_no_spread_of_positions():
    """Answers of "always A" and "always B" put together would have an entropy of log 2 ÷ log 4."""
    always = [answered(np.full((50, 3), position), first=50 * position) for position in (0, 1)]
    assert float(pooled("position_entropy", *always)) == 0
    assert np.isnan(float(pooled("alpha", *always)))  # only one answer occurs, whichever it is
    assert np.isnan(estimate({"alpha": pooled("alpha", *always)})["alpha"].low)
    assert float(pooled("consistency", *always)) == 1


@pytest.mark.parametrize("name", KNOWN)
def test_the_value_is_the_mean_weighed_by_questions(name):
    tables = drawn(40, 0), drawn(60, 1, first=40, agreeing=0.9)
    values = [float(statistic(name, table)) for table in tables]
    found = pooled(name, *tables)
    if statistic(name, tables[0]).successes is None:  # a share of questions may leave some out
        assert float(found) == pytest.approx(0.4 * values[0] + 0.6 * values[1])
    assert float(found.contributions[0].mean()) == pytest.approx(float(found), abs=0.02)
    assert not np.isnan(estimate({name: found})[name].low)


@pytest.mark.parametrize("name", KNOWN)
def test_one_seed_is_itself(name):
    table = drawn(60, 2)
    one, alone = (estimate({name: metric})[name] for metric in (pooled(name, table), statistic(name, table)))
    assert [one.value, one.stderr, one.low, one.high] == pytest.approx(
        [alone.value, alone.stderr, alone.low, alone.high], abs=1e-9
    )


@pytest.mark.parametrize("name", KNOWN)
def test_a_question_of_several_seeds_counts_once(name):
    """The error of three seeds that answer all questions alike is that of one, and not smaller by the root of three."""
    table = drawn(100, 3)
    one, thrice = (estimate({name: metric})[name] for metric in (statistic(name, table), pooled(name, *[table] * 3)))
    assert [thrice.value, thrice.stderr] == pytest.approx([one.value, one.stderr])
    assert [thrice.low, thrice.high] == pytest.approx([one.low, one.high], abs=0.02)


@pytest.mark.parametrize("name", ["acc", "alpha", "consistency_all", "kappa_strict", "position_entropy", "rankc"])
def test_seeds_with_questions_of_their_own_err_apart(name):
    """The variance of a mean of two that have nothing in common is a quarter of the sum of theirs."""
    tables = drawn(300, 4), drawn(300, 5, first=300)
    apart = [estimate({name: statistic(name, table)})[name].stderr for table in tables]
    assert estimate({name: pooled(name, *tables)})[name].stderr == pytest.approx(np.hypot(*apart) / 2, rel=0.1)


def test_differences_are_paired():
    """What training changes in one question of a hundred, where questions differ much."""
    before = [drawn(100, 6), drawn(100, 7, first=100)]
    after = [replace(table, position=table.position.copy(), chosen=table.chosen.copy()) for table in before]
    for table in after:
        table.position[0], table.chosen[0] = 0, 1
    changed = {name: difference(pooled(name, *after), pooled(name, *before)) for name in ("acc", "alpha", "rankc")}
    found = estimate(changed)
    assert found["acc"].stderr < 0.3 * estimate({"acc": pooled("acc", *before)})["acc"].stderr
    assert found["rankc"].value == 0  # scores are as before


def test_seeds_that_are_all_right_are_no_certainty():
    right = answered(np.zeros((60, 3), dtype=int))
    found = estimate({"acc": pooled("acc", right, right, right)})["acc"]
    assert (found.low, found.high) == pytest.approx((0.025 ** (1 / 60), 1))
