"""Loops and studies whose method is GRPO: what is asked again, what is not, and what is refused at once."""

import json
import re
from pathlib import Path

import pytest
import yaml
from trl import TrlParser

from calm_harness.errors import CalmError
from calm_harness.predictions import read
from tests import speaking_model
from tests.conftest import log_of
from tests.small_loop import settings
from trainer import loop
from trainer.methods.grpo import CalmGRPOConfig
from trainer.rollouts.arguments import PromptArguments
from trainer.rollouts.prompts import check_batches
from trainer.rollouts.prompts import load as load_prompts
from trainer.rounds.arguments import LoopArguments, StudyArguments
from trainer.rounds.loop import Loop, training_inputs
from trainer.rounds.plan import plan
from trainer.rounds.study import Study
from trainer.training.arguments import LoraModelConfig

ROOT = Path(__file__).parents[2]
TRAINING = {
    "num_generations": 2, "per_device_train_batch_size": 8, "max_completion_length": 1, "learning_rate": 0.05,
    "logging_steps": 1, "bf16": False, "gradient_checkpointing": False, "report_to": "none",
}  # fmt: skip


def told(model, **changes):
    """A loop of GRPO in two languages, on eight questions."""
    return settings(
        model,
        task="calm_mini_xl_cot",
        gen_kwargs="do_sample=True,temperature=1.0,max_gen_toks=1",
        eval_args=["--device", "cpu", "--batch_size", "8", "--gen_kwargs", "max_gen_toks=1"],
        method="grpo",
        train_questions=8,
        dev_questions=2,
        test_questions=2,
        training=dict(TRAINING),
        **changes,
    )


# Before anything is run -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"task": "calm_mini_xl_cloze"}, "and task calm_mini_xl_cloze has none written; take the set's _cot task"),
        ({"task": "calm_mini_xl_open"}, "and task calm_mini_xl_open has none written; take the set's _cot task"),
        ({"training": {"reward": "silver"}}, "there is no reward 'silver' (known: vote, agree, gold, gold+all)"),
        ({"training": {"reward": "gold"}, "transductive": True}, "reward gold would train on the labels of questions"),
        ({"training": {"samples": ["log"]}}, "training: a loop makes samples itself; leave it out"),
    ],
)
def test_what_cannot_be_rewarded(changes, said):
    with pytest.raises(CalmError, match=re.escape(said)):
        plan(LoopArguments(output="run", **{**told("org/none"), **changes}))


def test_pairs_are_ignored_where_all_arms_share_them_and_refused_where_grpo_names_them(tmp_path, capsys):
    shared = {**told("org/none"), "method": "dpo", "training": {}, "pairs": {"vote": "pivot"}}
    arms = {"pivot": {"metadata": {**shared["metadata"], "repeats": 2}}, "grpo": {"method": "grpo"}}
    study = StudyArguments(output=str(tmp_path / "study"), loop=shared, arms=arms)
    assert Study(study).loop("grpo", 0).plan.split == Study(study).loop("pivot", 0).plan.split
    arms["grpo"]["pairs"] = {"vote": "own"}
    message = "grpo: method grpo learns no pairs, but what its prompts are answered; leave pairs out"
    with pytest.raises(CalmError, match=message):
        Study(study)
    path = tmp_path / "config.yaml"
    path.write_text(yaml.safe_dump({**told("org/none"), "output": str(tmp_path / "run")}), "utf-8", newline="\n")
    assert loop.main(["--config", str(path)]) == 1
    assert capsys.readouterr().err.strip().endswith(message.partition(": ")[2])
    assert not (tmp_path / "run").exists()


def test_the_arms_of_the_recipe_have_whole_questions(tmp_path):
    """A step has four questions in six languages, eight times each."""
    recipe = yaml.safe_load((ROOT / "recipes/studies/rivals_chat.yaml").read_text("utf-8"))
    rewards = []
    for arm in recipe["arms"].values():
        if arm.get("method") != "grpo":
            continue
        training = {**recipe["loop"]["training"], **arm["training"]}
        path = tmp_path / "grpo.yaml"
        path.write_text(yaml.safe_dump({**training, "bf16": False, "use_cpu": True, "use_vllm": False}), "utf-8")
        parser = TrlParser([PromptArguments, CalmGRPOConfig, LoraModelConfig])
        argv = ["--config", str(path), "--samples", "log", "--output_dir", str(tmp_path / "out")]
        data, config, _ = parser.parse_args_and_config(argv)
        check_batches([{"language": language} for _ in range(4) for language in "abcdef"], config)
        assert config.generation_batch_size == 4 * 6 * 8
        rewards.append(data.reward)
    assert rewards == ["vote", "agree", "gold", "gold+all"]


