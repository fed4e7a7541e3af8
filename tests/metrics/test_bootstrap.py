import math

import numpy as np
import pytest
import scipy.stats

from calm_harness import metrics
from calm_harness.metrics import Answers, Statistic, bootstrap, names, statistic
from calm_harness.metrics.bootstrap import estimate

pytestmark = pytest.mark.filterwarnings("error")

LANGUAGES = ("en", "zh", "fr", "de", "ja")
OPTIONS = 4


def simulate(questions, seed, languages=LANGUAGES, shared=0.6, always_b=0.0):
    """Make a table: a language follows the model's common belief (mostly gold) with probability `shared`."""
    rng = np.random.default_rng(seed)
    shape = (questions, len(languages))
    gold = rng.integers(0, OPTIONS, questions)
    belief = np.where(rng.random(questions) < 0.5, gold, rng.integers(0, OPTIONS, questions))
    position = np.where(rng.random(shape) < shared, belief[:, None], rng.integers(0, OPTIONS, shape))
    position[rng.random(shape) < always_b] = 1
    position[rng.random(shape) < 0.05] = -1
    return Answers(
        question_ids=tuple(f"q{i:04}" for i in range(questions)),
        languages=tuple(languages),
        chosen=np.where(position >= 0, 1 << np.maximum(position, 0), 0),
        position=position,
        gold=gold,
        size=np.full(questions, OPTIONS),
        scores=rng.normal(size=(*shape, OPTIONS)),
        truncated=rng.random(shape) < 0.1,
        unfinished=rng.random(shape) < 0.1,
        own_language=rng.random(shape) < 0.7,
    )


def rows(answers, numbers):
    """Take these questions, as often as they are named."""
    return Answers(
        question_ids=tuple(str(i) for i in range(len(numbers))),
        languages=answers.languages,
        chosen=answers.chosen[numbers],
        position=answers.position[numbers],
        gold=answers.gold[numbers],
        size=answers.size[numbers],
        scores=answers.scores[numbers],
    )


def columns(answers, languages, numbers):
    """Take these languages' answers, as often as they are named."""
    return Answers(
        question_ids=answers.question_ids,
        languages=languages,
        chosen=answers.chosen[:, numbers],
        position=answers.position[:, numbers],
        gold=answers.gold,
        size=answers.size,
    )


def every_metric(answers):
    wanted = names(answers.languages, labelled=True, scored=True, responses=True)
    return {name: statistic(name, answers) for name in wanted}


NO_MEANS = ("alpha", "kappa_strict", "margin", "position_entropy", "potential", "potential_chance", "rankc_chance")
MEANS = [name for name in metrics.HIGHER_IS_BETTER if name not in NO_MEANS]


@pytest.mark.parametrize("name", MEANS)
def test_error_of_a_mean_over_questions_is_its_standard_error(name):
    metric = statistic(name, simulate(400, seed=1))
    each = metric.parts[:, 0]
    found = estimate({name: metric})[name]
    assert found.value == pytest.approx(each.mean())
    assert found.stderr == pytest.approx(each.std() / math.sqrt(400), rel=0.1)
    assert 1.96 * 1.8 * found.stderr < found.high - found.low < 1.96 * 2.5 * found.stderr


@pytest.mark.parametrize(
    "name",
    ["acc", "consistency", "consistency_all", "majority_acc", "alpha", "margin", "margin_zh", "position_entropy"],
)
def test_error_is_scipys_and_the_interval_holds_that_of_its_percentile_bootstrap(name):
    answers = simulate(150, seed=2)
    reference = scipy.stats.bootstrap(
        (np.arange(150),),
        lambda numbers: float(statistic(name, rows(answers, numbers))),
        vectorized=False,
        n_resamples=2000,
        method="percentile",
        rng=np.random.default_rng(5),
    )
    found = estimate({name: statistic(name, answers)})[name]
    low, high = reference.confidence_interval
    assert found.low < low + 0.05 * (high - low)
    assert found.high > high - 0.05 * (high - low)
    assert found.high - found.low < 1.4 * (high - low)
    assert found.stderr == pytest.approx(reference.standard_error, rel=0.1)


