"""A passage that contains a question is told from one that only answers it."""

import pytest

from calm_harness.passages.leaks import Leaks, contained, words_of

LONG = "A 35-year-old man comes to the physician because of pain in his knee for the last 3 days"
CHINESE = "法国的首都是什么城市？"
QUESTIONS = [
    ("long", "en", LONG),
    ("sea", "en", "What is the largest animal in the sea?"),
    ("capital", "zh", CHINESE),
    ("short", "en", "Why is that?"),
]


@pytest.fixture(scope="module")
def leaks():
    return Leaks(QUESTIONS)


def test_a_question_word_for_word_is_found_wherever_it_stands(leaks):
    found = leaks.find(f"Questions of last year. 17) {LONG}. What is the diagnosis? " + "Other text. " * 100)
    assert (found.question_id, found.language, found.similarity) == ("long", "en", 1.0)


def test_case_and_punctuation_do_not_matter(leaks):
    assert leaks.find("WHAT IS -- the largest animal, in the sea").question_id == "sea"


def test_a_tenth_of_the_words_may_differ(leaks):
    nearly = LONG.replace("physician", "doctor").replace("man", "woman")
    assert leaks.find(f"It is said: {nearly}").similarity == pytest.approx(0.9)
    assert leaks.find(f"It is said: {nearly.replace('pain', 'ache')}") is None


def test_a_sentence_that_answers_a_question_is_no_leak(leaks):
    assert leaks.find("At up to thirty meters, the blue whale is the largest animal in the sea.") is None
    assert leaks.find("法国的首都是巴黎。") is None


def test_chinese_is_compared_by_characters(leaks):
    assert leaks.find(f"测验。{CHINESE}巴黎。").question_id == "capital"


def test_the_question_that_a_passage_has_most_of_is_named():
    leaks = Leaks([("a", "en", "one two three four five six seven eight nine zero"), ("b", "en", "one two three four")])
    assert leaks.find("one two three four five six seven eight nine ten").question_id == "b"


def test_questions_of_three_words_are_passed_over(leaks):
    assert leaks.find("Why is that? Because.") is None


def test_passages_shorter_than_the_question_count_for_their_share():
    assert contained(words_of("a b c d e f g h"), words_of("a b c d")) == pytest.approx(0.5)


def test_no_passage_and_no_question():
    assert Leaks([]).find("Anything at all.") is None
    assert Leaks(QUESTIONS).find("") is None
