"""What is left of a needle among other passages, worked out by hand and by brute force."""

import numpy as np
import pytest

from calm_harness.errors import CalmError
from calm_harness.metrics import Answer, Answers
from calm_harness.probes.found import accuracy, compared, share


def table(gold=0, **choices):
    """A table of questions with two options."""
    answers = [
        Answer(f"q{number}", language, choice, gold, (0, 1))
        for language, row in choices.items()
        for number, choice in enumerate(row)
    ]
    return Answers.collect(answers, list(choices))


def many(right, of=40):
    """So many of 40 questions are right in English, and all in German; the first ones."""
    row = [0] * right + [1] * (of - right)
    return table(en=row, de=[0] * of)


def values(figures):
    return {name: (None if np.isnan(each.value) else each.value) for name, each in figures.items()}


def test_found_is_the_share_of_what_the_needle_alone_is_worth():
    found = compared(many(25), alone=many(40), without=many(10))
    assert values(found["en"]) == {
        "acc": 0.625,
        "gain": pytest.approx(0.375),
        "room": pytest.approx(0.75),
        "found": pytest.approx(0.5),
    }
    assert values(found["all"]) == {
        "acc": pytest.approx(0.8125),
        "gain": pytest.approx(0.1875),
        "room": pytest.approx(0.375),
        "found": pytest.approx(0.5),
    }
    assert list(found) == ["en", "de", "all"]


def test_where_the_needle_alone_is_worth_nothing_nothing_is_known():
    found = compared(many(25), alone=many(40), without=many(10))
    assert values(found["de"])["found"] is None  # all are right without the needle
    assert values(found["de"])["room"] == 0
    barely = compared(many(12), alone=many(13), without=many(10))["en"]
    assert barely["room"].value > 0 > barely["room"].low
    assert np.isnan(barely["found"].value)
    assert np.isnan([barely["found"].low, barely["found"].high, barely["found"].stderr]).all()


def test_a_needle_that_does_harm_is_not_found_and_one_that_helps_more_than_alone_is_beyond_1():
    worse = compared(many(5), alone=many(40), without=many(10))["en"]["found"]
    assert worse.value == pytest.approx(-5 / 30)
    better = compared(many(40), alone=many(30), without=many(10))["en"]["found"]
    assert better.value == pytest.approx(1.5)
    harmful = compared(many(5), alone=many(10), without=many(40))["en"]
    assert np.isnan(harmful["found"].value)  # alone it is worth less than nothing


def test_the_interval_of_a_share_is_that_of_the_same_questions_in_all_three_runs():
    """Against a bootstrap of our own, drawn otherwise."""
    rng = np.random.default_rng(5)
    size = 300
    nothing = rng.random(size) < 0.3
    alone = nothing | (rng.random(size) < 0.7)
    hidden = np.where(rng.random(size) < 0.6, alone, nothing)
    gain, room = hidden.astype(float) - nothing, alone.astype(float) - nothing
    found = share(gain, room)
    assert found.value == pytest.approx(gain.sum() / room.sum())
    draws = rng.integers(0, size, (4000, size))
    ratios = gain[draws].sum(axis=1) / room[draws].sum(axis=1)
    low, high = np.quantile(ratios, [0.025, 0.975])
    assert found.low == pytest.approx(low, abs=0.02)
    assert found.high == pytest.approx(high, abs=0.02)
    assert found.stderr == pytest.approx(ratios.std(), rel=0.15)
    assert found.low < found.value < found.high


def test_where_there_is_hardly_room_the_interval_is_wide_and_ends():
    """Against Fieller's formula for normal means; a bootstrap of the ratio has no upper end here."""
    rng = np.random.default_rng(2)
    size = 300
    nothing = rng.random(size) < 0.5
    alone = np.where(rng.random(size) < 0.55, nothing, rng.random(size) < 0.65)
    hidden = np.where(rng.random(size) < 0.5, alone, nothing)
    gain, room = hidden.astype(float) - nothing, alone.astype(float) - nothing
    (up, across), (_, down) = np.cov(gain, room) / size
    assert 2 < room.mean() / down**0.5 < 3.5  # it is above 0, but not by much
    z = 1.96
    middle = gain.mean() * room.mean() - z**2 * across
    below = room.mean() ** 2 - z**2 * down
    half = (middle**2 - below * (gain.mean() ** 2 - z**2 * up)) ** 0.5
    found = share(gain, room)
    assert found.value == pytest.approx(gain.mean() / room.mean())
    assert found.low == pytest.approx((middle - half) / below, rel=0.15, abs=0.05)
    assert found.high == pytest.approx((middle + half) / below, rel=0.15, abs=0.05)


def test_no_answer_is_not_right():
    assert accuracy(table(en=[0, None, 1, 0], de=[0, 0, 0, 0]))["en"]["acc"].value == 0.5


def test_runs_that_cannot_be_compared_are_refused():
    with pytest.raises(CalmError, match="with and without needle are of different questions; run both anew"):
        compared(many(3, of=4), alone=many(3, of=5), without=many(3, of=4))
    with pytest.raises(CalmError, match="labels are hidden"):
        accuracy(table(gold=-1, en=[0, 1], de=[0, 1]))
