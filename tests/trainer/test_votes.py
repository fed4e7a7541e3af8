"""Votes by policy: who decides, what a tie is, what options with the same text count for."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.votes.agreement import agreement
from trainer.votes.ballots import Ballots, resolve
from trainer.votes.policies import POLICIES, decide, vote
from trainer.votes.reliability import sensitivity, weights


def ballots(*questions, languages=("en", "zh", "fr"), twins=None, gold=None):
    """Questions as [language][option] -> votes."""
    mass = np.array(questions, dtype=float)
    same = np.broadcast_to(np.arange(mass.shape[2]), mass.shape).copy()
    for place, values in (twins or {}).items():
        same[place] = values
    ids = tuple(f"q{number}" for number in range(len(mass)))
    size = np.full(len(mass), mass.shape[2])
    return Ballots(ids, tuple(languages), mass, same, size, np.array(gold or [-1] * len(mass)))


TWO_AGAINST_ENGLISH = [[3, 0, 0], [1, 2, 0], [0, 3, 0]]


def test_crosslingual_pools_all_samples():
    found = vote(ballots(TWO_AGAINST_ENGLISH), "crosslingual")
    assert found.winner.tolist() == [[1, 1, 1]]
    assert found.votes.tolist() == [[5, 5, 5]]
    assert found.share == pytest.approx(5 / 9)
    assert found.margin == pytest.approx(1 / 9)


def test_english_decides_for_all():
    assert vote(ballots(TWO_AGAINST_ENGLISH), "english").winner.tolist() == [[0, 0, 0]]


def test_own_lets_each_decide():
    assert vote(ballots(TWO_AGAINST_ENGLISH), "own").winner.tolist() == [[0, 1, 1]]


def test_only_gold_reads_labels():
    one, other = (ballots(TWO_AGAINST_ENGLISH, gold=[gold]) for gold in (-1, 2))
    assert vote(other, "gold").winner.tolist() == [[2, 2, 2]]
    for policy in set(POLICIES) - {"gold", "sensitive", "pooled"}:
        assert np.array_equal(vote(one, policy).winner, vote(other, policy).winner)


def test_random_is_drawn_by_question_and_not_by_place():
    several = ballots(*[TWO_AGAINST_ENGLISH] * 40)
    winner = vote(several, "random").winner
    assert set(winner[:, 0]) == {0, 1, 2}
    assert (winner == winner[:, :1]).all()
    assert not np.array_equal(winner, vote(several, "random", seed=1).winner)
    alone = Ballots(("q7",), several.languages, several.mass[:1], several.twins[:1], several.size[:1], several.gold[:1])
    assert vote(alone, "random").winner[0, 0] == winner[7, 0]


def test_a_tie_has_no_winner_unless_it_is_drawn():
    tied = ballots([[2, 0, 0], [0, 2, 0], [0, 0, 1]])
    found = vote(tied, "crosslingual")
    assert found.winner.tolist() == [[-1, -1, -1]]
    assert found.tied.all()
    drawn = {int(vote(tied, "crosslingual", ties="random", seed=seed).winner[0, 0]) for seed in range(20)}
    assert drawn == {0, 1}


def test_nobody_voted():
    found = vote(ballots([[0, 0, 0]] * 3), "crosslingual")
    assert found.winner.tolist() == [[-1, -1, -1]]
    assert not found.tied.any()
    assert found.share.tolist() == [[0, 0, 0]]


def test_a_language_without_english_cannot_follow_it():
    with pytest.raises(ValueError, match="needs samples in en"):
        vote(ballots([[1, 0], [0, 1]], languages=("zh", "fr")), "english")


def test_a_text_that_stands_twice_counts_for_the_option_that_others_chose():
    # In the first language options 0 and 2 read the same, and scoring put it on the first of them.
    found = ballots([[1, 0, 0], [0, 0, 1], [0, 1, 0]], twins={(0, 0): [0, 1, 0]})
    assert resolve(found)[0].tolist() == [[0, 0, 1], [0, 0, 1], [0, 1, 0]]
    assert vote(found, "crosslingual").winner.tolist() == [[2, 2, 2]]


def test_agreement_counts_languages_not_samples():
    assert agreement(ballots(TWO_AGAINST_ENGLISH, [[1, 0, 0], [0, 1, 0], [0, 0, 1]])).tolist() == [2, 1]
    assert agreement(ballots([[1, 1, 0], [0, 0, 0], [0, 0, 0]])).tolist() == [0]


def simulated(reliability, questions=2000, options=5, seed=0):
    """Ballots of languages that are right with a probability, and else anywhere."""
    draw = np.random.default_rng(seed)
    gold = draw.integers(0, options, questions)
    mass = np.zeros((questions, len(reliability), options))
    for language, p in enumerate(reliability):
        right = draw.random(questions) < p
        wrong = (gold + draw.integers(1, options, questions)) % options
        mass[np.arange(questions), language, np.where(right, gold, wrong)] = 1
    names = [f"l{number}" for number in range(len(reliability))]
    return ballots(*mass, languages=names, gold=gold.tolist())


def test_weights_follow_reliability_without_labels():
    found = simulated([0.8, 0.5, 0.5, 0.3, 0.2])
    measured = weights(found, resolve(found))
    wanted = np.log(np.array([0.8, 0.5, 0.5, 0.3, 0.2]) * 4 / np.array([0.2, 0.5, 0.5, 0.7, 0.8]))
    assert measured == pytest.approx(wanted / wanted.mean(), abs=0.25)
    right = {
        policy: (vote(found, policy, ties="random").winner[:, 0] == found.gold).mean()
        for policy in ("crosslingual", "weighted")
    }
    assert right["weighted"] > right["crosslingual"] + 0.05


def test_sensitivity_is_what_the_words_alone_do_not_explain():
    draw = np.random.default_rng(0)
    null = draw.normal(size=(500, 5))
    signal = draw.normal(size=(500, 5))
    assert sensitivity(null, null) == pytest.approx(0, abs=0.01)
    assert sensitivity(signal, null) == pytest.approx(1, abs=0.01)
    assert sensitivity(null + signal, null) == pytest.approx(0.5, abs=0.03)
    short = null.copy()
    short[:, 3:] = np.nan  # questions with three options
    assert sensitivity(short, short) == pytest.approx(0, abs=0.01)
    short[:5, 0] = -np.inf  # what underflowed
    assert sensitivity(short, null) == pytest.approx(0, abs=0.01)


def test_sensitive_weighs_languages_that_listen():
    split = ballots([[1, 0, 0], [0, 1, 0], [0, 1, 0]])
    with pytest.raises(ValueError, match="needs scored options"):
        vote(split, "sensitive")
    deaf = dataclasses.replace(split, sensitivity=np.array([0.9, 0.4, 0.4]))
    assert vote(deaf, "sensitive").winner.tolist() == [[0, 0, 0]]


@given(
    st.lists(
        st.lists(st.lists(st.integers(0, 3), min_size=4, max_size=4), min_size=3, max_size=3), min_size=1, max_size=4
    )
)
def test_a_winner_has_more_votes_than_any_other(questions):
    found = ballots(*questions)
    outcome = vote(found, "crosslingual")
    for row, winner, tied in zip(found.mass.sum(axis=1), outcome.winner[:, 0], outcome.tied[:, 0], strict=True):
        best = np.flatnonzero(row == row.max()) if row.any() else []
        assert winner == (best[0] if len(best) == 1 else -1)
        assert tied == (len(best) > 1)


def test_votes_of_probabilities_may_tie_within_rounding():
    assert decide(np.array([[0.1 + 0.2, 0.3, 0.0]])).tied.tolist() == [True]
