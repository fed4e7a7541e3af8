"""Models that think: what stands after the thoughts is scored, and thoughts that never end are counted."""

import json

import pytest

from calm_harness.errors import CalmError
from calm_harness.predictions import read
from calm_harness.predictions.scoring import score, tabulate
from tests.task.test_requests import task
from trainer.preferences.samples import load

RESPONSES = [
    "<think>\nThe answer might be D.\n</think>\n\nAnswer: A",
    "<think>\nThe answer is C, I am sure. Answer: C",  # cut off within the thoughts
]


def answered(made, place, response):
    doc = made.eval_docs[place]
    row = made.process_results(doc, [response])
    return doc, row, row.items()[0][1]


def test_the_answer_stands_after_the_thoughts():
    made = task("calm_mini_xl_cot", languages="en,fr")
    _, row, answer = answered(made, 0, RESPONSES[0])
    assert (answer.choice, answer.unfinished, row["unfinished"]) == (0, False, 0.0)
    _, row, answer = answered(made, 0, RESPONSES[1])
    assert (answer.choice, answer.unfinished, row["unfinished"], row["invalid"]) == (None, True, 1.0, 1.0)
    assert "unfinished" in made.metric_names
    assert "unfinished" not in task("calm_mini_xl", languages="en,fr").metric_names


def test_marks_of_a_models_own():
    response = "[[ Answer: D ]]\nAnswer: A"
    made = task("calm_mini_xl_cot", languages="en,fr", thinking=["[[", "]]"])
    _, row, answer = answered(made, 0, response)
    assert answer.choice == 0
    assert row["answers"]["thinking"] == ["[[", "]]"]
    assert answered(made, 0, "[[ Answer: D")[2].unfinished
    with pytest.raises(CalmError, match=r'thinking must be two texts: \["<think>", "</think>"\]'):
        task("calm_mini_xl_cot", thinking=["<a>"])


@pytest.fixture
def log(tmp_path):
    """A log of two questions in two languages, three samples each, as the task writes it."""
    made = task("calm_mini_xl_cot", languages="en,fr", thinking=["[[", "]]"], repeats=3)
    samples = ["[[ Answer: B ]] Answer: A", "[[ Answer: B", "[[ ]] Answer: C"]
    rows = []
    for place in range(4):
        responses = samples if place else samples[1:] + samples[:1]  # the first question's first English one never ends
        doc, row, _ = answered(made, place, responses[0])
        arguments = {"gen_args_0": {"arg_0": made.doc_to_text(doc), "arg_1": {}}}
        logged = {"doc": doc, "arguments": arguments, "resps": [responses], "filtered_resps": [responses[0]]}
        rows.append({"doc_id": place, "target": "", **logged, **row})
    path = tmp_path / "samples_calm_mini_xl_cot_2026-01-01T00-00-00.000000.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_a_log_is_scored_as_the_task_scored_it(log):
    predictions = read(log)
    assert [row.choices for row in predictions] == [(None, 2, 0), (0, None, 2), (0, None, 2), (0, None, 2)]
    assert [row.unfinished for row in predictions] == [True, False, False, False]
    assert tabulate(predictions).unfinished.tolist() == [[True, False], [False, False]]
    metrics = score([predictions])["metrics"]
    assert metrics["unfinished"]["value"] == metrics["invalid"]["value"] == 0.25


def test_a_sample_that_never_ends_does_not_vote(log):
    ballots = load([str(log)]).ballots()
    assert ballots.mass.sum(axis=2).tolist() == [[2, 2], [2, 2]]
    assert ballots.mass[0, 0, :4].tolist() == [1, 0, 1, 0]


def asked(made, prompt):
    """Let a task build a request with a prompt, as a chat template renders it."""
    made.construct_requests(made.eval_docs[0], prompt, metadata=("calm_mini_xl_cot", 0, 1))
    return made


def test_thoughts_that_the_prompt_opened_and_nothing_closes():
    made = asked(task("calm_mini_xl_cot", languages="en,fr"), "<user>What?<assistant><think>\n")
    assert answered(made, 0, "The answer is C, I think")[2].unfinished
    _, _, answer = answered(made, 0, "C? No.\n</think>\nAnswer: A")
    assert (answer.choice, answer.unfinished) == (0, False)
    plain = asked(task("calm_mini_xl_cot", languages="en,fr"), "<user>What?<assistant>")
    assert answered(plain, 0, "The answer is C, I think")[2].choice == 2


def test_thoughts_that_lm_eval_took_off(offline_model):
    told = {"pretrained": str(offline_model), "think_end_token": "</think>"}
    made = asked(task("calm_mini_xl_cot", languages="en,fr", **told), "<assistant><think>")
    _, _, answer = answered(made, 0, "Answer: A")
    assert (answer.choice, answer.unfinished) == (0, False)
    long = "The answer is C, or so it seems. " * 200  # more than 512 tokens
    assert answered(made, 0, long)[2].unfinished


WITHIN = ["B? No.\n</think>\nAnswer: A", "Answer: B, I think", "C? Yes.\n</think>\nAnswer: C"]


def written(path, made, responses):
    """A log of one question whose prompt opens thoughts."""
    asked(made, "<user>What?<assistant><think>\n")
    doc, row, _ = answered(made, 0, responses[0])
    prompt = {"gen_args_0": {"arg_0": "<user>What?<assistant><think>\n", "arg_1": {}}}
    logged = {"doc": doc, "arguments": prompt, "resps": [responses], "filtered_resps": responses[:1]}
    path.write_text(json.dumps({"doc_id": 0, "target": "", **logged, **row}) + "\n")
    return row["answers"]


def test_samples_whose_thoughts_the_prompt_opened_and_that_never_end_do_not_vote(tmp_path):
    """Whether the log says so, as ours do, or its other responses show that thoughts were logged."""
    log = tmp_path / "samples_calm_mini_xl_cot_2026-01-01T00-00-00.000000.jsonl"
    made = task("calm_mini_xl_cot", languages="en", repeats=3)
    place = made.eval_docs[0]["question_id"], "en"
    made._responses = {place: WITHIN}
    record = written(log, made, WITHIN)
    assert record["in_thoughts"] == [True, True, True]
    (row,) = read(log)
    assert (row.choices, row.in_thoughts) == ((0, None, 2), (True, True, True))
    assert [row.spoken(number).finished for number in range(3)] == [True, False, True]
    (first,) = read(log, first=True)
    assert (first.choices, first.begun) == ((0,), (True,))
    del record["in_thoughts"]
    log.write_text(json.dumps({**json.loads(log.read_text()), "answers": record}) + "\n")
    assert read(log)[0].choices == (0, None, 2)


def test_samples_whose_thoughts_lm_eval_took_off_vote(tmp_path, offline_model):
    log = tmp_path / "samples_calm_mini_xl_cot_2026-01-01T00-00-00.000000.jsonl"
    told = {"pretrained": str(offline_model), "think_end_token": "</think>"}
    made = task("calm_mini_xl_cot", languages="en", repeats=2, **told)
    responses = ["Answer: A", "Answer: B"]
    made._responses = {(made.eval_docs[0]["question_id"], "en"): responses}
    assert "in_thoughts" not in written(log, made, responses)
    assert read(log)[0].choices == (0, 1)
