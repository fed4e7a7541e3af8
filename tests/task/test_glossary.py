"""A glossary in a task: its prompts, what it says of itself, and that it needs no index."""

import json
import logging

import pytest
from lm_eval.tasks import TaskManager

from calm_harness import prompts
from calm_harness.errors import CalmError
from calm_harness.evaluation import configure
from calm_harness.task import rag
from calm_harness.task.inputs import inputs
from calm_harness.task.paths import tasks_path

LABELS = "entity,en,zh,fr,ar\nQ668,India,印度,Inde,الهند\nQ12090,cholera,霍乱,choléra,كوليرا\n"


def load(name, **metadata):
    metadata = {"passage_language": "glossary", "languages": "en,zh,fr,ar", **metadata}
    manager = TaskManager(include_path=str(tasks_path()), include_defaults=False, metadata=metadata)
    return manager.load([name])["tasks"][name]


@pytest.fixture
def labels(tmp_path):
    (tmp_path / "labels.csv").write_text(LABELS, "utf-8")
    return str(tmp_path / "labels.csv")


def by_language(task, stem):
    """The documents of the question with an English stem."""
    (found,) = {doc["question_id"] for doc in task.eval_docs if doc["stem"] == stem}
    return {doc["language"]: doc for doc in task.eval_docs if doc["question_id"] == found}


def warnings_of(caplog):
    """What is said of passages; lm-eval has its own to say."""
    return [record.getMessage() for record in caplog.records if record.name == rag.__name__ and record.levelno >= 30]


INDIA = "On which continent is India?"


def test_a_prompt_begins_with_what_the_question_names(labels):
    docs = by_language(load("calm_mini_xl_rag", glossary=labels), INDIA)
    assert {tag: prompts.context(doc) for tag, doc in docs.items()} == {
        "en": "",
        "zh": "参考资料：\nIndia (en) = 印度\n\n",
        "fr": "Contexte\u00a0:\nIndia (en) = Inde\n\n",
        "ar": "السياق:\nIndia (en) = الهند\n\n",
    }
    cloze = by_language(load("calm_mini_xl_cloze_rag", glossary=labels, pivot="fr"), INDIA)
    assert prompts.context(cloze["en"]).endswith(":\nInde (fr) = India\n\n")
    assert prompts.context(cloze["fr"]) == ""


def test_a_question_that_names_nothing_is_asked_as_it_is_zero_shot(labels):
    explained, plain = load("calm_mini_xl_rag", glossary=labels), load("calm_mini_xl", passage_language="same")
    told = [
        (explained.doc_to_text(doc), plain.doc_to_text(other))
        for doc, other in zip(explained.eval_docs, plain.eval_docs, strict=True)
        if not doc["passages"]
    ]
    assert len(told) > 200
    assert all(one == other for one, other in told)


def test_a_run_says_what_its_glossary_said(labels, caplog):
    task = load("calm_mini_xl_rag", glossary=labels)
    task.set_config("num_fewshot", 0)
    task.build_all_requests(limit=4)
    asked = [doc["passages"] for doc in task.eval_docs]
    report = task.retrieved.glossary
    assert (report["questions"], report["covered"]) == (60, 2)
    assert report["by_language"] == {"en": 0, "zh": 2, "fr": 2, "ar": 1}  # in Arabic, cholera has an article
    assert (report["gold_alone"], report["others_alone"]) == (0, 0)
    assert sum(map(bool, asked)) == 5
    identity = task.retrieved.index
    assert {name: identity[name] for name in ("kind", "entities", "pivot")} == {
        "kind": "glossary",
        "entities": 2,
        "pivot": "en",
    }
    assert warnings_of(caplog) == []


def test_a_glossary_that_gives_answers_away_is_warned_of(tmp_path, caplog):
    """The table is wrong on purpose: it calls India Asia, which is the answer."""
    (tmp_path / "labels.tsv").write_text("en\tzh\n亚洲\t印度\n", "utf-8")
    load("calm_mini_xl_rag", glossary=str(tmp_path / "labels.tsv"), languages="en,zh")
    (warning,) = warnings_of(caplog)
    assert warning == (
        "calm_mini_xl_rag: The glossary says something of 1 of 60 questions (en 0, zh 1); all others are asked as they "
        "are zero-shot. It names the right option and no other in 1, wrong options alone in 0."
    )


def test_a_glossary_that_says_nothing_is_warned_of(tmp_path, caplog):
    (tmp_path / "labels.tsv").write_text("en\tzh\nNowhere\t无处可寻\n", "utf-8")
    load("calm_mini_xl_rag", glossary=str(tmp_path / "labels.tsv"), languages="en,zh")
    assert "says something of 0 of 60 questions" in caplog.text


def test_a_glossary_that_says_nothing_in_one_language_is_warned_of(tmp_path, caplog):
    """Its column is called `zh-Hans`, which is no tag of the set."""
    (tmp_path / "labels.tsv").write_text("en\tzh-Hans\tfr\nIndia\t印度\tl'Inde\n", "utf-8")
    load("calm_mini_xl_rag", glossary=str(tmp_path / "labels.tsv"), languages="en,zh,fr")
    (warning,) = warnings_of(caplog)
    assert "says something of 1 of 60 questions (en 0, zh 0, fr 1)" in warning


def test_ambiguous_names_are_warned_of(tmp_path, caplog):
    (tmp_path / "labels.tsv").write_text("en\tzh\nIndia\t印度\nIndus\t印度\n", "utf-8")
    task = load("calm_mini_xl_rag", glossary=str(tmp_path / "labels.tsv"), languages="en,zh")
    assert not any(doc["passages"] for doc in task.eval_docs)
    assert "1 names in questions stand for several things of the glossary and are not explained; the first is 印度" in (
        caplog.text
    )


def test_titles_of_the_set_are_a_glossary_offline(caplog):
    with caplog.at_level(logging.WARNING):
        task = load("calm_mini_xl_rag", glossary="titles")
    docs = by_language(task, INDIA)
    assert [each["text"] for each in docs["zh"]["passages"]] == ["India (en) = 印度"]
    assert 0 < task.retrieved.glossary["covered"] < 60


def test_what_a_glossary_holds_is_an_input_of_a_run_and_where_it_lies_is_not(tmp_path):
    def of(**metadata):
        words = ["--model", "hf", "--model_args", "pretrained=org/none", "--tasks", "calm_mini_xl_rag"]
        return inputs(configure([*words, "--metadata", json.dumps(metadata)]), {})

    def table(name, content):
        (tmp_path / name).write_text(content, "utf-8")
        return of(passage_language="glossary", glossary=str(tmp_path / name))

    one, moved, other = table("a.csv", LABELS), table("b.csv", LABELS), table("a.csv", LABELS + "Q1,x,yy,zz,\n")
    assert one == moved != other
    assert list(one["index"]) == ["calm_mini_xl_rag"]
    changed = [name for name in one if one[name] != other[name]]
    assert changed == ["index"]
    assert of()["index"] is None


def test_a_table_that_cannot_be_read_is_said(tmp_path):
    with pytest.raises(CalmError, match=r"none\.csv is missing; give a \.csv"):
        load("calm_mini_xl_rag", glossary=str(tmp_path / "none.csv"))
