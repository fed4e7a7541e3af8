"""Prompts of mixed languages, character by character, of a question that is written by hand in six."""

import pytest

from calm_harness import prompts
from calm_harness.prompts.languages import LANGUAGES
from calm_harness.questions import QuestionSet, Row
from calm_harness.questions.mixing import mixed
from calm_harness.questions.schema import Mix
from calm_harness.task.documents import lay_out

RAIN = {
    "en": ("What falls from clouds?", ("rain", "sand", "glass")),
    "de": ("Was fällt aus Wolken?", ("Regen", "Sand", "Glas")),
    "fr": ("Que tombe-t-il des nuages ?", ("la pluie", "le sable", "le verre")),
    "zh": ("云里落下什么？", ("雨", "沙", "玻璃")),
    "ja": ("雲から何が降りますか？", ("雨", "砂", "ガラス")),
    "ar": ("ماذا ينزل من السحاب؟", ("المطر", "الرمل", "الزجاج")),
}
SET = QuestionSet("rain", "test", tuple(RAIN), [Row("rain", tag, *texts, 0) for tag, texts in RAIN.items()])


def doc(kind, language, with_="en", *, note=False, seed=0):
    found = mixed(SET, Mix(kind, with_, seed, note), SET.languages)
    return next(row for row in lay_out(found) if row["language"] == language)


@pytest.mark.parametrize(
    ("kind", "language", "prompt"),
    [
        ("question", "de", "Frage: Was fällt aus Wolken?\nA. rain\nB. sand\nC. glass\nAntwort:"),
        ("question", "zh", "问题：云里落下什么？\nA. rain\nB. sand\nC. glass\n答案："),
        ("question", "ar", "السؤال: ماذا ينزل من السحاب؟\nA. rain\nB. sand\nC. glass\nالإجابة:"),
        ("options", "fr", "Question: What falls from clouds?\nA. la pluie\nB. le sable\nC. le verre\nAnswer:"),
        ("options", "ja", "Question: What falls from clouds?\nA. 雨\nB. 砂\nC. ガラス\nAnswer:"),
        ("gold", "de", "Question: What falls from clouds?\nA. Regen\nB. sand\nC. glass\nAnswer:"),
        ("gold", "ar", "Question: What falls from clouds?\nA. المطر\nB. sand\nC. glass\nAnswer:"),
        (
            "gold_question",
            "fr",
            "Question\u00a0: Que tombe-t-il des nuages ?\nA. la pluie\nB. sand\nC. glass\nRéponse\u00a0:",
        ),
        ("gold_question", "ja", "問題：雲から何が降りますか？\nA. 雨\nB. sand\nC. glass\n答え："),
        ("all_wrong", "zh", "Question: What falls from clouds?\nA. rain\nB. 沙\nC. 玻璃\nAnswer:"),
        ("all_wrong", "de", "Question: What falls from clouds?\nA. rain\nB. Sand\nC. Glas\nAnswer:"),
        ("gold", "en", "Question: What falls from clouds?\nA. rain\nB. sand\nC. glass\nAnswer:"),
    ],
)
def test_the_prompt_is_in_the_language_of_the_stem(kind, language, prompt):
    assert prompts.letters_text(doc(kind, language)) == prompt


def test_one_wrong_option_is_in_the_rows_language():
    head, tail = "Question: What falls from clouds?\nA. rain\n", "\nAnswer:"
    either = {f"{head}B. Sand\nC. glass{tail}", f"{head}B. sand\nC. Glas{tail}"}
    assert {prompts.letters_text(doc("one_wrong", "de", seed=seed)) for seed in range(20)} == either


def test_the_rest_may_be_in_any_language_of_the_set():
    assert prompts.letters_text(doc("gold", "en", "zh")) == "问题：云里落下什么？\nA. rain\nB. 沙\nC. 玻璃\n答案："
    assert prompts.letters_choices(doc("gold", "en", "zh")) == ["A", "B", "C"]


def test_in_mixup_the_stem_is_in_the_rows_language_and_no_two_parts_are_in_one():
    row = doc("mixup", "de")
    assert prompts.letters_text(row).startswith("Frage: Was fällt aus Wolken?\nA. ")
    tags = row["mix"]["languages"]
    assert tags[0] == "de"
    assert len(set(tags)) == 4
    assert row["options"] == [RAIN[tag][1][place] for place, tag in enumerate(tags[1:])]


def test_the_note_stands_above_in_the_language_of_the_prompt():
    note = "The question and the answers may be in different languages.\n"
    assert prompts.letters_text(doc("gold", "de", note=True)) == note + prompts.letters_text(doc("gold", "de"))
    assert prompts.cloze_text(doc("gold", "de", note=True)) == f"{note}Question: What falls from clouds?\nAnswer:"
    assert prompts.cot_text(doc("options", "de", note=True)) == note + prompts.cot_text(doc("options", "de"))
    assert prompts.letters_text(doc("question", "zh", note=True)).startswith("问题和答案可能使用不同的语言。\n问题：")


def test_free_text_is_asked_for_in_the_language_of_the_prompt_and_read_in_both():
    row = doc("options", "ja")
    assert prompts.cot_text(row).startswith(LANGUAGES["en"].instruction)
    row = doc("question", "ja", "de")
    assert prompts.cot_text(row).endswith("問題：雲から何が降りますか？\nA. Regen\nB. Sand\nC. Glas")


def test_an_option_is_held_against_the_answer_word_of_its_own_language():
    assert prompts.cloze_text(doc("gold", "zh")) == "Question: What falls from clouds?\nAnswer:"
    assert prompts.cloze_choices(doc("gold", "zh")) == [" 雨", " sand", " glass"]
    assert prompts.cloze_alone(doc("gold", "zh")) == [("答案：", "雨"), ("Answer:", " sand"), ("Answer:", " glass")]
    assert prompts.cloze_alone(doc("options", "fr"))[1] == ("Réponse\u00a0:", " le sable")
