"""Sample logs of other people's lm-eval tasks, in every form that they have."""

import json
import math

import pytest

from calm_harness.errors import CalmError
from calm_harness.predictions import read
from calm_harness.predictions.scoring import score
from tests.predictions.logs import lettered, scored, write, written

SPIDER = {"question": "How many legs has a spider?", "choices": ["6", "8", "10", "4"]}
CUP = {"sentence": "_ broke because it fell.", "option1": "The cup", "option2": "The bag", "answer": "1"}


def only(tmp_path, row, language="en"):
    (prediction,) = read(write(tmp_path / "log.jsonl", [row]), language)
    return prediction


def winogrande(scores, acc, doc=CUP, contexts=("The cup", "The bag")):
    requests = [(context, " broke because it fell.") for context in contexts]
    return scored(doc, requests, scores, "broke because it fell.", acc)


def test_contexts_are_options_where_the_continuation_is_one(tmp_path):
    prediction = only(tmp_path, winogrande([-3.0, -0.5], 0.0))
    assert (prediction.options, prediction.choices, prediction.gold) == (("The cup", "The bag"), (1,), 0)
    assert score([[prediction]])["metrics"]["acc"]["value"] == 0.0


def test_contexts_without_names_are_told_apart_by_their_words(tmp_path):
    contexts = ("He knew that the cup", "He knew that the bag")
    prediction = only(tmp_path, winogrande([-0.5, -3.0], 1.0, {"sentence": "_ broke"}, contexts))
    assert (prediction.options, prediction.choices, prediction.gold) == (("cup", "bag"), (0,), 0)


def test_of_three_contexts_a_field_of_the_document_tells_the_right_one(tmp_path):
    doc = {"sentence": "_ won.", "options": ["Ann", "Bea", "Cy"], "label": 2}
    requests = [(name, " won.") for name in ("Ann", "Bea", "Cy")]
    prediction = only(tmp_path, scored(doc, requests, [-1.0, -2.0, -3.0], "won.", 0.0))
    assert (prediction.choices, prediction.gold) == ((0,), 2)


def test_of_three_contexts_nothing_may_tell_the_right_one(tmp_path):
    requests = [(name, " won.") for name in ("Ann", "Bea", "Cy")]
    with pytest.raises(CalmError, match=r"log.jsonl row 0: neither a target nor its document says which option is r"):
        only(tmp_path, scored({"sentence": "_ won."}, requests, [-1.0, -2.0, -3.0], "won.", 0.0))


def test_requests_that_are_all_the_same_are_refused(tmp_path):
    with pytest.raises(CalmError, match="its requests are all the same"):
        only(tmp_path, winogrande([-0.5, -3.0], 1.0, contexts=("The cup", "The cup")))


@pytest.mark.parametrize(
    ("scores", "acc", "choice"),
    [
        (["nan", "nan", "nan", "nan"], 0.0, None),
        (["-inf", "-inf", "-inf", "-inf"], 0.0, None),
        (["nan", "-2.0", "-1.0", "-3.0"], 0.0, 2),  # lm-eval takes NaN for the largest
    ],
)
def test_a_likelihood_that_is_no_number_is_no_answer(tmp_path, scores, acc, choice):
    requests = [("Q", f" {letter}") for letter in "ABCD"]
    prediction = only(tmp_path, scored(SPIDER, requests, scores, "B", acc))
    assert (prediction.choices, prediction.gold) == ((choice,), 1)


def test_lm_evals_verdict_on_likelihoods_that_are_no_numbers_is_no_contradiction(tmp_path):
    row = scored(SPIDER, [("Q", f" {letter}") for letter in "ABCD"], ["nan"] * 4, "A", 1.0)
    assert (only(tmp_path, row).choices, only(tmp_path, row).gold) == ((None,), 0)


