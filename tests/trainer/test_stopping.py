"""When a loop stops, and which round it keeps."""

import numpy as np
import pytest

from calm_harness.metrics import Answer, Answers
from trainer.rounds.stopping import Signal, judge, signal
from trainer.votes.policies import Vote

BASE = Signal(agreement=0.6, alpha=0.2, entropy=1.0)


def test_it_goes_on_while_agreement_and_alpha_rise():
    found = judge([BASE, Signal(0.65, 0.25, 0.99)], 0.8)
    assert (found.stop, found.best) == (False, 1)
    found = judge([BASE, Signal(0.65, 0.25, 0.99), Signal(0.7, 0.3, 0.98)], 0.8)
    assert (found.stop, found.best) == (False, 2)


def test_alpha_may_rise_for_both():
    assert judge([BASE, Signal(0.58, 0.3, 1.0)], 0.8).best == 1


def test_it_stops_and_keeps_the_best_round():
    found = judge([BASE, Signal(0.7, 0.3, 0.99), Signal(0.68, 0.29, 0.99)], 0.8)
    assert (found.stop, found.best) == (True, 1)
    assert judge([BASE, Signal(0.5, 0.2, 1.0)], 0.8).best == 0


def test_it_stops_at_once_where_positions_collapse():
    """Always answering B agrees with itself in every language."""
    found = judge([BASE, Signal(1.0, 1.0, 0.3)], 0.8)
    assert (found.stop, found.best) == (True, 0)
    assert "collapsed" in found.reason


def test_what_is_undefined_counts_nothing():
    assert judge([BASE, Signal(float("nan"), float("nan"), 1.0)], 0.8).best == 0


def test_the_signal_compares_with_the_first_vote():
    answers = [
        Answer("q0", "en", 1, -1, (0, 1, 2)), Answer("q0", "fr", 2, -1, (0, 1, 2)),
        Answer("q1", "en", 0, -1, (0, 1, 2)), Answer("q1", "fr", 0, -1, (0, 1, 2)),
        Answer("q2", "en", 2, -1, (0, 1, 2)), Answer("q2", "fr", 2, -1, (0, 1, 0)),
    ]  # fmt: skip
    table = Answers.collect(answers, ["fr", "en"])
    winner = np.array([[0, 0], [-1, -1], [1, 1]])  # of q2, q1 (a tie), q0, in en and fr
    zero = np.zeros(winner.shape)
    first = Vote(winner, zero, zero, zero, winner < 0)
    found = signal(table, first, ["q2", "q1", "q0"], ["en", "fr"])
    # q0: en agrees, fr does not; q2: en does not, and in French option 2 reads as option 0, which won; q1 has no vote.
    assert found.agreement == pytest.approx(2 / 4)


def test_a_verdict_says_each_number_since_one_may_fall_where_the_sum_rises():
    base, first = Signal(0.60, 0.20, 1.0), Signal(0.55, 0.40, 1.0)
    assert judge([base, first], 0.8).reason == (
        "agreement + alpha rises: agreement 0.600 to 0.550, alpha 0.200 to 0.400"
    )
    worse = Signal(0.50, 0.30, 1.0)
    assert judge([base, first, worse], 0.8).reason == (
        "agreement + alpha is not above round 1's: agreement 0.550 to 0.500, alpha 0.400 to 0.300"
    )
    collapsed = Signal(1.0, 1.0, 0.1)
    assert judge([base, collapsed], 0.8).reason == "the answers' positions collapsed (entropy 1.000 to 0.100)"
