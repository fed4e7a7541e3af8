"""A passage that contains a question is told from one that only answers it."""

import json
import random

import pytest

from calm_harness import questions
from calm_harness.passages.leaks import Leaks, Question, contained
from calm_harness.passages.words import words_of
from calm_harness.questions.sets import mini
from retrieval.corpus import Document
from retrieval.corpus.split import Passage, split

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
    leaks = Leaks(
        [("a", "en", "what two three four five six seven eight nine ten"), ("b", "en", "what two three four")]
    )
    assert leaks.find("what two three four five six seven eight nine zero").question_id == "b"


def test_questions_of_three_words_are_passed_over_unless_the_words_are_long(leaks):
    assert leaks.find("Why is that? Because.") is None
    assert Leaks([("heart", "ar", "ما وظيفة القلب؟")]).find("سؤال: ما وظيفة القلب؟ ضخ الدم.").question_id == "heart"


def test_passages_shorter_than_the_question_count_for_their_share():
    assert contained(words_of("a b c d e f g h"), words_of("a b c d")) == pytest.approx(0.5)


def test_no_passage_and_no_question():
    assert Leaks([]).find("Anything at all.") is None
    assert Leaks(QUESTIONS).find("") is None


# A document is read on where it was cut


def pieces(*texts, document="d", title=""):
    return [
        Passage(f"{document}#{number}", "en", title, text, "source", document, number)
        for number, text in enumerate(texts, start=1)
    ]


def flagged(leaks, passages):
    return [leak.question_id if leak else None for leak in leaks.scan(passages)]


def test_all_pieces_that_hold_a_part_of_a_question_are_found(leaks):
    halves = (
        "Some text. A 35-year-old man comes to the physician because",
        "of pain in his knee for the last 3 days. Why?",
    )
    assert flagged(leaks, pieces("Before.", *halves, "After.")) == [None, "long", "long", None]


def test_a_question_may_go_through_many_short_pieces(leaks):
    words = LONG.split()
    assert flagged(leaks, pieces("Text", *words, "text")) == [None, *["long"] * len(words), None]


def test_a_question_that_stands_twice_takes_the_pieces_of_both_along(leaks):
    twice = f"{LONG}. Again: A 35-year-old man comes to the physician because"
    assert flagged(leaks, pieces(twice, "of pain in his knee for the last 3 days.", "After.")) == ["long", "long", None]


def test_half_a_question_is_none(leaks):
    assert flagged(leaks, pieces("A 35-year-old man comes to the physician because", "it is cold today.")) == [None] * 2


def test_a_question_does_not_go_on_in_another_document(leaks):
    first, second = "A 35-year-old man comes to the physician because", "of pain in his knee for the last 3 days."
    apart = pieces(first, title="One") + pieces(second, document="e", title="Two")
    assert flagged(leaks, apart) == [None, None]


def test_rows_that_were_cut_before_are_read_on_as_well(leaks):
    first, second = "A 35-year-old man comes to the physician because", "of pain in his knee for the last 3 days."
    rows = [Passage(identity, "en", "Book", text, "s", identity, 1) for identity, text in (("1", first), ("2", second))]
    assert flagged(leaks, rows) == ["long", "long"]


def test_a_question_in_the_title_goes_with_every_piece(leaks):
    passages = pieces("The blue whale.", "It eats krill.", title="What is the largest animal in the sea?")
    assert flagged(leaks, passages) == ["sea", "sea"]


def test_the_options_that_follow_a_question_go_with_it():
    leaks = Leaks([Question("sea", "en", "What is the largest animal in the sea?", ("the shark", "the blue whale"))])
    passages = pieces("What is the largest animal in the sea?", "Answer: the blue whale", "It eats krill.")
    assert flagged(leaks, passages) == ["sea", "sea", None]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("What is the largest ani-", "mal in the sea?"),
        ("What is the <a href='x'", "class='y'>largest</a> animal in the sea?"),
        ("What is the <b>largest</b> ani<br", "/>mal? No: what is the largest animal in the sea?"),
    ],
)
def test_words_and_tags_that_are_cut_are_made_whole(leaks, first, second):
    assert "sea" in flagged(leaks, pieces(first, second))


