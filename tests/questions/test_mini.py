"""The built-in set is well made: parallel, in the right script, and without tells in the options."""

import json
import re
import unicodedata
from collections import Counter
from pathlib import Path

import pytest
from scipy.stats import binomtest, chisquare

import calm_harness
from calm_harness import questions
from calm_harness.prompts.languages import LANGUAGES
from calm_harness.questions.audit import audit

FOLDER = Path(calm_harness.__file__).parent / "data" / "mini"
QUESTION_MARKS = {
    "en": "?", "zh": "？", "fr": "\u00a0?", "de": "?", "it": "?", "ja": "？", "es": "?", "ar": "؟",
}  # fmt: skip
SCRIPTS = {"zh": ("CJK",), "ja": ("CJK", "IDEOGRAPHIC ITERATION", "HIRAGANA", "KATAKANA"), "ar": ("ARABIC",)}
SYMBOLS = re.compile("H₂O|DNA|ADN|°C|[ACDKX](?![a-z])")  # the Latin letters that every language writes
SPLITS = {"train": {5: 60, 4: 40}, "test": {5: 40, 4: 20}}

# A first word that says how an option stands in its sentence: options of a question begin alike.
ARTICLES = {
    "en": ["the", "a|an", "to", "in|into|on|under", "with", "from", "by", "about", "it"],
    "fr": [
        "le|la|l|les", "un|une", "du|de|des|d", "dans|sur|sous|en|à|au|aux", "avec", "par", "environ", "elle|il",
    ],
    "de": [
        "der|die|das|den|dem", "ein|eine|einen|einem|einer", "zu|zum|zur", "in|im|ins|auf|unter|an|am", "mit", "aus",
        "gegen", "etwa", "er|es", "durch", "indem",
    ],
    "it": [
        "il|lo|la|l|i|gli|le", "un|uno|una", "di|del|dello|della|dell|dei|delle", "a|al|allo|alla|all|ai|agli",
        "in|nel|nello|nella|nell|nei|negli|nelle|su|sul|sulla|sulle|sui|sugli|sotto", "con",
        "da|dal|dalla|dallo|dai|dagli|dalle|dall", "circa",
    ],
    "es": ["el|la|los|las", "un|una", "de|del", "a|al", "en|bajo", "con", "por", "unos|unas"],
}  # fmt: skip
ALL = pytest.mark.parametrize("code", QUESTION_MARKS)
EACH_SPLIT = pytest.mark.parametrize("split", SPLITS)
ROLES = ("gold", "distractor")


