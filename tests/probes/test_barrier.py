"""The barrier of mixed languages and its control, worked out by hand."""

import numpy as np
import pytest

from calm_harness.errors import CalmError
from calm_harness.metrics import Answer, Answers
from calm_harness.probes.barrier import Asked, chance, compared


def table(*, golds=(0, 0, 0, 0), **choices):
    """A table of questions with two options."""
    answers = [
        Answer(f"q{number}", language, choice, golds[number], (0, 1))
        for language, row in choices.items()
        for number, choice in enumerate(row)
    ]
    return Answers.collect(answers, list(choices))


PLAIN = table(en=(0, 0, 0, 1), de=(0, 0, 1, 1), fr=(0, 0, 0, 0))
MIXED = table(en=(0, 0, 0, 1), de=(0, 1, 1, 1), fr=(0, 0, 1, None))
NOWHERE = np.full((4, 3), -1)


def values(run, odd=NOWHERE, plain=PLAIN, language="en"):
    found = compared(Asked(run, odd), plain, language)
    return {tag: {name: float(value) for name, value in figures.items()} for tag, figures in found.items()}


def test_the_barrier_is_what_is_lost_question_by_question():
    found = values(MIXED)
    assert found["de"] == {"acc": 0.25, "barrier": 0.25, "behind": 0.5, "flipped": 0.25, "apart": 0.5}
    assert found["fr"] == {"acc": 0.5, "barrier": 0.5, "behind": 0.25, "flipped": 0.5, "apart": 0.5}
    assert found["all"] == {"acc": 0.375, "barrier": 0.375, "behind": 0.375, "flipped": 0.375, "apart": 0.5}


def test_the_language_of_the_rest_is_in_no_figure():
    assert set(values(MIXED)) == {"de", "fr", "all"}
    assert set(values(MIXED, language="de")) == {"en", "fr", "all"}


def test_an_unmixed_run_is_compared_with_the_language_of_the_rest_alone():
    assert values(PLAIN)["all"] == {"acc": 0.75, "behind": 0.0, "apart": 0.25}


def test_no_answer_is_another_answer_than_any_and_the_same_as_none():
    none = table(en=(0, 0, 0, 0), de=(None, None, 0, 0))
    other = table(en=(0, 0, 0, 0), de=(None, 0, None, 0))
    assert values(other, np.full((4, 2), -1), none)["de"]["flipped"] == 0.5


def test_the_control_asks_how_often_the_odd_option_is_chosen_and_how_often_the_same_one_is_unmixed():
    odd = np.array([[-1, 1, 1], [-1, 1, 1], [-1, 1, -1], [-1, -1, -1]])  # of q3 the texts are the same
    found = values(MIXED, odd)
    assert (found["de"]["odd"], found["de"]["odd_plain"]) == (pytest.approx(2 / 3), 0)
    assert (found["fr"]["odd"], found["fr"]["odd_plain"]) == (0, 0)
    assert found["all"]["odd"] == pytest.approx(2 / 5)  # of five odd options, two in German are chosen
    assert found["all"]["attraction"] == pytest.approx(2 / 5)
    shunned = values(table(en=(0, 0, 0, 1), de=(0, 0, 0, 0), fr=(0, 0, 0, 0)), np.array([[-1, 1, -1]] * 4))
    assert shunned["de"]["attraction"] == -0.25  # unmixed, the English answer to q3 is that option


def test_hidden_labels_leave_what_needs_none():
    hidden = (-1, -1, -1, -1)
    plain, run = (
        table(golds=hidden, en=(0, 1, 0, 1), de=(0, 1, 0, 1)),
        table(golds=hidden, en=(0, 1, 0, 1), de=(0, 1, 1, 1)),
    )
    assert values(run, np.full((4, 2), -1), plain)["de"] == {"flipped": 0.25, "apart": 0.25}


def test_runs_that_cannot_be_compared_are_refused():
    with pytest.raises(CalmError, match="different questions; run both anew"):
        values(table(en=(0,), de=(0,), golds=(0,)))
    with pytest.raises(CalmError, match="ask ja and other languages"):
        values(MIXED, language="ja")


def test_chance_is_the_accuracy_of_guessing():
    assert chance(PLAIN) == 0.5