# Whole runs -----------------------------------------------------------------------------------------------------------


def prompts_of(log, ids):
    return {row.prompt for row in read(log) if row.question_id in ids}


@pytest.mark.slow
def test_two_rounds_ask_the_training_questions_again_and_no_others(tmp_path):
    """The model says a letter at random, so that rewards differ, and something is learned in both rounds."""
    model = speaking_model.write(tmp_path / "model")
    metadata = {"split": "train", "languages": ["en", "fr"]}
    evaluated = {"name": "mini", "task": "calm_mini_xl_cot", "metadata": metadata, "questions": 5}
    config = told(model, output=str(tmp_path / "run"), rounds=2, min_entropy=0.0, evaluate=[evaluated])
    config["dev_questions"] = 0  # so that no round ends it
    found = Loop(LoopArguments(**config)).run()
    assert len(found.signals) == 3
    split = json.loads((tmp_path / "run/split.json").read_text("utf-8"))
    assert split["held_out"] == {"mini": 5}
    for number, previous in ((1, "base"), (2, "round1")):
        folder = tmp_path / f"run/round{number}"
        asked = yaml.safe_load((folder / "grpo.yaml").read_text("utf-8"))
        assert asked["samples"] == [str(log_of(tmp_path / "run" / previous / "sample"))]
        assert asked["held_out"] == [str(log_of(tmp_path / "run/base/mini"))]
        assert "reference" not in asked
        rows = load_prompts(PromptArguments(samples=asked["samples"], questions=asked["questions"]), seed=0)
        assert {row["question_id"] for row in rows} == set(split["train"])
        assert {row["prompt"] for row in rows} == prompts_of(log_of(tmp_path / "run/base/sample"), split["train"])
        record = json.loads((folder / "grpo/training.json").read_text("utf-8"))
        assert (record["method"], record["steps"], record["prompts"]["count"]) == ("GRPO", 4, 16)
        assert record["arguments"]["min_entropy"] == 0
        assert not (folder / "pairs").exists()
    adapters = [(tmp_path / f"run/round{number}/grpo/adapter_model.safetensors").read_bytes() for number in (1, 2)]
    assert adapters[0] != adapters[1]
    # Again: nothing is done twice. What decides a training is its log, its questions and its settings.
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "run").rglob("done.json")}
    Loop(LoopArguments(**config)).run()
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "run").rglob("done.json")} == before
    said = "grpo holds what was done with other inputs (arguments: reward)"
    with pytest.raises(CalmError, match=re.escape(said)):
        Loop(LoopArguments(**{**config, "training": {**TRAINING, "reward": "agree"}})).run()
    first = yaml.safe_load((tmp_path / "run/round1/grpo.yaml").read_text("utf-8"))
    (tmp_path / "few.txt").write_text(f"{split['train'][0]}\n", "utf-8")
    fewer = training_inputs({**first, "questions": str(tmp_path / "few.txt")})
    assert {name for name, value in training_inputs(first).items() if fewer[name] != value} == {"questions"}


@pytest.mark.slow
def test_a_base_model_that_seldom_answers_is_trained_too(tmp_path, offline_model):
    """In a study, beside an arm that learns pairs; the labels of `gold` are those of the training questions."""
    shared = {**told(offline_model), "method": "dpo", "dev_questions": 0, "test_questions": 1, "train_questions": 2}
    shared |= {"pairs": {"ties": "random", "chosen": ["native", "template"]}}
    shared |= {"gen_kwargs": "do_sample=True,temperature=1.0,max_gen_toks=8"}
    shared["eval_args"] = ["--device", "cpu", "--batch_size", "4", "--gen_kwargs", "max_gen_toks=8"]
    shared["training"] |= {"per_device_train_batch_size": 4, "max_completion_length": 8, "learning_rate": 1e-4}
    arm = {"method": "grpo", "training": {"reward": "gold"}}
    Study(StudyArguments(output=str(tmp_path / "study"), seeds=[0], loop=shared, arms={"gold": arm})).run()
    record = json.loads((tmp_path / "study/gold/seed0/round1/grpo/training.json").read_text("utf-8"))
    assert (record["steps"], record["prompts"]["reward"]) == (2, "gold")
    assert sorted(path.name for path in (tmp_path / "study/base").iterdir()) == ["sample", "unseen"]
