"""What documents of other people's tasks say, whatever their columns are called."""

import math

import pytest

from calm_harness.predictions.document import fields_of, options_of, rank_of_id, stem_of


@pytest.mark.parametrize(
    "doc",
    [
        {"choices": ["wood", "iron"]},
        {"options": ["wood", "iron"]},
        {"endings": ["wood", "iron"]},
        {"choices": {"text": ["wood", "iron"], "label": ["A", "B"]}},
        {"question": {"stem": "?", "choices": [{"label": "A", "text": "wood"}, {"label": "B", "text": "iron"}]}},
        {"options": {"B": "iron", "A": "wood"}},
        {"mc1_targets": {"choices": ["wood", "iron"], "labels": [1, 0]}},
        {"option_a": "wood", "option_b": "iron", "option_c": None},
        {"option_0": "wood", "option_1": "iron"},
        {"A": "wood", "B": "iron"},
        {"opa": "wood", "opb": "iron"},
        {"choice1": "wood", "choice2": "iron"},
        {"sol1": "wood", "sol2": "iron"},
        {"mc_answer1": "wood", "mc_answer2": "iron"},
        {"sentence_quiz1": "wood", "sentence_quiz2": "iron"},
        {"ending0": "wood", "ending1": "iron"},
        {"choices": ["A", "B"], "option_a": "wood", "option_b": "iron"},
    ],
)
def test_options_are_found(doc):
    assert options_of(doc) == ("wood", "iron")


@pytest.mark.parametrize(
    "doc",
    [
        {"question": "2 + 2?", "answer": "4"},
        {"sentence1": "It rains.", "sentence2": "It is wet."},
        {"input_sentence_1": "It rained.", "input_sentence_2": "It stopped."},
        {"option_a": "wood", "option_c": "iron"},
        {"choices": "wood, iron"},
    ],
)
def test_what_is_no_choice_is_none(doc):
    assert options_of(doc) == ()


def test_the_question_is_what_was_asked_without_options_and_answer():
    doc = {
        "link": "url/1",
        "question_id": "q7",
        "flores_passage": "Iron shines.",
        "question": "Which is a metal?",
        "mc_answer1": "wood",
        "mc_answer2": "iron",
        "answer_text": "iron",
    }
    assert stem_of(doc) == "Iron shines.\nWhich is a metal?"


def test_an_id_is_a_short_text_or_a_whole_number():
    doc = {"id": 7, "row": 3.0, "share": 0.5, "done": True, "text": "x" * 201, "meta": {"uuid": "u1"}, "none": None}
    assert fields_of(doc) == {"id": "7", "row": "3", "meta.uuid": "u1"}


@pytest.mark.parametrize(
    ("name", "rank"),
    [
        ("sample_id", 0),
        ("questionId", 0),
        ("idx", 0),
        ("meta.uuid", 0),
        ("question_number", 1),
        ("link", 1),
        ("Unnamed: 0", 1),
        ("subject", 2),
        ("question", 2),
    ],
)
def test_how_much_a_name_looks_like_an_id(name, rank):
    assert rank_of_id(name) == rank


@pytest.mark.parametrize(
    "doc",
    [
        {"choices": "['6', '8']"},  # as in AfriMMLU
        {"choices": "['6' '8']"},  # as numpy prints it
        {"options": "A. 6\nB. 8"},
        {"options": {"a": "6", "b": "8"}},
        {"choices": ["6", "8", None]},
        {"option_a": "6", "option_b": "8", "option_c": math.nan},
    ],
)
def test_options_may_be_a_text_or_end_in_nothing(doc):
    assert options_of(doc) == ("6", "8")
