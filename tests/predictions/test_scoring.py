"""How far two runs of the same questions are apart, paired by question."""

import json
import random
import tracemalloc

import numpy as np
import pytest

from benchmarks.scale import LANGUAGES, rows, write_log
from calm_harness.errors import CalmError
from calm_harness.metrics import Answer, Answers, Ledger
from calm_harness.metrics.compare import differences, estimates
from calm_harness.predictions import Prediction, read
from calm_harness.predictions.rows.log import TaskLog
from calm_harness.predictions.scoring import answer, score, tabulate

TWINS = (0, 1, 2, 3)


def run(right, languages=("en", "fr"), first=0):
    """Answers of which question i is right in language l where right[i][l]; gold is 0, wrong answers are 1."""
    answers = [
        Answer(f"q{first + i:04}", language, 0 if is_right else 1, 0, TWINS)
        for i, row in enumerate(right)
        for language, is_right in zip(languages, row, strict=True)
    ]
    return Answers.collect(answers, languages)


def drawn(count, seed):
    return np.random.default_rng(seed).random((count, 2)) < 0.6


def test_a_difference_is_after_minus_before():
    before, after = run([(1, 0), (0, 0)]), run([(1, 1), (1, 0)])
    found = differences(after, before)
    assert found["acc"].value == pytest.approx(0.75 - 0.25)
    assert found["acc_fr"].value == pytest.approx(0.5)
    assert found["consistency"].value == pytest.approx(0.5 - 0.5)
    assert found["correct_all"].value == pytest.approx(0.5)


def test_its_error_is_that_of_the_questions_own_differences():
    before, after = drawn(400, 1), drawn(400, 2)
    each = after.mean(axis=1) - before.mean(axis=1)
    expected = each.std(ddof=1) / np.sqrt(400)
    found = differences(run(after), run(before))["acc"]
    assert found.value == pytest.approx(each.mean())
    assert found.stderr == pytest.approx(expected, rel=0.1)
    assert (found.low, found.high) == pytest.approx(
        (each.mean() - 1.96 * expected, each.mean() + 1.96 * expected), abs=0.1 * expected + 0.005
    )


def test_what_is_hard_for_both_runs_falls_away():
    before = drawn(200, 1)
    after = before.copy()
    after[:10] = True
    paired = differences(run(after), run(before))["acc"]
    apart = np.hypot(*(estimates(run(right))["acc"].stderr for right in (after, before)))
    assert paired.stderr < apart / 3


def test_a_run_does_not_differ_from_itself():
    table = run(drawn(50, 3))
    for name, found in differences(table, table).items():
        assert found.value == 0
        assert -0.2 < found.low < 0 < found.high < 0.2, name  # 50 questions do not tell that no other does


def test_only_shared_questions_are_compared():
    before, after = run([(0, 0)] * 4), run([(1, 1)] * 4, first=2)
    after_alone = estimates(after)["acc"].value
    assert after_alone == 1
    found = differences(after, before)
    assert found["acc"].value == 1
    with pytest.raises(CalmError, match="no question in common"):
        differences(run([(1, 1)], first=9), before)


def test_other_languages_are_refused():
    with pytest.raises(CalmError, match="in en, fr and in en, de cannot be compared"):
        differences(run([(1, 1)]), run([(1, 1)], languages=("en", "de")))


def test_the_order_of_languages_does_not_matter():
    one, other = run([(1, 0), (1, 1)]), run([(0, 1), (1, 1)], languages=("fr", "en"))
    assert differences(one, other)["acc_fr"].value == 0


def prediction(question_id, language, choice):
    return Prediction(language, "", ("a", "b"), 0, (choice,), question_id)


def test_score_with_a_baseline_counts_what_both_have():
    after = [prediction(q, tag, 0) for q in ("1", "2", "3") for tag in ("en", "fr")]
    before = [prediction(q, tag, 1) for q in ("2", "3", "4") for tag in ("en", "fr")]
    found = score([after], [before])
    assert found["difference_questions"] == 2
    assert found["difference"]["acc"]["value"] == 1
    assert found["difference"]["acc"]["interval"] == [-1, 1]  # two questions tell nothing
    assert found["questions"] == 3


