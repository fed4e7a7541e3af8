"""The leaderboard for other places: tables, charts, model cards, the command and its server."""

import csv
import io
import json
import re
import shutil
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from xml.etree import ElementTree

import pytest
from huggingface_hub import ModelCard

from calm_harness.cli import main
from calm_harness.errors import CalmError
from calm_harness.metrics.compare import differences
from calm_harness.predictions import read
from calm_harness.predictions.scoring import tabulate
from calm_harness.report import outcome
from calm_harness.report.outcome import (
    Best,
    LoopEvaluation,
    LoopOutcome,
    Measured,
    StudyArm,
    StudyBase,
    StudyEvaluation,
    StudyOutcome,
    StudyRound,
    WithoutLabels,
    to_json,
)
from calm_harness.report.page.serve import serve
from calm_harness.report.ranking import to_csv
from calm_harness.report.tables import escaped
from calm_harness.report.training.charts import find as find_trainings


def test_the_table_in_markdown(report, board):
    text = (report / "leaderboard.md").read_text("utf-8")
    row = next(row for row in board.rows if row.run.mode.startswith("RAG"))
    figures = row.run.figures
    shown = [
        "{:.3f} [{:.3f}, {:.3f}]".format(figures[name]["value"], *figures[name]["interval"])
        for name in ("acc", "consistency")
    ]
    (line,) = [line for line in text.splitlines() if "RAG same k=1" in line]
    cells = [cell.strip(" ★") for cell in line.split("|")]
    assert cells[1:6] == ["gemma-3-270m", "cloze", "RAG same k=1", *shown]
    heads = [line for line in text.splitlines() if line.startswith("## ")]
    assert "## mini · test · 12 questions · en zh ar" in heads
    assert len(heads) == 4


def test_the_csv_has_every_figure_unrounded(report, board):
    rows = list(csv.DictReader(io.StringIO((report / "leaderboard.csv").read_text("utf-8"))))
    assert len(rows) == sum(len(row.run.figures) for row in board.rows)
    for row in rows:
        (found,) = [
            each for each in board.rows if str(each.run.results) == row["results"] and each.run.task == row["task"]
        ]
        cell = found.run.figures[row["metric"]]
        for name, value in (("value", cell["value"]), ("low", cell["interval"][0]), ("high", cell["interval"][1])):
            assert (float(row[name]) if row[name] else None) == value


def test_names_are_not_taken_for_markup_or_formulas(board):
    assert escaped("a|b *c*\n<img>") == r"a\|b \*c\* &lt;img&gt;"
    from dataclasses import replace

    row = board.rows[0]
    evil = replace(board, rows=[replace(row, run=replace(row.run, model="=cmd()"))])
    assert {line["model"] for line in csv.DictReader(io.StringIO(to_csv(evil)))} == {"'=cmd()"}


def test_charts_are_pictures(report):
    names = sorted(path.name for path in (report / "charts").iterdir())
    assert len(names) == 2 * len({name.rsplit(".", 1)[0] for name in names})
    kinds = {name.split("-", 1)[0] for name in names}
    assert kinds == {"agreement", "languages", "scatter"}
    for path in (report / "charts").iterdir():
        if path.suffix == ".svg":
            assert ElementTree.fromstring(path.read_text("utf-8")).tag.endswith("svg")
        else:
            assert path.read_bytes().startswith(b"\x89PNG\r\n")
    heat = next((report / "charts").glob("languages-*-mini-test-12-*.svg")).read_text("utf-8")
    assert all(f">{language}<" in heat for language in ("en", "zh", "ar"))


def test_the_terminal_shows_the_ranking(runs, board, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "120")
    assert main(["report", str(runs), "--text"]) == 0
    printed = capsys.readouterr().out
    assert max(map(len, printed.splitlines())) <= 120
    for row in board.rows:
        assert f"{row.run.figures['acc']['value']:.3f}" in printed
    assert "mini · test · 12 questions · en zh ar" in printed