def test_asking_in_the_same_languages_again_does_not_shrink_the_interval():
    answers = simulate(100, seed=3)
    twice = columns(answers, (*LANGUAGES, *(f"{tag}-x" for tag in LANGUAGES)), [*range(5), *range(5)])
    for name in ("acc", "correct_all", "majority_acc"):
        one = estimate({name: statistic(name, answers)})[name]
        other = estimate({name: statistic(name, twice)})[name]
        assert (other.stderr, other.low, other.high) == pytest.approx((one.stderr, one.low, one.high)), name


def test_error_grows_where_languages_are_right_and_wrong_together():
    together, apart = simulate(400, seed=4, shared=1.0), simulate(400, seed=4, shared=0.0)
    rows_taken_for_independent = math.sqrt(0.6 * 0.4 / (400 * 5))
    assert estimate({"acc": metrics.acc(together)})["acc"].stderr > 1.8 * rows_taken_for_independent
    assert estimate({"acc": metrics.acc(apart)})["acc"].stderr < 1.1 * rows_taken_for_independent


def test_the_interval_of_entropy_holds_the_value_and_the_even_spread():
    found = estimate({"m": metrics.position_entropy(simulate(200, seed=8))})["m"]
    assert 0.98 < found.value < 1
    assert 0.96 < found.low < found.value
    assert found.high == 1


def test_the_same_numbers_every_time():
    metric = every_metric(simulate(50, seed=5))
    assert estimate(metric) == estimate(metric)


def test_a_metric_does_not_depend_on_its_company():
    metric = every_metric(simulate(50, seed=6))
    together = estimate(metric)
    for name, one in metric.items():
        alone = estimate({name: one})[name]
        assert vars(alone) == pytest.approx(vars(together[name]), rel=1e-12), name


def test_the_size_of_batches_changes_nothing(monkeypatch):
    metric = {"alpha": metrics.alpha(simulate(70, seed=7))}
    whole = estimate(metric)
    monkeypatch.setattr(bootstrap, "BATCH", 7 * 70)
    assert vars(estimate(metric)["alpha"]) == pytest.approx(vars(whole["alpha"]), rel=1e-12)


def test_a_metric_that_is_the_same_for_all_questions_has_no_error():
    found = estimate({"m": Statistic(np.ones((30, 2)), lambda sums: sums[..., 0] / sums[..., 1])})["m"]
    assert vars(found) == {"value": 1, "stderr": 0, "low": 1, "high": 1}


def test_one_question_has_values_but_no_intervals():
    for name, found in estimate(every_metric(simulate(1, seed=1))).items():
        assert not math.isnan(found.value), name
        assert math.isnan(found.stderr), name
        assert math.isnan(found.low), name
        assert math.isnan(found.high), name


def test_no_question_has_no_value():
    for name, found in estimate(every_metric(simulate(0, seed=0))).items():
        assert all(math.isnan(number) for number in vars(found).values()), name


def test_resamples_in_which_alpha_is_undefined_are_left_out():
    # Two questions, AA and BB: one of two resamples has both (alpha 1), the others only one answer (undefined).
    answers = columns(simulate(2, seed=0), ("en", "zh"), [0, 1])
    answers.chosen[:] = [[1, 1], [2, 2]]
    found = estimate({"alpha": metrics.alpha(answers)})["alpha"]
    assert (found.value, found.high) == (1, 1)
    assert found.low < 0.2


def test_alpha_that_is_never_defined_has_no_interval():
    answers = simulate(20, seed=0)
    answers.chosen[:] = 2
    found = estimate({"alpha": metrics.alpha(answers)})["alpha"]
    assert all(math.isnan(number) for number in vars(found).values())


def test_no_metrics_no_estimates():
    assert estimate({}) == {}
