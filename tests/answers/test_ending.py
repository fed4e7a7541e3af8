"""Which responses are whole, and which break off: in scripts with and without full stops."""

import time
from itertools import pairwise

import pytest

from calm_harness import predictions
from calm_harness.answers import extract
from calm_harness.answers.ending import ends, is_whole, without_remark
from calm_harness.answers.rules import OPTIONS
from calm_harness.prompts.answer_words import Words
from calm_harness.prompts.languages import LANGUAGES
from tests.recorded import CODES, samples_file

ENGLISH = OPTIONS["en"]
WHOLE = [
    ("en", "Explanation: They swim there.\n\nAnswer: B. florida keys"),
    ("en", "They swim there.\n**Answer: B**"),
    ("en", "They swim there. The answer is (B)"),
    ("en", "They swim there.\nAnswer: B. the Florida keys"),
    ("en", "They swim there.\n\nB"),
    ("en", "Answer: B\n\nThey swim there, by the sea."),
    ("en", "Answer: B. florida keys (they swim there, and it is by the sea)"),
    ("en", 'Answer: B\n\nThey say: "We swim there."'),
    ("en", "<answer>B</answer>"),
    ("de", "Antwort: C. Großstadt\n\nDort ist es laut!"),
    ("es", "Respuesta: D. cine"),
    ("ru", "Там плавают.\nОтвет: Б. лес"),
    ("ja", "泳ぐ場所です。\n答え：B。森"),
    ("ja", "答え：B\n\n（説明：そこで泳ぎます。）"),
    ("zh", "他们在那里游泳。\n答案：B"),
    ("zh", "答案：B\n\n他们在那里游泳。"),
    ("hi", "उत्तर: B\n\nवे वहाँ तैरते हैं।"),
    ("ar", "الإجابة: ب"),
    ("ar", "الإجابة: B\n\nهل يسبحون هناك؟ نعم."),
    ("ur", "جواب: B\n\nوہ وہاں تیرتے ہیں۔"),
    ("am", "መልስ፦ B\n\nእዚያ ይዋኛሉ።"),
    ("el", "Απάντηση: B\n\nΠού κολυμπούν;"),
    ("th", "พวกเขาว่ายน้ำที่นั่น\nคำตอบ: B"),
]
CUT = [
    ("en", "Answer: B\n\nThey swim there, by the"),
    ("en", "Answer: B, because they"),
    ("en", "They swim there. The answer is B because it is by the"),
    ("en", "Answer: B. It is the"),
    ("en", "Answer: B. florida keys is where many people like to swim in the summer"),
    ("en", "Answer: B\n\nThey swim in the florida keys (B)"),
    ("en", "Answer: B\n\nThey may go to the florida keys"),
    ("en", "Answer: B\n\n1. They swim.\n2."),
    ("en", "Answer: B\n\nThe others are:"),
    ("en", "Answer: B\n\nThey swim (by the"),
    ("de", "Antwort: C\n\nDort ist es laut, und"),
    ("es", "Respuesta: D\n\nPorque allí se"),
    ("ru", "Ответ: B\n\nПотому что там"),
    ("ja", "答え：B\n\nそこで泳ぐのは"),
    ("zh", "答案：B\n\n他们在那里游泳，因为"),
    ("hi", "उत्तर: B\n\nवे वहाँ तैरते"),
    ("ar", "الإجابة: B\n\nلأنهم يسبحون"),
    ("ur", "جواب: B\n\nوہ وہاں"),
    ("el", "Απάντηση: B\n\nΕκεί κολυμπούν"),
    ("th", "คำตอบ: B\n\nเพราะพวกเขาว่ายน้ำ"),  # a sentence or a part of one: Thai writes no full stop
    ("en", ""),
]


@pytest.mark.parametrize(("language", "response"), WHOLE)
def test_a_response_that_ends(language, response):
    assert extract(response, OPTIONS.get(language, ENGLISH), language) is not None
    assert is_whole(response, OPTIONS.get(language, ENGLISH), language)


@pytest.mark.parametrize(("language", "response"), CUT)
def test_a_response_that_breaks_off(language, response):
    assert not is_whole(response, OPTIONS.get(language, ENGLISH), language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_answer_line_of_every_language_ends_a_response(language):
    words = LANGUAGES[language]
    line = f"{words.answer}{words.colon}{words.space}C"
    assert is_whole(f"x y z\n{line}", ENGLISH, language)
    assert not is_whole(f"{line}\n\nx y z", ENGLISH, language)


def test_the_answer_word_of_a_set_that_brings_its_words():
    own = Words(code="fo", answer="svarið", copula="er")
    assert is_whole("Tey svimja har, tí svarið er B", ENGLISH, "fo", own)
    assert not is_whole("Tey svimja har, tí svarið er B", ENGLISH, "fo")


@pytest.mark.parametrize(
    ("text", "ended"),
    [("Fine.", True), ("Fine.**", True), ("Fine. </p>", True), ("Fine", False), ("Fine:", False), ("Fine,", False),
     ("3.", False), ("まる。」", True), ("", False)],
)  # fmt: skip
def test_sentences(text, ended):
    assert ends(text) is ended


@pytest.mark.parametrize("language", CODES)
def test_real_responses_are_not_lost_and_cut_ones_not_taken(language, calm_release):
    """The authors' samples were not cut. The others go on with half of the next question."""
    rows = predictions.read(samples_file(calm_release, language), language)
    whole, cut, total = 0, 0, 0
    for row, following in pairwise(rows):
        for number, response in enumerate(row.responses):
            if row.choices[number] is not None:
                begun = following.stem[: len(following.stem) // 2]
                total += 1
                whole += is_whole(response, row.options, language)
                cut += is_whole(f"{response}\n\n{begun}", row.options, language)
    assert total > 2600
    assert whole / total > 0.998
    assert cut / total < 0.02


@pytest.mark.parametrize(
    ("text", "without"),
    [
        ("It is B (by the sea).", "It is B"),
        ("It is B （靠海）。", "It is B"),
        ("B (a) (b)", "B (a)"),
        ("B (a) [].", "B"),
        ("B (a (b) c)", "B (a (b) c)"),  # a word stands behind the inner one
        ("B (a", "B (a"),
        ("(a)", ""),
        ("", ""),
    ],
)
def test_a_remark_at_the_end_is_left_out(text, without):
    assert without_remark(text) == without


@pytest.mark.parametrize("piece", [" ", "\n", "()", "(", ")", "(a", "a()", "."])
def test_whether_a_response_ends_is_told_in_linear_time(piece):
    response = (piece * 100_000)[:100_000]
    start = time.process_time()
    for text in (response, f"{response}x", f"x{response}"):
        is_whole(text, ENGLISH, "en")
    assert time.process_time() - start < 3