def test_results_enter_the_card_of_an_adapter(runs, adapter, board, capsys):
    path = adapter / "README.md"
    path.write_text(
        "---\nbase_model: org/base\ntags:\n- calm\n---\n\n# My adapter\n\nWords of mine.\n", encoding="utf-8"
    )
    for _ in range(2):  # the second time in place of the first
        assert main(["report", str(runs), "--model_card", str(adapter)]) == 0
    assert capsys.readouterr().out.splitlines() == [str(path)] * 2
    text = path.read_text("utf-8")
    assert text.count("## Results") == 1
    assert "Words of mine." in text
    card = ModelCard(text)
    assert (card.data.base_model, card.data.tags, card.data.model_name) == ("org/base", ["calm"], "random")
    row = next(row for row in board.rows if row.run.adapter)
    found = {result.metric_name: result for result in card.data.eval_results}
    assert set(found) == set(row.run.figures)
    assert found["acc"].metric_value == pytest.approx(row.run.figures["acc"]["value"], abs=1e-6)
    assert found["acc"].metric_args["interval_95"] == pytest.approx(row.run.figures["acc"]["interval"], abs=1e-6)
    assert (found["acc"].dataset_type, found["acc"].dataset_split, found["acc"].metric_type) == (
        "mini",
        "test",
        "accuracy",
    )
    apart = differences(*(tabulate(read(each.run.samples)) for each in (row, board.rows[row.base])))["acc"]
    assert f"{apart.value:+.3f} [{apart.low:+.3f}, {apart.high:+.3f}]" in text


def test_results_of_others_stay_in_the_card(runs, adapter, monkeypatch):
    path = adapter / "README.md"
    theirs = "model-index:\n- name: mine\n  results:\n  - task: {type: text-generation}\n"
    theirs += "    dataset: {type: gsm8k, name: GSM8K}\n    metrics: [{type: acc, value: 0.5}]\n"
    path.write_text(f"---\n{theirs}---\n\n# My adapter\n", encoding="utf-8")
    monkeypatch.chdir(adapter)
    for _ in range(2):
        assert main(["report", str(runs), "--model_card", "."]) == 0
    card = ModelCard(path.read_text("utf-8"))
    assert card.data.model_name == "mine"
    assert [result.dataset_type for result in card.data.eval_results].count("gsm8k") == 1
    assert {result.dataset_type for result in card.data.eval_results} == {"gsm8k", "mini"}


def test_a_card_that_is_none_is_said(runs, adapter, capsys):
    (adapter / "README.md").write_text("---\nmodel-index: [a: b: c]\n---\n", encoding="utf-8")
    assert main(["report", str(runs), "--model_card", str(adapter)]) == 1
    assert "README.md is no model card" in capsys.readouterr().err.splitlines()[-1]
    (adapter / "README.md").unlink()


def test_a_card_is_made_where_there_is_none(runs, adapter, offline_model):
    (adapter / "README.md").unlink(missing_ok=True)
    assert main(["report", str(runs), "--model_card", str(adapter)]) == 0
    card = ModelCard((adapter / "README.md").read_text("utf-8"))
    assert card.data.base_model == str(offline_model)
    assert card.data.to_dict()["library_name"] == "peft"


def cell(value):
    return {"value": value, "stderr": 0.01, "interval": [value - 0.02, value + 0.02]}


def loop_report(folder):
    """The report of a loop of two rounds (its figures are invented)."""
    rounds = [
        Measured({name: cell(0.4 + place / 10) for name in ("acc", "consistency", "alpha")}) for place in range(3)
    ]
    loop = LoopOutcome(
        evaluations={"mini test": LoopEvaluation(60, ["en", "zh"], rounds)},
        signals=[WithoutLabels(0.5, 0.4, 0.9)] * 3,
        settings={"transductive": True},
        best=Best(2, "round2/dpo", "agreement and alpha rise"),
    )
    folder.mkdir(parents=True)
    (folder / "report.json").write_text(to_json(loop))
    return loop


