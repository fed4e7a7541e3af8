"""The margin of scored options: what it is, of which questions, and how often its interval holds."""

import math
from dataclasses import replace

import numpy as np
import pytest

from calm_harness.metrics import Answer, Answers, statistic, twins
from calm_harness.metrics.bootstrap import estimate
from tests.stacked import stack

NAN, INF = math.nan, math.inf
FIVE = ["red", "blue", "green", "grey", "pink"]


def table(*questions, languages=("en", "zh"), options=None):
    """Make a table from each question's lists of scores, one list a language; `options` by place in the table."""
    answers = []
    for number, question in enumerate(questions):
        for language, scores in zip(languages, question, strict=True):
            texts = (options or {}).get((number, language), FIVE[: len(scores)])
            choice = None if all(map(math.isnan, scores)) else int(np.nanargmax(scores))
            answers.append(Answer(f"q{number:03}", language, choice, 0, twins(texts), tuple(scores)))
    return Answers.collect(answers, languages)


def value(name, answers):
    return float(statistic(name, answers))


def test_the_lead_over_the_next_is_taken_relative_to_that_over_the_last():
    # English leads by 3 and 1, and the options lie 9 and 3 apart; Chinese leads by 0 and 4 of 8 and 8.
    answers = table([[9, 6, 0], [5, 5, -3]], [[2, 3, 0], [0, 8, 4]])
    assert value("margin_en", answers) == pytest.approx((3 + 1) / (9 + 3))
    assert value("margin_zh", answers) == pytest.approx((0 + 4) / (8 + 8))
    assert value("margin", answers) == pytest.approx((4 / 12 + 4 / 16) / 2)


def test_neither_the_scale_nor_the_height_of_a_languages_scores_matters():
    answers = table([[9, 6, 0], [90 - 7, 60 - 7, 0 - 7]])
    assert value("margin_en", answers) == pytest.approx(value("margin_zh", answers)) == pytest.approx(3 / 9)


def test_the_next_is_another_text():
    same = {(0, "en"): ["red", "red", "blue", "green"]}
    # Of letters the same text may have two scores: the better one is the text's.
    answers = table([[9, 8, 6, 0], [9, 8, 6, 0]], options=same)
    assert value("margin_en", answers) == pytest.approx(3 / 9)
    assert value("margin_zh", answers) == pytest.approx(1 / 9)
    behind = table([[6, 9, 8, 0], [6, 8, 9, 0]], options={(0, "en"): ["red", "blue", "red", "green"]})
    assert value("margin_en", behind) == pytest.approx((9 - 8) / 9)


def test_questions_with_fewer_than_three_texts_say_nothing():
    two = table([[5, 1], [5, 1]])
    assert math.isnan(value("margin", two))
    assert math.isnan(value("margin_en", two))
    mixed = table([[5, 1], [5, 1]], [[4, 3, 0], [4, 2, 0]], [[9, 8, 6, 6], [9, 8, 0, 0]])
    assert value("margin_en", mixed) == pytest.approx((1 + 1) / (4 + 3))
    same = table([[4, 3, 0], [4, 2, 0]], [[9, 5, 0], [9, 5, 0]], options={(0, "en"): ["red", "blue", "red"]})
    assert value("margin_en", same) == pytest.approx(4 / 9)
    assert value("margin_zh", same) == pytest.approx((2 + 4) / (4 + 9))


@pytest.mark.parametrize("bad", [[NAN, 3, 0], [4, -INF, 0], [INF, 3, 0], [NAN, NAN, NAN]])
def test_a_score_that_is_no_finite_number_leaves_the_question_out_in_that_language(bad):
    answers = table([bad, [4, 2, 0]], [[9, 8, 0], [9, 5, 0]])
    assert value("margin_en", answers) == pytest.approx(1 / 9)
    assert value("margin_zh", answers) == pytest.approx((2 + 4) / (4 + 9))


def test_equal_scores_have_no_margin_and_make_none_smaller():
    flat = table([[1, 1, 1], [4, 2, 0]])
    assert math.isnan(value("margin_en", flat))
    assert math.isnan(value("margin", flat))
    assert value("margin_zh", flat) == pytest.approx(0.5)
    assert math.isnan(estimate({"m": statistic("margin", flat)})["m"].low)
    assert value("margin_en", table([[1, 1, 1], [4, 2, 0]], [[9, 6, 0], [4, 2, 0]])) == pytest.approx(3 / 9)


def test_runs_put_below_each_other_keep_which_texts_are_the_same():
    same = {(0, "en"): ["red", "red", "blue", "green"]}
    one, other = table([[9, 8, 6, 0], [9, 8, 6, 0]], options=same), table([[4, 3, 0], [4, 2, 0]])
    for order in ([one, other], [other, one]):
        assert value("margin_en", stack(order)) == pytest.approx((3 + 1) / (9 + 4))
        assert value("margin_zh", stack(order)) == pytest.approx((1 + 2) / (9 + 4))


def test_labels_are_not_read():
    draw = np.random.default_rng(0)
    scores = draw.normal(size=(30, 2, 4))
    answers = [
        [Answer(f"q{q}", x, int(scores[q, i].argmax()), gold, (0, 1, 2, 3), tuple(scores[q, i])) for q in range(30)]
        for gold in (-1, 2)
        for i, x in enumerate(("en", "zh"))
    ]
    hidden, shown = (Answers.collect(answers[i] + answers[i + 1], ("en", "zh")) for i in (0, 2))
    assert value("margin", hidden) == value("margin", shown)


@pytest.mark.parametrize("questions", [20, 100])
def test_its_interval_holds_the_true_value(questions):
    # How far options lie apart differs by question; a lead of gamma(1) over gamma(1) + gamma(2) is a third on average.
    draw = np.random.default_rng(questions)
    held = 0
    for _ in range(200):
        width = draw.gamma(2, size=(questions, 1))
        lead, rest = draw.gamma(1, size=(questions, 1)), draw.gamma(2, size=(questions, 1))
        scores = width * np.concatenate([np.zeros((questions, 1)), -lead, -lead - rest], axis=1)
        found = estimate({"m": statistic("margin_en", table(*scores[:, None].tolist(), languages=("en",)))})["m"]
        held += found.low <= 1 / 3 <= found.high
    assert held >= 180


def scored_by_another_way(scores, totals, language="en", number=0):
    return Answer(
        f"q{number}",
        language,
        int(np.argmax(scores)),
        0,
        tuple(range(len(scores))),
        tuple(scores),
        totals=tuple(totals),
    )


def test_it_is_taken_of_log_likelihoods_whichever_score_decides():
    answers = [scored_by_another_way([1, 5, 0, 0], [-3, -9, -4, -11]), scored_by_another_way([0, 2, 1], [-1, -2, -6])]
    answers = [replace(answer, question_id=f"q{number}") for number, answer in enumerate(answers)]
    of_both = Answers.collect(answers, ["en"])
    assert value("margin_en", of_both) == pytest.approx((1 + 1) / (8 + 5))
    assert value("margin_en", of_both.only(["q1"])) == pytest.approx(1 / 5)
    halves = [Answers.collect([answer], ["en"]) for answer in answers]
    assert value("margin_en", stack(halves)) == value("margin_en", of_both)
    plain = table([[-3, -9, -4, -11]], [[-1, -2, -6]], languages=("en",))
    assert value("margin_en", plain) == value("margin_en", of_both)
