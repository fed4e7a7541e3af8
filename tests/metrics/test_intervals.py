"""Intervals near the ends, where all questions of a sample are alike."""

import numpy as np
import pytest
import scipy.stats

from calm_harness import metrics
from calm_harness.metrics import Answers, names, statistic
from calm_harness.metrics.bootstrap import difference, estimate, resampled, too_few
from calm_harness.metrics.intervals import clopper_pearson, holm

pytestmark = pytest.mark.filterwarnings("error")


def answered(position, gold=0, scores=None):
    """A table of positions [Q, L], of four options of which the first is right."""
    position = np.array(position)
    return Answers(
        question_ids=tuple(f"q{i:04}" for i in range(len(position))),
        languages=("en", "zh", "fr", "de")[: position.shape[1]],
        chosen=np.where(position >= 0, 1 << np.maximum(position, 0), 0),
        position=position,
        gold=np.full(len(position), gold),
        size=np.full(len(position), 4),
        scores=scores,
    )


def interval(metric):
    found = estimate({"m": metric})["m"]
    return found.low, found.high


def apart(after, before, name="acc"):
    return interval(difference(statistic(name, after), statistic(name, before)))


ALL_RIGHT = answered(np.zeros((60, 2), dtype=int))


@pytest.mark.parametrize(("successes", "trials"), [(0, 10), (1, 20), (9, 10), (30, 60), (60, 60), (99_990, 100_000)])
def test_a_share_has_the_exact_interval(successes, trials):
    reference = scipy.stats.binomtest(successes, trials).proportion_ci(method="exact")
    assert clopper_pearson(successes, trials) == pytest.approx((reference.low, reference.high), abs=1e-12)


@pytest.mark.parametrize("name", ["acc", "acc_en", "correct_all", "correct_any", "majority_acc", "consistency_all"])
def test_60_of_60_are_no_certainty(name):
    low, high = interval(statistic(name, ALL_RIGHT))
    assert low == pytest.approx(0.025 ** (1 / 60))  # of a true .940 all 60 are right in one of 40 samples
    assert high == 1


@pytest.mark.parametrize("name", ["tied", "invalid"])
def test_none_of_60_is_no_certainty(name):
    assert interval(statistic(name, ALL_RIGHT)) == pytest.approx((0, 1 - 0.025 ** (1 / 60)))


def test_one_wrong_answer_in_eight_does_not_narrow_the_interval():
    position = np.zeros((60, 4), dtype=int)
    position[0, 0] = 1
    low, high = interval(metrics.acc(answered(position)))
    assert 0.92 < low < 0.945
    assert 0.9999 < high <= 1


def test_the_error_of_20_of_20_is_not_0():
    found = estimate({"acc": metrics.acc(answered(np.zeros((20, 2), dtype=int)))})["acc"]
    assert (found.value, found.high) == (1, 1)
    assert found.low == pytest.approx(0.8316, abs=1e-4)
    assert found.stderr == pytest.approx((1 - 0.8316) / 3.92, abs=1e-4)


def test_values_that_are_all_alike_but_not_at_an_end_are_no_certainty():
    low, high = interval(metrics.consistency(answered([[0, 0, 1]] * 60)))  # one of three pairs agrees
    # Of exponential weights D and U, D - U is below 3.0 and 2U - D below 6.6 in 39 of 40 cases.
    assert low == pytest.approx((1 - 3.0 / 62) / 3, abs=0.002)
    assert high == pytest.approx((1 + 6.6 / 62) / 3, abs=0.002)


def test_perfect_agreement_beyond_chance_is_no_certainty():
    position = np.repeat(np.arange(60) % 4, 2).reshape(60, 2)
    found = estimate({"alpha": metrics.alpha(answered(position))})["alpha"]
    assert (found.value, found.high) == (1, 1)
    assert 0.9 < found.low < 0.95
    assert found.stderr == pytest.approx((1 - found.low) / 3.92, rel=1e-3)


def test_the_same_ranking_everywhere_is_no_certainty():
    scores = np.tile(np.arange(4.0), (60, 2, 1))
    low, high = interval(metrics.rankc(answered(np.zeros((60, 2), dtype=int), scores=scores)))
    assert 0.94 < low < 0.96  # a ranking and the same backwards are alike by .09
    assert high == 1


def test_what_is_known_of_each_question_has_no_error():
    found = estimate({"m": metrics.rankc_chance(ALL_RIGHT)})["m"]
    assert (found.low, found.high, found.stderr) == pytest.approx((found.value, found.value, 0), abs=1e-12)


def test_always_the_same_letter_may_be_chance():
    low, high = interval(metrics.position_entropy(ALL_RIGHT))
    assert low == 0
    assert 0.15 < high < 0.35


