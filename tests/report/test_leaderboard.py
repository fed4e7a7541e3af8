"""Who is ahead, which run is another's aligned version, and which questions are the same."""

import json
import shutil
from dataclasses import replace

import pytest

from calm_harness.metrics.compare import differences
from calm_harness.predictions import read
from calm_harness.predictions.scoring import tabulate
from calm_harness.report.leaderboard import base_rows, best, build, scopes
from calm_harness.report.packed import unpack
from calm_harness.report.runs import find


def row_of(board, runs, name):
    (found,) = [row for row in board.rows if row.run.results.is_relative_to(runs / name)]
    return found


def test_every_run_is_a_row(board):
    assert len(board.rows) == 8
    assert board.skipped == []
    assert [row.number for row in board.rows] == list(range(8))


def test_runs_of_the_same_questions_share_a_sheet(board, runs):
    base = row_of(board, runs, "base").answers.sheet
    for name in ("again", "aligned", "rag", "permuted"):  # permuted: another order, the same questions
        assert row_of(board, runs, name).answers.sheet == base
    for name in ("part", "recorded", "plain"):
        assert row_of(board, runs, name).answers.sheet != base
    sheet = board.sheets[base]
    rows = read(row_of(board, runs, "base").run.samples)
    assert sheet.texts[0][1] == next(
        (row.stem, row.options) for row in rows if (row.question_id, row.language) == (sheet.question_ids[0], "zh")
    )


def test_questions_that_differ_have_another_name(board, runs, tmp_path):
    shutil.copytree(runs / "base", tmp_path / "base")
    shutil.copytree(runs / "base", tmp_path / "other")
    (log,) = (tmp_path / "other").rglob("samples_*.jsonl")
    log.write_text(log.read_text("utf-8").replace("Which ocean", "Which sea"), encoding="utf-8")
    one, other = build(*find([tmp_path]), progress=False).rows
    assert one.answers.sheet != other.answers.sheet
    assert one.scope != other.scope
    assert one.scope.startswith("mini · test · 12 questions · en zh ar · sheet ")


def test_an_adapter_leads_back_to_its_base_model(board, runs):
    aligned = row_of(board, runs, "aligned")
    base = board.rows[aligned.base]
    assert base.run.adapter is None
    assert base.run.asked == aligned.run.asked
    assert base.run.date == max(row_of(board, runs, name).run.date for name in ("base", "again"))
    assert [row.number for row in board.rows if row.base is not None] == [aligned.number]


def test_of_the_same_run_done_twice_the_last_can_be_kept(board, runs):
    kept = build(*find([runs]), latest=True, progress=False)
    first, second = sorted((row_of(board, runs, name).run for name in ("base", "again")), key=lambda run: run.date)
    assert len(kept.rows) == len(board.rows) - 1
    assert [row.number for row in kept.rows] == list(range(len(kept.rows)))
    assert first not in [row.run for row in kept.rows]
    assert [str(each) for each in kept.skipped] == [
        f"{first.results}: the same run as {second.results}, done before it"
    ]


def test_a_model_aligned_on_the_questions_is_led_back_and_never_ahead(board, runs):
    row, aligned = row_of(board, runs, "base"), row_of(board, runs, "aligned")
    transductive = moved(aligned, aligned.number, 0.1, transductive=True)
    assert base_rows([row, transductive]) == {aligned.number: row.number}
    ahead = moved(aligned, 98, 0.5, transductive=True)
    assert best([row, transductive, ahead]) == {}  # also not of each other


def test_a_model_aligned_on_the_questions_takes_no_star_from_others(board, runs):
    low, high = moved(row_of(board, runs, "base"), 1, -0.5), moved(row_of(board, runs, "base"), 2, 0.5)
    first = moved(high, 3, 0.5, transductive=True)
    assert best([low, high, first]) == best([low, high])
    assert "acc" in best([low, high])[2]


def test_a_model_aligned_on_the_questions_stands_apart(board, runs):
    row, aligned = row_of(board, runs, "base"), row_of(board, runs, "aligned")
    transductive = moved(aligned, aligned.number, 0.1, transductive=True)
    found = scopes([row, transductive])
    assert found[row.number] == "mini · test · 12 questions · en zh ar"
    assert (
        found[transductive.number]
        == f"{found[row.number]} · transductive: evaluated questions were let into its training"
    )


