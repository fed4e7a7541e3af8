"""A shard is no run: what cannot be dealt out is refused before a model is loaded, and no reader takes it for one."""

import json

import pytest

from calm_harness.cli import main
from calm_harness.errors import CalmError
from calm_harness.evaluation import evaluate
from calm_harness.predictions import read
from tests.shards.conftest import SCORED, Runner
from tests.small_loop import settings


def said(capsys, *words):
    assert main(list(words)) == 1
    (line,) = [line for line in capsys.readouterr().err.splitlines() if line.startswith("calm: ")]
    return line


@pytest.fixture
def words(tmp_path):
    model = type("Nowhere", (), {"folder": tmp_path / "no-model"})()
    return lambda shard, **changes: Runner.words(
        model, tmp_path / "out", **{**SCORED, "flags": (*SCORED["flags"], "--shard", shard), **changes}
    )


def test_what_is_no_shard_is_said_before_the_model_is_loaded(words, capsys):
    assert "--shard 4/3: write which of how many" in said(capsys, "eval", *words("4/3"))


def test_more_shards_than_questions(words, capsys):
    assert "calm_mini_xl asks 8 questions, too few for 9 shards" in said(capsys, "eval", *words("1/9"))


def test_a_shard_without_a_log_could_not_be_joined(words, capsys):
    unlogged = [word for word in words("1/2") if word != "--log_samples"]
    assert "--shard 1/2 needs --output_path DIR --log_samples" in said(capsys, "eval", *unlogged)


def test_tasks_without_questions_in_several_languages(words, tmp_path, capsys):
    (tmp_path / "data.jsonl").write_text('{"question": "2 + 2?", "choices": ["3", "4"], "gold": 1}\n')
    (tmp_path / "mine.yaml").write_text(
        "task: mine\ndataset_path: json\noutput_type: multiple_choice\ntest_split: train\n"
        f"dataset_kwargs:\n  data_files: {tmp_path / 'data.jsonl'}\n"
        'doc_to_text: "{{question}}"\ndoc_to_choice: choices\ndoc_to_target: gold\n'
    )
    flags = ("--include_path", str(tmp_path), "--shard", "1/2")
    line = said(capsys, "eval", *words("1/2", tasks="calm_mini_xl,mine", flags=flags))
    assert "--shard 1/2: mine is no task of calm-harness" in line


def test_a_loop_is_of_whole_runs(offline_model, tmp_path):
    from trainer.rounds.arguments import LoopArguments
    from trainer.rounds.plan import plan

    with pytest.raises(CalmError, match="eval_args: a loop reads whole runs"):
        plan(LoopArguments(output=str(tmp_path), **settings(offline_model, eval_args=["--shard=1/2"])))


def test_a_grid_is_of_whole_runs(passages, tmp_path, capsys):
    words = ["grid", "--model", "hf", "--tasks", "calm_mini_xl_rag", "--index", str(passages)]
    assert "a grid is of whole runs" in said(capsys, *words, "--output_path", str(tmp_path), "--shard", "1/2")


def test_readers_refuse_a_shard_and_name_the_command(scored, tmp_path, capsys):
    from trainer.preferences.samples import load

    _, shards = scored
    (log,) = shards[1].rglob("samples_calm_mini_xl_cloze_*.jsonl")
    wanted = "is shard 2/3 of a run, not the run; join its shards first: calm merge"
    for reader in (read, lambda path: load([str(path)])):
        with pytest.raises(CalmError, match=wanted):
            reader(log)
    with pytest.raises(CalmError, match=wanted):
        load([str(shards[1])])
    assert wanted in said(capsys, "score", "--predictions", str(log))
    assert wanted in said(capsys, "report", str(shards[1]), "--text")


def test_beside_a_run_a_shard_is_passed_over_with_a_line(scored, capsys):
    whole, shards = scored
    assert main(["report", str(whole), str(shards[0]), "--text"]) == 0
    printed = capsys.readouterr()
    assert "passed over" in printed.err
    assert "is shard 1/3 of a run" in printed.err
    (results,) = shards[0].rglob("results_*.json")
    assert json.loads(results.read_text())["shard"]["rows"] == {"calm_mini_xl": 15, "calm_mini_xl_cloze": 15}


def test_all_of_our_flags_are_shown_beside_lm_evals(capsys):
    assert main(["eval", "--help-all"]) == 0
    assert "--shard N/M" in capsys.readouterr().out
    with pytest.raises(CalmError, match="which tasks"):
        evaluate(["--shard", "1/2"])
