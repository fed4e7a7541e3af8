"""Mixed languages in a task: its requests, what it says of itself, and which tasks cannot be mixed."""

import pytest
from lm_eval.tasks import TaskManager

from calm_harness import prompts
from calm_harness.errors import CalmError
from calm_harness.task.paths import tasks_path
from tests import own_set


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


def test_a_run_says_in_how_many_rows_nothing_is_mixed(caplog):
    """Which: those whose right option is spelled as in English."""
    plain = {(doc["question_id"], doc["language"]): doc["options"] for doc in load("calm_mini_xl").test_docs()}
    task = load("calm_mini_xl", mix="gold", languages="en,de,fr")
    same = sum(
        doc["options"][doc["answer"]] == plain[doc["question_id"], "en"][doc["answer"]]
        for doc in task.test_docs()
        if doc["language"] != "en"
    )
    assert same > 0
    assert f"{same} of 120 rows read with mix=gold as they do in one language alone; they count" in caplog.text


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
