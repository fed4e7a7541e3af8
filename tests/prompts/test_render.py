"""What the model reads, character by character: a change changes numbers, so bump the tasks' `metadata.version`."""

import pytest

from calm_harness import prompts
from calm_harness.errors import CalmError

ENGLISH = {
    "question_id": "q",
    "language": "en",
    "stem": "What falls from clouds?",
    "options": ["rain", "sand"],
    "answer": 0,
    "prompt": "Answer!\nWhat falls from clouds?",
}
CHINESE = ENGLISH | {"language": "zh", "stem": "云里落下什么？", "options": ["雨", "沙"], "answer": 1, "prompt": None}
FRENCH = ENGLISH | {"language": "fr", "stem": "Que tombe-t-il des nuages ?", "options": ["la pluie", "le sable"]}


def masked(stem: str) -> dict:
    return ENGLISH | {"stem": stem, "options": ["Madrid", "Vienna"]}


def test_letters_end_with_the_answer_word():
    assert prompts.letters_text(ENGLISH) == "Question: What falls from clouds?\nA. rain\nB. sand\nAnswer:"
    assert prompts.letters_choices(ENGLISH) == [" A", " B"]


def test_a_full_width_colon_takes_no_space():
    assert prompts.letters_text(CHINESE) == "问题：云里落下什么？\nA. 雨\nB. 沙\n答案："
    assert prompts.letters_choices(CHINESE) == ["A", "B"]


def test_a_french_colon_has_a_no_break_space_before_it():
    assert prompts.cloze_text(FRENCH) == "Question\u00a0: Que tombe-t-il des nuages ?\nRéponse\u00a0:"
    assert prompts.cloze_choices(FRENCH) == [" la pluie", " le sable"]


def test_cloze_does_not_show_the_options():
    assert prompts.cloze_text(ENGLISH) == "Question: What falls from clouds?\nAnswer:"
    assert prompts.cloze_choices(ENGLISH) == [" rain", " sand"]


def test_the_null_context_is_the_answer_word_alone():
    assert prompts.cloze_null(ENGLISH) == "Answer:"
    assert prompts.cloze_null(CHINESE) == "答案："


@pytest.mark.parametrize(
    ("stem", "context", "choices"),
    [
        ("He was born in <mask>.", "He was born in", [" Madrid.", " Vienna."]),
        ("卡洛斯出生于<mask>。", "卡洛斯出生于", ["Madrid。", "Vienna。"]),
        ("<mask> is his home.", "", ["Madrid is his home.", "Vienna is his home."]),
    ],
)
def test_a_cloze_sentence_is_scored_from_the_mask_on(stem, context, choices):
    assert prompts.cloze_text(masked(stem)) == context
    assert prompts.cloze_choices(masked(stem)) == choices
    assert prompts.cloze_null(masked(stem)) == ""


@pytest.mark.parametrize(
    ("language", "stem", "prompt", "answer"),
    [
        ("en", "Where is Kenya?", "Question: Where is Kenya?\nAnswer:", " rain"),
        ("zh", "肯尼亚在哪里？", "问题：肯尼亚在哪里？\n答案：", "rain"),
        ("fr", "Où est le Kenya ?", "Question\u00a0: Où est le Kenya ?\nRéponse\u00a0:", " rain"),
        ("ja", "ケニアはどこですか？", "問題：ケニアはどこですか？\n答え：", "rain"),
        ("ar", "أين تقع كينيا؟", "السؤال: أين تقع كينيا؟\nالإجابة:", " rain"),
        ("tr", "Kenya nerede?", "Soru: Kenya nerede?\nCevap:", " rain"),
    ],
)
def test_an_open_question_is_stem_and_answer_word(language, stem, prompt, answer):
    doc = ENGLISH | {"language": language, "stem": stem}
    assert prompts.open_text(doc) == prompt
    assert prompts.open_target(doc) == answer


