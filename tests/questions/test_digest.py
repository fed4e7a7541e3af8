"""Which questions a set holds, to the last sign."""

import json
from dataclasses import replace

import pytest

from calm_harness.questions import QuestionSet, Row, load, permute_options
from calm_harness.questions.digest import content_digest, digest


def made(*rows):
    return QuestionSet("birds", "test", ("en",), [Row(f"b-{i}", "en", *row) for i, row in enumerate(rows)])


FIRST, SECOND = ("Which bird swims?", ("penguin", "sparrow"), 0), ("Which bird sings?", ("stork", "lark"), 1)


def test_the_same_content_has_the_same_digest():
    assert digest(made(FIRST, SECOND)) == digest(made(FIRST, SECOND))
    assert len(digest(made(FIRST))) == 16


@pytest.mark.parametrize(
    "changed",
    [
        ("Which bird swims", ("penguin", "sparrow"), 0),  # a sign less
        ("which bird swims?", ("penguin", "sparrow"), 0),
        ("Which bird swims?", ("penguin", "Sparrow"), 0),
        ("Which bird swims?", ("penguin", "sparrow"), 1),
        ("Which bird swims?", ("penguin", "sparrow"), -1),
        ("Which bird swims?", ("sparrow", "penguin"), 1),
    ],
)
def test_every_sign_and_the_gold_answer_count(changed):
    assert digest(made(changed, SECOND)) != digest(made(FIRST, SECOND))
    assert content_digest(made(changed, SECOND)) != content_digest(made(FIRST, SECOND))


def test_aliases_count_as_loaded_and_where_there_are_none_nothing_changes():
    plain = made(FIRST)
    with_alias = replace(plain, rows=[replace(row, aliases=("Penguins",)) for row in plain.rows])
    assert digest(with_alias) != digest(plain)
    assert content_digest(with_alias) == content_digest(plain)  # options are scored as ever
    assert digest(plain) == "e40e3f770e1094b6"  # as before there were any


def test_texts_do_not_run_into_each_other():
    one, other = ("Which?", ("a", "b,c"), 0), ("Which?", ("a,b", "c"), 0)
    assert digest(made(one)) != digest(made(other))


def test_as_loaded_the_order_of_rows_counts_and_as_content_it_does_not():
    one = made(FIRST, SECOND)
    other = replace(one, rows=one.rows[::-1])
    assert digest(one) != digest(other)
    assert content_digest(one) == content_digest(other)


def test_permuted_options_are_the_same_content():
    questions = load("mini", languages=["en", "ar"])
    permuted = permute_options(questions, 7)
    assert digest(permuted) != digest(questions)
    assert content_digest(permuted) == content_digest(questions)


def test_only_the_questions_that_were_asked_count():
    whole, changed = made(FIRST, SECOND), made(FIRST, (*SECOND[:2], 0))
    assert content_digest(whole, ["b-0"]) == content_digest(changed, ["b-0"]) == content_digest(made(FIRST))
    assert content_digest(whole, ["b-1"]) != content_digest(changed, ["b-1"])


def test_half_a_surrogate_pair_is_no_stumbling_block():
    (row,) = made(("Which \ud83d?", ("a", "b"), 0)).rows
    assert json.dumps(row.stem)
    assert digest(made(("Which \ud83d?", ("a", "b"), 0))) != digest(made(FIRST))