@pytest.mark.parametrize("language", ["en", "zh", "fr", "ar", "ja"])
@pytest.mark.parametrize("length", [300, 1000])
def test_questions_in_running_text_are_found_wherever_it_is_cut(language, length):
    """Of `train`: each once in text made of passages, at a place drawn by chance."""
    rows = [row for row in questions.load("mini", split="train", languages=[language]).rows if row.language == language]
    leaks = Leaks(Question(row.question_id, row.language, row.stem, row.options) for row in rows)
    sentences = [passage["text"] for passage in mini_passages(language) if "distractor" in passage["passage_id"]]
    drawn = random.Random(0)
    documents = []
    for row in rows:
        texts = drawn.sample(sentences, 12)
        texts.insert(drawn.randrange(13), f"{row.stem} {row.options[row.answer]}.")
        documents.append(Document(row.question_id, language, "", " ".join(texts), "source"))
    passages = list(split(documents, length))
    found = {
        passage.document
        for passage, leak in zip(passages, leaks.scan(passages), strict=True)
        if leak is not None and leak.question_id == passage.document
    }
    assert len(found) >= 0.97 * len(rows)  # but for those of two or three short words
    assert len(passages) >= 2 * len(rows)


def mini_passages(language):
    (path,) = (path for path in mini.passages() if path.stem == language)
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


# What a passage is for


@pytest.mark.parametrize("split_name", ["train", "test"])
def test_no_passage_of_the_built_in_set_gives_a_question_away(split_name):
    rows = questions.load("mini", split=split_name).rows
    leaks = Leaks(Question(row.question_id, row.language, row.stem, row.options) for row in rows)
    for language in mini.LANGUAGES:
        passages = [
            Passage(row["passage_id"], language, row["title"], row["text"], language, row["passage_id"], 1)
            for row in mini_passages(language)
        ]
        assert flagged(leaks, passages) == [None] * 320


@pytest.mark.parametrize(
    ("language", "stem", "text"),
    [
        ("en", "The capital of France is", "The capital of France is Paris."),
        ("en", "The capital of France is:", "It is said that the capital of France is Paris. Why is it? Nobody knows."),
        ("en", "The capital of France is?", "The capital of France is Paris, on the Seine."),
        ("en", "The capital of France is ____.", "The capital of France is Paris."),
        ("en", "<mask> is the capital of France.", "Paris is the capital of France."),
        ("en", "The largest planet of the solar system.", "Jupiter is the largest planet of the solar system."),
        ("zh", "太阳系最大的行星", "木星是太阳系最大的行星。"),
        ("zh", "太阳系最大的行星是？", "太阳系最大的行星是木星。"),
        ("ja", "太陽系で最も大きい惑星", "木星は太陽系で最も大きい惑星です。"),
        ("ru", "Самая большая планета Солнечной системы", "Юпитер — самая большая планета Солнечной системы."),
        ("ar", "أكبر كوكب في المجموعة الشمسية هو", "أكبر كوكب في المجموعة الشمسية هو المشتري."),
        ("sw", "Sayari kubwa zaidi katika mfumo wa jua ni", "Sayari kubwa zaidi katika mfumo wa jua ni Mshtarii."),
        (
            "en",
            "What is the name of the river that flows through the capital of France?",
            "The Seine is the name of the river that flows through the capital of France.",
        ),
    ],
)
def test_a_passage_that_completes_a_stem_is_no_leak(language, stem, text):
    options = ("Mars", "Paris", "Jupiter")
    assert Leaks([("q", language, stem)]).find(text) is None
    assert Leaks([Question("q", language, stem, options)]).find(text) is None


@pytest.mark.parametrize(
    ("language", "stem", "text"),
    [
        ("en", "The capital of France is", "Quiz. The capital of France is? Paris."),
        ("en", "The capital of France is", "The capital of France is ____. Paris."),
        ("en", "The capital of France is", "Question: The capital of France is Paris."),
        ("en", "The capital of France is", "Question 17. The capital of France is Paris."),
        ("en", "The capital of France is", "The capital of France is\nAnswer: Paris"),
        ("en", "The capital of France is", "The capital of France is (A) Mars (B) Paris (C) Jupiter"),
        ("en", "The capital of France is", "The capital of France is 1. Mars 2. Paris 3. Jupiter"),
        ("en", "The largest planet of the solar system.", "Quiz: the largest planet of the solar system. Jupiter."),
        ("en", "What is the capital of France", "what is the capital of france paris"),
        ("en", "The capital of France is", "The capital of France is old. Quiz. The capital of France is? Paris."),
        ("zh", "太阳系最大的行星", "太阳系最大的行星是哪个？木星。"),
        ("zh", "下列哪项不是行星", "下列哪项不是行星 太阳"),
        ("sw", "Mji mkuu wa Ufaransa?", "Mji mkuu wa Ufaransa? Paris."),
    ],
)
def test_a_passage_that_asks_a_stem_is_a_leak(language, stem, text):
    assert Leaks([Question("q", language, stem, ("Mars", "Paris", "Jupiter"))]).find(text).question_id == "q"


def test_a_long_stem_is_a_leak_however_it_ends():
    stem = "A 35-year-old man who has had pain in his knee for three days most likely has"
    assert Leaks([("q", "en", stem)]).find(f"{stem} gout.").question_id == "q"
