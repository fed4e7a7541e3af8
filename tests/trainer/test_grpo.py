"""GRPO: what is asked again, whole questions, TRL's advantage, whole trainings, and what is refused."""

import json
import math
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoTokenizer
from trl import TrlParser

from calm_harness.errors import CalmError
from calm_harness.evaluation import evaluate
from calm_harness.models import trained
from tests import speaking_model as speaking
from tests.conftest import log_of
from trainer import grpo
from trainer.methods.grpo import METHOD, CalmGRPOConfig, WholeQuestionsGRPOTrainer, build
from trainer.rollouts.arguments import PromptArguments
from trainer.rollouts.positions import Positions
from trainer.rollouts.prompts import check_batches, load, prepare
from trainer.training.arguments import Arguments, LoraModelConfig
from trainer.training.identity import TOKENS
from trainer.training.run import EXAMPLES, dataset
from trainer.training.tokens import encode_all

ROOT = Path(__file__).parents[2]
LETTERS = "ABCDE"


@pytest.fixture(scope="module")
def speaking_model(tmp_path_factory):
    """A tiny model that says A, B, C or D."""
    return speaking.write(tmp_path_factory.mktemp("speaking") / "model")


def asked(folder, model, task="calm_mini_xl_cot", split="train", limit=None):
    """Write a sample log of `mini`."""
    words = ["--model", "hf", "--model_args", f"pretrained={model},dtype=float32", "--device", "cpu"]
    words += ["--tasks", task, "--metadata", json.dumps({"split": split, "languages": ["en", "fr"]})]
    words += ["--batch_size", "16", "--output_path", str(folder), "--log_samples"]
    words += ["--gen_kwargs", "max_gen_toks=1"] if task.endswith("_cot") else []
    evaluate(words + (["--limit", str(limit)] if limit else []))
    return log_of(folder)


@pytest.fixture(scope="module")
def log(speaking_model, tmp_path_factory):
    """All 100 training questions in English and French."""
    return asked(tmp_path_factory.mktemp("asked"), speaking_model)


def rows_in(log):
    return [json.loads(line) for line in log.read_text("utf-8").splitlines()]


def write_rows(path, rows):
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    return path


def first(log, path, questions):
    """A log of the first questions of another."""
    return write_rows(path, rows_in(log)[: 2 * questions])


def flags(log, model, output, *more):
    told = {
        "samples": log, "model_name_or_path": model, "output_dir": output, "num_generations": 4,
        "per_device_train_batch_size": 8, "max_completion_length": 1, "learning_rate": 0.05, "bf16": "false",
        "gradient_checkpointing": "false", "report_to": "none", "logging_steps": 1, "disable_tqdm": "true",
    }  # fmt: skip
    return [word for name, value in told.items() for word in (f"--{name}", str(value))] + list(more)


def arguments(log, model, output, reward, **settings):
    told = {"num_generations": 3, "per_device_train_batch_size": 12, "bf16": False, "report_to": "none"} | settings
    return Arguments(
        PromptArguments(samples=[str(log)], reward=reward),
        CalmGRPOConfig(output_dir=str(output), max_completion_length=8, gradient_checkpointing=False, **told),
        LoraModelConfig(model_name_or_path=str(model)),
    )


# What is asked --------------------------------------------------------------------------------------------------------


def test_questions_are_asked_again_word_for_word_and_whole(log):
    rows = load(PromptArguments(samples=[str(log)]), seed=0)
    assert [row["language"] for row in rows] == ["en", "fr"] * 100
    assert all(one["question_id"] == other["question_id"] for one, other in zip(rows[::2], rows[1::2], strict=True))
    prompts = {
        (row["doc"]["question_id"], row["doc"]["language"]): row["arguments"]["gen_args_0"]["arg_0"]
        for row in rows_in(log)
    }
    assert {(row["question_id"], row["language"]): row["prompt"] for row in rows} == prompts
    ids = [row["question_id"] for row in rows[::2]]
    assert ids != sorted(ids)
    assert ids != [row["question_id"] for row in load(PromptArguments(samples=[str(log)]), seed=1)[::2]]


