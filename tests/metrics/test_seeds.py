"""Intervals over seeds and questions together."""

import math

import pytest

from benchmarks.verdicts import AHEAD, World, verdicts
from calm_harness.metrics.bootstrap import Estimate
from calm_harness.metrics.seeds import over_seeds, spread

WHOLE = (-1.0, 1.0)


def test_the_spread_is_the_standard_deviation_between_seeds():
    assert spread([0.01, 0.03, 0.05]) == pytest.approx(0.02)
    assert math.isnan(spread([0.01]))
    assert math.isnan(spread([0.01, math.nan, 0.05]))


def test_seeds_that_are_alike_widen_by_their_number_alone():
    """Of three seeds without spread: Student's t of four degrees of freedom, 2.776, in place of 1.960."""
    found = over_seeds(Estimate(0.02, 0.01, 0.0, 0.05), [0.02, 0.02, 0.02], WHOLE)
    assert found.stderr == pytest.approx(0.01)
    assert found.low == pytest.approx(0.02 - 0.02 * 2.776 / 1.960, abs=1e-4)
    assert found.high == pytest.approx(0.02 + 0.03 * 2.776 / 1.960, abs=1e-4)


def test_where_seeds_are_far_apart_it_is_the_interval_of_their_mean():
    """Of 0, 10 and 20 points: 10 ± 4.303 · 10 / √3, where questions say hardly anything."""
    found = over_seeds(Estimate(0.1, 1e-4, 0.0998, 0.1002), [0.0, 0.1, 0.2], WHOLE)
    assert found.high - 0.1 == pytest.approx(4.303 * 0.1 / math.sqrt(3), rel=1e-3)
    assert found.high - 0.1 == pytest.approx(0.1 - found.low)


def test_an_interval_ends_where_values_do():
    assert over_seeds(Estimate(0.9, 0.01, 0.88, 0.92), [0.7, 1.0, 1.0], (0.0, 1.0)).high == 1.0


def test_two_seeds_say_nothing_of_others():
    over_questions = Estimate(0.02, 0.01, 0.0, 0.04)
    assert over_seeds(over_questions, [0.0, 0.04], WHOLE) == over_questions
    assert over_seeds(over_questions, [0.02], WHOLE) == over_questions


def test_a_seed_whose_value_is_undefined_leaves_no_interval():
    found = over_seeds(Estimate(0.02, 0.01, 0.0, 0.04), [0.02, math.nan, 0.02], WHOLE)
    assert found.value == 0.02
    assert math.isnan(found.low)
    assert math.isnan(found.stderr)


# How often ------------------------------------------------------------------------------------------------------------

FALSE = 0.06 + 2 * math.sqrt(0.06 * 0.94 / 600)  # two standard errors of 600 studies above what is allowed


@pytest.mark.parametrize("same", [False, True], ids=["questions of its own", "the same questions"])
@pytest.mark.parametrize("seeds", [3, 5])
@pytest.mark.parametrize("points", [0, 2, 4])
def test_alike_arms_are_seldom_told_apart(points, seeds, same):
    found = verdicts(World(seeds, 200, points / 100, same), 600)
    assert found["verdicts"] <= FALSE
    if points >= 2:  # holding the seeds fixed
        assert found["over questions alone"] >= 0.12


@pytest.mark.parametrize("same", [False, True], ids=["questions of its own", "the same questions"])
def test_five_points_are_seen_where_seeds_differ_by_one(same):
    assert verdicts(World(3, 200, 0.01, same, AHEAD), 400)["verdicts"] >= 0.7