def study_report(folder):
    """The report of a study of the number of languages (its figures are invented)."""
    tags = ["en", "zh", "fr", "de"]
    arms = {"two": {"pairs": {"languages": tags[:2]}}, "three": {"pairs": {"languages": tags[:3]}}, "four": {}}
    base = Measured({"acc": cell(0.4), "consistency": cell(0.3)})
    measured = {
        arm: Measured(base.metrics, {"acc": cell(0.01 * i), "consistency": cell(0.02 * i)})
        for i, arm in enumerate(arms)
    }
    rows = {arm: StudyArm(each, [StudyRound([0], each)]) for arm, each in measured.items()}
    more = [*tags, "ja", "ar"]  # tested in more than was trained in
    evaluations = {
        "unseen": StudyEvaluation([StudyBase("M", list(arms), 199, tags, base)], rows),
        "mini test": StudyEvaluation([StudyBase("M", list(arms), 60, more, base)], rows),
    }
    folder.mkdir(parents=True)
    kept = {arm: [1] for arm in arms}
    study = StudyOutcome("Number of languages", [0], False, "four", evaluations, kept, arms)
    (folder / "report.json").write_text(to_json(study))
    return study


def test_a_report_is_read_as_it_was_written(tmp_path):
    for write in (loop_report, study_report):
        written = write(tmp_path / write.__name__)
        assert outcome.read(tmp_path / write.__name__ / "report.json") == written


def collapse(path):
    """Let the first arm of a study say hardly more than one letter."""
    study = json.loads(path.read_text("utf-8"))
    for asked in study["evaluations"].values():
        arm = next(iter(asked["arms"].values()))["measured"]
        figures = asked["bases"][0]["measured"]["metrics"], arm["metrics"], arm["difference"]
        for where, value in zip(figures, (0.8, 0.1, -0.7), strict=True):
            where["position_entropy"] = {"value": value, "stderr": 0.01, "interval": [value - 0.02, value + 0.02]}
    path.write_text(json.dumps(study), encoding="utf-8")


def test_rounds_and_numbers_of_languages_are_drawn(runs, tmp_path, visit):
    shutil.copytree(runs / "base", tmp_path / "runs/base")
    loop_report(tmp_path / "runs/loop")
    study_report(tmp_path / "runs/study")
    collapse(tmp_path / "runs/study/report.json")
    (tmp_path / "runs/other").mkdir()
    (tmp_path / "runs/other/report.json").write_text('{"of": "somebody else"}')
    (arrows, curve, arms, rounds), unread = find_trainings([tmp_path / "runs"])
    assert unread == []
    assert [each.kind for each in (arrows, curve, arms, rounds)] == ["arrows", "languages", "arms", "rounds"]
    assert [value["languages"] for value in curve.values if value["measure"] == "acc"] == [2, 3, 4] * 2
    assert [value["value"] for value in rounds.values if value["measure"] == "acc"] == pytest.approx([0.4, 0.5, 0.6])
    assert main(["report", str(tmp_path / "runs"), "--output", str(tmp_path / "out")]) == 0
    found = visit(tmp_path / "out/leaderboard.html")
    page = found.view("training")
    assert page.locator("#view-training svg.marks").count() == 3
    page.click("#view-training .rounds summary")  # beside others, a loop's rounds are folded, and drawn when opened
    page.wait_for_selector("#training-3 svg.marks")
    assert page.locator("#view-training svg.marks").count() == 4
    assert "Transductive" in page.inner_text("#view-training")
    said = page.inner_text("#view-training .warning >> nth=0")
    assert "positions of answers collapsed (position_entropy 0.800 to 0.100 in " in said
    assert page.get_by_text(said).count() == 1  # once a study
    assert found.said == []
    assert {path.name.split("-")[0] for path in (tmp_path / "out/charts").iterdir()} >= {"languages", "arms", "rounds"}
    assert not [path for path in (tmp_path / "out/charts").glob("*.svg") if "undefined" in path.read_text("utf-8")]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "say what to make: --output DIR, --text, --model_card DIR or --space DIR"),
        (["--serve"], "say what to make"),
        (["--text", "--serve"], "--serve needs --output DIR"),
        (["--model_card", "no/where"], "no/where is no folder"),
    ],
)
def test_bad_input_is_one_line(words, said, runs, capsys):
    assert main(["report", str(runs / "base"), *words]) == 1
    printed = capsys.readouterr()
    assert said in printed.err
    assert printed.err.count("\n") == 1