def test_a_likelihood_may_be_null(tmp_path):
    row = scored(SPIDER, [("Q", " 6"), ("Q", " 8")], [0, 0], "1", 0.0)
    row["filtered_resps"] = [[None, False], [None, False]]
    assert only(tmp_path, row).choices == (None,)


def mutual(unconditional):
    requests = [("Q", f" {text}") for text in SPIDER["choices"]] + [("", f" {text}") for text in SPIDER["choices"]]
    return scored(SPIDER, requests, [-3.0, -0.5, -3.0, -3.0, *unconditional], "1", 1.0, acc_mutual_info=1.0)


@pytest.mark.parametrize("unconditional", [[-4.0] * 4, [-0.1] * 4])
def test_requests_without_context_are_no_options(tmp_path, unconditional):
    prediction = only(tmp_path, mutual(unconditional))
    assert prediction.options == ("6", "8", "10", "4")
    assert prediction.scores == (-3.0, -0.5, -3.0, -3.0)
    assert (prediction.choices, prediction.gold) == ((1,), 1)


def test_a_task_without_contexts_keeps_all_its_options(tmp_path):
    requests = [("", f"The cat {verb}.") for verb in ("sleeps", "sleep", "slept", "slep")]
    prediction = only(tmp_path, scored({}, requests, [-1.0, -2.0, -3.0, -4.0], "0", 1.0))
    assert len(prediction.options) == 4


def old_row():
    """A row as lm-eval 0.4.0 wrote it."""
    row = lettered(SPIDER, 1, 1)
    row["arguments"] = [[asked["arg_0"], asked["arg_1"]] for asked in row["arguments"].values()]
    row["resps"] = [[[-3.0, False]], [[-0.5, False]], [[-3.0, False]], [[-3.0, False]]]
    row["filtered_resps"] = [[-3.0, False], [-0.5, False], [-3.0, False], [-3.0, False]]
    row["target"] = 1
    del row["filter"]
    return row


def test_a_log_of_lm_eval_0_4_0_is_one_array(tmp_path):
    path = tmp_path / "samples.jsonl"
    path.write_text(json.dumps([old_row(), {**old_row(), "doc_id": 1}], indent=2))
    first, second = read(path, "en")
    assert (first.choices, first.gold, first.question_id) == ((1,), 1, "0")
    assert (second.choices, second.gold, second.question_id) == ((1,), 1, "1")


def test_an_array_of_something_else_is_refused_with_what_both_kinds_need(tmp_path):
    path = tmp_path / "rows.json"
    path.write_text('[{"text": "x"}]')
    with pytest.raises(CalmError) as refused:
        read(path, "en")
    assert "a sample log needs doc, resps and filtered_resps" in str(refused.value)
    assert "a samples file of the CALM release instruction, input and pred" in str(refused.value)


@pytest.mark.parametrize(
    "filtered",
    [
        ["(-3.0, False)", "(-0.5, True)", "(nan, False)", "(-inf, False)"],
        "[(-3.0, False), (-0.5, True), (nan, False), (-inf, False)]",
        [["-3.0", "False"], ["-0.5", "True"], ["nan", "False"], ["-inf", "False"]],
        [[["-3.0", "False"]], [["-0.5", "True"]], [["nan", "False"]], [["-inf", "False"]]],
        ["(np.float64(-3.0), False)", "(np.float64(-0.5), True)", "(np.float64(nan), False)", "(-inf, np.False_)"],
    ],
)
def test_likelihoods_are_read_however_they_were_written(tmp_path, filtered):
    row = lettered(SPIDER, 1, 1)
    row["filtered_resps"] = filtered
    del row["acc"]
    prediction = only(tmp_path, row)
    assert prediction.scores[:2] == (-3.0, -0.5)
    assert math.isnan(prediction.scores[2])
    assert prediction.scores[3] == -math.inf
    assert prediction.choices == (1,)