def test_a_question_that_a_language_lacks_is_left_out_and_counted(log, tmp_path, caplog):
    path = write_rows(tmp_path / "samples.jsonl", rows_in(log)[:7])
    assert len(load(PromptArguments(samples=[str(path)]), seed=0)) == 6
    assert "1 of 4 questions are not there in all of en, fr, and left out" in caplog.messages


def unlabelled(log, path):
    """A log without labels."""
    rows = rows_in(log)
    for row in rows:
        row["doc"]["answer"], row["target"] = -1, ""
    return write_rows(path, rows)


@pytest.mark.parametrize("reward", ["vote", "agree"])
def test_without_labels_the_same_is_trained_on_to_the_byte(reward, log, speaking_model, tmp_path):
    few = first(log, tmp_path / "few.jsonl", 4)
    logs = {"labelled": few, "unlabelled": unlabelled(few, tmp_path / "unlabelled.jsonl")}
    written = {}
    for name, path in logs.items():
        made = prepare(METHOD, arguments(path, speaking_model, tmp_path / name, reward), lambda: None)
        assert made.record["prompts"]["questions"] == 4
        written[name] = (tmp_path / name / TOKENS / EXAMPLES).read_bytes()
    assert written["labelled"] == written["unlabelled"]
    assert set(dataset(tmp_path / "labelled" / TOKENS)["right"]) == {None}  # all that a reward is given


def test_a_prompt_that_begins_with_the_first_token_gets_no_second(offline_model):
    tokenizer = AutoTokenizer.from_pretrained(offline_model)
    encode = WholeQuestionsGRPOTrainer._tokenize_prompts
    ids, images, rest = encode(SimpleNamespace(processing_class=tokenizer), ["<bos>Question", "Question"])
    assert ids[0] == ids[1] == [tokenizer.bos_token_id, *tokenizer.encode("Question", add_special_tokens=False)]
    assert (images, rest) == (None, {})


@pytest.fixture(scope="module")
def real_trainer(log, offline_model, tmp_path_factory):
    """A trainer of the real model, in float32; its responses are drawn, and learned, at a temperature of their own."""
    folder = tmp_path_factory.mktemp("real")
    settings = {"num_generations": 2, "per_device_train_batch_size": 4, "temperature": 0.7, "use_cpu": True}
    told = arguments(first(log, folder / "one.jsonl", 1), offline_model, folder / "out", "vote", **settings)
    prepare(METHOD, told, lambda: None)
    return build(dataset(folder / "out" / TOKENS), AutoTokenizer.from_pretrained(offline_model), told)


def batch_of(tokenizer, prompts, responses):
    """Lay prompts out as TRL does, each beside a response: padded at the left, these at the right."""
    left = tokenizer.pad([{"input_ids": ids} for ids in prompts], padding_side="left", return_tensors="pt")
    right = tokenizer.pad([{"input_ids": ids} for ids in responses], padding_side="right", return_tensors="pt")
    parts = [torch.cat([left[name], right[name]], dim=1) for name in ("input_ids", "attention_mask")]
    return (*parts, right["input_ids"].shape[1])


def test_shared_prompts_give_trls_log_probabilities(real_trainer):
    """Of two prompts and two responses each, in a drawn order, for the gradient too."""
    tokenizer = real_trainer.processing_class
    prompts = encode_all(tokenizer, [row["prompt"] for row in real_trainer.train_dataset])
    said = ["The answer is B.", "C", "Je pense que la réponse est A.", "B, parce que"]
    responses = [tokenizer.encode(text, add_special_tokens=False) for text in said]
    batch = batch_of(tokenizer, [prompts[number] for number in (1, 0, 1, 0)], responses)
    found = []
    for shares in (False, None):
        real_trainer.shares = shares
        logps, entropies, _ = real_trainer._get_per_token_logps_and_entropies(
            real_trainer.model, *batch, compute_entropy=True
        )
        mask = batch[1][:, -batch[2] :]
        (logps * mask).sum().backward()
        gradients = [weight.grad.clone() for weight in real_trainer.model.parameters() if weight.grad is not None]
        real_trainer.model.zero_grad()
        found.append((logps.detach() * mask, entropies * mask, gradients))
    assert real_trainer.shares  # it was our path
    (one, one_entropies, one_gradients), (other, other_entropies, other_gradients) = found
    assert one.shape == (4, batch[2])
    assert torch.allclose(one, other, atol=1e-4)
    assert torch.allclose(one_entropies, other_entropies, atol=1e-3)  # sums over 262,144 tokens
    assert len(one_gradients) == len(other_gradients) > 0
    assert all(torch.allclose(a, b, atol=1e-3, rtol=1e-3) for a, b in zip(one_gradients, other_gradients, strict=True))


