"""A text has the same words however it was set."""

import pytest

from calm_harness.passages.words import ASKS, ENDS, OPENS, length, marked_words_of, words_of

KNOWN = {"what", "is", "the", "question", "year", "old", "h2o", "中"}


@pytest.mark.parametrize(
    "text",
    [
        "What is the question?",
        "WHAT -- is the “question”",
        "What is\tthe\u00a0question",
        "What\u3000is\u2009the\r\nquestion",
        "What is the ques-\ntion?",
        "What is the ques- tion?",
        "What is the ques\u00ad\n  tion?",
        "What is the que\u00adstion?",
        "What\u200bis the question?",
        "<p class='a'>What <b>is</b> the</p><p>question?</p>",
        "What is the <i>ques</i>tion?",
        "What<br/>is<!-- a remark -->the question?",
        "What is&nbsp;the &quot;question&quot;&#63;",
        "What is&amp;nbsp;the question",
        "&lt;b&gt;What&lt;/b&gt; is the question",
    ],
)
def test_markup_line_ends_and_white_space_do_not_matter(text):
    assert words_of(text, KNOWN) == ["what", "is", "the", "question"]


def test_a_break_is_closed_only_where_that_makes_a_word_of_the_questions():
    assert words_of("35-year-\nold", KNOWN) == ["35", "year", "old"]
    assert words_of("H<sub>2</sub>O", KNOWN) == ["h2o"]
    assert words_of("<td>x</td><td>y</td> pre- and post-war", KNOWN) == ["x", "y", "pre", "and", "post", "war"]


def test_signs_of_less_and_more_are_no_tags():
    assert words_of("if p < 0.05 and x <b or c> d") == ["if", "p", "0", "05", "and", "x", "b", "or", "c", "d"]
    assert words_of("Paris is the capital of <mask>.") == ["paris", "is", "the", "capital", "of", "mask"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("法国的首都", ["法", "国", "的", "首", "都"]),
        ("３５ 岁", ["35", "岁"]),
        ("35岁", ["35", "岁"]),
        ("Wo ist Straße?", ["wo", "ist", "strasse"]),
        ("กรุง", ["ก", "รุ", "ง"]),
        ("Он вста\u0301л", ["он", "встал"]),
        ("كِتَابٌ", ["كتاب"]),
        ("किस", ["किस"]),
    ],
)
def test_words_of_each_script(text, words):
    assert words_of(text) == words


def test_marks_stand_between_the_words():
    assert marked_words_of("Q: What is it? A rock.") == (
        ["q", "what", "is", "it", "a", "rock"],
        ["", OPENS, "", "", ASKS, "", ENDS],
    )
    assert marked_words_of("It is ____ now（　）") == (["it", "is", "now"], ["", "", ASKS, ASKS])
    assert marked_words_of("One\n\ntwo") == (["one", "two"], ["", ENDS, ""])
    assert marked_words_of("木星。哪个？") == (["木", "星", "哪", "个"], ["", "", ENDS, "", ASKS])


def test_a_character_of_a_dense_script_counts_half():
    assert length(words_of("法国的首都")) == 2.5
    assert length(words_of("the capital of France")) == 4.0