@pytest.mark.parametrize("target", [1, "1", [1], "[1]", "8", ["8"], "['8']"])
def test_a_target_may_be_a_number_a_text_or_a_list_of_one(tmp_path, target):
    row = scored(SPIDER, [("Q", f" {text}") for text in SPIDER["choices"]], [-1.0, -2.0, -3.0, -4.0], target, 0.0)
    assert only(tmp_path, row).gold == 1


def test_several_right_options_are_refused(tmp_path):
    row = scored(SPIDER, [("Q", f" {text}") for text in SPIDER["choices"]], [-1.0, -2.0, -3.0, -4.0], "[0, 2]", 1.0)
    with pytest.raises(CalmError, match=r"row 0: it has several right options \(\[0, 2\]\)"):
        only(tmp_path, row)


def test_an_accuracy_between_right_and_wrong_is_refused(tmp_path):
    row = scored(SPIDER, [("Q", f" {text}") for text in SPIDER["choices"]], [-1.0, -2.0, -3.0, -4.0], "0", 0.43)
    with pytest.raises(CalmError, match=r"row 0: its acc is 0\.43, so it has not one right option"):
        only(tmp_path, row)


def test_what_a_target_means_is_seen_from_all_rows(tmp_path):
    """1 is the second option, not the option 1, since 0 is no option's text."""
    options = ["2", "3", "1"]
    requests = [("Q", f" {text}") for text in options]
    rows = [scored({}, requests, [-1.0, -2.0, -3.0], str(gold), 0.0, number=gold) for gold in (1, 2)]
    rows.append(scored({}, [("Q", " 5"), ("Q", " 6"), ("Q", " 7")], [-1.0, -2.0, -3.0], "0", 1.0, number=3))
    assert [row.gold for row in read(write(tmp_path / "log.jsonl", rows), "en")] == [1, 2, 0]


def test_a_target_that_may_be_either_is_refused(tmp_path):
    requests = [("Q", " 2"), ("Q", " 3"), ("Q", " 1")]
    with pytest.raises(CalmError, match="row 0: the target '1' may be either of two choices"):
        only(tmp_path, scored({}, requests, [-1.0, -2.0, -3.0], "1", 0.0))


def test_one_request_is_no_choice(tmp_path):
    with pytest.raises(CalmError, match="row 0: it has one request, which is no choice between options"):
        only(tmp_path, scored({}, [("The capital of France is", " Paris")], [-0.5], " Paris", 1.0))


def test_free_text_is_read_where_the_document_has_options(tmp_path):
    doc = {"question": "Which is a metal?", "options": ["wood", "glass", "iron"]}
    prediction = only(tmp_path, written(doc, ["Iron is a metal.\n\nThe answer is (C).", "The answer is (A)."], "C"))
    assert (prediction.choices, prediction.gold) == ((2, 0), 2)
    assert prediction.scores is None
    assert prediction.responses == ("Iron is a metal.\n\nThe answer is (C).", "The answer is (A).")


def test_the_first_repeat_is_scored(tmp_path):
    doc = {"question": "Which is a metal?", "A": "wood", "B": "glass", "C": "iron"}
    rows = [written(doc, ["The answer is (C).", "The answer is (A)."], "(C)")]
    result = score([read(write(tmp_path / "log.jsonl", rows), "en")])
    assert (result["samples"], result["metrics"]["acc"]["value"]) == (2, 1.0)


def test_free_text_without_options_is_refused(tmp_path):
    with pytest.raises(CalmError, match="row 0: it is free text, and its document has no options"):
        only(tmp_path, written({"question": "2 + 2?"}, ["It is 4."], "4"))


def test_options_in_two_orders_are_refused(tmp_path):
    doc = {"question": "Which?", "options": ["wood", "iron"]}
    prompt = "Which?\n(A) iron\n(B) wood\nAnswer:"
    with pytest.raises(CalmError, match="row 0: its document has the options in another order than its prompt"):
        only(tmp_path, written(doc, ["A"], "A", prompt=prompt))


