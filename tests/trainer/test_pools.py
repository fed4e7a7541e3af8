"""Pools of scores over languages: hand-made scores, missing languages, options with the same text."""

import dataclasses

import numpy as np
import pytest

from tests.trainer.test_votes import ballots
from trainer.votes.policies import vote
from trainer.votes.pools import pooled

HALF, QUARTER = np.log(0.5), np.log(0.25)
NONE = [np.nan] * 3
ONE_SURE, TWO_UNSURE = [0.0, HALF * 6, HALF * 6], [HALF, 0.0, HALF]  # 64 : 1 : 1, and 1 : 2 : 1


def of(*questions):
    return np.array(questions, dtype=float)


def test_a_sure_language_outweighs_two_unsure_ones_in_the_log_pool_and_not_in_the_median():
    scores = of([ONE_SURE, TWO_UNSURE, TWO_UNSURE])
    total = np.log(64 / 66) + 2 * np.log(1 / 4)
    assert pooled(scores)[0] == pytest.approx([total, total + np.log(4 / 64), total - np.log(64)])
    assert pooled(scores, "median")[0] == pytest.approx([QUARTER, HALF, QUARTER])


def test_standardised_scores_count_alike_however_wide_they_lie():
    wide, narrow = [0.0, -100.0, -200.0], [-2.0, -1.0, 0.0]  # both are one way and the other by sqrt(3 / 2)
    assert pooled(of([wide, narrow]), "zscored")[0] == pytest.approx([0, 0, 0])
    assert pooled(of([wide]), "zscored")[0] == pytest.approx([1.5**0.5, 0, -(1.5**0.5)])
    assert pooled(of([[-0.1, -0.1, -0.1], narrow]), "zscored")[0] == pytest.approx([-(1.5**0.5), 0, 1.5**0.5])


def test_a_constant_of_a_language_changes_nothing():
    scores = of([ONE_SURE, TWO_UNSURE])
    for pool in ("log", "zscored", "median"):
        assert pooled(scores - [[[100.0], [3.0]]], pool) == pytest.approx(pooled(scores, pool))


@pytest.mark.parametrize("pool", ["log", "zscored", "median"])
def test_a_language_that_is_missing_or_has_a_score_that_is_no_number_takes_no_part(pool):
    alone = pooled(of([TWO_UNSURE]), pool)
    for beside in (NONE, [0.0, np.nan, 0.0], [0.0, -np.inf, 0.0]):
        assert pooled(of([TWO_UNSURE, beside]), pool) == pytest.approx(alone)
    assert np.isnan(pooled(of([NONE, NONE]), pool)).all()


def test_options_beyond_a_questions_own_are_none():
    scores = of([[HALF, HALF, np.nan], [QUARTER, 0.0, np.nan]])
    found = pooled(scores, size=np.array([2]))[0]
    assert found[:2] == pytest.approx([HALF + np.log(0.2), HALF + np.log(0.8)])
    assert np.isnan(found[2])
    assert np.isnan(pooled(scores)).all()  # of three options each language lacks one


def test_a_text_that_stands_twice_is_counted_once_and_both_options_have_its_probability():
    equal, twins = [0.0, 0.0, 0.0], np.array([[[0, 0, 2], [0, 1, 2]]])
    assert pooled(of([equal, equal]), twins=twins)[0] == pytest.approx([HALF + np.log(1 / 3)] * 3)
    found = pooled(of([equal]), twins=twins[:, :1])[0]
    assert found[[0, 2]] == pytest.approx([HALF, HALF])
    assert np.isnan(found[1])  # no language tells it from the first


def test_the_pooled_vote_is_the_pools_best_option():
    without = ballots([[1, 0, 0], [0, 1, 0], [0, 1, 0]])
    with pytest.raises(ValueError, match="vote=pooled needs scored options"):
        vote(without, "pooled")
    scored = dataclasses.replace(without, scores=of([ONE_SURE, TWO_UNSURE, TWO_UNSURE]))
    found = vote(scored, "pooled")
    assert found.winner.tolist() == [[0, 0, 0]]
    assert found.share[0] == pytest.approx([64 / 69] * 3)  # 64·1·1 : 1·2·2 : 1·1·1
    assert vote(scored, "pooled", pool="median").winner.tolist() == [[1, 1, 1]]
    assert vote(scored, "crosslingual").winner.tolist() == [[1, 1, 1]]


def test_a_tie_of_the_pool_is_dropped_or_drawn():
    tied = dataclasses.replace(ballots([[1, 0], [0, 1]], languages=("en", "fr")), scores=of([[0.0, HALF], [HALF, 0.0]]))
    assert vote(tied, "pooled").winner.tolist() == [[-1, -1]]
    assert {int(vote(tied, "pooled", ties="random", seed=seed).winner[0, 0]) for seed in range(20)} == {0, 1}
