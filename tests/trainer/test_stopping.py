"""When a loop stops, and which round it keeps."""

import numpy as np
import pytest

from benchmarks.stopping import LATER, World, kept
from calm_harness.errors import CalmError
from calm_harness.metrics import Answer, Answers
from trainer.rounds.stopping import judge, signal
from trainer.votes.ballots import Ballots
from trainer.votes.policies import vote_of_others

TAGS = ("en", "fr", "zh")
OPTIONS = 4


def table(rows, languages=TAGS):
    """Answers by question and language, as positions; None is no answer, the right one is hidden."""
    answers = [
        Answer(f"q{number:03}", language, position, -1, tuple(range(OPTIONS)))
        for number, row in enumerate(rows)
        for language, position in zip(languages, row, strict=True)
    ]
    return Answers.collect(answers, languages)


def ballots(rows, languages=TAGS):
    mass = np.array([[[position == option for option in range(OPTIONS)] for position in row] for row in rows], float)
    ids = tuple(f"q{number:03}" for number in range(len(rows)))
    twins = np.broadcast_to(np.arange(OPTIONS), mass.shape)
    return Ballots(ids, languages, mass, twins, np.full(len(rows), OPTIONS), np.full(len(rows), -1))


def measured(first, *later, languages=TAGS):
    """Measure the base model's answers, and later rounds', against the base model's votes."""
    found = ballots(first, languages)
    others = vote_of_others(found)
    return [signal(table(rows, languages), others, found.question_ids, languages) for rows in (first, *later)]


def split(agreeing, apart):
    """Questions on which all languages agree, in turns on each option, and on which they do not."""
    return [(n % OPTIONS,) * 3 for n in range(agreeing)] + [
        (n % OPTIONS, (n + 1) % OPTIONS, n % OPTIONS) for n in range(apart)
    ]


# What is measured -----------------------------------------------------------------------------------------------------


def test_a_language_is_held_against_the_others_alone():
    rows = [(0, 0, 0), (0, 0, 1), (0, 1, 2), (0, None, 1), (None, None, None)]
    others = vote_of_others(ballots(rows))
    assert others.winner.tolist() == [
        [0, 0, 0],
        [-1, -1, 0],  # en: fr says 0, zh says 1, a tie; zh: both say 0
        [-1, -1, -1],
        [1, -1, 0],  # en: zh alone; fr: en and zh, a tie; zh: en alone
        [-1, -1, -1],
    ]
    base = measured(rows)[0]
    # Of six answers that the others voted on, the three of the first question are what they voted for.
    assert base.agreement == pytest.approx(3 / 6)


def test_the_base_does_not_agree_with_itself_in_two_languages():
    rows = [(0, 0), (1, 2), (3, 1), (2, 2)]
    base, swapped = measured(rows, [(0, 0), (2, 1), (1, 3), (2, 2)], languages=("en", "fr"))
    assert base.agreement == pytest.approx(2 / 4)  # 1 where its own answer counts: a vote of two that has a winner
    assert swapped.agreement == pytest.approx(1.0)


def test_an_independent_draw_agrees_as_often_as_the_base():
    """Of 4,000 questions, whose answers are right in .4 of all cases, each for itself."""
    draw = np.random.default_rng(0)
    right = draw.random((2, 4000, 6)) < 0.4
    answers = np.where(right, 0, draw.integers(1, OPTIONS, right.shape))
    tags = ("en", "fr", "zh", "de", "it", "ja")
    base, other = measured(answers[0].tolist(), answers[1].tolist(), languages=tags)
    assert base.agreement == pytest.approx(other.agreement, abs=0.02)  # with its own answer counted: .2 more


def test_options_that_read_the_same_agree():
    answers = [
        Answer("q0", "en", 1, -1, (0, 1, 2)), Answer("q0", "fr", 2, -1, (0, 1, 2)),
        Answer("q1", "en", 0, -1, (0, 1, 2)), Answer("q1", "fr", 2, -1, (0, 1, 0)),
    ]  # fmt: skip
    found = Answers.collect(answers, ["fr", "en"])
    others = vote_of_others(ballots([(0, 0), (0, 1)], ("en", "fr")))  # of q0 and q1, in en and fr
    # q0: neither says 0; q1: en says 0 where 1 is voted for, and in French option 2 reads as option 0.
    assert signal(found, others, ["q0", "q1"], ["en", "fr"]).agreement == pytest.approx(1 / 4)


