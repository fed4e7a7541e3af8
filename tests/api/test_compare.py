"""`compare`: the figures of `calm score --baseline`, and only of questions that are the same."""

import json
import shutil

import numpy as np
import pytest

from calm_harness import compare, load_run
from calm_harness.cli import main
from calm_harness.errors import CalmError
from tests.api.conftest import LANGUAGES, TASK, ask
from tests.api.test_run import named
from tests.conftest import log_of


def scored(run, baseline, out):
    assert main(["score", "--predictions", str(run), "--baseline", str(baseline), "--json", str(out)]) == 0
    return json.loads(out.read_text())


def test_differences_are_those_of_calm_score(runs, tmp_path, capsys):
    frame = compare(load_run(runs / "two"), load_run(runs / "one"))
    wanted = scored(log_of(runs / "two"), log_of(runs / "one"), tmp_path / "out.json")["difference"]
    assert list(frame.columns) == ["metric", "language", "value", "stderr", "low", "high", "questions"]
    figures = named(frame)
    assert set(figures) == set(wanted)
    for name, row in figures.items():
        figure = wanted[name]
        expected = [figure["value"], figure["stderr"], *figure["interval"]]
        np.testing.assert_array_equal([row.value, row.stderr, row.low, row.high], np.array(expected, dtype=float))
    assert frame.questions.eq(12).all()


def test_the_value_is_the_difference_of_the_two_runs(runs):
    one, two = load_run(runs / "one"), load_run(runs / "two")
    before, after = named(one.metrics), named(two.metrics)
    for name, row in named(compare(two, one)).items():
        assert row.value == pytest.approx(after[name].value - before[name].value, nan_ok=True)


def test_only_shared_questions_are_compared_and_they_are_counted(tiny, runs, caplog):
    few = ask(tiny / "two", questions=10)[TASK]
    caplog.clear()
    with caplog.at_level("WARNING", "calm_harness"):
        frame = compare(few, load_run(runs / "one"))
    assert frame.questions.eq(10).all()
    (record,) = [record for record in caplog.records if record.name == "calm_harness.api.comparing"]
    assert record.getMessage() == (
        "compared on the 10 questions that both runs have; 0 of the run and 2 of the baseline are left out"
    )
    shared = few.answers.question_ids
    answers = {name: load_run(runs / name).answers.only(shared).right.mean() for name in ("one", "two")}
    assert named(frame)["acc"].value == pytest.approx(answers["two"] - answers["one"])


def test_few_questions_are_said(tiny, runs, caplog):
    with caplog.at_level("WARNING", "calm_harness"):
        compare(ask(tiny / "two", questions=3)[TASK], load_run(runs / "one"))
    assert "3 of at least 10 questions: too few to rank or compare by" in [
        record.getMessage() for record in caplog.records if record.name == "calm_harness.api.comparing"
    ]


def test_options_in_another_order_are_the_same_questions(tiny, runs):
    """A model that goes by the text alone answers the same, wherever the option stands."""
    permuted = ask(tiny / "one", metadata={"option_seed": 7})[TASK]
    before = load_run(runs / "one")
    assert (permuted.answers.position != before.answers.position).any()
    figures = named(compare(permuted, before))
    assert figures["acc"].value == figures["consistency"].value == 0


def test_other_languages_and_other_questions_are_refused(tiny, runs):
    one = load_run(runs / "one")
    with pytest.raises(CalmError, match=r"runs in en, zh and in en, zh, fr cannot be compared"):
        compare(ask(tiny / "one", languages=LANGUAGES[:2])[TASK], one)
    with pytest.raises(CalmError, match="the runs have no question in common"):
        compare(ask(tiny / "one", metadata={"split": "train"})[TASK], one)


def edited(folder, change):
    """Change the first row of a log, and take the results away."""
    log = log_of(folder)
    first, *others = log.read_text("utf-8").splitlines()
    row = json.loads(first)
    change(row["doc"])
    log.write_text("\n".join([json.dumps(row, ensure_ascii=False), *others]) + "\n", encoding="utf-8")
    return log


def test_other_questions_under_the_same_ids_are_refused(runs, tmp_path):
    folder = tmp_path / "run"
    shutil.copytree(runs / "one", folder)
    log = edited(folder, lambda doc: doc.update(stem="Which river is the longest?"))
    with pytest.raises(CalmError, match=rf"question mini-101 in en of {log_of(runs / 'one')} has another text than in"):
        compare(load_run(log), load_run(runs / "one"))


def test_other_labels_of_the_same_questions_are_refused(runs, tmp_path):
    folder = tmp_path / "run"
    shutil.copytree(runs / "one", folder)
    log = log_of(folder)
    lines = [json.loads(line) for line in log.read_text("utf-8").splitlines()]
    for row in lines:
        row["doc"]["answer"] = (row["doc"]["answer"] + 1) % 5
    for results in folder.rglob("results_*.json"):
        results.unlink()
    log.write_text("".join(json.dumps(row) + "\n" for row in lines), encoding="utf-8")
    with pytest.raises(CalmError, match=r"has another right option than in"):
        compare(load_run(log), load_run(runs / "one"))
    for row in lines:
        row["doc"]["answer"] = -1
    log.write_text("".join(json.dumps(row) + "\n" for row in lines), encoding="utf-8")
    hidden = compare(load_run(log), load_run(runs / "one"))
    assert "acc" not in set(hidden.metric)
    assert hidden[hidden.metric == "consistency"].value.tolist() == [0]


def test_mixed_languages_are_not_compared_with_unmixed_ones(tiny, runs):
    mixed = ask(tiny / "one", metadata={"mix": "gold", "mix_with": "en"})[TASK]
    with pytest.raises(CalmError, match="compare runs of one set whose languages are mixed in the same way, or not"):
        compare(mixed, load_run(runs / "one"))
