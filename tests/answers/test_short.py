"""Which option a short free answer names; the rules and their examples stand in `calm_harness.answers.short`."""

from functools import reduce

import pytest

from calm_harness.answers.short import RULES, equal, first_line, named
from calm_harness.prompts.answer_words import Words

SAME = [(rule, pair) for rule in RULES for pair in rule.same]
APART = [(rule, pair) for rule in RULES for pair in rule.apart]
KENYA = {  # On which continent is Kenya?
    "en": (("Europe",), ("Africa",), ("South America",)),
    "fr": (("en Europe",), ("en Afrique",), ("en Amérique du Sud",)),
    "de": (("in Europa",), ("in Afrika",), ("in Südamerika",)),
    "zh": (("欧洲",), ("非洲",), ("南美洲",)),
    "ar": (("في أوروبا",), ("في أفريقيا",), ("في أمريكا الجنوبية",)),
}


def changed(rules, text, language):
    return reduce(lambda text, rule: rule.change(text, language, None), rules, text)


def each(parameter):
    return parameter.about if hasattr(parameter, "about") else None


@pytest.mark.parametrize(("rule", "pair"), SAME, ids=each)
def test_a_rule_makes_its_examples_equal_and_no_other_rule_does(rule, pair):
    language, first, second = pair
    assert equal(first, second, language)
    others = [other for other in RULES if other is not rule]
    assert changed(others, first, language) != changed(others, second, language)


@pytest.mark.parametrize(("rule", "pair"), APART, ids=each)
def test_what_a_rule_keeps_apart_stays_apart(rule, pair):
    language, first, second = pair
    assert not equal(first, second, language)


@pytest.mark.parametrize(
    ("language", "answer", "option", "own"),
    [
        ("en", "Africa", 1, True),
        ("en", "in Africa.", 1, True),
        ("fr", "L’Afrique", 1, True),
        ("fr", "Afrique", 1, True),
        ("de", "AFRIKA", 1, True),
        ("zh", "非洲。", 1, True),
        ("ar", "أفريقيا", 1, True),
        ("ar", "افريقيا", 1, True),
        ("en", "South  america", 2, True),
        ("fr", "Africa", 1, False),
        ("en", "非洲", 1, False),
        ("zh", "في أفريقيا", 1, False),
        ("de", "Europe", 0, False),
    ],
)
def test_an_answer_names_an_option_in_its_language_or_in_another(language, answer, option, own):
    assert named(answer, language, KENYA) == ({option}, own)


@pytest.mark.parametrize(
    "answer",
    ["", "...", "Asia", "I don't know.", "It is in Africa", "Africa, since it lies south of Egypt", "Europe or Africa"],
)
def test_any_other_text_names_none(answer):
    assert named(answer, "en", KENYA) == (frozenset(), False)


def test_an_answer_that_fits_an_option_as_it_stands_is_not_stripped_further():
    groups = {"pt": (("O positivo",), ("A positivo",))}
    assert named("a positivo", "pt", groups) == ({1}, True)
    assert named("positivo", "pt", groups) == ({0, 1}, True)


def test_an_option_has_several_texts_that_stand_for_it():
    assert named("Latin script", "en", {"en": (("Latin", "Latin script"), ("Greek",))}) == ({0}, True)


def test_a_set_brings_the_articles_of_its_language():
    birds = {"eo": (("alaŭdo",), ("cikonio",))}
    assert named("la cikonio", "eo", birds) == (frozenset(), False)
    assert named("la cikonio", "eo", birds, {"eo": Words(code="eo", answer="Respondo", articles="la")}) == ({1}, True)


@pytest.mark.parametrize(
    ("text", "line"), [(" Paris\nIt is", "Paris"), ("\n\n Paris", "Paris"), ("", ""), (" \n", ""), ("a\u2028b", "a")]
)
def test_the_first_line_that_says_anything_counts(text, line):
    assert first_line(text, "Answer") == line


@pytest.mark.parametrize(
    ("text", "head", "line"),
    [
        ("Answer: Paris", "Answer", "Paris"),
        ("**Answer:** Paris", "Answer", "** Paris"),
        ("ANSWER:\nParis", "Answer", "Paris"),
        ("答案：巴黎", "答案", "巴黎"),
        ("Réponse\u00a0: Paris", "Réponse", "Paris"),
        ("The answer: Paris", "Answer", "The answer: Paris"),
        ("Star Wars: A New Hope", "Answer", "Star Wars: A New Hope"),
        ("Answer", "Answer", "Answer"),
    ],
)
def test_an_answer_word_that_is_repeated_is_left_out(text, head, line):
    assert first_line(text, head) == line