# TRL's advantage ------------------------------------------------------------------------------------------------------

# Places beside the right option, in two languages and three rollouts; None: no answer, "": nothing. R by hand.
ROLLOUTS = {
    0: ([[0, 1, ""], [0, 0, None]], [2.0, 1.0, -1.5]),
    1: ([[0, 0, 1], [0, 2, 1]], [2.0, 1.0, 0.0]),
}
POLYFACT = [1.019049, 0.339683, -1.358732], [1.224745, 0.0, -1.224745]  # (R - mean) / std of the population


def test_trls_advantage_is_polyfacts_but_for_the_sample_in_its_deviation(log, speaking_model, tmp_path):
    """Two facts in two languages, three rollouts each, through TRL itself: only what the model says is given."""
    told = arguments(first(log, tmp_path / "two.jsonl", 2), speaking_model, tmp_path / "out", "gold")
    prepare(METHOD, told, lambda: None)
    tokenizer = AutoTokenizer.from_pretrained(speaking_model)
    trainer = build(dataset(tmp_path / "out" / TOKENS), tokenizer, told)
    (batch,) = list(trainer.get_train_dataloader())
    assert [row["language"] for row in batch] == (["en"] * 3 + ["fr"] * 3) * 2
    assert batch[0]["question_id"] == batch[5]["question_id"] != batch[6]["question_id"] == batch[11]["question_id"]
    beside = [place for fact in ROLLOUTS.values() for language in fact[0] for place in language]
    said = [
        {None: "Hm.", "": ""}.get(place)
        if place in (None, "")
        else LETTERS[(row["right"][0] + place) % len(row["options"])]
        for place, row in zip(beside, batch, strict=True)
    ]
    ids = [[*tokenizer.encode(text, add_special_tokens=False), tokenizer.eos_token_id] for text in said]
    trainer.rollout_func = lambda prompts, _: {
        "prompt_ids": trainer._tokenize_prompts(prompts)[0], "completion_ids": ids, "logprobs": None,
    }  # fmt: skip
    trainer.model.train()
    advantages = trainer._generate_and_score_completions(batch)["advantages"].tolist()
    rewards = list(trainer._logs["rewards"]["gold"])
    shared = [total for _, totals in ROLLOUTS.values() for _ in range(2) for total in totals]
    assert rewards == shared
    # TRL divides by the sample's deviation, √(3/2) times the population's, and adds 1e-4 to it (PolyFact 1e-6).
    expected = [value * math.sqrt(2 / 3) for fact in POLYFACT for _ in range(2) for value in fact]
    assert advantages == pytest.approx(expected, abs=2e-4)


# Whole trainings ------------------------------------------------------------------------------------------------------


def logged(record, name):
    return [entry[name] for entry in record["log"] if name in entry]


