"""Mixed languages in a task: what is asked, to the last character, and which tasks cannot be mixed."""

import json

import pytest
from lm_eval.tasks import TaskManager

from calm_harness import prompts
from calm_harness.errors import CalmError
from calm_harness.prompts.languages import LANGUAGES
from calm_harness.questions import QuestionSet, Row
from calm_harness.questions.mixing import mixed
from calm_harness.questions.schema import Mix
from calm_harness.task.documents import lay_out
from calm_harness.task.paths import tasks_path
from tests import own_set

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


def load(name, **metadata):
    manager = TaskManager(include_path=str(tasks_path()), include_defaults=False, metadata=metadata)
    return manager.load([name])["tasks"][name]


def test_the_requests_of_a_cloze_are_those_contexts():
    task = load("calm_mini_xl_cloze", mix="gold", languages="en,de")
    task.set_config("num_fewshot", 0)
    task.build_all_requests(limit=2)
    requests = [instance.args for instance in task.instances if instance.doc["language"] == "de"]
    asked = "Question: Which ocean is the largest?\nAnswer:"
    names = ["Southern", "Indian", "Arctic", "Atlantic"]
    rest = [f" the {name} Ocean" for name in names]
    texts = [*rest[:3], " der Pazifische Ozean", rest[3]]
    assert requests == [
        *((asked, text) for text in texts),
        *(("Antwort:" if "der" in text else "Answer:", text) for text in texts),
    ]


def test_a_run_says_how_it_was_mixed_and_that_rows_of_the_rest_are_not(caplog):
    task = load("calm_mini_xl", mix="one_wrong", mix_seed=3, mix_note=True, languages="en,de")
    task.set_config("num_fewshot", 0)
    task.build_all_requests(limit=2)
    said = {"kind": "one_wrong", "language": "en", "seed": 3, "note": True}
    assert task.dump_config()["metadata"]["calm"]["mix"] == said
    docs = list(task.test_docs())
    assert [row["mix"]["languages"] for row in docs[:1]] == [["en"] * 6]
    assert all({name: row["mix"][name] for name in said} == said for row in docs)
    assert "calm_mini_xl: rows in en are asked unmixed" in caplog.text


def test_a_request_cache_takes_a_mix_for_other_content():
    def key(**metadata):
        task = load("calm_mini_xl", languages="en,de", **metadata)
        task.set_config("num_fewshot", 0)
        return task._request_key({})

    told = [
        {},
        {"mix": "gold"},
        {"mix": "options"},
        {"mix": "gold", "mix_note": True},
        {"mix": "gold", "mix_with": "de"},
    ]
    assert len({key(**metadata) for metadata in told}) == len(told)


@pytest.mark.parametrize(
    ("task", "metadata", "why"),
    [
        ("calm_bmlama_xl_cloze", {}, "the candidates stand within its sentences"),
        ("calm_mini_xl_open", {}, "shows no options"),
        ("calm_mini_xl_rag", {"index": "no/where"}, "its passages would be in a third language"),
        ("calm_mini_xl_cot", {"prompt": "release"}, "prompt=release is a text of one language"),
        ("calm_mini_xl_cloze", {"score": "sum"}, "score=sum compares how common words of different languages are"),
        ("calm_mini_xl_cloze", {"score": "bytes"}, "take score=pmi"),
        ("calm_mini_xl", {"mix_with": "sw"}, "sw"),
        ("calm_mini_xl", {"languages": "en"}, "rows in en stay unmixed"),
    ],
)
def test_what_cannot_be_mixed_is_refused(task, metadata, why):
    with pytest.raises(CalmError, match=why):
        load(task, mix="gold", **metadata)


def test_examples_are_refused():
    task = load("calm_mini_xl", mix="gold", languages="en,de")
    task.set_config("num_fewshot", 1)
    with pytest.raises(CalmError, match="examples would show in which language the right option is"):
        task.build_all_requests(limit=2)


def test_a_set_with_words_of_its_own_is_asked_and_held_against_these(tmp_path):
    recipe = own_set.write(tmp_path)
    recipe.write_text(
        recipe.read_text(encoding="utf-8") + "words: {fr: {name: French, question: Demande, answer: Solution}}\n",
        encoding="utf-8",
    )
    task = load("calm_custom_xl_cloze", source=str(recipe), mix="gold_question")
    row = next(row for row in task.test_docs() if row["language"] == "fr")
    assert prompts.cloze_text(row) == "Demande: fr 0?\nSolution:"
    assert [null for null, _ in prompts.cloze_alone(row)] == ["Solution:", "Answer:"]
    with pytest.raises(CalmError, match="need mixed; give it under words: fr"):
        load("calm_custom_xl_cloze", source=str(recipe), mix="gold_question", mix_note=True)


def test_the_log_of_a_mixed_run_reads_back_and_a_damaged_one_does_not():
    from calm_harness.predictions.task_log import read_row

    row = doc("gold", "de")
    likelihoods = {f"gen_args_{i}": {"arg_0": "Answer:", "arg_1": f" {text}"} for i, text in enumerate(row["options"])}
    record = {"choice": 0, "score": "sum", "scores": {"sum": [-1.0, -2.0, -3.0]}}
    logged = json.loads(json.dumps({"doc": row, "answers": record, "arguments": likelihoods, "resps": []}))
    assert read_row(logged).mix["languages"] == ["en", "de", "en", "en"]
    logged["doc"]["mix"]["languages"].pop()
    with pytest.raises(ValueError, match="does not say how its languages are mixed"):
        read_row(logged)