def read(name):
    return [json.loads(line) for line in (FOLDER / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]


QUESTIONS = read("questions")
TEXTS = {code: read(code) for code in QUESTION_MARKS}
PASSAGES = {path.stem: read(f"passages/{path.stem}") for path in sorted(FOLDER.glob("passages/*.jsonl"))}


def pairs(code, split=None):
    """The questions of a split with their texts in a language."""
    both = zip(QUESTIONS, TEXTS[code], strict=True)
    return [(question, text) for question, text in both if split in (None, question["split"])]


def texts(code):
    """Every text of a language with the id of the row it stands in."""
    for text in TEXTS[code]:
        yield from ((text["id"], piece) for piece in [text["stem"], *text["options"]])
    for passage in PASSAGES[code]:
        yield from ((passage["passage_id"], piece) for piece in (passage["title"], passage["text"]))


def normalised(text):
    return "".join(letter for letter in unicodedata.normalize("NFKC", text).casefold() if letter.isalnum())


def gold_extreme(code, split, best):
    """In how many questions the gold option alone is the longest (`max`) or the shortest (`min`)."""
    count = 0
    for question, text in pairs(code, split):
        lengths = [len(option) for option in text["options"]]
        gold = lengths.pop(question["answer"])
        count += gold == best([gold, *lengths]) and gold not in lengths
    return count


def beginning(code, option):
    """Which kind of first word an option has; "" for none of those that matter."""
    first = re.split(r"[ \u00a0’]", option.lower())[0]
    return next((kind for kind in ARTICLES[code] if first in kind.split("|")), "")


def is_name(text):
    """English options that are proper names, which take an article or not as each name does."""
    return all(re.sub("^(?:the|Mount) ", "", option)[0].isupper() for option in text["options"])


def test_ids_count_up():
    assert [question["id"] for question in QUESTIONS] == [f"mini-{number:03d}" for number in range(1, 161)]


def test_both_kinds_of_questions_are_in_both_splits():
    found = Counter((question["split"], len(text["options"])) for question, text in pairs("en"))
    assert found == {(split, size): number for split, sizes in SPLITS.items() for size, number in sizes.items()}


def test_every_question_has_a_topic_and_a_rationale():
    assert all(question["topic"] and question["rationale"].endswith(".") for question in QUESTIONS)


def test_every_language_file_has_a_row_of_words():
    assert {path.stem for path in FOLDER.glob("*.jsonl")} - {"questions"} == set(TEXTS)
    assert set(PASSAGES) == set(TEXTS)
    assert set(TEXTS) <= set(LANGUAGES)


@EACH_SPLIT
def test_the_audit_is_clean(split):
    found = audit(questions.load("mini", split=split))
    assert found.findings == []
    assert found.languages == tuple(QUESTION_MARKS)
    assert found.questions == sum(SPLITS[split].values())


@ALL
def test_ids_are_the_same_in_the_same_order(code):
    assert [text["id"] for text in TEXTS[code]] == [question["id"] for question in QUESTIONS]


@ALL
def test_options_are_as_many_in_every_language(code):
    assert [len(text["options"]) for text in TEXTS[code]] == [len(text["options"]) for text in TEXTS["en"]]


@ALL
def test_options_are_distinct(code):
    for text in TEXTS[code]:
        options = [normalised(option) for option in text["options"]]
        assert all(options)
        assert len(set(options)) == len(options), text["id"]


@ALL
def test_no_stem_stands_twice(code):
    assert len({normalised(text["stem"]) for text in TEXTS[code]}) == len(QUESTIONS)


@ALL
def test_stems_end_in_the_languages_question_mark(code):
    for text in TEXTS[code]:
        assert text["stem"].endswith(QUESTION_MARKS[code]), text["id"]
        assert not text["stem"].removesuffix(QUESTION_MARKS[code]).endswith((" ", "\u00a0")), text["id"]


@ALL
def test_text_is_clean(code):
    for name, piece in texts(code):
        assert piece == unicodedata.normalize("NFC", piece.strip()), name
        assert not {"'", '"', "\n", "\t"} & set(piece), name
        assert "  " not in piece, name
        assert not any(unicodedata.category(letter) in ("Cf", "Cc", "Co", "Cn") for letter in piece), name


@ALL
def test_text_is_in_the_languages_script(code):
    for name, piece in texts(code):
        letters = [letter for letter in SYMBOLS.sub("", piece) if letter.isalpha()]
        assert all(unicodedata.name(letter).startswith(SCRIPTS.get(code, ("LATIN",))) for letter in letters), name


def test_japanese_stems_have_kana_and_chinese_ones_none():
    kana = {
        code: [any("\u3041" <= letter <= "\u30ff" for letter in t["stem"]) for t in TEXTS[code]]
        for code in ("ja", "zh")
    }
    assert all(kana["ja"])
    assert not any(kana["zh"])


@EACH_SPLIT
@pytest.mark.parametrize("options", [5, 4])
def test_gold_positions_are_balanced(split, options):
    golds = [question["answer"] for question, text in pairs("en", split) if len(text["options"]) == options]
    counts = Counter(golds)
    assert max(counts.values()) - min(counts.values()) <= 1
    assert chisquare([counts[position] for position in range(options)]).pvalue > 0.05


@ALL
@EACH_SPLIT
@pytest.mark.parametrize("best", [max, min])
def test_the_gold_option_is_not_told_by_its_length(code, split, best):
    chosen = pairs(code, split)
    chance = sum(1 / len(text["options"]) for _, text in chosen) / len(chosen)
    assert binomtest(gold_extreme(code, split, best), len(chosen), chance, alternative="greater").pvalue > 0.05


@pytest.mark.parametrize("code", ARTICLES)
def test_options_of_a_question_begin_alike(code):
    for text, english in zip(TEXTS[code], TEXTS["en"], strict=True):
        if not is_name(english):
            assert len({beginning(code, option) for option in text["options"]}) == 1, text


@pytest.mark.parametrize("code", ARTICLES)
def test_options_of_a_question_end_alike_and_are_all_names_or_none(code):
    for text, english in zip(TEXTS[code], TEXTS["en"], strict=True):
        assert len({option.endswith(".") for option in text["options"]}) == 1, text["id"]
        capital = {option[0].isupper() and not option.isupper() for option in text["options"]}
        assert len(capital) == 1 or is_name(english) or code == "de", text["id"]


@ALL
def test_numbers_are_written_alike_in_the_options_of_a_question(code):
    for text in TEXTS[code]:
        assert len({any(letter.isdigit() for letter in option) for option in text["options"]}) == 1, text["id"]


@ALL
def test_the_stem_does_not_name_the_gold_option(code):
    edge = "" if code in ("zh", "ja") else r"\b"
    for question, text in pairs(code):
        gold = re.escape(text["options"][question["answer"]])
        assert not re.search(f"{edge}{gold}{edge}", text["stem"], re.IGNORECASE), text["id"]


@ALL
def test_every_question_has_a_gold_and_a_distractor_passage(code):
    expected = [f"{question['id']}-{role}" for question in QUESTIONS for role in ROLES]
    assert [passage["passage_id"] for passage in PASSAGES[code]] == expected
    assert {passage["language"] for passage in PASSAGES[code]} == {code}
    assert len({normalised(passage["text"]) for passage in PASSAGES[code]}) == len(expected)


@ALL
def test_passages_have_two_to_four_sentences(code):
    for passage in PASSAGES[code]:
        ends = re.findall(r"[。！？]|[.!?؟](?=[ \u00a0”»]|$)", passage["text"])
        assert 2 <= len(ends) <= 4, passage["passage_id"]


@ALL
def test_passages_do_not_repeat_the_question(code):
    stems = {text["id"]: normalised(text["stem"]) for text in TEXTS[code]}
    for passage in PASSAGES[code]:
        assert stems[passage["passage_id"].rpartition("-")[0]] not in normalised(passage["text"])


def test_gold_passages_name_the_answer_and_distractors_do_not():
    passages = {passage["passage_id"]: passage["text"] for passage in PASSAGES["en"]}
    for question, text in pairs("en"):
        words = set(re.findall(r"\w+", text["options"][question["answer"]]))
        word = max(words - {"with", "from", "into", "the", "about", "hours", "vitamin", "C"} or words, key=len)
        found = re.compile(rf"\b{word.removesuffix('s')}(?:s|es)?\b", re.IGNORECASE)
        assert found.search(passages[f"{question['id']}-gold"]), (text["id"], word)
        assert not found.search(passages[f"{question['id']}-distractor"]), (text["id"], word)


def test_files_are_utf8_with_a_json_object_a_line_and_small():
    files = list(FOLDER.rglob("*"))
    for path in FOLDER.rglob("*.jsonl"):
        raw = path.read_text(encoding="utf-8")
        assert raw.endswith("}\n")
        assert "\\u" not in raw
    assert sum(path.stat().st_size for path in files if path.is_file()) < 2_000_000
