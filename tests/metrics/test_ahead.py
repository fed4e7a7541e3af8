"""Who is ahead: of all others, in a family of metrics, and of enough questions."""

import numpy as np
import pytest

from benchmarks.ahead import WORLDS, simulate
from calm_harness.metrics import Answers, statistic
from calm_harness.metrics.ahead import ahead
from calm_harness.metrics.bootstrap import resampled
from calm_harness.metrics.compare import names_of


def measured(position):
    """The metrics of answers at these positions [Q, L], of four options of which the first is right."""
    position = np.array(position)
    table = Answers(
        question_ids=tuple(f"q{i:04}" for i in range(len(position))),
        languages=("en", "zh")[: position.shape[1]],
        chosen=np.where(position >= 0, 1 << np.maximum(position, 0), 0),
        position=position,
        gold=np.zeros(len(position), dtype=int),
        size=np.full(len(position), 4),
        scores=None,
    )
    return resampled({name: statistic(name, table) for name in names_of(table)})


def split(right, questions, agreeing=True):
    """So many questions right in both languages; the others wrong, in the same way or not."""
    return [[0, 0]] * right + [[1, 1 if agreeing else 2]] * (questions - right)


def test_ahead_of_all_is_ahead_of_the_nearest():
    first, second, last = (measured(split(right, 100)) for right in (90, 60, 30))
    assert "acc" in ahead([second, first, last])[1]
    assert ahead([second, first, last])[0] == ahead([second, first, last])[2] == ()
    assert ahead([first, second, first]) == [(), (), ()]  # level with another


@pytest.mark.parametrize(("questions", "any_lead"), [(1, False), (2, False), (9, False), (10, True)])
def test_nobody_is_ahead_on_fewer_than_ten_questions(questions, any_lead):
    right, wrong = measured(split(questions, questions)), measured(split(0, questions))
    assert any(ahead([right, wrong])) == any_lead


def test_fewer_answers_that_cannot_be_read_are_better():
    read, unread = measured(split(40, 80)), measured([[-1, -1]] * 40 + split(0, 40))
    assert "invalid" in ahead([read, unread])[0]
    assert ahead([read, unread])[1] == ()


def test_a_lead_that_would_do_alone_may_not_do_in_a_family():
    after, before = measured(split(100, 300)), measured(split(95, 300))
    alone = [{"acc": run["acc"]} for run in (after, before)]
    assert 0.05 / 3 < (alone[0]["acc"] - alone[1]["acc"]).chance() < 0.05
    assert ahead(alone) == [("acc",), ()]
    family = [{name: run[name] for name in ("acc", "consistency", "invalid")} for run in (after, before)]
    assert ahead(family) == [(), ()]  # consistency and invalid are level


def test_what_one_run_lacks_is_not_compared():
    after, before = measured(split(90, 100)), measured(split(30, 100))
    del before["acc"]
    assert "acc" not in ahead([after, before])[0]
    assert "correct_all" in ahead([after, before])[0]


def test_alone_nobody_is_ahead():
    assert ahead([]) == []
    assert ahead([measured(split(90, 100))]) == [()]


@pytest.mark.parametrize(("questions", "repeats"), [(10, 100), (30, 100), (300, 100)])
def test_equal_models_seldom_have_a_star(questions, repeats):
    found = simulate(WORLDS["half right"], (0.0, 0.0), questions, repeats)
    assert found["any ★"] <= 0.06, found


def test_a_model_that_is_better_by_eight_points_is_ahead():
    found = simulate(WORLDS["eight languages, far apart"], (0.0, 0.08), 300, 60)
    assert found["★ of the last"] > 0.9, found


@pytest.mark.slow
@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("runs", [2, 3])
def test_equal_models_of_any_world_seldom_have_a_star(world, runs):
    for questions in (10, 30, 300):
        found = simulate(WORLDS[world], (0.0,) * runs, questions, 400)
        assert found["any ★"] <= 0.06, (questions, found)
