"""What `evaluate` and `load_run` hand out, held against the files that the same run wrote."""

import json
import math
import shutil
import subprocess
import sys

import pandas as pd
import pytest

from calm_harness import load_run
from calm_harness.cli import main
from calm_harness.errors import CalmError
from tests.api.conftest import LANGUAGES, QUESTIONS, TASK, ask
from tests.cli.test_score import cut_log
from tests.conftest import log_of


def results_of(folder):
    (path,) = folder.rglob("results_*.json")
    return path


def written(folder):
    return json.loads(results_of(folder).read_text("utf-8"))


def named(frame):
    """Figures by the results file's names of metrics."""
    return {
        row.metric if row.language is pd.NA else f"{row.metric}_{row.language}": row
        for row in frame.itertuples(index=False)
    }


def same(value, wanted):
    return math.isnan(value) if wanted in (None, "N/A") else value == wanted


def test_metrics_are_those_of_the_results_file_to_the_last_digit(runs):
    run, results = load_run(runs / "one"), written(runs / "one")
    reported, intervals = results["results"][TASK], results["configs"][TASK]["metadata"]["calm"]["interval"]
    figures = named(run.metrics)
    names = [key.removesuffix(",none") for key in reported if key.endswith(",none") and "_stderr" not in key]
    assert set(figures) == set(names) - {"answers"}
    for name, row in figures.items():
        assert same(row.value, reported[f"{name},none"]), name
        assert same(row.stderr, reported[f"{name}_stderr,none"]), name
        assert [row.low, row.high] == intervals[name], name
    assert {"acc_zh", "consistency_strict", "margin_fr", "rankc_chance"} <= set(figures)


def test_pairs_are_those_of_the_results_file(runs):
    pairs = load_run(runs / "one").pairs
    reported = written(runs / "one")["configs"][TASK]["metadata"]["calm"]["pairwise"]
    assert len(pairs) == len(reported) * len(LANGUAGES) * (len(LANGUAGES) - 1)
    for row in pairs.itertuples(index=False):
        cell = reported[row.metric][row.language][row.other_language]
        assert same(row.value, cell["value"])
        assert [same(end, wanted) for end, wanted in zip((row.low, row.high), cell["interval"], strict=True)]
        assert row.questions == cell["questions"]


def test_answers_and_texts_are_those_of_the_log(runs):
    run = load_run(runs / "one")
    lines = [json.loads(line) for line in log_of(runs / "one").read_text("utf-8").splitlines()]
    rows = {(row["doc"]["question_id"], row["doc"]["language"]): row for row in lines}
    answers, texts = run.answers.to_pandas(), run.questions()
    assert len(answers) == len(texts) == len(rows) == QUESTIONS * len(LANGUAGES)
    for answer, text in zip(answers.itertuples(), texts.itertuples(), strict=True):
        assert (answer.question_id, answer.language) == (text.question_id, text.language)
        row = rows[answer.question_id, answer.language]
        assert (answer.chosen, answer.gold) == (row["answers"]["choice"], row["doc"]["answer"])
        assert (text.stem, text.options) == (row["doc"]["stem"], row["doc"]["options"])
        assert text.chosen_text == row["doc"]["options"][answer.chosen]
        assert text.gold_text == row["doc"]["options"][answer.gold]
        assert text.prompt == row["arguments"]["gen_args_0"]["arg_0"]
        assert text.response is pd.NA
    for language in LANGUAGES:
        assert answers[answers.language == language].right.mean() == named(run.metrics)[f"acc_{language}"].value


def test_a_run_without_a_folder_has_the_same_figures_and_leaves_nothing(runs, tiny):
    run = ask(tiny / "one")[TASK]
    folder = run.results.parent
    pd.testing.assert_frame_equal(run.metrics, load_run(runs / "one").metrics)
    pd.testing.assert_frame_equal(run.questions(), load_run(runs / "one").questions())
    del run
    assert not folder.exists()


def test_what_was_written_is_said_in_the_texts(tiny):
    runs = ask(tiny / "one", tasks=["calm_mini_xl_cot", TASK], questions=2, gen_kwargs={"max_gen_toks": 4})
    assert set(runs) == {"calm_mini_xl_cot", TASK}
    free = runs["calm_mini_xl_cot"]
    assert free.questions().response.notna().all()
    assert free.questions().chosen_text.isna().equals(free.answers.to_pandas().chosen.isna())
    assert {"truncated", "unfinished"} <= set(free.answers.to_pandas())


