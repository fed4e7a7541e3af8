"""Questions without options: what is asked, how a free answer is read, and what its figures come to."""

import json

import pytest
from lm_eval.models.huggingface import HFLM

from calm_harness.cli import main
from calm_harness.errors import CalmError
from calm_harness.evaluation import evaluate as command
from calm_harness.metrics.compare import names_of
from calm_harness.predictions import read
from calm_harness.predictions.scoring import score, tabulate
from calm_harness.report.leaderboard import build
from calm_harness.report.ranking import to_markdown
from calm_harness.report.runs import find
from tests import own_set, tiny_model
from tests.task.test_requests import chat_template, evaluate, task
from trainer.preferences.samples import load

NAME = "calm_mini_xl_open"
TRAIN = {"split": "train"}  # its first question: What is the capital of France? Rome, Madrid, Paris, London, Berlin
PARIS = 2


def answered(made, language, response):
    """The record, and the row's own metrics, of a response to the first question."""
    doc = next(doc for doc in made.eval_docs if doc["language"] == language)
    row = made.process_results(doc, [response])
    return row["answers"], {name: row[name] for name in ("acc", "em", "other_language", "invalid")}


OWN = {"acc": 1.0, "em": 1.0, "other_language": 0.0, "invalid": 0.0}
OTHER = {"acc": 1.0, "em": 0.0, "other_language": 1.0, "invalid": 0.0}
WRONG = {"acc": 0.0, "em": 0.0, "other_language": 0.0, "invalid": 0.0}
NONE = {"acc": 0.0, "em": 0.0, "other_language": 0.0, "invalid": 1.0}


@pytest.mark.parametrize(
    ("language", "response", "choice", "figures"),
    [
        ("en", " Paris", PARIS, OWN),
        ("en", " **Paris**.\n\nQuestion: What is the capital of Italy?\nAnswer: Rome", PARIS, OWN),
        ("zh", "巴黎。", PARIS, OWN),
        ("ja", "「パリ」", PARIS, OWN),
        ("ar", " باريس", PARIS, OWN),
        ("it", " PARIGI", PARIS, OWN),
        ("fr", " Paris", PARIS, OWN),
        ("en", "Answer: Paris", PARIS, OWN),
        ("zh", "**答案：**巴黎", PARIS, OWN),
        ("zh", "Paris", PARIS, OTHER),
        ("en", " 巴黎", PARIS, OTHER),
        ("it", " Paris", PARIS, OTHER),
        ("fr", " Rome", 0, WRONG),
        ("ar", "Madrid", 1, WRONG),
        ("en", " Lyon", None, NONE),
        ("en", "", None, NONE),
        ("en", " \n\n ", None, NONE),
        ("en", " I cannot answer that.", None, NONE),
        ("en", " Paris, the largest city of the country", None, NONE),
        ("en", " The capital of France is Paris.", None, NONE),
        ("en", " Paris or Rome", None, NONE),
        ("en", "<think>\nRome? No.\n</think>\n\nParis", PARIS, OWN),
        ("en", "<think>\nParis", None, NONE),
    ],
)
def test_a_free_answer_is_read(language, response, choice, figures):
    record, found = answered(task(NAME, **TRAIN), language, response)
    assert (record["choice"], found) == (choice, figures)


def test_thoughts_that_never_end_are_no_answer():
    record, _ = answered(task(NAME, **TRAIN), "en", "<think>\nParis\n")
    assert record == {"choice": None, "unfinished": True, "own_language": False}


def test_nothing_but_stem_and_answer_word_is_asked():
    made = task(NAME, languages="en,fr", **TRAIN)
    made.build_all_requests(limit=2)
    assert [instance.args for instance in made.instances] == [
        (
            "Question: What is the capital of France?\nAnswer:",
            {"until": ["\n"], "do_sample": False, "max_gen_toks": 32},
        ),
        (
            "Question\u00a0: Quelle est la capitale de la France\u00a0?\nRéponse\u00a0:",
            {"until": ["\n"], "do_sample": False, "max_gen_toks": 32},
        ),
    ]


