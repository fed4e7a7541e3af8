"""What a loop plans: nothing evaluated is trained on, evaluations have folders of their own, and more rounds go on."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from calm_harness.errors import CalmError
from calm_harness.questions import load
from tests import tiny_model
from tests.small_loop import settings
from trainer.rounds.arguments import LoopArguments
from trainer.rounds.evaluate import evaluate
from trainer.rounds.loop import Loop
from trainer.rounds.plan import plan

ROOT = Path(__file__).parents[2]
TASK = "calm_mini_xl_cloze"
TRAIN = {"split": "train", "languages": ["en", "fr"]}


def arguments(**changes):
    told = {"output": "run", "model": "org/none", "task": TASK, "metadata": TRAIN, "dev_questions": 5}
    return LoopArguments(**{**told, **changes})


def evaluation(**changes):
    return {"name": "again", "task": "calm_mini_xl_cot", "metadata": {"split": "train"}, **changes}


@pytest.mark.parametrize("metadata", [{"split": "train"}, {"split": "train", "languages": ["de", "ja"]}])
def test_what_is_evaluated_is_not_trained_on(metadata):
    """Also where it is asked in other languages alone: the ids are the same."""
    found = plan(arguments(evaluate=[evaluation(metadata=metadata, questions=60)], test_questions=10))
    (asked,) = found.evaluations
    assert len(asked.question_ids) == 60
    assert not set(asked.question_ids) & {*found.split.train, *found.split.dev}
    assert len({*asked.question_ids, *found.split.train, *found.split.dev, *found.split.test}) == 100
    assert found.held_out == {"again": 60}


def test_a_transductive_loop_trains_on_what_it_evaluates():
    found = plan(arguments(evaluate=[evaluation(questions=60)], transductive=True))
    assert len(found.split.train) == 95
    assert found.held_out == {}


def test_what_is_named_is_not_trained_on_either():
    found = plan(
        arguments(pairs={"held_out": ["mini:train"]}, training={"held_out": []}, evaluate=[], transductive=True)
    )
    assert len(found.split.train) == 95
    with pytest.raises(CalmError, match=r"100 of them in evaluations \(mini:train\)"):
        plan(arguments(pairs={"held_out": ["mini:train"]}))


def test_nothing_is_left_to_train_on():
    message = r"mini train has 100 questions, 100 of them in evaluations \(again\), not 1 to train on"
    with pytest.raises(CalmError, match=message):
        plan(arguments(evaluate=[evaluation()]))
    with pytest.raises(CalmError, match=r"mini test has 60 questions, 60 of them in evaluations \(mini:test\)"):
        plan(arguments(metadata={"split": "test"}))


def test_all_questions_of_a_split_can_be_evaluated():
    found = plan(arguments(evaluate=[{"task": TASK, "metadata": {"split": "test"}, "questions": 60}]))
    assert len(found.evaluations[0].question_ids) == 60
    assert len(found.split.train) == 95


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ((None, None), "two evaluations are called 'calm_mini_xl_cot'; give each a name of its own"),
        (("test", "Test"), "two evaluations are called 'test'"),
        (("sample",), "'sample' is no name for an evaluation"),
        (("pairs",), "'pairs' is no name for an evaluation"),
        (("dpo.yaml",), "'dpo.yaml' is no name for an evaluation"),
        (("",), "'' is no name for an evaluation"),
        (("a ",), "'a ' is no name for an evaluation"),
        (("../base",), "'../base' is no name for an evaluation"),
    ],
)
def test_evaluations_have_folders_of_their_own(names, said):
    entries = [evaluation(questions=2, **({} if name is None else {"name": name})) for name in names]
    for entry, name in zip(entries, names, strict=True):
        if name is None:
            del entry["name"]
    with pytest.raises(CalmError, match=said):
        plan(arguments(evaluate=entries))


@pytest.mark.parametrize("number", [-1, "3", [3]])
def test_a_number_of_examples_is_a_number(number):
    with pytest.raises(CalmError, match="evaluate: num_fewshot is not as it has to be in"):
        plan(arguments(evaluate=[evaluation(num_fewshot=number)]))


def test_an_evaluation_is_given_examples(tmp_path):
    model = tiny_model.write(tmp_path / "model", seed=1)
    entry = {"task": "calm_mini_xl_open", "metadata": {"languages": ["en", "fr"]}, "questions": 1}
    examples = load("mini", split="train", languages=["en", "fr"]).rows
    for number, given in enumerate([{}, {"num_fewshot": 2}]):
        told = arguments(model=str(model), evaluate=[{**entry, **given}])
        log = evaluate(told, None, plan(told).evaluations[0], tmp_path / f"run{number}")
        rows = [json.loads(line) for line in log.read_text("utf-8").splitlines()]
        assert len(rows) == 2
        for row in rows:
            prompt = row["arguments"]["gen_args_0"]["arg_0"]
            assert sum(example.stem in prompt for example in examples) == given.get("num_fewshot", 0)


def test_labels_of_evaluated_questions_are_refused_before_anything_is_asked():
    loop = Loop(arguments(pairs={"vote": "gold"}, transductive=True))
    with pytest.raises(CalmError, match="vote=gold would train on the labels"):
        loop.pair_settings()
    with pytest.raises(CalmError, match="pairs: there is no setting transductive"):
        Loop(arguments(pairs={"transductive": True})).pair_settings()


# Whole runs with a model of one small layer --------------------------------------------------------------------------


def small(model, output, **changes):
    """A loop of one step a round on a model, without dev questions."""
    training = {"max_steps": 1, "gradient_checkpointing": False, "report_to": "none", "bf16": False}
    return {
        "output": str(output), "model": str(model), "model_args": "dtype=float32", "eval_args": ["--device", "cpu"],
        "task": TASK, "metadata": TRAIN, "dev_questions": 0, "pairs": {"score": "pmi", "ties": "random"},
        "training": training, **changes,
    }  # fmt: skip


def run(told, path):
    path.write_text(yaml.safe_dump(told), "utf-8")
    command = [sys.executable, "-m", "trainer.loop", "--config", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads((Path(told["output"]) / "report.json").read_text("utf-8"))


def stamps(folder):
    return {str(path.relative_to(folder)): path.stat().st_mtime_ns for path in folder.rglob("done.json")}


@pytest.mark.slow
def test_a_folder_with_a_comma_is_moved_and_goes_on_with_more_rounds(tmp_path):
    model = tiny_model.write(tmp_path / "a model, small=1", seed=0)
    evaluated = {"name": "mini", "task": TASK, "metadata": {"languages": ["en", "fr"]}, "questions": 3}
    told = small(model, tmp_path / "one, two", train_questions=8, evaluate=[evaluated])
    first = run(told, tmp_path / "config.yaml")
    assert first["best"]["adapter"] == "round1/dpo"
    moved = Path(shutil.move(told["output"], tmp_path / "moved"))
    before = stamps(moved)
    told["output"] = str(moved)
    assert run(told, tmp_path / "config.yaml")["evaluations"] == first["evaluations"]
    assert stamps(moved) == before
    second = run({**told, "rounds": 2}, tmp_path / "config.yaml")
    after = stamps(moved)
    assert {name: after[name] for name in before} == before
    assert {name for name in after if name not in before} == {
        "round1/sample/done.json", "round2/pairs/done.json", "round2/dpo/done.json", "round2/mini/done.json",
    }  # fmt: skip
    assert second["best"]["adapter"] == "round2/dpo"
    assert second["evaluations"]["mini"]["rounds"][:2] == first["evaluations"]["mini"]["rounds"]


@pytest.mark.slow
def test_a_transductive_run_says_so_everywhere(tmp_path):
    model = tiny_model.write(tmp_path / "model", seed=0)
    evaluated = {"name": "again", "task": TASK, "metadata": TRAIN, "questions": 10}
    told = small(model, tmp_path / "run", train_questions=10, transductive=True, evaluate=[evaluated])
    run(told, tmp_path / "config.yaml")
    folder = tmp_path / "run"
    assert "**Transductive**" in (folder / "report.md").read_text("utf-8")
    assert "**Transductive**" in (folder / "round1/dpo/README.md").read_text("utf-8")
    (held,) = (
        entry
        for name, entry in json.loads((folder / "round1/pairs/summary.json").read_text("utf-8"))["held_out"].items()
        if "again" in name
    )
    assert held["shared"] > 0
    (results,) = (folder / "round1/again").rglob("results_*.json")
    calm = json.loads(results.read_text("utf-8"))["configs"][TASK]["metadata"]["calm"]
    assert calm["transductive"]["declared"]
    assert calm["transductive"]["trained_on"] > 0
    (base,) = (folder / "base/again").rglob("results_*.json")
    assert "transductive" not in json.loads(base.read_text("utf-8"))["configs"][TASK]["metadata"]["calm"]


def test_texts_are_learned_once_and_never_of_what_is_evaluated():
    for method in ("translations", "mixed"):
        plan(arguments(method=method))
        with pytest.raises(CalmError, match=f"method {method}: a later round would learn the same texts again"):
            plan(arguments(method=method, rounds=2))
        with pytest.raises(CalmError, match=f"method {method} trains on no question that is evaluated"):
            plan(arguments(method=method, transductive=True))


@pytest.mark.parametrize(
    ("method", "told", "said"),
    [
        ("translations", {"unit": "passage"}, "texts: there is no setting unit"),
        ("mixed", {"direction": "both"}, "texts: there is no setting direction"),
        ("mixed", {"output": "x"}, "texts: there is no setting output"),
        ("translations", {"direction": "fr-xx"}, "direction is 'fr-xx', and has to be"),
        ("mixed", {"max_tokens": "many"}, "max_tokens is 'many', and has to be"),
        ("translations", {"languages": ["fr"]}, "translations are from or into English, and there is fr"),
        ("mixed", {"languages": ["fr"]}, "there is only fr, and texts mix languages"),
    ],
)
def test_settings_of_texts_are_those_of_their_command(method, told, said, tmp_path):
    with pytest.raises(CalmError, match=said):
        Loop(arguments(method=method, texts=told, output=str(tmp_path / "run"))).run()
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("method", ["translations", "mixed"])
def test_named_texts_hold_no_question_that_the_loop_is_judged_by(method, tmp_path):
    told = arguments(method=method, texts={"parallel": ["mini:train"]}, test_questions=3, output=str(tmp_path / "run"))
    with pytest.raises(CalmError, match="texts: 8 questions that this loop is judged by are in mini:train, such as"):
        Loop(told).run()
    assert not (tmp_path / "run").exists()


@pytest.mark.slow
@pytest.mark.parametrize("method", ["translations", "mixed"])
def test_a_loop_learns_the_texts_of_its_training_questions(method, tmp_path):
    model = tiny_model.write(tmp_path / "model", seed=1)
    told = settings(model, method=method, texts={"max_tokens": 600}, output=str(tmp_path / "run"))
    told["training"] = {**told["training"], "max_steps": 2}
    found = Loop(LoopArguments(**told)).run()
    assert len(found.signals) == 2
    split = json.loads((tmp_path / "run/split.json").read_text("utf-8"))
    rows = [json.loads(line) for line in (tmp_path / "run/round1/pairs/pairs.jsonl").read_text("utf-8").splitlines()]
    assert {row["question_id"] for row in rows} <= set(split["train"])
    assert not {row["question_id"] for row in rows} & {*split["dev"], *split["test"]}
    record = json.loads((tmp_path / f"run/round1/{method}/training.json").read_text("utf-8"))
    assert (record["method"], record["steps"], record["pairs"]["count"]) == ("SFT", 2, len(rows))
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "run/round1").rglob("*.safetensors")}
    Loop(LoopArguments(**told)).run()
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "run/round1").rglob("*.safetensors")} == before


def test_needles_are_evaluated_and_never_trained_on():
    metadata = {"needle": True, "haystack_tokens": 500}
    with pytest.raises(CalmError, match="metadata: needle is a probe, and never trained on; leave it out, or put it"):
        plan(arguments(metadata={**TRAIN, **metadata}))
    found = plan(arguments(evaluate=[evaluation(metadata=metadata, questions=10)]))
    assert found.evaluations[0].metadata == metadata


@pytest.mark.parametrize("metadata", [{**TRAIN, "mix": "gold"}, {"mini": {**TRAIN, "mix": "question"}}])
def test_mixed_languages_are_evaluated_and_never_trained_on(metadata):
    with pytest.raises(
        CalmError, match="metadata: mix is a probe, and never trained on; leave it out, or put it under"
    ):
        plan(arguments(metadata=metadata))
    with pytest.raises(CalmError, match="metadata: mix is a probe"):
        plan(arguments(metadata=metadata, method="grpo", task="calm_mini_xl_cot"))
    found = plan(arguments(evaluate=[evaluation(metadata={"mix": "gold"}, questions=10)]))
    assert found.evaluations[0].metadata == {"mix": "gold"}