def test_nobody_is_ahead_on_five_questions(board, runs):
    row = row_of(board, runs, "part")
    assert best([moved(row, 1, -0.5), moved(row, 2, 0.5)]) == {}


def test_names_in_one_set_of_questions_are_all_different(board):
    assert len({(row.scope, row.name) for row in board.rows}) == len(board.rows)


def test_resamples_of_two_runs_are_of_the_same_questions(board, runs):
    after, before = row_of(board, runs, "aligned"), row_of(board, runs, "base")
    expected = differences(*(tabulate(read(row.run.samples)) for row in (after, before)))
    for name, draws in after.answers.samples.items():
        apart = (draws - before.answers.samples[name]).interval()
        assert apart == pytest.approx((expected[name].low, expected[name].high))


def moved(row, number, by, **changes):
    """A row whose resamples, and value, lie higher."""
    samples = {
        name: replace(
            draws, value=draws.value + by, resamples=draws.resamples + by, contributions=draws.contributions + by
        )
        for name, draws in row.answers.samples.items()
    }
    figures = {name: {**cell, "value": cell["value"] + by} for name, cell in row.run.figures.items()}
    run = replace(row.run, figures=figures, **changes)
    return replace(row, number=number, run=run, answers=replace(row.answers, samples=samples))


def test_ahead_is_who_is_ahead_of_all(board, runs):
    row = row_of(board, runs, "base")
    low, middle, high = moved(row, 1, -1), moved(row, 2, 0.0), moved(row, 3, 1)
    found = best([low, middle, high])
    assert set(found) == {1, 3}
    assert "acc" in found[3]
    assert found[1] == ("invalid",)  # fewer is better
    assert "pivot_gap" not in found[3]  # neither more nor less is better


def test_a_lead_that_would_do_in_one_metric_does_not_in_all(board, runs):
    row = row_of(board, runs, "base")
    ahead = moved(row, 1, 0.5)
    low, _ = (ahead.answers.samples["acc"] - row.answers.samples["acc"]).interval()
    assert low > 0
    assert best([row, ahead]) == {}


def test_a_lead_of_a_tenth_of_12_questions_is_none(board, runs):
    row = row_of(board, runs, "base")
    assert best([row, moved(row, 1, 0.1)]) == {}


def test_equal_runs_are_not_ahead_of_each_other(board, runs):
    row = row_of(board, runs, "base")
    assert best([row, row_of(board, runs, "again"), moved(row, 99, -0.1)]).get(row.number) is None


def test_who_was_asked_in_another_way_does_not_count(board, runs):
    row = row_of(board, runs, "base")
    assert best([row, moved(row, 1, 0.1, mode="RAG same k=1")]) == {}
    assert best([row, moved(row, 1, 0.1, format="letter")]) == {}
    assert best([row]) == {}


def test_a_base_model_was_asked_the_same(board, runs):
    row, aligned = row_of(board, runs, "base"), row_of(board, runs, "aligned")
    assert base_rows([row, aligned]) == {aligned.number: row.number}
    other = replace(row, run=replace(row.run, settings={"score": "sum"}))
    assert base_rows([other, aligned]) == {}


def test_what_the_page_reads_of_a_run(board, runs):
    row = row_of(board, runs, "permuted")
    core, said = unpack(row.answers.core), unpack(row.answers.details)
    ids = board.sheets[row.answers.sheet].question_ids
    for prediction in read(row.run.samples):
        q, at = ids.index(prediction.question_id), row.run.languages.index(prediction.language)
        place = q * 3 + at
        assert core["choice"][place] == str(prediction.choices[0])
        assert core["gold"][q] == str(prediction.gold)
        assert said["scores"][place] == [round(score * 100) for score in prediction.scores]
        order = core["order"].get(str(q), list(range(len(prediction.options))))
        options = board.sheets[row.answers.sheet].texts[q][at][1]
        assert tuple(options[place] for place in order) == prediction.options


