"""Letters that are named, refusals, and lines that the answer word heads."""

import pytest

from calm_harness.answers import mentions
from calm_harness.answers.rules import OPTIONS


@pytest.mark.parametrize(
    ("language", "text", "found"),
    [
        ("en", "Of these (B) and option D lie by the sea.", {1, 3}),
        ("en", "A. hospital: for the ill", {0}),
        ("en", "A hospital is no place to swim.", set()),
        ("es", "A Juan le gusta nadar.", set()),
        ("ru", "Вариант (Б) лежит у моря.", {1}),
        ("ar", "الخيار (ب) يقع على البحر.", {1}),
        ("ja", "(C)は海辺にある。", {2}),
    ],
)
def test_letters(language, text, found):
    assert mentions.letters(text, OPTIONS[language], language) == found


def test_refusals():
    assert mentions.refuses("I'm sorry, but I am unable to answer.", OPTIONS["en"], "en")
    assert not mentions.refuses("They swim. None of these is dry.", OPTIONS["en"], "en")


@pytest.mark.parametrize(
    ("language", "text", "is_one"),
    [
        ("en", "Answer: B", True),
        ("en", "**Correct answer:** B", True),
        ("de", "Die richtige Antwort: C. Großstadt", True),
        ("ja", "回答:<A>", True),
        ("ja", "答え：B", True),
        ("en", "Answer B is wrong since they swim.", False),
        ("en", "They swim: answer B", False),
        ("en", "", False),
    ],
)
def test_answer_lines(language, text, is_one):
    assert mentions.is_answer_line(text, OPTIONS[language], language) is is_one
