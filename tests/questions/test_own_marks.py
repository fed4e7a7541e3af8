"""Marks that options carry come off where all rows of a file have them, and nothing else does."""

import pytest

from calm_harness.questions import QuestionSet
from calm_harness.questions.assemble import Entry
from calm_harness.questions.audit import audit
from calm_harness.questions.sets.own_marks import take_marks_off, without_marks


def entries(*rows):
    return [Entry("Which?", tuple(options), 0, f"en.jsonl row {number}") for number, options in enumerate(rows)]


@pytest.mark.parametrize(
    "options",
    [
        ["(A) 6", "(B) 8", "(C) 10"],
        ["(a) 6", "(b) 8", "(c) 10"],
        ["（A）6", "（B）8", "（C）10"],
        ["（Ａ） 6", "（Ｂ） 8", "（Ｃ） 10"],
        ["[A] 6", "[B] 8", "[C] 10"],
        ["【A】6", "【B】8", "【C】10"],
        ["( A ) 6", "( B ) 8", "( C ) 10"],
        ["A. 6", "B. 8", "C. 10"],
        ["A.6", "B.8", "C.10"],
        ["A．6", "B．8", "C．10"],
        ["A、6", "B、8", "C、10"],
        ["A) 6", "B) 8", "C) 10"],
        ["A: 6", "B: 8", "C: 10"],
        ["A：6", "B：8", "C：10"],
        ["a) 6", "b) 8", "c) 10"],
        ["1. 6", "2. 8", "3. 10"],
        ["1) 6", "2) 8", "3) 10"],
        ["(1) 6", "(2) 8", "(3) 10"],
        ["１．6", "２．8", "３．10"],
    ],
)
def test_marks(options):
    assert without_marks(options) == ("6", "8", "10")


@pytest.mark.parametrize(
    "options",
    [
        ["A", "B", "C"],
        ["(A)", "(B)", "(C)"],
        ["A.", "B.", "C."],
        ["1", "2", "3"],
        ["1.5", "2.5", "3.5"],
        ["1:2", "2:3", "3:4"],
        ["A and B", "B and C", "C and A"],
        ["(B) 6", "(A) 8", "(C) 10"],
        ["(A) 6", "(B) 8", "10"],
        ["(A) 6", "(B) 8", "(D) 10"],
        ["(A) 6", "(2) 8", "(C) 10"],
        ["(i) 6", "(ii) 8", "(iii) 10"],
        ["Apple", "Bee", "Cat"],
        ["(AB) 6", "(BC) 8"],
    ],
)
def test_no_marks(options):
    assert without_marks(options) is None


def test_marks_of_all_rows_come_off_with_one_finding():
    rows = [["(A) 6", "(B) 8"], ["A. hen", "B. cow"]]
    options, (finding,) = take_marks_off(entries(*rows), "en.jsonl", "en")
    assert options == [("6", "8"), ("hen", "cow")]
    assert (finding.kind, finding.language, finding.source) == ("repaired", "en", "en.jsonl")
    assert finding.message == "the options of all 2 rows carry marks of their own, as in '(A) 6'; read without them"


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (
            [["(A) 6", "(B) 8"], ["hen", "cow"]],
            "the options of 1 of 2 rows carry marks of their own, as in '(A) 6'; nothing was changed, since "
            "en.jsonl row 1 has none in order",
        ),
        (
            [["(A) 6", "(B) 8"], ["(B) hen", "(A) cow"]],
            "the options of 1 of 2 rows carry marks of their own, as in '(A) 6'; those of 1 do so in part or in "
            "another order (first: en.jsonl row 1); nothing was changed, since en.jsonl row 1 has none in order",
        ),
        (
            [["(A) 6", "(B) 8", "10"], ["hen", "cow", "dog"]],
            "the options of 0 of 2 rows carry marks of their own; those of 1 do so in part or in another order (first: "
            "en.jsonl row 0); nothing was changed, since en.jsonl row 0 has none in order",
        ),
        (
            [["(A) 6", "(B) 8"], ["(A)", "(B)"]],
            "the options of 1 of 2 rows carry marks of their own, as in '(A) 6'; nothing was changed, since "
            "en.jsonl row 1 has none in order",
        ),
    ],
)
def test_marks_of_some_rows_are_said_and_stay(rows, message):
    options, (finding,) = take_marks_off(entries(*rows), "en.jsonl", "en")
    assert options == [tuple(row) for row in rows]
    assert (finding.kind, finding.message) == ("option_marks", message)


def test_options_without_marks_are_nothing_to_speak_of():
    rows = [["A", "B"], ["1.5", "2.5"], ["hen", "cow"], ["1. Mai", "8. Mai"]]
    options, findings = take_marks_off(entries(*rows), "en.jsonl", "en")
    assert (options, findings) == ([tuple(row) for row in rows], [])


def test_an_audit_shows_them():
    _, findings = take_marks_off(entries(["(A) 6", "(B) 8"], ["hen", "cow"]), "en.jsonl", "en")
    result = audit(QuestionSet("toy", "test", ("en",), [], {"en": 2}, findings))
    assert result.counts()["option_marks"] == {"en": 1}
    assert "options with marks of their own: 1\n  en.jsonl en: the options of 1 of 2 rows" in result.to_text()
