"""Shards joined are the run that a single process makes, to the last digit; and what is no such thing is refused."""

import json
import shutil

import pytest

from calm_harness.cli import main
from calm_harness.errors import CalmError
from calm_harness.evaluation import evaluate
from calm_harness.predictions import read
from calm_harness.questions import load
from calm_harness.shards.join import merge
from tests import own_set, tiny_model
from tests.shards.conftest import OF, SAMPLED, TIMES, Runner, logs_of, results_of, rows_of


def joined(shards, folder):
    merge(shards, folder)
    return folder


def same(whole, shards, folder):
    merged = joined(shards, folder)
    assert results_of(merged) == results_of(whole)
    assert logs_of(merged) == logs_of(whole)


def test_scored_shards_are_the_run(scored, tmp_path):
    whole, shards = scored
    same(whole, shards, tmp_path / "merged")
    figures = results_of(whole)
    assert figures["n-samples"]["calm_mini_xl"] == {"original": 120, "effective": 15}
    assert figures["configs"]["calm_mini_xl"]["metadata"]["calm"]["questions"] == 7
    assert figures["configs"]["calm_mini_xl"]["metadata"]["calm"]["incomplete"] == 1


def test_sampled_shards_are_the_run(sampled, tmp_path):
    whole, shards = sampled
    same(whole, shards[::-1], tmp_path / "merged")
    rows = rows_of(tmp_path / "merged")
    assert [row["doc_id"] for row in rows] == [0, 1, 2, 4, 5, 8, 9, 30, 31, 50]
    ids = [row.question_id for row in load("mini", split="test", languages=["en", "fr"]).rows]
    assert [row["doc"]["question_id"] for row in rows] == [ids[row["doc_id"]] for row in rows]
    assert {len(row["resps"][0]) for row in rows} == {2}


def test_shards_have_whole_questions_and_about_as_many(scored):
    _, shards = scored
    questions = []
    for shard in shards:
        ids = [row["doc"]["question_id"] for row in rows_of(shard) if "scores" in row["answers"]]
        questions.append(set(ids))
    assert sorted(map(len, questions)) == [2, 3, 3]
    assert len(set().union(*questions)) == 8


def test_only_these_differ(scored, tmp_path):
    """A merged run says when its first shard began, how long all took, and of how many it is; all else is the same."""
    whole, shards = scored
    names = [json.loads(next(folder.rglob("results_*.json")).read_text()).keys() for folder in (whole, shards[0])]
    merged = json.loads(next(joined(shards, tmp_path).rglob("results_*.json")).read_text())
    assert merged.keys() ^ names[0] == {"merged"}
    assert names[1] ^ names[0] == {"shard"}
    assert merged["merged"]["shards"] == OF
    assert float(merged["total_evaluation_time_seconds"]) == pytest.approx(sum(merged["merged"]["seconds"]))
    assert merged.keys() >= TIMES


@pytest.mark.slow
def test_one_shard_is_the_run(runner, sampled, tmp_path):
    runner(tmp_path / "1", "--shard", "1/1", **SAMPLED)
    same(sampled[0], [tmp_path / "1"], tmp_path / "merged")


def test_figures_of_a_set_whose_languages_disagree_about_the_gold_option(runner, tmp_path):
    recipe = own_set.write(tmp_path, size=11, first_gold="B")
    lines = (tmp_path / "fr.jsonl").read_text().splitlines()
    (tmp_path / "fr.jsonl").write_text("\n".join([lines[0].replace('"B"', '"A"'), *lines[1:]]) + "\n")
    asked = {"tasks": "calm_custom_xl", "metadata": {"source": str(recipe)}}
    whole = runner(tmp_path / "whole", **asked)
    same(whole, runner.shards(tmp_path / "shards", of=2, **asked), tmp_path / "merged")


@pytest.mark.slow
def test_answers_alone(runner, tmp_path):
    asked = {**SAMPLED, "flags": (*SAMPLED["flags"], "--predict_only")}
    same(runner(tmp_path / "whole", **asked), runner.shards(tmp_path / "shards", of=2, **asked), tmp_path / "merged")


