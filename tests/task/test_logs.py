"""What a run leaves: the fields of a sample log, the keys of the results, and W&B's table of samples."""

import json

import pytest
from lm_eval import simple_evaluate
from lm_eval.loggers.wandb_logger import WandbLogger
from lm_eval.models.huggingface import HFLM
from lm_eval.tasks import TaskManager

from calm_harness.evaluation import evaluate
from calm_harness.predictions import read
from calm_harness.task.aggregation import Aggregation, RowValues
from calm_harness.task.paths import tasks_path
from tests.conftest import log_of

LM_EVALS_OWN = {
    *("doc_id", "doc", "target", "arguments", "resps", "filtered_resps", "filter", "metrics"),
    *("doc_hash", "prompt_hash", "target_hash"),
}
TASKS = ["calm_mini_xl_cloze", "calm_mini_xl", "calm_mini_xl_cot"]


@pytest.fixture(scope="module")
def run(offline_model) -> dict:
    """Two questions in two languages, and a row more, which --limit cuts off from its question."""
    lm = HFLM(pretrained=str(offline_model), device="cpu", dtype="float32", batch_size=8)
    metadata = {"languages": "en,zh", "pretrained": str(offline_model)}
    manager = TaskManager(include_path=str(tasks_path()), include_defaults=False, metadata=metadata)
    return simple_evaluate(lm, tasks=TASKS, task_manager=manager, limit=5, gen_kwargs="max_gen_toks=4")


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("calm_mini_xl_cloze", {"answers", "acc", "invalid"}),
        ("calm_mini_xl", {"answers", "acc", "invalid"}),
        ("calm_mini_xl_cot", {"answers", "acc", "invalid", "truncated", "unfinished"}),
    ],
)
def test_a_row_of_the_log_has_what_a_row_has(name, fields, run):
    for row in run["samples"][name]:
        assert set(row) == LM_EVALS_OWN | fields
        assert set(row["metrics"]) == fields
        assert row["acc"] == float(row["answers"]["choice"] == row["doc"]["answer"])


@pytest.mark.parametrize("name", TASKS)
def test_the_answers_that_are_counted_are_those_behind_the_figures(name, run):
    assert run["results"][name]["answers,none"] == 4
    assert run["configs"][name]["metadata"]["calm"]["incomplete"] == 1


@pytest.mark.parametrize("name", TASKS)
def test_wandb_makes_a_table_of_the_samples(name, run):
    table = WandbLogger._generate_dataset(None, run["samples"][name], run["configs"][name])
    assert list(table["acc"]) == [row["acc"] for row in run["samples"][name]]
    assert {"id", "data", "labels", "invalid"} <= set(table)
    assert ("truncated" in table) is (name == "calm_mini_xl_cot")


def test_every_row_has_every_metric_though_the_log_shows_few():
    values = RowValues({"acc": 1.0}, ["acc", "acc_de", "acc_de_stderr"], answer := object())
    assert dict(values.items()) == {"acc": answer, "acc_de": answer, "acc_de_stderr": answer}
    example = {"doc_id": 0}
    example.update(values)
    assert example == {"doc_id": 0, "acc": 1.0}
    assert list(values.keys()) == ["acc"]


def test_calm_eval_writes_no_errors_of_errors(offline_model, tmp_path):
    words = ["--model", "hf", "--model_args", f"pretrained={offline_model},dtype=float32", "--device", "cpu"]
    words += ["--tasks", "calm_mini_xl_cloze", "--metadata", '{"languages": "en,fr"}', "--limit", "4"]
    evaluate([*words, "--output_path", str(tmp_path), "--log_samples", "--batch_size", "4"])
    (results,) = tmp_path.rglob("results_*.json")
    figures = json.loads(results.read_text("utf-8"))["results"]["calm_mini_xl_cloze"]
    assert [key for key in figures if "_stderr_stderr" in key] == []
    assert isinstance(figures["consistency_stderr,none"], float)
    rows = read(log_of(tmp_path))
    assert [row.language for row in rows] == ["en", "fr", "en", "fr"]


def test_the_rows_of_a_question_cut_by_the_limit_are_not_behind_the_figures():
    from calm_harness.metrics import Answer
    from calm_harness.questions import QuestionSet, Row

    rows = [Row("q", language, "?", ("a", "b"), 0) for language in ("en", "fr")]
    aggregation = Aggregation(QuestionSet("toy", "test", ("en", "fr"), rows), ["acc"], "calm_toy_xl")
    answers = [Answer(name, language, 0, 0, (0, 1)) for name in ("q", "r") for language in ("en", "fr")][:3]
    assert aggregation.functions()["answers"](answers) == 2