def test_a_vote_is_learned_until_the_positions_collapse(log, speaking_model, tmp_path, capsys):
    """A model that knows nothing can only learn to say one letter: the reward rises, and the rule ends it."""
    argv = flags(
        log,
        speaking_model,
        tmp_path / "out",
        "--per_device_train_batch_size",
        "128",
        "--num_train_epochs",
        "8",
        "--min_entropy",
        "0.4",
    )
    assert grpo.main(argv) == 0
    record = json.loads((tmp_path / "out/training.json").read_text("utf-8"))
    assert (record["method"], record["finished"], "pairs" in record) == ("GRPO", True, False)
    assert record["prompts"]["count"] == 200
    assert record["cost"]["tokens"] > 200
    assert record["prompts"]["by_language"] == {"en": 100, "fr": 100}
    rewards, entropies = logged(record, "reward"), logged(record, "position_entropy")
    assert rewards[0] < 0.65
    assert max(rewards) > 0.8
    assert entropies[0] > 0.85
    assert logged(record, "no_answer")[0] == 0
    (stopped,) = logged(record, "stopped")
    assert record["steps"] < 48
    assert f"stopped after step {record['steps']} of 48: the answers' positions collapsed (entropy " in stopped
    weights = load_file(tmp_path / "out/adapter_model.safetensors")
    assert any(weight.abs().max() > 0 for name, weight in weights.items() if "lora_B" in name)
    card = (tmp_path / "out/README.md").read_text("utf-8")
    assert f"**Stopped**: {stopped}." in card
    assert "after GRPO on 200 prompts of 100 questions in en, fr," in card
    assert "## Prompts\n\n| language | prompts |" in card
    assert "Labels were used" not in card
    # Of 100 questions the id, and in two languages the stem and the prompt.
    assert len(trained.read(tmp_path / "out")) == 500
    assert not (tmp_path / "out" / TOKENS).exists()
    # It is done once, and the folder is for no other training.
    capsys.readouterr()
    assert grpo.main(argv) == 0
    out = capsys.readouterr().out
    assert f"GRPO, {record['steps']} steps on 200 prompts of 100 questions\n  stopped after step" in out
    assert grpo.main([*argv, "--reward", "agree"]) == 1
    assert "holds a training with other settings; name another --output_dir" in capsys.readouterr().err
    argv[1] = str(first(log, tmp_path / "few.jsonl", 40))
    assert grpo.main(argv) == 1
    assert "holds a training with other prompts; name another --output_dir" in capsys.readouterr().err


def test_labels_are_learned_and_the_card_says_so(log, speaking_model, tmp_path):
    argv = flags(first(log, tmp_path / "few.jsonl", 3), speaking_model, tmp_path / "out", "--reward", "gold+all")
    assert grpo.main(argv) == 0
    record = json.loads((tmp_path / "out/training.json").read_text("utf-8"))
    assert record["steps"] == 3
    assert all(0 <= reward <= 3 for reward in logged(record, "reward"))  # two languages and the bonus
    card = (tmp_path / "out/README.md").read_text("utf-8")
    assert "Labels were used: this is an upper bound" in card
    assert "The reward is `gold+all`" in card


def test_cut_off_it_goes_on_with_what_it_has_seen(log, speaking_model, tmp_path, monkeypatch):
    argv = flags(first(log, tmp_path / "few.jsonl", 6), speaking_model, tmp_path / "out", "--save_steps", "2")
    step, seen = WholeQuestionsGRPOTrainer.training_step, []

    def cut(self, *given):
        if self.state.global_step == 3:
            raise CalmError("cut off")
        return step(self, *given)

    monkeypatch.setattr(WholeQuestionsGRPOTrainer, "training_step", cut)
    assert grpo.main(argv) == 1
    assert (tmp_path / "out/checkpoint-2").is_dir()
    monkeypatch.setattr(WholeQuestionsGRPOTrainer, "training_step", step)
    begin = Positions.on_train_begin

    def begun(self, *given, **named):
        begin(self, *given, **named)
        seen.append(self)

    monkeypatch.setattr(Positions, "on_train_begin", begun)
    assert grpo.main(argv) == 0
    record = json.loads((tmp_path / "out/training.json").read_text("utf-8"))
    assert (record["steps"], record["finished"]) == (6, True)
    assert len(seen[0].first) == 6  # two steps of the checkpoint, and four more


@pytest.mark.slow
def test_two_processes_have_whole_questions_each(log, speaking_model, tmp_path):
    torchrun = str(Path(sys.executable).with_name("torchrun"))
    command = [torchrun, "--nproc-per-node", "2", "-m", "trainer.grpo"]
    few = first(log, tmp_path / "few.jsonl", 6)
    subprocess.run([*command, *flags(few, speaking_model, tmp_path / "out")], check=True, cwd=ROOT, timeout=600)
    record = json.loads((tmp_path / "out/training.json").read_text("utf-8"))
    assert record["steps"] == 3  # two questions a step
    assert logged(record, "no_answer") == [0, 0, 0]
    done = subprocess.run(
        [*command, *flags(few, speaking_model, tmp_path / "bad", "--per_device_train_batch_size", "4")],
        check=False, cwd=ROOT, timeout=600, capture_output=True, encoding="utf-8",
    )  # fmt: skip
    assert done.returncode != 0
    assert "which are no whole questions; give --per_device_train_batch_size 8" in done.stderr