def test_responses_and_passages_are_whole(board, runs):
    row = row_of(board, runs, "recorded")
    said = unpack(row.answers.details)
    ids = board.sheets[row.answers.sheet].question_ids
    for prediction in read(row.run.samples):
        place = ids.index(prediction.question_id) * 6 + row.run.languages.index(prediction.language)
        assert said["responses"][place] == prediction.responses[0]
    said = unpack(row_of(board, runs, "rag").answers.details)
    logged = json.loads(row_of(board, runs, "rag").run.samples.read_text("utf-8").splitlines()[0])["doc"]
    ids = board.sheets[row_of(board, runs, "rag").answers.sheet].question_ids
    (number, score), *_ = said["shown"][ids.index(logged["question_id"]) * 3]
    assert said["passages"][number][3] == logged["passages"][0]["text"]
    assert score == round(logged["passages"][0]["score"] * 100)


def changed_log(runs, tmp_path, change):
    """A report of the base run after a change of its sample log's rows."""
    shutil.copytree(runs / "base", tmp_path / "base")
    (log,) = tmp_path.rglob("samples_*.jsonl")
    log.write_text("".join(change(log.read_text("utf-8").splitlines(keepends=True))), encoding="utf-8")
    return build(*find([tmp_path]), progress=False)


def other_answer(lines):
    row = json.loads(lines[0])
    row["answers"]["choice"] = (row["answers"]["choice"] + 1) % 5
    return [json.dumps(row) + "\n", *lines[1:]]


def odd(lines, **changes):
    row = json.loads(lines[0])
    return [json.dumps({**row, "doc": {**row["doc"], **changes}}) + "\n", *lines[1:]]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda lines: [*lines[:-1], lines[-1][:-200]], "line 36 is cut off"),
        (lambda lines: lines[:33], "has 11 whole questions, the results are of 12"),
        (lambda lines: [*lines, lines[0]], "answers question mini-101 twice in en"),
        (other_answer, "gives acc "),
        (lambda lines: odd(lines, language=["en"]), "row 0: its language, question, options or responses are no texts"),
        (lambda lines: odd(lines, order=[0]), "row 0: its order is none of 5 options"),
        (lambda lines: odd(lines, passages=["text"]), "row 0: its passages or messages are none"),
    ],
)
def test_a_log_that_is_not_sound_leaves_the_figures(runs, tmp_path, change, why):
    found = changed_log(runs, tmp_path, change)
    assert [row.answers for row in found.rows] == [None]
    (noted,) = found.noted
    assert why in noted.why
    assert found.skipped == []


def test_a_run_without_a_log_is_a_row(runs, tmp_path):
    shutil.copytree(runs / "base", tmp_path / "base")
    next(tmp_path.rglob("samples_*.jsonl")).unlink()
    found = build(*find([tmp_path]), progress=False)
    assert [row.answers for row in found.rows] == [None]
    assert "evaluate with --log_samples" in found.noted[0].why


def test_a_plain_task_is_the_same_in_every_chat_template(board, runs, tmp_path):
    shutil.copytree(runs / "plain", tmp_path / "plain")
    (log,) = tmp_path.rglob("samples_*.jsonl")
    rows = [json.loads(line) for line in log.read_text("utf-8").splitlines()]
    for row in rows:
        for asked in row["arguments"].values():
            asked["arg_0"] = f"[INST] {asked['arg_0']} [/INST]"
    log.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    (row,) = build(*find([tmp_path]), progress=False).rows
    assert row.answers.sheet == row_of(board, runs, "plain").answers.sheet


def test_a_log_of_free_text_of_a_plain_task_is_passed_over(runs, tmp_path):
    shutil.copytree(runs / "plain", tmp_path / "plain")
    (log,) = tmp_path.rglob("samples_*.jsonl")
    rows = [json.loads(line) for line in log.read_text("utf-8").splitlines()]
    log.write_text("".join(json.dumps({**row, "filtered_resps": ["18"]}) + "\n" for row in rows), encoding="utf-8")
    found = build(*find([tmp_path]), progress=False)
    assert "its answers are no likelihoods of options" in found.noted[0].why