@pytest.mark.parametrize("seed", range(20))
def test_an_even_spread_lies_in_the_interval_of_entropy(seed):
    position = np.random.default_rng(seed).integers(0, 4, (60, 1))
    found = estimate({"m": metrics.position_entropy(answered(position))})["m"]
    assert found.low < found.value < found.high == 1


def test_runs_that_do_not_differ_in_60_questions_may_in_others():
    assert apart(ALL_RIGHT, ALL_RIGHT) == pytest.approx((-0.049, 0.049), abs=0.002)
    assert apart(ALL_RIGHT, ALL_RIGHT, "alpha") != (0, 0)


def test_a_thousand_questions_tell_more_than_60():
    many = answered(np.zeros((1000, 2), dtype=int))
    assert apart(many, many) == pytest.approx((-0.0030, 0.0030), abs=1e-4)


def test_a_difference_lies_within_what_there_can_be():
    low, high = apart(ALL_RIGHT, answered(np.ones((60, 2), dtype=int)))
    assert 0.85 < low < 0.95
    assert high == 1


def test_a_difference_of_draws_is_that_of_the_metrics():
    draw = np.random.default_rng(0)
    runs = [answered(draw.integers(-1, 4, (60, 4)), scores=draw.normal(size=(60, 4, 4))) for _ in range(2)]
    for name in names(runs[0].languages, labelled=True, scored=True, responses=False):
        after, before = (statistic(name, run) for run in runs)
        drawn = [resampled({"m": metric})["m"] for metric in (after, before)]
        assert (drawn[0] - drawn[1]).interval() == pytest.approx(apart(*runs, name), abs=1e-12), name


def test_every_interval_holds_its_value():
    for seed in range(30):
        draw = np.random.default_rng(seed)
        common = draw.integers(0, 4, (20, 1))
        position = np.where(draw.random((20, 4)) < draw.random(), common, draw.integers(-1, 4, (20, 4)))
        table = answered(position, scores=draw.normal(size=(20, 4, 4)))
        wanted = names(table.languages, labelled=True, scored=True, responses=False)
        for name, found in estimate({name: statistic(name, table) for name in wanted}).items():
            assert found.low <= found.value <= found.high, (seed, name)
            assert found.stderr > 0 or name == "rankc_chance", (seed, name)


def test_fewer_than_ten_questions_are_too_few():
    assert too_few(10) is None
    assert too_few(9) == "9 of at least 10 questions: too few to rank or compare by"


def chance(after, before, name="acc"):
    drawn = [resampled({"m": statistic(name, run)})["m"] for run in (after, before)]
    return (drawn[0] - drawn[1]).chance()


@pytest.mark.parametrize("questions", [10, 40, 300])
def test_a_p_value_is_below_a_twentieth_where_the_interval_leaves_out_zero(questions):
    rng = np.random.default_rng(questions)
    below = []
    for shift in np.linspace(0, 0.5, 20):
        before = rng.integers(0, 2, (questions, 2))
        after = np.where(rng.random(before.shape) < shift, 0, np.where(rng.random(before.shape) < 0.7, before, 1))
        for one, other in ((after, before), (before, after)):
            low, high = apart(answered(one), answered(other))
            below.append(chance(answered(one), answered(other)) < 0.05)
            assert below[-1] == (low > 0 or high < 0)
    assert {True, False} == set(below)


@pytest.mark.parametrize(("better", "worse"), [(5, 0), (7, 0), (9, 0), (10, 1), (14, 3), (20, 7), (95, 65), (100, 60)])
def test_a_p_value_is_near_that_of_the_sign_test(better, worse):
    after, before = np.ones((300, 1), dtype=int), np.ones((300, 1), dtype=int)
    after[:better], before[better : better + worse] = 0, 0
    sign = scipy.stats.binom(better + worse, 0.5)
    mid = 2 * sign.sf(better) + sign.pmf(better)
    assert mid / 3 < chance(answered(after), answered(before)) < mid * 2


def test_equal_answers_differ_by_chance():
    assert chance(ALL_RIGHT, ALL_RIGHT) == 1
    one = answered([[0, 0]])
    assert chance(one, answered([[1, 1]])) == 1  # of one question there is no interval


@pytest.mark.parametrize(
    ("chances", "named"),
    [
        ({"a": 0.012, "b": 0.018, "c": 0.03, "d": 0.04}, "a"),  # .018 is above .05 / 3, and nothing after it counts
        ({"a": 0.012, "b": 0.016, "c": 0.024, "d": 0.049}, "abcd"),
        ({"d": 0.001, "a": 0.02}, "da"),
        ({"a": 0.03, "b": 0.03}, ""),
        ({"a": 0.049}, "a"),
        ({"a": 0.051}, ""),
        ({}, ""),
    ],
)
def test_a_family_is_corrected_together(chances, named):
    assert holm(chances) == set(named)