def test_several_logs_are_scored_together():
    train = [prediction(q, tag, 0) for q in ("1", "2") for tag in ("en", "fr")]
    test = [prediction(q, tag, 1) for q in ("3", "4") for tag in ("en", "fr")]
    assert score([train, test])["metrics"]["acc"]["value"] == 0.5


def test_a_baseline_needs_question_ids():
    rows = [prediction(None, "en", 0)]
    with pytest.raises(CalmError, match="--baseline needs question ids in both runs"):
        score([rows], [rows])


def test_a_table_without_a_complete_question_is_refused():
    with pytest.raises(CalmError, match="no question is there in all of en, fr"):
        tabulate([prediction("1", "en", 0), prediction("2", "fr", 0)])


def foreign(folder, target, options, likeliest, right):
    """A row of a plain multiple-choice task, as lm-eval logs it."""
    scores = [-1.0 if place == likeliest else -2.0 for place in range(len(options))]
    row = {
        "doc_id": 7,
        "doc": {},
        "target": target,
        "arguments": {f"gen_args_{i}": {"arg_0": "Question?", "arg_1": f" {text}"} for i, text in enumerate(options)},
        "resps": [[[score, False]] for score in scores],
        "filtered_resps": [[score, False] for score in scores],
        "acc": float(right),
    }
    path = folder / "samples_plain.jsonl"
    path.write_text(json.dumps(row) + "\n")
    return path


@pytest.mark.parametrize(
    ("row", "gold"),
    [
        (("1", ["ja", "nein"], 1, True), 1),  # a number
        (("nein", ["ja", "nein"], 0, False), 1),  # a text
        (("1", ["2", "3", "1"], 2, True), 2),  # both: the verdict tells
        (("1", ["2", "3", "1"], 1, True), 1),
    ],
)
def test_the_target_of_a_plain_task_is_read_as_lm_eval_judged_it(tmp_path, row, gold):
    (found,) = read(foreign(tmp_path, *row), "de")
    assert (found.gold, found.choices, found.prompt, found.question_id) == (gold, (row[2],), "Question?", "7")


def test_a_target_that_contradicts_the_verdict_is_refused(tmp_path):
    with pytest.raises(CalmError, match="does not fit the accuracy that was logged"):
        read(foreign(tmp_path, "0", ["ja", "nein"], 0, False), "de")


# Row by row -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["cot", "cloze"])
def test_a_log_that_is_gone_through_scores_what_it_scores_in_memory(kind, tmp_path):
    """Of the rows some are missing, and the others stand in any order."""
    made_up = [row for row in rows(kind, 120) if row["doc_id"] % 11]
    random.Random(0).shuffle(made_up)
    log = tmp_path / "log.jsonl"
    log.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in made_up), "utf-8")
    found = score([TaskLog(log)])
    assert found == score([read(log)])
    assert (found["questions"], found["incomplete_questions"]) == (9, 11)
    assert found["samples"] == (10 if kind == "cot" else 1)
    assert set(found["votes"]) == ({f"vote_acc_{tag}" for tag in (*LANGUAGES, "all")} if kind == "cot" else set())


def test_votes_are_of_all_samples_of_a_question():
    """Two languages, three samples each, of which one has but two: gold is 0."""
    samples = {"en": (0, 0, 1), "fr": (1, 1)}
    predictions = [
        Prediction(language, "?", ("a", "b", "c"), 0, choices, question_id="q") for language, choices in samples.items()
    ]
    found = score([predictions])["votes"]
    assert {name: figure["value"] for name, figure in found.items()} == {
        "vote_acc_en": 1, "vote_acc_fr": 0, "vote_acc_all": 0,  # 2 to 3
    }  # fmt: skip


def test_memory_of_a_log_is_tens_of_bytes_a_row(tmp_path):
    def grown(count):
        log = write_log(tmp_path, "cloze", count)  # of which each row has two times five scores
        ledger = Ledger()
        tracemalloc.start()
        for prediction in TaskLog(log):
            ledger.add(answer(prediction, 0))
        left, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return left

    grown(60)
    assert (grown(1800) - grown(600)) / 1200 < 250
