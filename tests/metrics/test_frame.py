"""`Answers.to_pandas()`, held against tables that are made by hand."""

import itertools

import pandas as pd
import pytest

from calm_harness.metrics import Answer, Answers, acc, consistency

DIFFERENT, TWINS = (0, 1, 2), (0, 1, 1)


def table(*answers, languages=("en", "fr")):
    return Answers.collect(answers, languages)


def rows(frame):
    """The rows, None for a missing value."""
    return [tuple(None if value is pd.NA else value for value in row) for row in frame.itertuples(index=False)]


def test_a_row_a_question_and_language():
    answers = table(
        Answer("q2", "fr", None, 0, DIFFERENT),
        Answer("q1", "en", 2, 1, DIFFERENT),
        Answer("q2", "en", 0, 0, DIFFERENT),
        Answer("q1", "fr", 2, 1, TWINS),
    )
    frame = answers.to_pandas()
    assert list(frame.columns) == [
        *("question_id", "language", "chosen", "chosen_set", "gold", "options", "valid", "right"),
    ]
    assert rows(frame) == [
        ("q1", "en", 2, 0b100, 1, 3, True, False),
        ("q1", "fr", 2, 0b110, 1, 3, True, True),  # its text is the right one's
        ("q2", "en", 0, 0b001, 0, 3, True, True),
        ("q2", "fr", None, 0, 0, 3, False, False),
    ]
    assert frame.dtypes.astype(str).tolist() == [
        *("string", "string", "Int64", "int64", "Int64", "int64", "bool", "boolean"),
    ]


def test_a_hidden_label_is_missing_and_not_wrong():
    frame = table(
        Answer("q1", "en", 1, -1, DIFFERENT),
        Answer("q1", "fr", None, -1, DIFFERENT),
        Answer("q2", "en", 1, 1, DIFFERENT),
        Answer("q2", "fr", 0, 1, DIFFERENT),
    ).to_pandas()
    assert [(gold, right) for *_, gold, _, _, right in rows(frame)] == [
        *[(None, None), (None, None), (1, True), (1, False)],
    ]
    assert frame.right.mean() == 0.5


def test_marks_are_there_where_they_are_known():
    marks = {"truncated": True, "unfinished": False, "own_language": True}
    frame = table(
        Answer("q1", "en", 1, 1, DIFFERENT, **marks),
        Answer("q1", "fr", 1, 1, DIFFERENT, **{**marks, "truncated": False}),
    ).to_pandas()
    assert frame[list(marks)].to_numpy().tolist() == [[True, False, True], [False, False, True]]
    assert frame[list(marks)].dtypes.eq(bool).all()


def test_no_question_is_a_frame_without_rows_of_the_same_types():
    one = table(Answer("q1", "en", 1, 1, DIFFERENT), Answer("q1", "fr", 1, 1, DIFFERENT))
    none = table(Answer("q1", "en", 1, 1, DIFFERENT))
    assert len(none.to_pandas()) == 0
    assert none.to_pandas().dtypes.equals(one.to_pandas().dtypes)


@pytest.mark.parametrize("languages", [("en",), ("en", "fr"), ("fr", "en", "zh")])
def test_the_metrics_are_what_a_frame_says(languages):
    """Accuracy and consistency, counted row by row."""
    choices = itertools.cycle([0, 1, None, 2, 1, 0, 0])
    twins = itertools.cycle([DIFFERENT, TWINS])
    answers = table(
        *(Answer(f"q{q}", tag, next(choices), q % 3, next(twins)) for q in range(9) for tag in languages),
        languages=languages,
    )
    frame = answers.to_pandas()
    assert float(acc(answers)) == pytest.approx(frame.right.mean())
    if len(languages) > 1:
        shares = []
        for _, question in frame.groupby("question_id"):
            pairs = list(itertools.combinations(question.chosen_set[question.valid], 2))
            shares.append(sum(one & other != 0 for one, other in pairs) / len(pairs) if pairs else 0)
        assert float(consistency(answers)) == pytest.approx(sum(shares) / len(shares))
