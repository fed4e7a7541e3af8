"""`calm edit` with a model of one layer: written edit by edit, gone on with, and refused where it does not fit."""

import json
import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest

from calm_harness.cli import main
from calm_harness.files import only_writer
from calm_harness.report.probe import read
from tests import tiny_model

ROOT = Path(__file__).parents[2]
EDITS, TAGS = 3, ["en", "de", "zh"]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    for handler in logging.getLogger("lm_eval").handlers:
        if type(handler) is logging.StreamHandler:  # lm_eval's, of a run before this one whose output went elsewhere
            handler.stream = sys.stderr
    return tiny_model.write(tmp_path_factory.mktemp("tiny") / "model", seed=0)


def words(tiny, out, place, *flags):
    model = ["--model", "hf-prefix", "--model_args", f"pretrained={tiny},dtype=float32", "--device", "cpu"]
    asked = ["--facts", "mini", "--in", place, "--languages", "de,en,zh", "--edits", str(EDITS)]
    return ["edit", *model, "--batch_size", "8", *asked, "--output_path", str(out), *flags]


@pytest.fixture(scope="module")
def context(tiny, tmp_path_factory):
    out = tmp_path_factory.mktemp("edit") / "context"
    assert main(words(tiny, out, "context")) == 0
    return out


@pytest.fixture(scope="module")
def weights(tiny, tmp_path_factory):
    out = tmp_path_factory.mktemp("edit") / "weights"
    assert main(words(tiny, out, "weights", "--learning_rate", "0.1", "--steps", "3")) == 0
    return out


def table(out):
    return json.loads((out / "edit.json").read_text(encoding="utf-8"))


def lines(out):
    return (out / "edits.jsonl").read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("place", ["context", "weights"])
def test_a_run_writes_its_tables(place, request):
    out = request.getfixturevalue(place)
    found = table(out)
    assert (found["languages"], found["edits"], found["in"]) == (["en", "zh", "de"], EDITS, place)
    assert found["matrices"]["success"]["all"]["de"]["zh"]["questions"] == EDITS
    asked = [json.loads(line) for line in lines(out)[1:]]
    assert len(asked) == 1 + EDITS * len(TAGS)
    assert (out / "edit.md").read_text(encoding="utf-8").startswith("3 facts of mini test, edited one at a time in")
    assert (out / "edit.csv").read_text(encoding="utf-8").startswith("figure,facts,edited_in,asked_in,n,value")
    shown = read(out / "probe.json")
    assert (shown.kind, shown.questions, shown.task) == ("edit", EDITS, "mini test")


def test_success_is_that_of_the_log(weights):
    """By hand from the log: pmi of the new answer above that of the old one, in German after a Chinese edit."""
    rows = [json.loads(line) for line in lines(weights)[1:]]
    won = []
    for row in rows:
        if row["told_in"] == "zh":
            (after, null) = next(
                (after, null)
                for name, tag, hop, after, null in row["answers"]
                if (name, tag, hop) == (row["edited"], "de", None)
            )
            won.append(after[1] - null[1] > after[0] - null[0])
    cell = table(weights)["matrices"]["success"]["all"]["zh"]["de"]
    assert (len(won), cell["value"]) == (EDITS, pytest.approx(sum(won) / EDITS))


def test_edits_in_weights_leave_a_model_that_answers_as_before(tiny, context, weights):
    """What is asked before any edit is the same in both runs, and every edit is trained."""
    first, other = (json.loads(lines(out)[1])["answers"] for out in (context, weights))
    assert first == other
    for line in lines(weights)[2:]:
        before, after = json.loads(line)["loss"]
        assert after < before
    assert all(json.loads(line)["loss"] is None for line in lines(context)[1:])


def test_a_run_that_was_ended_goes_on_and_comes_to_the_same(tiny, weights, tmp_path, capsys):
    whole = lines(weights)
    (tmp_path / "edits.jsonl").write_text("\n".join(whole[:5]) + "\n" + whole[5][:40], encoding="utf-8", newline="\n")
    assert main(words(tiny, tmp_path, "weights", "--learning_rate", "0.1", "--steps", "3")) == 0
    assert lines(tmp_path) == whole
    for name in ("edit.json", "edit.md", "edit.csv", "probe.json"):
        assert (tmp_path / name).read_bytes() == (weights / name).read_bytes()


