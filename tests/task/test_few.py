"""What a task says of few questions and of too few options, and the errors that lm-eval prints where all are right."""

import logging

import pytest

from calm_harness.metrics import Answer
from calm_harness.questions import load
from calm_harness.task.aggregation import Aggregation

TASK = "calm_mini_xl"


def aggregated(questions):
    """The aggregation of a run with every answer right, and its rows."""
    question_set = load("mini")
    aggregation = Aggregation(question_set, ["acc", "correct_all"], TASK)
    rows = [
        Answer(f"q{number:02}", tag, 0, 0, (0, 1, 2, 3))
        for number in range(questions)
        for tag in question_set.languages
    ]
    return aggregation, rows


def test_fewer_than_ten_questions_are_warned_of(caplog):
    aggregation, rows = aggregated(9)
    with caplog.at_level(logging.WARNING):
        assert aggregation.functions()["acc"](rows) == 1
    assert f"{TASK}: 9 of at least 10 questions: too few to rank or compare by" in caplog.text


def test_the_error_of_20_right_questions_is_not_0(caplog):
    aggregation, rows = aggregated(20)
    for name in ("acc", "correct_all"):
        assert aggregation.functions()[f"{name}_stderr"](rows) == pytest.approx(0.043, abs=1e-3)
        assert aggregation.report["interval"][name] == pytest.approx([0.832, 1], abs=1e-3)
    assert caplog.text == ""


@pytest.mark.parametrize(("scores", "expected"), [((3.0, 1.0), "N/A"), ((3.0, 2.0, 0.0), 1 / 3)])
def test_two_options_have_no_margin_and_it_is_said_why(scores, expected, caplog):
    question_set = load("mini")
    names = ["margin", "margin_de"]
    rows = [
        Answer(f"q{number:02}", tag, 0, 0, tuple(range(len(scores))), scores)
        for number in range(10)
        for tag in question_set.languages
    ]
    functions = Aggregation(question_set, names, TASK).functions()
    assert [functions[name](rows) for name in names] == pytest.approx([expected] * 2)
    told = f"{TASK}: no margin: each language needs questions with 3 texts"
    assert caplog.text.count(told) == (expected == "N/A")