def test_a_chat_is_asked_for_the_answer_alone_and_ends_its_turn_itself():
    made = task(NAME, languages="en", **TRAIN)
    made.build_all_requests(limit=1, apply_chat_template=True, chat_template=chat_template)
    (context, settings) = made.instances[0].args
    assert context == (
        "<start_of_turn>user\n"
        "Answer the question in English. Give the answer alone, in a few words, and no explanation.\n\n"
        "Question: What is the capital of France?\nAnswer:<end_of_turn>\n<start_of_turn>model\n"
    )
    assert settings["until"] == []
    assert made.process_results(made.eval_docs[0], ["Paris"])["answers"]["messages"] == [
        {"role": "user", "content": context.partition("user\n")[2].partition("<end_of_turn>")[0]}
    ]


def test_an_example_ends_with_the_text_of_its_answer():
    made = task(NAME, languages="en,zh")
    made.set_config("num_fewshot", 1)
    made.build_all_requests(limit=2)
    english, chinese = (instance.args[0] for instance in made.instances)
    example, question = english.split("\n\n")
    pool = {row.stem: row.options[row.answer] for row in load_train() if row.language in ("en", "zh")}
    stem, answer = example.removeprefix("Question: ").split("\nAnswer: ")
    assert pool[stem] == answer
    assert question == f"Question: {made.eval_docs[0]['stem']}\nAnswer:"
    stem, answer = chinese.split("\n\n")[0].removeprefix("问题：").split("\n答案：")
    assert pool[stem] == answer


def load_train():
    from calm_harness.questions import load as load_set

    return load_set("mini", split="train").rows


def test_a_sentence_with_a_mask_is_asked_with_a_blank(bmlama17):
    made = task("calm_bmlama_xl_open", languages="en,tr", source=str(bmlama17))
    english, turkish = made.eval_docs[0], made.eval_docs[1]
    assert made.doc_to_text(english) == "Question: Charles II of Spain was born in ____.\nAnswer:"
    assert made.doc_to_text(turkish) == "Soru: II. Carlos ____ 'da doğdu.\nCevap:"
    for doc, response in ((english, " Madrid"), (turkish, " MADRİD")):
        assert made.process_results(doc, [response])["em"] == 1.0