def test_a_card_needs_a_run_of_its_model(runs, tmp_path, capsys):
    assert main(["report", str(runs / "base"), "--model_card", str(tmp_path)]) == 1
    assert f"no run is of {tmp_path}" in capsys.readouterr().err


def test_what_is_passed_over_is_said_and_the_rest_is_shown(runs, tmp_path, capsys):
    shutil.copytree(runs / "base", tmp_path / "runs/base")
    (tmp_path / "runs/results_broken.json").write_text("{")
    assert main(["report", str(tmp_path / "runs"), "--output", str(tmp_path / "out"), "--text"]) == 0
    printed = capsys.readouterr()
    assert f"passed over: {tmp_path / 'runs/results_broken.json'}: is cut off or is not JSON" in printed.err
    assert "results_broken.json" in (tmp_path / "out/leaderboard.html").read_text("utf-8")


def test_files_of_others_stay_where_they_are(runs, tmp_path):
    (tmp_path / "charts").mkdir()
    (tmp_path / "charts/mine.svg").write_text("mine")
    (tmp_path / "charts/scatter-9-old.svg").write_text("of an earlier report")
    assert main(["report", str(runs / "base"), "--output", str(tmp_path)]) == 0
    assert (tmp_path / "charts/mine.svg").read_text() == "mine"
    assert not (tmp_path / "charts/scatter-9-old.svg").exists()


def test_where_no_folder_can_be_is_said(runs, tmp_path, capsys):
    (tmp_path / "file").touch()
    assert main(["report", str(runs / "base"), "--output", str(tmp_path / "file")]) == 1
    assert "cannot be made" in capsys.readouterr().err


def test_a_broken_report_of_a_training_is_named(runs, tmp_path, capsys):
    shutil.copytree(runs / "base", tmp_path / "runs/base")
    (tmp_path / "runs/report.json").write_text('{"signals": []}')
    assert main(["report", str(tmp_path / "runs"), "--output", str(tmp_path / "out")]) == 0
    assert "runs/report.json: cannot be read (KeyError" in (tmp_path / "out/leaderboard.md").read_text("utf-8")


def test_a_study_of_an_earlier_version_is_one_line(tmp_path):
    unseen = {"questions": 9, "languages": ["en"], "base": {"metrics": {}}, "arms": {"own": {"metrics": {}}}}
    old = {"title": "T", "seeds": [0], "against": "own", "evaluations": {"unseen": unseen}, "arms": {"own": {}}}
    (tmp_path / "report.json").write_text(json.dumps(old))
    trainings, (skipped,) = find_trainings([tmp_path])
    assert trainings == []
    assert skipped.why == (
        "cannot be read (ValueError: it is of an earlier version, which compared all arms with one base model); "
        "make the report again"
    )


def test_the_page_is_served_on_this_machine_alone(runs, tmp_path):
    words = [sys.executable, "-m", "calm_harness", "report", str(runs / "base"), "--output", str(tmp_path), "--serve"]
    with subprocess.Popen([*words, "--port", "0"], stdout=subprocess.PIPE, text=True) as server:
        try:
            address = next(line for line in server.stdout if line.startswith("http")).split()[0]
            port = int(re.fullmatch(r"http://127\.0\.0\.1:(\d+)/leaderboard\.html", address)[1])
            with urllib.request.urlopen(address) as answer:
                assert answer.read() == (tmp_path / "leaderboard.html").read_bytes()
            other = urllib.request.Request(address, headers={"Host": "evil.example:80"})
            for refused in (other, address.replace("leaderboard.html", ""), address.replace(".html", ".csv")):
                with pytest.raises(urllib.error.HTTPError, match="404"):
                    urllib.request.urlopen(refused)
            with (
                pytest.raises(OSError),
                socket.create_connection(("127.0.0.2", port), 2),
            ):
                pass
        finally:
            server.terminate()


def test_a_port_that_is_taken_is_said(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(CalmError, match=f"--port {port}: .*; give another, or 0 for any that is free"):
            serve(tmp_path, port)
    with pytest.raises(CalmError, match="--port 70000: there is no such port"):
        serve(tmp_path, 70000)