def test_a_finished_run_is_not_done_again(tiny, context, capsys):
    before = (context / "edits.jsonl").stat().st_mtime_ns
    (context / "edit.md").unlink()
    assert main(words(tiny, context, "context")) == 0
    assert (context / "edit.md").is_file()
    assert (context / "edits.jsonl").stat().st_mtime_ns == before
    said = capsys.readouterr()
    assert "done before: edit and ask" in said.out
    assert (context / "edit.md").read_text("utf-8") in said.out
    assert said.err == ""
    log = (context / "edit.log").read_text("utf-8")
    first, again = log.split("\n======== ")[1:]
    assert "Editing: 100%" in first
    assert "Editing" not in again


def test_verbose_shows_what_goes_to_the_log(tiny, tmp_path):
    command = [sys.executable, "-m", "calm_harness", *words(tiny, tmp_path / "run", "context")]
    shown = subprocess.run([*command, "-v"], capture_output=True, text=True, encoding="utf-8", check=True, cwd=ROOT)
    assert "Using device 'cpu'" in shown.stdout
    assert "Editing: 100%" in shown.stdout


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--seed", "1"], "questions: facts, edit: seed"),
        (["--in", "weights"], "edit: in, edit: settings"),
        (["--edits", "4"], "edit: edits"),
    ],
)
def test_a_folder_of_other_inputs_is_refused(tiny, context, capsys, flags, said):
    assert main(words(tiny, context, "context", *flags)) == 1
    assert said in capsys.readouterr().err


def test_so_is_one_that_was_only_begun(tiny, context, tmp_path, capsys):
    (tmp_path / "edits.jsonl").write_text("\n".join(lines(context)[:3]) + "\n", encoding="utf-8", newline="\n")
    assert main(words(tiny, tmp_path, "context", "--seed", "1")) == 1
    assert "begun with other inputs" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--in", "context", "--steps", "3"], "--steps is of edits --in weights"),
        (["--in", "weights", "--steps", "0"], "--steps 0: give a number above 0"),
        (["--in", "weights", "--model", "vllm"], "the weights of --model vllm cannot be changed here"),
        (["--model", "local-chat-completions"], "gives no log-likelihoods"),
        (["--facts", "mini:trian"], "there is no split of mini 'trian'"),
        (["--languages", "en,xx"], "there is no language of mini 'xx'"),
        (["--languages", ","], "no language is asked for"),
        (["--edits", "99"], "give 55 or fewer"),
        (["--model_args", "pretrained=/nowhere"], "there is no such folder"),
    ],
)
def test_what_does_not_fit_is_said_in_a_line(tiny, tmp_path, capsys, flags, said):
    assert main([*words(tiny, tmp_path / "out", "context"), *flags]) == 1
    err = capsys.readouterr().err
    assert said in err
    assert "Traceback" not in err
    assert not (tmp_path / "out" / "edits.jsonl").exists()


def test_several_processes_are_refused(tiny, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "2")
    assert main(words(tiny, tmp_path, "context")) == 1
    assert "runs in one process" in capsys.readouterr().err


def test_a_second_writer_is_refused(tiny, tmp_path):
    with only_writer(tmp_path):
        command = [sys.executable, "-m", "calm_harness", *words(tiny, tmp_path, "context")]
        done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False, cwd=ROOT)
    assert done.returncode == 1
    assert f"process {os.getpid()} is writing {tmp_path}" in done.stderr
    assert not (tmp_path / "edits.jsonl").exists()


def test_flags_of_lm_eval_that_would_be_passed_over_are_unknown(tiny, tmp_path, capsys):
    with pytest.raises(SystemExit):
        main([*words(tiny, tmp_path, "context"), "--num_fewshot", "3"])
    assert "unrecognized arguments: --num_fewshot" in capsys.readouterr().err


def test_the_recipe_runs_as_written(tiny, tmp_path):
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    given = {**os.environ, "PATH": path, "MODEL": str(tiny), "EDITS": "2", "DTYPE": "float32"}
    command = ["sh", str(ROOT / "recipes/probes/edit.sh"), "mini", str(tmp_path), "--languages", "en,de"]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False, env=given, cwd=ROOT)
    assert done.returncode == 0, done.stderr[-2000:]
    assert "2 facts of mini test, edited one at a time in context in each of en, de" in done.stdout
