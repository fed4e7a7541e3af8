"""Few-shot examples: which questions they are, in which language, and what stands in them."""

import json
import random
import time

import pytest
from lm_eval.tasks import TaskManager

from calm_harness import prompts, questions
from calm_harness.answers import extract
from calm_harness.errors import CalmError
from calm_harness.questions import QuestionSet, Row, few_shot_pool
from calm_harness.task.fewshot import SameQuestions, explained
from calm_harness.task.paths import tasks_path

TEXTS = {"en": ("Question", "yes", "no"), "fr": ("Demande", "oui", "non")}


def task(name: str, shots: int = 0, **metadata):
    manager = TaskManager(include_path=str(tasks_path()), include_defaults=False, metadata=metadata)
    made = manager.load([name])["tasks"][name]
    made.set_config("num_fewshot", shots)
    made.set_fewshot_seed(1234)
    return made


def drawn(made, doc, shots):
    made.fewshot_context(doc, num_fewshot=shots)
    return [example["question_id"] for example in made.sampler.sample(shots, eval_doc=doc)]


@pytest.fixture
def custom(tmp_path):
    """Makes a set in two languages with the splits that are named; each question's stem names its split."""

    def make(*splits, rationale=False):
        for split in splits:
            for language, (word, *options) in TEXTS.items():
                folder = tmp_path / split
                folder.mkdir(exist_ok=True)
                rows = [
                    {"id": f"{split}{i}", "q": f"{word} {split} {i}?", "a": options, "gold": i % 2, "why": f"{word}!"}
                    for i in range(4)
                ]
                (folder / f"{language}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        recipe = tmp_path / "set.yaml"
        recipe.write_text(
            f"name: toy\nfiles: '{{split}}/{{language}}.jsonl'\nlanguages: [en, fr]\nsplits: {json.dumps(splits)}\n"
            f"columns: {{id: id, stem: q, options: a, answer: gold{', rationale: why' if rationale else ''}}}\n"
            "answers: index0\n"
        )
        return str(recipe)

    return make


# Which split


@pytest.mark.parametrize(
    ("splits", "evaluated", "pool"),
    [
        (["test", "train", "dev"], "test", "train"),
        (["test", "validation", "dev"], "test", "dev"),
        (["test", "Dev"], "test", "Dev"),
        (["test", "VAL"], "test", "VAL"),
        (["test", "valid"], "test", "valid"),
        (["test", "development"], "test", "development"),
        (["dev", "train"], "dev", "train"),
        (["train", "validation"], "train", "validation"),
    ],
)
def test_examples_come_from_train_dev_or_validation_and_not_from_what_is_evaluated(splits, evaluated, pool, custom):
    source = custom(*splits)
    assert few_shot_pool("custom", split=evaluated, source=source).split == pool
    assert few_shot_pool("custom", source=source).split == pool  # the first split is the default


@pytest.mark.parametrize(
    ("splits", "evaluated", "said"),
    [
        (["test"], "test", "name a train, dev or validation split in its YAML file"),
        (["test", "dev"], "dev", 'evaluate another one (--metadata \'{"split": "test"}\')'),
        (["test", "hidden"], "test", "name a train, dev or validation split in its YAML file"),
    ],
)
def test_the_evaluated_split_is_no_pool_unless_that_is_asked_for(splits, evaluated, said, custom):
    source = custom(*splits)
    with pytest.raises(CalmError) as caught:
        task("calm_custom_xl", source=source, split=evaluated).fewshot_context({"language": "en"}, num_fewshot=1)
    assert said in str(caught.value)
    assert '--metadata \'{"fewshot": "leave_one_out"}\'' in str(caught.value)
    assert "\n" not in str(caught.value)
    made = task("calm_custom_xl", source=source, split=evaluated, fewshot="leave_one_out")
    for doc in made.eval_docs:
        ids = drawn(made, doc, 3)
        assert sorted([*ids, doc["question_id"]]) == [f"toy-{evaluated}{i}" for i in range(4)]


def test_a_set_with_one_split_alone_is_asked_zero_shot(calm_release):
    with pytest.raises(CalmError, match="medqa: few-shot examples would come from the evaluated split 'test' itself"):
        few_shot_pool("medqa", source=calm_release)


def test_examples_that_are_asked_too_are_counted(bmlama17, caplog):
    made = task("calm_bmlama_xl_cloze", source=str(bmlama17), languages="en")
    made.fewshot_context(made.eval_docs[0], num_fewshot=1)
    assert "calm_bmlama_xl_cloze: examples come from train, and" in caplog.text


# Which questions


def test_examples_are_the_same_questions_in_every_language_and_never_the_question_itself():
    made = task("calm_mini_xl", split="train", languages="en,zh,ar", fewshot="leave_one_out")
    by_question = {}
    for doc in made.eval_docs:
        ids = drawn(made, doc, 3)
        examples = made.sampler.sample(3, eval_doc=doc)
        assert {example["language"] for example in examples} == {doc["language"]}
        by_question.setdefault(doc["question_id"], set()).add(tuple(ids))
    assert all(len(ways) == 1 for ways in by_question.values())
    assert not any(question in next(iter(ways)) for question, ways in by_question.items())
    assert len({next(iter(ways)) for ways in by_question.values()}) > 1


def test_the_questions_that_are_drawn_stay_the_same():
    made = task("calm_mini_xl", languages="en")
    assert drawn(made, made.eval_docs[0], 4) == ["mini-004", "mini-075", "mini-087", "mini-093"]
    made = task("calm_mini_xl", languages="en", split="train", fewshot="leave_one_out")
    assert drawn(made, made.eval_docs[0], 4) == ["mini-073", "mini-010", "mini-093", "mini-099"]


def test_a_draw_is_that_from_a_sorted_list_of_the_others():
    rows = [{"question_id": f"q{i}", "language": "en"} for i in range(60)]
    sampler = SameQuestions(rnd=None).set_rnd(7).replace_df(rows)
    for asked in ("q0", "q33", "q59", "of another split"):
        others = sorted({row["question_id"] for row in rows} - {asked})
        for n in (1, 5, 6, 40, len(others)):
            expected = random.Random(f"7/{asked}").sample(others, n)
            examples = sampler.sample(n, eval_doc={"question_id": asked, "language": "en"})
            assert [example["question_id"] for example in examples] == expected


def test_examples_stand_in_the_questions_own_language():
    made = task("calm_mini_xl")
    chinese = next(doc for doc in made.eval_docs if doc["language"] == "zh")
    context = made.fewshot_context(chinese, num_fewshot=1)
    assert context.count("问题：") == 2
    assert context.count("答案：") == 2
    assert context.endswith("答案：")
    assert "Question" not in context


def test_too_many_examples_are_refused():
    made = task("calm_mini_xl", split="train", fewshot="leave_one_out")
    with pytest.raises(CalmError, match="--num_fewshot 100: only 99 questions"):
        made.fewshot_context(made.eval_docs[0], num_fewshot=100)


def test_examples_come_from_the_training_split():
    made = task("calm_mini_xl")
    train = {row.question_id for row in questions.load("mini", split="train").rows}
    assert set(drawn(made, made.eval_docs[0], 3)) <= train
    assert made.eval_docs[0]["question_id"] not in train


def test_drawing_costs_no_more_in_a_large_pool():
    """14,000 questions in 16 languages took an hour when each draw sorted the pool anew."""
    rows = [{"question_id": f"q{i:05}", "language": f"l{j}"} for i in range(14_000) for j in range(16)]
    sampler = SameQuestions(rnd=None)
    sampler.set_rnd(1234)
    sampler.replace_df(rows)
    began = time.perf_counter()
    for row in rows[:2000]:
        sampler.sample(4, eval_doc=row)
    assert time.perf_counter() - began < 5  # a hundredth of that, but the machine may be busy


# Explanations


def test_an_example_explains_its_answer():
    made = task("calm_mini_xl_cot", shots=1, languages="en")
    doc = made.eval_docs[0]
    context = made.fewshot_context(doc, num_fewshot=1)
    example, asked = context.split("\n\nAnswer the multiple-choice question.", 1)
    assert asked.endswith(made.doc_to_text(doc).partition("question.")[2])
    explanation, answer = example.splitlines()[-2:]
    (shown,) = made.sampler.sample(1, eval_doc=doc)
    assert explanation == f"Explanation: {shown['rationale']}"
    assert answer == f"Answer: {'ABCDE'[shown['answer']]}"


def test_a_question_does_not_show_its_own_explanation():
    made = task("calm_mini_xl_cot", languages="en")
    assert "rationale" not in made.eval_docs[0]
    assert made.doc_to_target(made.eval_docs[0]) == f"\nAnswer: {'ABCDE'[made.eval_docs[0]['answer']]}"


def test_examples_without_an_explanation_in_a_language_are_refused():
    made = task("calm_mini_xl_cot", languages="en,fr,de")
    with pytest.raises(CalmError) as caught:
        made.fewshot_context(made.eval_docs[0], num_fewshot=2)
    assert str(caught.value) == (
        "--num_fewshot: mini train has no explanations in fr, de, which examples of a _cot task need; "
        'ask in en alone (--metadata \'{"languages": "en"}\'), or zero-shot'
    )


def test_a_custom_set_may_bring_explanations(custom):
    made = task("calm_custom_xl_cot", source=custom("test", "dev", rationale=True))
    french = next(doc for doc in made.eval_docs if doc["language"] == "fr")
    assert "Explication\u00a0: Demande!\nRéponse\u00a0: " in made.fewshot_context(french, num_fewshot=1)
    made = task("calm_custom_xl_cot", source=custom("test", "dev"))
    with pytest.raises(CalmError, match="has no explanations in en, fr, which examples of a _cot task need"):
        made.fewshot_context(made.eval_docs[0], num_fewshot=1)


def test_only_questions_that_are_explained_in_every_language_serve():
    rows = [
        Row(name, language, f"{name}?", ("a", "b"), 0, rationale=rationale)
        for name, rationales in {"q1": ("so", "ainsi"), "q2": ("so", None)}.items()
        for language, rationale in zip(("en", "fr"), rationales, strict=True)
    ]
    pool = explained(QuestionSet("toy", "train", ("en", "fr"), rows))
    assert [row.question_id for row in pool.rows] == ["q1", "q1"]


def test_a_model_that_follows_the_format_is_read():
    """It goes on with a next question after a blank line, and only there it is stopped."""
    doc = {"language": "en", "question_id": "q", "stem": "Which?", "options": ["tea", "milk"], "answer": 1}
    said = "\nExplanation: Cows.\n\nThey give it.\nAnswer: B\n\n" + prompts.cot_text(doc)
    response = min((said.split(stop)[0] for stop in prompts.cot_ends(doc)), key=len)
    assert response == "\nExplanation: Cows.\n\nThey give it.\nAnswer: B"
    assert extract(response, doc["options"], "en") == 1


@pytest.mark.parametrize(
    ("language", "ends"),
    [
        ("en", ["\n\nQuestion:", "\n\nAnswer the multiple-choice question."]),
        ("fr", ["\n\nQuestion\u00a0:", "\n\nRépondez à la question à choix multiple."]),
        ("zh", ["\n\n问题：", "\n\n请回答这道单项选择题。"]),
        ("hi", ["\n\nप्रश्न:", "\n\nबहुविकल्पीय प्रश्न का उत्तर दीजिए।"]),
    ],
)
def test_what_stops_a_response_is_the_next_questions_beginning(language, ends):
    assert prompts.cot_ends({"language": language}) == ends


def test_requests_with_examples_stop_there_and_others_nowhere():
    for shots, until in ((0, []), (2, ["\n\nQuestion:", "\n\nAnswer the multiple-choice question."])):
        made = task("calm_mini_xl_cot", shots=shots, languages="en")
        made.build_all_requests(limit=1)
        assert made.instances[0].args[1]["until"] == until