@pytest.mark.parametrize(
    ("language", "stem", "prompt"),
    [
        ("en", "He was born in <mask>.", "Question: He was born in ____.\nAnswer:"),
        ("tr", "II. Carlos <mask> 'da doğdu.", "Soru: II. Carlos ____ 'da doğdu.\nCevap:"),
        ("zh", "卡洛斯出生于<mask>。", "问题：卡洛斯出生于____。\n答案："),
    ],
)
def test_an_open_cloze_sentence_is_a_question_with_a_blank(language, stem, prompt):
    assert prompts.open_text(masked(stem) | {"language": language}) == prompt


def test_the_user_of_a_chat_asks_for_the_answer_alone():
    assert prompts.open_chat_text(ENGLISH) == (
        "Answer the question in English. Give the answer alone, in a few words, and no explanation.\n"
        "\n"
        "Question: What falls from clouds?\n"
        "Answer:"
    )
    assert prompts.open_chat_text(CHINESE) == (
        "请用中文回答问题。只给出答案，用几个词即可，不要解释。\n\n问题：云里落下什么？\n答案："
    )


def test_an_open_question_shows_neither_options_nor_label():
    unlabelled = ENGLISH | {"options": ["x", "y"], "answer": -1}
    for render in (prompts.open_text, prompts.open_chat_text):
        assert render(unlabelled) == render(ENGLISH)
    assert prompts.open_target(unlabelled) == ""


def test_free_text_gives_instruction_format_and_question():
    assert prompts.cot_text(ENGLISH) == (
        "Answer the multiple-choice question. First explain your reasoning briefly in English, in at most three "
        "sentences, and then give the letter of the one correct option. Use the following format:\n"
        "Explanation: <your explanation>\n"
        "Answer: <letter>\n"
        "\n"
        "Question: What falls from clouds?\n"
        "A. rain\n"
        "B. sand"
    )


def test_an_example_of_free_text_ends_with_its_answer_line():
    assert prompts.cot_target(ENGLISH) == "\nAnswer: A"
    assert prompts.cot_target(CHINESE) == "\n答案：B"


def test_a_hidden_answer_has_no_answer_line():
    assert prompts.cot_target(ENGLISH | {"answer": -1}) == ""


def test_the_release_asks_in_its_own_words():
    assert prompts.release_text(ENGLISH) == "Answer!\nWhat falls from clouds?"
    with pytest.raises(CalmError, match="no prompt of its own"):
        prompts.release_text(CHINESE)


def test_more_options_than_letters_are_refused():
    with pytest.raises(CalmError, match="27 options; there are 26 letters"):
        prompts.letters_text(ENGLISH | {"options": [f"option {i}" for i in range(27)]})


PASSAGES = [{"title": "Clouds", "text": "Rain falls from clouds."}, {"title": "", "text": "Sand lies on beaches."}]


def test_passages_stand_before_the_question():
    doc = ENGLISH | {"passages": PASSAGES}
    context = "Context:\nClouds: Rain falls from clouds.\nSand lies on beaches.\n\n"
    assert prompts.cloze_text(doc) == context + "Question: What falls from clouds?\nAnswer:"
    for render in (prompts.letters_text, prompts.cot_text, prompts.release_text):
        assert render(doc) == context + render(ENGLISH)
    assert prompts.cloze_null(doc) == "Answer:"
    assert prompts.cloze_choices(doc) == [" rain", " sand"]


def test_passages_are_headed_in_the_questions_language():
    assert prompts.cloze_text(CHINESE | {"passages": PASSAGES}).startswith(
        "参考资料：\nClouds：Rain falls from clouds.\nSand lies on beaches.\n\n问题：云里落下什么？"
    )
    assert (
        prompts.context(FRENCH | {"passages": PASSAGES[:1]})
        == "Contexte\u00a0:\nClouds\u00a0: Rain falls from clouds.\n\n"
    )


def test_without_passages_a_prompt_is_the_zero_shot_one():
    assert prompts.letters_text(ENGLISH | {"passages": []}) == prompts.letters_text(ENGLISH)


def test_passages_stand_before_a_cloze_sentence_too():
    doc = masked("He was born in <mask>.") | {"passages": PASSAGES[1:]}
    assert prompts.cloze_text(doc) == "Context:\nSand lies on beaches.\n\nHe was born in"
