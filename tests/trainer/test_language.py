"""Which language an explanation is in, and which texts are never chosen for theirs."""

from collections import Counter
from dataclasses import replace

import pytest

from calm_harness.prompts.languages import LANGUAGES
from tests.recorded import CODES, samples_file
from trainer.preferences import texts
from trainer.preferences.arguments import PairArguments
from trainer.preferences.language import in_language
from trainer.preferences.make import make
from trainer.preferences.samples import collect, load

FRENCH = "Explication : un mouton est un animal de ferme, et on le garde donc dans une grange ou dans un pré."
ENGLISH = "Explication : the man from France wants to join an organization of the place that he comes from."


@pytest.mark.parametrize(
    ("text", "language", "is_in"),
    [
        (FRENCH, "fr", True),
        (FRENCH, "it", False),
        (ENGLISH, "fr", False),
        (ENGLISH, "en", True),
        (f"{FRENCH}\n{ENGLISH}", "fr", False),  # each of the longer lines
        (f"{FRENCH}\nThe end.", "fr", True),
        # Of the CALM release: glosses and foreign names are no other language, katakana is Japanese like hiragana.
        (
            "解释:路易斯安那州曾经是美国内战时期的邦联(Confederate States of America)的一个州，从1861年离开美利坚合众国"
            "（United States of America）直到1865年重新返回。",
            "zh",
            True,
        ),
        ("説明: シュリッツは、コンドミニアムのCMキャンペーンにおいて使われた架空の名産品。", "ja", True),
        ("説明:Fencing is a sport that involves sword fighting, so the answer is the object used.", "ja", False),
        ("解释:Clocks are typically placed on a flat surface, such as a table or a shelf.", "zh", False),
    ],
)
def test_the_language_of_an_explanation(text, language, is_in):
    assert in_language(text, LANGUAGES[language]) is is_in


def test_a_language_that_is_not_known_is_not_refused():
    unknown = replace(LANGUAGES["sw"], code="xyz", instruction="")
    assert in_language(FRENCH, unknown)


# Of responses ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def cell(recorded_log):
    samples = load([str(recorded_log)])
    return samples.cells[0, samples.languages.index("fr")]


def responses(cell, *said):
    """Samples of a French question, the last of which gives another answer."""
    answers = [*("A" for _ in said[:-1]), "B"]
    written = tuple(f"{text}\n\nRéponse : {letter}" for text, letter in zip(said, answers, strict=True))
    choices = tuple("AB".index(letter) for letter in answers)
    return collect([replace(cell, responses=written, choices=choices, cut=(False,) * len(said))])


def made(samples, **settings):
    return make(samples, PairArguments(samples=[], output="", vote="own", **settings))


def test_the_next_sample_is_chosen_where_the_first_is_in_another_language(cell):
    rows, found = made(responses(cell, ENGLISH, FRENCH, FRENCH))
    assert [row["chosen"].strip() for row in rows] == [f"{FRENCH}\n\nRéponse : A"]
    assert found["samples_left_out"] == {"with the chosen answer, in another language": 1}
    assert found["rejected_in_another_language"] == {}


def test_an_answer_line_is_chosen_where_all_are_in_another_language(cell):
    rows, _ = made(responses(cell, ENGLISH, ENGLISH, FRENCH), chosen=["native", "template"])
    assert [row["source"] for row in rows] == ["template"]


def test_rejected_texts_in_another_language_are_counted_and_warned_of(cell):
    rows, found = made(responses(cell, FRENCH, FRENCH, ENGLISH))
    assert len(rows) == 1
    assert found["rejected_in_another_language"] == {"fr": 1}
    assert "language fr: 1 of 1 rejected texts are in another language: that is learned too" in found["warnings"]


@pytest.mark.parametrize("short", ["", "Of the place.", "D. 熱帯林"])
def test_short_texts_and_answer_lines_are_in_no_other_language(short, cell):
    rows, _ = made(responses(cell, short, short, FRENCH))
    assert len(rows) == 1


def test_what_is_told_apart_in_the_release(calm_release):
    """Refused are 3 in 100 responses or fewer, none of the English ones, and what is refused has English in it."""
    refused, total = Counter(), 0
    for language in CODES:
        samples = load([f"{language}={samples_file(calm_release, language)}"])
        for cell in samples.cells.values():
            total += len(cell.responses)
            for text in texts.usable(replace(cell, cut=(False,) * len(cell.responses))):
                if not texts.in_own_language(cell, text):
                    refused[language] += 1
                    assert in_latin_letters(text.text) > 20
    assert refused["en"] == 0
    assert 0.005 < refused.total() / total < 0.03


def in_latin_letters(text):
    return sum(char.isascii() and char.isalpha() for char in text)
