"""Fewer than ten questions are said to be too few."""

import pytest

from calm_harness.cli.score import render
from calm_harness.predictions import Prediction
from calm_harness.predictions.scoring import score

TOO_FEW = "of at least 10 questions: too few to rank or compare by"


def scored(questions):
    rows = [
        Prediction(tag, "", ("a", "b"), 0, (number % 2,), str(number))
        for number in range(questions)
        for tag in ("en", "fr")
    ]
    return render(score([rows], [rows])).splitlines()


def test_nine_questions_are_too_few():
    assert scored(9).count(f"9 {TOO_FEW}") == 2  # of the run, and of the difference


@pytest.mark.parametrize("questions", [10, 11])
def test_ten_are_not(questions):
    assert not any(TOO_FEW in line for line in scored(questions))
