"""Scripts and families of languages: what is known, and what is not guessed."""

import pytest

from calm_harness.prompts.families import Kind, kind_of, unknown
from calm_harness.prompts.languages import LANGUAGES


@pytest.mark.parametrize("tag", LANGUAGES)
def test_every_language_with_words_has_a_script_and_a_family(tag):
    assert None not in kind_of(tag)


@pytest.mark.parametrize(
    ("tag", "kind"),
    [
        ("ja", Kind("Jpan", "Japonic")),
        ("ur", Kind("Arab", "Indo-European")),
        ("pt-BR", Kind("Latn", "Indo-European")),
        ("zh-Hant", Kind("Hant", "Sino-Tibetan")),
        ("zh_Hant_HK", Kind("Hant", "Sino-Tibetan")),
        ("ZH-tw", Kind("Hant", "Sino-Tibetan")),
        ("zh-CN", Kind("Hans", "Sino-Tibetan")),
        ("hi-Latn", Kind("Latn", "Indo-European")),
        ("eng_Latn", Kind("Latn", None)),
        ("sr-Cyrl", Kind("Cyrl", None)),
    ],
)
def test_a_script_is_the_tags_own_or_the_languages(tag, kind):
    assert kind_of(tag) == kind


@pytest.mark.parametrize("tag", ["xx", "und", "sr", "zh-yue", "english", "", "x-klingon", "ja-hepburn"])
def test_what_is_not_known_is_not_guessed(tag):
    assert kind_of(tag) == Kind(None, None)


def test_a_region_that_may_write_otherwise_leaves_the_script_open():
    assert kind_of("zh-US") == Kind(None, "Sino-Tibetan")
    assert kind_of("ha-SD") == Kind(None, "Afro-Asiatic")


def test_who_is_not_known_is_named():
    assert unknown(["en", "xx", "eng_Latn", "zh-US", "zh"]) == ["xx", "eng_Latn", "zh-US"]