# Bad input ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def failure(capsys, speaking_model, tmp_path):
    """What `trainer.grpo` says, in its one line, of a log and further flags."""

    def run(log, *more):
        capsys.readouterr()
        assert grpo.main(flags(log, speaking_model, tmp_path / "out", *more)) == 1
        (line,) = (line for line in capsys.readouterr().err.splitlines() if line.startswith("trainer.grpo: "))
        assert not (tmp_path / "out" / "adapter_model.safetensors").exists()
        return line

    return run


def test_batches_without_whole_questions(failure, log):
    said = failure(log, "--per_device_train_batch_size", "4")
    assert "a question has 8 responses (2 languages, num_generations 4), and a process 4 at a time" in said
    assert "give --per_device_train_batch_size 8," in said
    more = ["--per_device_train_batch_size", "6", "--gradient_accumulation_steps", "2"]
    assert "and a process 12 at a time, which are no whole questions; give --per_device_train_batch_size 8," in failure(
        log, *more
    )
    assert "100 questions are fewer than the 101 of a batch" in failure(log, "--per_device_train_batch_size", "808")
    assert "shuffle_dataset would part a question's languages" in failure(log, "--shuffle_dataset", "true")
    assert "generation_batch_size (6) must be divisible by num_generations (4)" in failure(
        log, "--per_device_train_batch_size", "6"
    )


def test_the_recipe_has_four_questions_in_six_languages_a_step(tmp_path):
    parser = TrlParser([PromptArguments, CalmGRPOConfig, LoraModelConfig])
    argv = ["--config", str(ROOT / "recipes/train/grpo.yaml"), "--samples", "log", "--output_dir", str(tmp_path)]
    data, training, _ = parser.parse_args_and_config(argv)
    assert (data.reward, training.loss_type, training.beta, training.num_iterations) == ("vote", "grpo", 0, 1)
    asked_of = [{"language": language} for _ in range(4) for language in ("en", "zh", "fr", "de", "it", "ja")]
    check_batches(asked_of, training)
    with pytest.raises(CalmError, match="3 questions are fewer than the 4 of a batch"):
        check_batches(asked_of[:18], training)


def test_questions_that_fill_no_batch_are_told_of(log, speaking_model, tmp_path, caplog):
    told = arguments(first(log, tmp_path / "three.jsonl", 3), speaking_model, tmp_path / "out", "vote")
    prepare(METHOD, told, lambda: None)  # two questions at a time
    assert "the last 1 of 3 questions fill no batch, and are left out" in caplog.messages


def test_questions_that_are_held_out(failure, log, speaking_model, tmp_path):
    test = asked(tmp_path / "test", speaking_model, split="test", limit=4)
    assert "2 questions of these prompts are in mini:test: " in failure(test)
    assert f"of these prompts are in {log}: " in failure(log, "--held_out", str(log))
    said = failure(test, "--transductive", "true", "--reward", "gold")
    assert "reward=gold would train on the labels of questions that are evaluated" in said


def test_logs_that_do_not_fit(failure, log, speaking_model, tmp_path):
    scored = asked(tmp_path / "scored", speaking_model, task="calm_mini_xl_cloze", limit=4)
    assert "has scored options, and GRPO has responses written; take a _cot task's log" in failure(scored)
    hidden = unlabelled(first(log, tmp_path / "few.jsonl", 2), tmp_path / "unlabelled.jsonl")
    assert "its label is hidden, and reward=gold is made of labels; take vote or agree" in failure(
        hidden, "--reward", "gold"
    )
    assert "reward=agree asks the other languages, and there is fr alone" in failure(
        log, "--reward", "agree", "--languages", "fr"
    )
    one_each = write_rows(tmp_path / "apart.jsonl", rows_in(log)[1:3])
    assert "no question is there in all of fr, en" in failure(one_each)


def test_a_learning_rate_that_breaks_the_model(failure, log):
    said = failure(log, "--learning_rate", "1e30")
    assert "lower --learning_rate, or train in float32 (--bf16 false)" in said
