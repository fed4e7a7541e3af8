"""When a training on agreement is stopped, by the positions of its answers."""

from types import SimpleNamespace

import pytest

from trainer.rollouts.positions import Positions, entropy, tally

EVEN = [(4, position) for position in range(4)] * 5


def test_the_entropy_is_one_for_an_even_spread_and_zero_for_one_position():
    assert entropy([tally(EVEN)]) == pytest.approx(1)
    assert entropy([tally([(4, 2)] * 9)]) == 0
    assert entropy([tally([(4, 0)] * 3), tally([(4, 3)] * 3)]) == pytest.approx(0.5)  # log 2 ÷ log 4, over two steps


def test_numbers_of_options_are_told_apart():
    # Of four, two positions evenly: .5; of two, both evenly: 1. By answers: (4 × .5 + 2 × 1) ÷ 6.
    assert entropy([tally([(4, 0), (4, 0), (4, 1), (4, 1), (2, 0), (2, 1)])]) == pytest.approx(4 / 6)


def test_a_window_has_32_questions_at_least():
    assert [Positions.over(questions, 0.8).steps for questions in (1, 5, 32, 100)] == [32, 7, 1, 1]


def watched(*steps, window=2):
    watch = Positions(window, min_entropy=0.8)
    for step in steps:
        watch.add(step)
    return watch


def test_it_stops_where_the_last_window_falls_below_a_part_of_the_first():
    half = [(4, 0), (4, 1)] * 5
    assert watched(EVEN).verdict() is None  # no window yet
    assert watched(EVEN, EVEN, EVEN, half).verdict() is None  # one step is not the window: .96 of the first one's
    assert watched(EVEN, EVEN, half, half).verdict() == "the answers' positions collapsed (entropy 1.000 to 0.500)"
    assert watched(half, half, half, half).verdict() is None  # it began so


def test_where_no_answer_names_an_option_any_more_it_stops_too():
    assert watched(EVEN, EVEN, [], []).verdict() == "no answer names an option any more"
    assert watched([], []).verdict().startswith("no answer names an option; take a model that answers")


def at_a_step(callbacks):
    return SimpleNamespace(
        stateful_callbacks=callbacks, log_history=[], global_step=7, max_steps=9, is_world_process_zero=True
    )


def test_a_training_that_goes_on_has_seen_what_the_checkpoint_has():
    before = watched(EVEN, EVEN, EVEN)
    after = Positions(2, min_entropy=0.8)
    after.on_train_begin(None, at_a_step({"Positions": before.state()}), None)
    assert (after.first, after.last) == (before.first, before.last)
    for _ in range(2):
        after.add([(4, 1)] * 8)
    state, control = at_a_step({}), SimpleNamespace(should_training_stop=False)
    after.on_step_end(None, state, control)
    assert control.should_training_stop
    said = "stopped after step 7 of 9: the answers' positions collapsed (entropy 1.000 to 0.000)"
    assert state.log_history == [{"stopped": said, "step": 7}]
