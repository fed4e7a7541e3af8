"""Stem and options are found by the whole sequence of marks."""

import json

import pytest

from calm_harness.questions.option_marks import parse_gold, split_all, split_options, strip_words

STEM = "Which process creates antibody diversity?"


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("\nA. one\nB. two\nC. three\nD. four\nE. five", ("one", "two", "three", "four", "five")),
        ("\n(A) one\n(B) two\n(C) three\n(D) four\n", ("one", "two", "three", "four")),
        (" (A) one (B) two (C) three (D) four ", ("one", "two", "three", "four")),
        ("\n( A) one\n(B ) two\n(C)three\n( D ) four", ("one", "two", "three", "four")),
        ("\n（A）one\n（B）two\n（C）three\n（D）four", ("one", "two", "three", "four")),
        ("\nＡ．one\nＢ．two\nＣ．three", ("one", "two", "three")),
        ("\n(a) one\n(b) two\n(c) three", ("one", "two", "three")),
        ("\n(A) V(D)J recombination\n(B) Rh(D)\n(C) anti-D\n(D) class (A) switch", None),
        (" (A) V(D)J recombination (B) Rh(D) (C) anti-(D) (D) switch", None),
    ],
)
def test_marks(text, options):
    if options is None:
        options = ("V(D)J recombination", "Rh(D)", "anti-D" if "\n" in text else "anti-(D)")
        options += ("class (A) switch",) if "\n" in text else ("switch",)
    parsed = split_options(STEM + text)
    assert (parsed.stem, parsed.options, parsed.bent) == (STEM, options, ())


def test_marks_in_the_stem_are_text():
    text = "Vitamin (A) and (B) differ.\n(A) yes\n(B) no\n(C) both\n(D) neither"
    assert split_options(text).stem == "Vitamin (A) and (B) differ."


def test_the_last_sequence_counts():
    text = "Read:\nA. x\nB. y\nWhich is right?\nA. first\nB. second"
    parsed = split_options(text)
    assert parsed.stem == "Read:\nA. x\nB. y\nWhich is right?"
    assert parsed.options == ("first", "second")


@pytest.mark.parametrize(
    ("text", "options", "bent"),
    [
        ("\n(UNE) UNE\n(B)B\n(C)C\n(D)E", ("UNE", "B", "C", "E"), ("(UNE)",)),
        ("\n(A) Digoxine\n(B) PR\n(Cage\n(D) Amiodarone", ("Digoxine", "PR", "age", "Amiodarone"), ("(Cage",)),
        ("\n(A) 乙\n(B) C\n（光盘\n(D)E", ("乙", "C", "光盘", "E"), ("（光盘",)),
        (" (UNE) deux (B) un (C) trois (D) cinq", ("deux", "un", "trois", "cinq"), ("(UNE)",)),
    ],
)
def test_marks_that_translation_has_bent(text, options, bent):
    parsed = split_options(STEM + text, 4)
    assert (parsed.stem, parsed.options, parsed.bent) == (STEM, options, bent)


@pytest.mark.parametrize(
    ("head", "tail"),
    [
        ("Question: ", "\nAnswer:"),
        ("Frage: ", "\nAnswer:\nAntwort:"),
        ("Frage:Frage: ", "\nAnswer:\nAntwort:\nAntwort:"),
        ("Domanda: ", "\nRisposta:"),
        ("Question\xa0: ", "\nRéponse\xa0:"),
        ("質問: ", "\n答え:"),
        ("问题：", "\n\n答案："),
        ("", "\n”"),
    ],
)
def test_the_words_around_a_question_are_no_part_of_it(head, tail):
    parsed = split_options(f"{head}Where?\nA. here\nB. there{tail}")
    assert (parsed.stem, parsed.options) == ("Where?", ("here", "there"))


def test_a_word_without_colon_stays():
    assert strip_words("Question marks are what?") == "Question marks are what?"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Where?\nA. here\nC. there", "no complete sequence of option marks A to B"),
        ("Where?", "no complete sequence of option marks A to B"),
        ("Where?\nA.\nB. there", "option A is empty"),
        ("\nA. here\nB. there", "the stem is empty"),
    ],
)
def test_what_cannot_be_read_is_said(text, reason):
    with pytest.raises(ValueError, match=reason):
        split_options(text, 2)


def test_a_question_with_fewer_options_than_the_file_is_not_read():
    texts = ["Where?\nA. 1\nB. 2\nC. 3"] * 3 + ["Where?\nA. 1\nB. 2"]
    assert split_all(texts)[3] == "no complete sequence of option marks A to C"


@pytest.mark.parametrize(
    ("gold", "index", "text"),
    [
        ("C", 2, ""),
        ("c", 2, ""),
        ("(D) 寨卡病毒", 3, "寨卡病毒"),
        ("(d) 寨卡病毒", 3, "寨卡病毒"),
        ("(D)匹配", 3, "匹配"),
        ("(A)\xa0PSA", 0, "PSA"),
        ("B. two", 1, "two"),
        ("（Ｂ）two", 1, "two"),
        ("(D) four\n”", 3, "four"),
        ("Three", 2, "Three"),
    ],
)
def test_gold(gold, index, text):
    assert parse_gold(gold, ["one", "two", "three", "four"]) == (index, text)


@pytest.mark.parametrize("gold", ["E", "(F) six", "five", ""])
def test_gold_out_of_range(gold):
    with pytest.raises(ValueError, match="is none of the 4 options"):
        parse_gold(gold, ["one", "two", "three", "four"])


@pytest.mark.parametrize(
    ("pattern", "options", "files"), [("xcsqa/**/*.json", 5, 18), ("medqa/test/*/*test*_*.json", 4, 6)]
)
def test_every_row_of_the_release_is_read(calm_release, pattern, options, files):
    paths = [path for path in sorted((calm_release / "data").glob(pattern)) if path.name != "dataset_info.json"]
    assert len(paths) >= files
    for path in paths:
        rows = json.loads(path.read_text("utf-8"))
        parsed = split_all([row["input"] for row in rows])
        assert [reason for reason in parsed if isinstance(reason, str)] == [], path
        assert {len(question.options) for question in parsed} == {options}
        for row, question in zip(rows, parsed, strict=True):
            if "output" in row:
                parse_gold(row["output"], question.options)