def test_a_base_without_a_valid_answer_is_one_line():
    with pytest.raises(CalmError, match=r"no valid answer to any of 2 dev questions.*dev_questions: 0") as error:
        measured([(None, None, None)] * 2)
    assert "\n" not in str(error.value)
    with pytest.raises(CalmError, match="a loop in en alone has no other language to judge a round by"):
        measured([(0,), (1,)], languages=("en",))


# What follows ---------------------------------------------------------------------------------------------------------


def test_it_goes_on_while_agreement_and_alpha_rise():
    signals = measured(split(40, 60), split(70, 30), split(95, 5))
    assert (judge(signals[:2], 0.8).stop, judge(signals[:2], 0.8).best) == (False, 1)
    assert (judge(signals, 0.8).stop, judge(signals, 0.8).best) == (False, 2)


def test_it_stops_and_keeps_the_best_round():
    signals = measured(split(40, 60), split(80, 20), split(60, 40))
    assert (judge(signals, 0.8).stop, judge(signals, 0.8).best) == (True, 1)
    found = judge(measured(split(60, 40), split(40, 60)), 0.8)
    assert (found.stop, found.best) == (True, 0)


def test_a_rise_within_a_standard_error_is_none():
    """Of a hundred questions eleven are newly agreed on and ten no more: noise."""
    before = split(50, 50)
    after = [(n % OPTIONS,) * 3 if 10 <= n < 61 else (n % OPTIONS, (n + 1) % OPTIONS, n % OPTIONS) for n in range(100)]
    found = judge(measured(before, after), 0.8)
    assert (found.stop, found.best) == (True, 0)
    assert "is not above that of the base model by a standard error: agreement " in found.reason
    same = judge(measured(before, before), 0.8)
    assert (same.stop, same.best) == (True, 0)


def test_it_stops_at_once_where_positions_collapse():
    """Always answering B agrees with itself in every language."""
    found = judge(measured(split(50, 50), [(1, 1, 1)] * 100), 0.8)
    assert (found.stop, found.best) == (True, 0)
    assert found.reason == "the answers' positions collapsed (entropy 1.000 to 0.000)"


def test_a_round_without_a_valid_answer_has_collapsed():
    found = judge(measured(split(50, 50), split(90, 10), [(None, None, None)] * 100), 0.8)
    assert (found.stop, found.best) == (True, 1)
    assert "collapsed" in found.reason


def test_what_is_undefined_counts_nothing():
    """Of a base model that always answers B alpha is undefined; a later round that answers so too is not ahead."""
    same = [(1, 1, 1)] * 20
    found = judge(measured(same, same), 0.8)
    assert (found.stop, found.best) == (True, 0)


def test_a_verdict_says_each_number_since_one_may_fall_where_the_sum_rises():
    base, later = measured(split(40, 60), split(90, 10))
    reason = judge([base, later], 0.8).reason
    assert reason.startswith("agreement + alpha rises by more than its standard error: agreement ")
    assert f"agreement {base.agreement:.3f} to {later.agreement:.3f}, alpha {base.alpha:.3f} to" in reason
    assert "standard error 0." in reason


# How often (two standard errors of 100 draws are at most .10) ---------------------------------------------------------


@pytest.mark.parametrize(
    ("world", "better", "equal", "worse"),
    [
        (World(2, following=0.3, alike=0.9), 0.5, 0.27, 0.2),
        (World(6, following=0.3, alike=0.9), 0.85, 0.2, 0.1),
        (World(6), 0.5, 0.27, 0.15),
    ],
    ids=["two languages", "six languages", "another draw of six languages"],
)
def test_better_rounds_are_kept_and_equal_and_worse_ones_are_not(world, better, equal, worse):
    assert kept(world, LATER["better"], 100) >= better
    assert kept(world, LATER["equal"], 100) <= equal
    assert kept(world, LATER["worse"], 100) <= worse
