import re
import unicodedata
from dataclasses import astuple

import pytest

from calm_harness.errors import CalmError
from calm_harness.prompts.languages import LANGUAGES, language

XCSQA = ["en", "zh", "de", "es", "fr", "it", "ja", "nl", "pl", "pt", "ru", "ar", "vi", "hi", "sw", "ur"]
MORE = ["ko", "tr", "id", "th", "bn", "fa", "he", "el", "uk", "cs", "ro", "ta", "te", "yo", "ha", "am", "ca", "hu"]
SCRIPTS = {"zh": "CJK", "ja": "CJK", "ru": "CYRILLIC", "ar": "ARABIC", "hi": "DEVANAGARI", "ur": "ARABIC"} | {
    "ko": "HANGUL", "th": "THAI", "bn": "BENGALI", "fa": "ARABIC", "he": "HEBREW", "el": "GREEK", "uk": "CYRILLIC",
    "ta": "TAMIL", "te": "TELUGU", "am": "ETHIOPIC",
}  # fmt: skip
ENGLISH = {"answer", "explanation", "explain", "your", "the", "first", "then", "reasoning", "briefly", "following"}
ROWS = pytest.mark.parametrize("row", LANGUAGES.values(), ids=LANGUAGES)
TRANSLATED = pytest.mark.parametrize(
    "row", [row for row in LANGUAGES.values() if row.code != "en"], ids=lambda r: r.code
)


def question(row):
    return f"{row.question}{row.colon}{row.space}2 + 2\nA. 3\nB. 4\n{row.answer}{row.colon}" + f"{row.space}B"


def texts(row):
    return [value for value in astuple(row) if value is not None]


def words(text):
    return set(re.findall(r"\w+", text.lower()))


def test_the_table_has_the_languages_of_x_csqa_and_of_other_sets():
    assert list(LANGUAGES) == XCSQA + MORE
    assert [row.code for row in LANGUAGES.values()] == XCSQA + MORE


def test_english_names_are_distinct():
    assert len({row.name for row in LANGUAGES.values()}) == len(LANGUAGES)


@ROWS
def test_no_field_is_empty_but_the_space(row):
    assert all(
        value for value in (row.code, row.name, row.question, row.answer, row.explanation, row.context, row.colon)
    )
    assert all((row.instruction, row.placeholder_explanation, row.placeholder_letter, row.short, row.mixed))


@ROWS
def test_no_field_has_stray_space_or_decomposed_letters(row):
    for text in texts(row):
        assert text == unicodedata.normalize("NFC", text)
        assert "  " not in text
        assert "\n" not in text
    assert row.question == row.question.strip()
    assert row.answer == row.answer.strip()
    assert row.instruction == row.instruction.strip()
    assert row.short == row.short.strip()
    assert row.mixed == row.mixed.strip()


@ROWS
def test_instruction_ends_in_the_languages_colon(row):
    assert row.instruction.endswith(row.colon)


@ROWS
def test_placeholders_stand_in_angle_brackets(row):
    assert re.fullmatch(r"<[^<>]+>", row.placeholder_explanation)
    assert re.fullmatch(r"<[^<>]+>", row.placeholder_letter)


@ROWS
def test_the_four_heads_are_distinct(row):
    assert len({row.question, row.answer, row.explanation, row.context}) == 4


@ROWS
def test_apostrophes_are_typographic(row):
    assert not any("'" in text for text in texts(row))


@TRANSLATED
def test_no_english_is_left(row):
    assert not ENGLISH & words(" ".join([row.question, row.answer, row.explanation, row.instruction]))
    assert not ENGLISH & words(" ".join([row.placeholder_explanation, row.placeholder_letter, row.short, row.mixed]))


@pytest.mark.parametrize(("code", "script"), SCRIPTS.items())
def test_text_is_in_the_languages_script(code, script):
    row = LANGUAGES[code]
    text = row.question + row.answer + row.explanation + row.context + row.instruction + row.placeholder_explanation
    text += row.short + row.mixed
    names = [unicodedata.name(letter) for letter in text if letter.isalpha()]
    allowed = (script, "HIRAGANA", "KATAKANA") if code == "ja" else (script,)
    assert all(name.startswith(allowed) for name in names)


def test_instructions_differ_between_all_languages():
    assert len({row.instruction for row in LANGUAGES.values()}) == len(LANGUAGES)
    assert len({row.short for row in LANGUAGES.values()}) == len(LANGUAGES)
    assert len({row.mixed for row in LANGUAGES.values()}) == len(LANGUAGES)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("en", "Question: 2 + 2\nA. 3\nB. 4\nAnswer: B"),
        ("fr", "Question\u00a0: 2 + 2\nA. 3\nB. 4\nRéponse\u00a0: B"),
        ("zh", "问题：2 + 2\nA. 3\nB. 4\n答案：B"),
        ("ja", "問題：2 + 2\nA. 3\nB. 4\n答え：B"),
        ("de", "Frage: 2 + 2\nA. 3\nB. 4\nAntwort: B"),
        ("ar", "السؤال: 2 + 2\nA. 3\nB. 4\nالإجابة: B"),
    ],
)
def test_a_question_as_rendered(code, expected):
    assert question(language(code)) == expected


def test_an_unknown_language_is_named_with_what_to_give():
    with pytest.raises(CalmError, match=r"'xx'.*give a custom set's YAML file some: calm data languages --draft xx"):
        language("xx")