@pytest.mark.parametrize("target", ["C", "(C)", "iron", "Iron is hard and shines.\nThe answer is (C)."])
def test_the_target_of_free_text_is_a_letter_a_text_or_words(tmp_path, target):
    doc = {"question": "Which is a metal?", "options": ["wood", "glass", "iron"]}
    assert only(tmp_path, written(doc, ["C"], target)).gold == 2


def test_numbers_of_options_count_from_one_where_they_cannot_count_from_zero(tmp_path):
    doc = {"question": "Which is a metal?", "options": ["wood", "glass", "iron"]}
    rows = [written({**doc, "id": i}, ["C"], str(i), i) for i in (1, 2, 3)]
    assert [row.gold for row in read(write(tmp_path / "log.jsonl", rows), "en")] == [0, 1, 2]


def test_filters_that_read_the_same_are_one_row(tmp_path):
    doc = {"question": "Which is a metal?", "options": ["wood", "glass", "iron"]}
    rows = [{**written(doc, ["C"], "C"), "filter": name} for name in ("strict-match", "flexible-extract")]
    assert len(read(write(tmp_path / "log.jsonl", rows), "en")) == 1


def test_filters_that_do_not_agree_are_named(tmp_path):
    rows = [{**lettered(SPIDER, 1, choice), "filter": name} for choice, name in ((1, "none"), (2, "calibrated"))]
    with pytest.raises(
        CalmError, match=r"rows 0 and 1 .* they are of the filters none and calibrated; keep the rows of"
    ):
        read(write(tmp_path / "log.jsonl", rows), "en")


def test_a_row_that_stands_twice_counts_once(tmp_path):
    assert len(read(write(tmp_path / "log.jsonl", [lettered(SPIDER, 1, 1)] * 2), "en")) == 1


def test_two_answers_to_one_document_are_refused(tmp_path):
    rows = [lettered(SPIDER, 1, 1), lettered(SPIDER, 1, 2)]
    with pytest.raises(CalmError, match="rows 0 and 1 are of one document and do not agree; keep one of them"):
        read(write(tmp_path / "log.jsonl", rows), "en")


def test_logs_of_two_tasks_in_one_file_have_ids_of_their_own(tmp_path):
    rows = [lettered({"question": "One?"}, 1, 1), lettered({"question": "Two?"}, 1, 1)]
    assert [row.question_id for row in read(write(tmp_path / "log.jsonl", rows), "en")] == ["0", "1"]


def test_a_hidden_target_stands_among_letters(tmp_path):
    rows = [written(SPIDER, ["B"], "B", 0), written({**SPIDER, "question": "And an ant?"}, ["A"], "", 1)]
    predictions = read(write(tmp_path / "log.jsonl", rows), "en")
    assert [prediction.gold for prediction in predictions] == [1, -1]


@pytest.mark.parametrize("number", ["²", "--1", "9" * 5000])
def test_a_target_that_only_looks_like_a_number_is_none(tmp_path, number):
    row = scored(SPIDER, [("Q", f" {letter}") for letter in "ABCD"], [-1, -2, -3, -4], number)
    with pytest.raises(CalmError, match=r"log.jsonl row 0: the target .* is no choice"):
        only(tmp_path, row)


def test_a_target_may_be_a_whole_number_with_a_point(tmp_path):
    """As lm-eval logs a column of labels that pandas read as floats."""
    row = scored(SPIDER, [("Q", f" {option}") for option in SPIDER["choices"]], [-3.0, -0.5, -3.0, -3.0], "1.0", 1.0)
    assert only(tmp_path, row).gold == 1


def test_an_option_may_be_a_number_with_a_point(tmp_path):
    doc = {"question": "Half of two?", "choices": ["2.0", "1.0", "0.0"]}
    row = scored(doc, [("Q", f" {option}") for option in doc["choices"]], [-3.0, -0.5, -3.0], "1.0", 1.0)
    assert only(tmp_path, row).gold == 1