# Where a run is -------------------------------------------------------------------------------------------------------


def test_a_run_is_found_by_folder_results_and_log(runs):
    results, log = results_of(runs / "one"), log_of(runs / "one")
    for path in (runs / "one", results.parent, results, log, str(log)):
        run = load_run(path)
        assert (run.task, run.results, run.log) == (TASK, results, log)
        assert run.languages == tuple(LANGUAGES)


def test_a_log_alone_is_scored_as_calm_score_does(runs, tmp_path, capsys):
    log = tmp_path / log_of(runs / "one").name
    shutil.copy(log_of(runs / "one"), log)
    run = load_run(log)
    assert (run.task, run.results, run.model) == (TASK, None, None)
    assert main(["score", "--predictions", str(log), "--json", str(tmp_path / "out.json")]) == 0
    scored = json.loads((tmp_path / "out.json").read_text())
    assert run.figures == scored["metrics"]
    assert run.pairwise == scored["pairwise"]
    pd.testing.assert_frame_equal(run.questions(), load_run(runs / "one").questions())


def test_a_log_that_was_cut_off_is_said(tmp_path, caplog):
    log = cut_log(tmp_path / "run", 5)
    with caplog.at_level("WARNING", "calm_harness"):
        run = load_run(log)
    assert run.answers.question_ids == ("q0",)
    assert f"{log}: the rows are in en, fr, de; 1 of 2 questions are incomplete" in caplog.text


def test_a_path_that_may_mean_several_runs_is_refused(runs):
    with pytest.raises(CalmError, match=r"has 2 runs: calm_mini_xl_cloze of .*; give the path of one results file"):
        load_run(runs)
    with pytest.raises(CalmError, match=r"has no run of calm_mini_xl \(it has calm_mini_xl_cloze of "):
        load_run(runs / "one", task="calm_mini_xl")
    with pytest.raises(CalmError, match=r"is of calm_mini_xl_cloze, not of calm_mini_xl; leave task out"):
        load_run(log_of(runs / "one"), task="calm_mini_xl")
    with pytest.raises(CalmError, match="does not exist"):
        load_run(runs / "three")


def test_a_file_of_another_tool_is_refused(tmp_path):
    other = tmp_path / "generated_predictions.jsonl"
    other.write_text('{"prompt": "?", "predict": "A", "label": "A"}\n')
    with pytest.raises(CalmError, match="is no sample log of a calm_\\* task; calm score reads other files"):
        load_run(other)


def test_results_without_a_log_have_figures_and_no_answers(runs, tmp_path):
    results = tmp_path / results_of(runs / "one").name
    shutil.copy(results_of(runs / "one"), results)
    run = load_run(tmp_path)
    pd.testing.assert_frame_equal(run.metrics, load_run(runs / "one").metrics)
    with pytest.raises(CalmError, match=r"has no sample log beside it; evaluate with --log_samples"):
        run.answers  # noqa: B018


def test_a_log_that_is_not_the_results_is_refused(runs, tmp_path):
    folder = tmp_path / "run"
    shutil.copytree(runs / "one", folder)
    shutil.copy(log_of(runs / "two"), log_of(folder))
    with pytest.raises(CalmError, match=r"gives .* the results say"):
        load_run(folder).questions()


def test_a_log_that_is_written_anew_meanwhile_is_refused(runs, tmp_path):
    folder = tmp_path / "run"
    shutil.copytree(runs / "one", folder)
    run = load_run(folder)
    assert run.answers.question_ids
    log_of(folder).write_bytes(log_of(runs / "two").read_bytes() + b"\n")
    with pytest.raises(CalmError, match=r"is another file than when its answers were read; load the run again"):
        run.questions()


# What is imported -----------------------------------------------------------------------------------------------------


def test_importing_the_package_imports_nothing_heavy():
    code = (
        "import sys, calm_harness\n"
        "heavy = {'numpy', 'pandas', 'torch', 'transformers', 'lm_eval', 'datasets'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
        "from calm_harness import Run, compare, evaluate, load_run\n"
        "assert heavy & set(sys.modules) == {'numpy'}, heavy & set(sys.modules)\n"
        "import calm_harness.evaluation\n"
        "assert calm_harness.evaluate is evaluate\n"
        "try:\n    calm_harness.nothing\n"
        "except AttributeError as error:\n    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("module 'calm_harness' has no attribute 'nothing'\n", "")
