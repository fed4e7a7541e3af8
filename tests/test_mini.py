import json
import unicodedata
from collections import Counter
from pathlib import Path

import pytest
from scipy.stats import binomtest, chisquare

import calm_harness
from calm_harness.languages import LANGUAGES

FOLDER = Path(calm_harness.__file__).parent / "data" / "mini"
QUESTION_MARKS = {"en": "?", "zh": "？", "fr": "\u00a0?", "de": "?", "it": "?", "ja": "？"}
SCRIPTS = {"zh": ("CJK",), "ja": ("CJK", "HIRAGANA", "KATAKANA")}
ALL = pytest.mark.parametrize("code", QUESTION_MARKS)


def read(name):
    return [json.loads(line) for line in (FOLDER / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]


QUESTIONS = read("questions")
TEXTS = {code: read(code) for code in QUESTION_MARKS}


def normalised(text):
    return "".join(letter for letter in unicodedata.normalize("NFKC", text).casefold() if letter.isalnum())


def gold_extreme(code, best):
    """In how many questions the gold option alone is the longest (`max`) or the shortest (`min`)."""
    count = 0
    for question, text in zip(QUESTIONS, TEXTS[code], strict=True):
        lengths = [len(option) for option in text["options"]]
        gold = lengths.pop(question["answer"])
        count += gold == best([gold, *lengths]) and gold not in lengths
    return count


def test_ids_count_up():
    assert [question["id"] for question in QUESTIONS] == [f"mini-{number:03d}" for number in range(1, 25)]


def test_every_question_has_a_split_a_topic_and_a_rationale():
    assert all(question["split"] == "train" for question in QUESTIONS)
    assert all(question["topic"] and question["rationale"].endswith(".") for question in QUESTIONS)


def test_every_language_file_has_a_row_of_words():
    assert {path.stem for path in FOLDER.glob("*.jsonl")} - {"questions"} == set(TEXTS)
    assert set(TEXTS) <= set(LANGUAGES)


@ALL
def test_ids_are_the_same_in_the_same_order(code):
    assert [text["id"] for text in TEXTS[code]] == [question["id"] for question in QUESTIONS]


@ALL
def test_options_are_as_many_in_every_language(code):
    assert [len(text["options"]) for text in TEXTS[code]] == [5] * 15 + [4] * 9


@ALL
def test_the_answer_is_one_of_the_options(code):
    assert all(q["answer"] in range(len(t["options"])) for q, t in zip(QUESTIONS, TEXTS[code], strict=True))


@ALL
def test_options_are_distinct(code):
    for text in TEXTS[code]:
        options = [normalised(option) for option in text["options"]]
        assert all(options)
        assert len(set(options)) == len(options), text["id"]


@ALL
def test_stems_are_distinct(code):
    assert len({normalised(text["stem"]) for text in TEXTS[code]}) == len(QUESTIONS)


@ALL
def test_stems_end_in_the_languages_question_mark(code):
    for text in TEXTS[code]:
        assert text["stem"].endswith(QUESTION_MARKS[code]), text["id"]
        assert not text["stem"].removesuffix(QUESTION_MARKS[code]).endswith((" ", "\u00a0")), text["id"]


@ALL
def test_text_is_clean(code):
    for text in TEXTS[code]:
        for piece in [text["stem"], *text["options"]]:
            assert piece == unicodedata.normalize("NFC", piece.strip())
            assert not {"'", '"', "\n", "\t"} & set(piece)
            assert "  " not in piece


@ALL
def test_text_is_in_the_languages_script(code):
    for text in TEXTS[code]:
        letters = [letter for letter in text["stem"] + "".join(text["options"]) if letter.isalpha()]
        assert all(unicodedata.name(letter).startswith(SCRIPTS.get(code, ("LATIN",))) for letter in letters), text["id"]


def test_japanese_stems_have_kana_and_chinese_ones_none():
    kana = {
        code: [any("\u3041" <= letter <= "\u30ff" for letter in t["stem"]) for t in TEXTS[code]]
        for code in ("ja", "zh")
    }
    assert all(kana["ja"])
    assert not any(kana["zh"])


@pytest.mark.parametrize("options", [5, 4])
def test_gold_positions_are_balanced(options):
    golds = [q["answer"] for q, t in zip(QUESTIONS, TEXTS["en"], strict=True) if len(t["options"]) == options]
    counts = Counter(golds)
    assert max(counts.values()) - min(counts.values()) <= 1
    assert chisquare([counts[position] for position in range(options)]).pvalue > 0.05


@ALL
@pytest.mark.parametrize("best", [max, min])
def test_the_gold_option_is_not_told_by_its_length(code, best):
    chance = sum(1 / len(text["options"]) for text in TEXTS[code]) / len(QUESTIONS)
    assert binomtest(gold_extreme(code, best), len(QUESTIONS), chance, alternative="greater").pvalue > 0.05


def test_files_are_utf8_with_a_json_object_a_line():
    for path in FOLDER.glob("*.jsonl"):
        raw = path.read_text(encoding="utf-8")
        assert raw.endswith("}\n")
        assert "\\u" not in raw