@pytest.mark.slow
def test_what_a_model_was_trained_on_is_counted_over_all_shards(runner, tmp_path):
    from calm_harness.models import trained

    folder = tmp_path / "model"
    shutil.copytree(runner.folder, folder)
    ids = [row.question_id for row in load("mini", split="test", languages=["en"]).rows[:7]]
    trained.write(folder, [key for name in ids for key in trained.keys(name, "")])
    again = Runner(folder)
    asked = {**SAMPLED, "flags": ("--limit", "20", "--gen_kwargs", "max_gen_toks=2")}
    whole = again(tmp_path / "whole", **asked)
    calm = results_of(whole)["configs"]["calm_mini_xl_cot"]["metadata"]["calm"]
    assert calm["transductive"] == {"declared": False, "trained_on": 7}
    same(whole, again.shards(tmp_path / "shards", **asked), tmp_path / "merged")


def test_a_merged_run_is_read_like_any(scored, tmp_path, capsys):
    from trainer.preferences.samples import load as load_samples

    whole, shards = scored
    merged = joined(shards, tmp_path / "merged")
    assert main(["report", str(merged), "--text"]) == 0
    assert "passed over" not in capsys.readouterr().err
    (log,) = merged.rglob("samples_calm_mini_xl_cloze_*.jsonl")
    (other,) = whole.rglob("samples_calm_mini_xl_cloze_*.jsonl")
    assert read(log) == read(other)
    assert main(["score", "--predictions", str(log), "--baseline", str(other)]) == 0
    assert load_samples([str(log)]).cells == load_samples([str(other)]).cells


def test_merging_again_does_nothing_and_another_run_has_a_folder_of_its_own(scored, sampled, tmp_path, capsys):
    out = tmp_path / "merged"
    words = ["merge", *map(str, scored[1]), "--output", str(out)]
    assert main(words) == 0
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*")}
    assert main(words) == 0
    assert "done before" in capsys.readouterr().out
    assert {path: path.stat().st_mtime_ns for path in out.rglob("*")} == before
    with pytest.raises(CalmError, match="holds what was done with other inputs"):
        merge(sampled[1], out)
    with pytest.raises(CalmError, match="holds another run; name another folder"):
        merge(scored[1], sampled[0])


# Lost and found ------------------------------------------------------------------------------------------------------


@pytest.fixture
def shards(sampled, tmp_path):
    """A copy of the sampled shards, to be broken."""
    return [shutil.copytree(shard, tmp_path / "shards" / shard.name) for shard in sampled[1]]


def results_file(folder):
    (path,) = folder.rglob("results_*.json")
    return path


def log_file(folder):
    (path,) = folder.rglob("samples_*.jsonl")
    return path


@pytest.mark.parametrize("whole", [True, False], ids=["the folder of all", "those that are there"])
def test_a_missing_shard_is_named_with_its_place(shards, whole, tmp_path):
    shutil.rmtree(shards[1])
    given = [tmp_path / "shards"] if whole else [shards[0], shards[2]]
    with pytest.raises(CalmError, match=r"^shard 2/3 is missing \(.*/shards/2\); run what is missing again") as said:
        merge(given, tmp_path / "merged")
    assert str(tmp_path / "shards" / "2") in str(said.value)
    assert not (tmp_path / "merged").exists()


def test_all_that_is_missing_is_named(shards, tmp_path):
    for shard in shards[:2]:
        shutil.rmtree(shard)
    with pytest.raises(CalmError, match=r"shard 1/3 is missing \(.*shards/1\), 2/3 is missing \(.*shards/2\); run"):
        merge([tmp_path / "shards" / "1", *shards], tmp_path / "merged")


def cut_results(folder):
    path = results_file(folder)
    path.write_text(path.read_text()[:-200])
    return "is cut off"


def drop_results(folder):
    results_file(folder).unlink()
    return "shard 3/3 is missing"


def drop_log(folder):
    log_file(folder).unlink()
    return "is missing; run|missing.*samples_"


def cut_row(folder):
    path = log_file(folder)
    path.write_text(path.read_text()[:-100])
    return "samples_.* is cut off"


def drop_row(folder):
    path = log_file(folder)
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:-1]))
    return "samples_.* is cut off, or is not the log"


@pytest.mark.parametrize("cut", [cut_results, drop_results, drop_log, cut_row, drop_row])
def test_a_shard_that_was_cut_off_is_missing(cut, shards, tmp_path):
    said = cut(shards[2])
    with pytest.raises(CalmError, match=said) as error:
        merge(shards, tmp_path / "merged")
    assert "shard 3/3 is missing" in str(error.value)
    assert len(str(error.value).splitlines()) == 1