def test_options_that_are_one_text_in_the_questions_language_are_one_answer(tmp_path):
    recipe = own_set.write(tmp_path, size=2)
    for language, options in (("en", ["bird", "bird"]), ("fr", ["oiseau", "l'oiselle"])):
        rows = [{"id": i, "stem": f"{language} {i}?", "options": options, "answer": "B"} for i in range(2)]
        (tmp_path / f"{language}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    made = task("calm_custom_xl_open", source=str(recipe))
    english, french = made.eval_docs[0], made.eval_docs[1]
    assert made.process_results(english, ["Bird"])["em"] == 1.0
    assert made.process_results(french, ["bird"])["answers"]["choice"] is None  # which of the two?
    assert made.process_results(english, ["oiselle"])["other_language"] == 1.0


def test_the_release_has_no_open_prompts():
    with pytest.raises(CalmError, match=r"prompt=release is for the _cot tasks, not for calm_mini_xl_open"):
        task(NAME, prompt="release")


def test_a_set_that_brings_words_needs_the_request_of_a_chat(tmp_path):
    from tests.task.test_words import WORDS, birds

    made = task("calm_custom_xl_open", source=str(birds(tmp_path, {"eo": WORDS})))
    assert made.doc_to_text(made.eval_docs[1]) == "Demando: fr 0?\nRespondo:"
    with pytest.raises(CalmError, match=r"this task's prompts in 'eo' need short; give it under words: eo:"):
        made.build_all_requests(limit=2, apply_chat_template=True, chat_template=chat_template)


# From responses to figures


SAID = {  # to the first two questions, the second of which is answered by "ice" and the like
    "en": (" Paris", " ice"),
    "fr": (" Paris", " la glace"),
    "de": (" Rom", " ice"),
}


@pytest.fixture
def log(tmp_path):
    """A log of two questions in three languages, two samples each, as the task writes it."""
    made = task(NAME, languages=list(SAID), repeats=2, **TRAIN)
    rows = []
    for place in range(6):
        doc = made.eval_docs[place]
        responses = [SAID[doc["language"]][place // 3], " London"]
        made._responses = {(doc["question_id"], doc["language"]): responses}
        arguments = {"gen_args_0": {"arg_0": made.doc_to_text(doc), "arg_1": {}}}
        row = made.process_results(doc, responses[:1])
        logged = {"doc": doc, "arguments": arguments, "resps": [responses], "filtered_resps": responses[:1]}
        rows.append({"doc_id": place, "target": "", **logged, **row})
    path = tmp_path / "samples_calm_mini_xl_open_2026-01-01T00-00-00.000000.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_a_log_gives_the_figures_that_are_worked_out_by_hand(log):
    found = {name: cell["value"] for name, cell in score([read(log)])["metrics"].items()}
    # Paris, Paris, Rom (wrong); ice, la glace, ice (right, but English in German)
    assert found["acc"] == pytest.approx(5 / 6)
    assert found["em"] == pytest.approx(4 / 6)
    assert found["other_language"] == pytest.approx(1 / 6)
    assert (found["em_en"], found["em_fr"], found["em_de"]) == (1.0, 1.0, 0.0)
    assert found["acc_de"] == 0.5
    assert found["consistency"] == pytest.approx((1 / 3 + 1) / 2)
    assert found["invalid"] == 0.0
    assert "rankc" not in found


def test_all_samples_of_a_log_are_read_by_the_task(log):
    rows = read(log)
    assert all(len(row.choices) == 2 for row in rows)
    assert rows[0].choices == (PARIS, 3)
    assert rows[0].user == "Question: What is the capital of France?\nAnswer:"


def test_a_log_whose_answers_are_not_all_there_is_refused(log):
    log.write_text(log.read_text().replace('"choices": [2, 3]', '"choices": [2]'))
    with pytest.raises(CalmError, match=r"row 0: its choices are not one for each response"):
        read(log)


def test_a_table_of_options_has_no_figures_of_free_answers(log):
    assert {"em", "em_de", "other_language"} <= set(names_of(tabulate(read(log))))
    assert "em" not in task("calm_mini_xl_cot").metric_names
    assert "em" not in task("calm_mini_xl").metric_names


def test_no_pairs_are_made_of_answers_without_options(log):
    with pytest.raises(CalmError, match=r"mini-001 in en was asked without options \(an _open task\)"):
        load([str(log)])


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run of a model of one layer on two questions in two languages."""
    model = tiny_model.write(tmp_path_factory.mktemp("models") / "tiny", seed=0)
    folder = tmp_path_factory.mktemp("runs")
    words = ["--model", "hf-prefix", "--model_args", f"pretrained={model},dtype=float32", "--device", "cpu"]
    words += ["--tasks", NAME, "--metadata", '{"languages": "en,fr"}', "--limit", "4", "--batch_size", "4"]
    command([*words, "--output_path", str(folder), "--log_samples"])
    return folder


def test_score_and_leaderboard_read_a_run(run, capsys):
    (log,) = run.rglob("samples_*.jsonl")
    (results,) = run.rglob("results_*.json")
    assert main(["score", "--predictions", str(log)]) == 0
    shown = capsys.readouterr().out
    written = json.loads(results.read_text("utf-8"))["results"][NAME]
    for name, cell in score([read(log)])["metrics"].items():
        assert f"{name} " in shown
        assert written[f"{name},none"] in (pytest.approx(cell["value"]), "N/A"), name
    assert {"em,none", "em_fr,none", "other_language,none", "truncated,none", "unfinished,none"} <= written.keys()
    board = build(*find([run]), progress=False)
    (row,) = board.rows
    assert (row.run.set_name, row.run.format, row.run.mode) == ("mini", "open", "zero-shot")
    assert "| open |" in to_markdown(board, "Runs")


def test_a_response_that_fills_the_limit_is_counted(run):
    (log,) = run.rglob("samples_*.jsonl")
    rows = [json.loads(line) for line in log.read_text("utf-8").splitlines()]
    assert all(row["answers"]["truncated"] for row in rows if "\n" not in row["resps"][0][0])


def test_a_real_model_answers_a_question_of_the_training_split(offline_model):
    lm = HFLM(pretrained=str(offline_model), device="cpu", dtype="float32", batch_size=4)
    results = evaluate(lm, NAME, {"languages": "en,fr", **TRAIN}, limit=2)
    rows = results["samples"][NAME]
    assert [row["resps"][0][0].strip() for row in rows] == ["Paris", "Paris\u00a0!"]
    assert (results["results"][NAME]["em,none"], results["results"][NAME]["invalid,none"]) == (1.0, 0.0)


# Aliases


def with_aliases(folder, aliases):
    """A set of two birds whose first question has other texts that are as right as "lark" and its like."""
    folder.mkdir(exist_ok=True)
    recipe = own_set.write(folder, size=2, first_gold="B")
    for language, value in aliases.items():
        rows = [json.loads(line) for line in (folder / f"{language}.jsonl").read_text().splitlines()]
        rows[0]["also"], rows[1]["also"] = value, None
        (folder / f"{language}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    recipe.write_text(recipe.read_text().replace("answer: answer}", "answer: answer, aliases: also}"))
    return recipe


@pytest.mark.parametrize(
    ("language", "response", "figures"),
    [
        ("en", " the skylark", OWN),
        ("en", " Lark.", OWN),
        ("en", " une alouette", OTHER),
        ("fr", " alouette", OWN),
        ("fr", " skylark", OTHER),
        ("en", " stork", WRONG),
        ("en", " swift", NONE),
    ],
)
def test_an_alias_is_as_right_as_the_gold_options_text(tmp_path, language, response, figures):
    recipe = with_aliases(tmp_path, {"en": ["skylark", "sky lark"], "fr": "alouette"})
    assert answered(task("calm_custom_xl_open", source=str(recipe)), language, response)[1] == figures


def test_a_list_of_aliases_may_be_a_text(tmp_path):
    recipe = with_aliases(tmp_path, {"en": '["skylark"]', "fr": None})
    assert answered(task("calm_custom_xl_open", source=str(recipe)), "en", "skylark")[1] == OWN


def test_an_option_that_is_an_alias_counts_as_the_gold_one(tmp_path):
    recipe = with_aliases(tmp_path, {"en": "stork", "fr": None})
    record, figures = answered(task("calm_custom_xl_open", source=str(recipe)), "en", "Stork")
    assert (record["choice"], figures) == (1, OWN)


def test_aliases_are_in_no_prompt_and_in_no_document(tmp_path):
    recipe = with_aliases(tmp_path, {"en": "skylark", "fr": "alouette"})
    made = task("calm_custom_xl_open", source=str(recipe))
    assert not any("skylark" in str(doc) for doc in made.eval_docs)


def test_facts_of_one_sentence_are_right_for_each_other(bmlama17):
    made = task("calm_bmlama_xl_open", languages="en,fr", source=str(bmlama17))
    both = [doc for doc in made.eval_docs if doc["stem"] == "The official language of Brunei is <mask>."]
    assert {doc["options"][doc["answer"]] for doc in both} == {"Malay", "English"}
    for doc in both:
        assert made.process_results(doc, [" Malay"])["em"] == made.process_results(doc, [" English"])["em"] == 1.0
        assert made.process_results(doc, [" anglais"])["other_language"] == 1.0