def test_a_shard_is_done_again_and_of_two_the_newer_counts(shards, runner, sampled, tmp_path, caplog):
    drop_row(shards[1])
    again = runner(tmp_path / "again", "--shard", "2/3", **SAMPLED)
    same(sampled[0], [*shards, again, tmp_path / "nowhere"], tmp_path / "merged")
    assert f"passed over: {log_file(shards[1])} is cut off, or is not the log" in caplog.text
    assert f"passed over: {tmp_path / 'nowhere'} is not there" in caplog.text
    shutil.rmtree(shards[1])
    shutil.copytree(sampled[1][1], shards[1])
    same(sampled[0], [*shards, again], tmp_path / "both")
    assert "there twice" not in caplog.text
    older = log_file(shards[1])
    older.write_text(older.read_text().replace('"invalid": 1.0', '"invalid": 0.0'))
    same(sampled[0], [again, *shards], tmp_path / "anew")
    assert f"shard 2/3 is there twice: {results_file(again)} counts" in caplog.text


# Mixed up ------------------------------------------------------------------------------------------------------------


BOTH = "questions: calm_mini_xl_cot, .*arguments: seed, arguments: metadata: languages"


def of_flags(*flags, named):
    return pytest.param({"flags": flags}, named, marks=pytest.mark.slow, id=named)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"flags": (*SAMPLED["flags"], "--seed", "5"), "metadata": {"languages": "en,de", "repeats": 2}}, BOTH),
        of_flags("--gen_kwargs", "max_gen_toks=5", *SAMPLED["flags"][2:], named="arguments: gen_kwargs: max_gen_toks"),
        of_flags(*SAMPLED["flags"][:2], "--limit", "10", named="arguments: limit, .*arguments: samples"),
        of_flags(*SAMPLED["flags"], "--seed", "5", named="arguments: seed; merge"),
    ],
)
def test_shards_of_other_runs_are_refused_by_what_differs(changes, named, shards, runner, tmp_path):
    shutil.rmtree(shards[2])
    runner(shards[2], "--shard", "3/3", **{**SAMPLED, **changes})
    said = rf"shards/3/.* \(shard 3/3\) is of another run than .*shards/1/.*: .*{named}"
    with pytest.raises(CalmError, match=said):
        merge(shards, tmp_path / "merged")


@pytest.mark.slow
def test_a_shard_of_other_weights_under_the_same_name_is_refused(shards, tmp_path):
    model = tiny_model.write(tmp_path / "model", seed=1)
    shutil.rmtree(shards[2])
    Runner(model)(shards[2], "--shard", "3/3", **SAMPLED)
    with pytest.raises(CalmError, match=r"is of another run than .*: model: pretrained"):
        merge(shards, tmp_path / "merged")


@pytest.mark.slow
def test_the_same_model_may_lie_elsewhere_and_run_on_another_device(shards, runner, sampled, tmp_path):
    moved = shutil.copytree(runner.folder, tmp_path / "elsewhere")
    shutil.rmtree(shards[2])
    words = Runner.words(type("At", (), {"folder": moved})(), shards[2], **SAMPLED)
    evaluate([*words, "--shard", "3/3", "--batch_size", "2"])
    assert logs_of(joined(shards, tmp_path / "merged")) == logs_of(sampled[0])


@pytest.mark.slow
def test_shards_of_another_number_are_refused(shards, runner, tmp_path):
    shutil.rmtree(shards[2])
    runner(shards[2], "--shard", "2/2", **SAMPLED)
    with pytest.raises(CalmError, match=r"is one of 2 shards and .* one of 3; merge those of one run"):
        merge(shards, tmp_path / "merged")


def test_versions_are_compared(shards, tmp_path):
    path = results_file(shards[2])
    results = json.loads(path.read_text())
    results["shard"]["run"]["versions"]["transformers"] = "4.0"
    path.write_text(json.dumps(results))
    with pytest.raises(CalmError, match="versions: transformers; merge those of one run"):
        merge(shards, tmp_path / "merged")


def test_a_whole_run_is_no_shard(shards, sampled, tmp_path):
    with pytest.raises(CalmError, match="is of a whole run; name shards alone"):
        merge([*shards, sampled[0]], tmp_path / "merged")


def test_where_there_is_no_shard_that_is_said(tmp_path):
    with pytest.raises(CalmError, match=r"there is no shard of a run in .*nothing"):
        merge([tmp_path / "nothing"], tmp_path / "merged")
