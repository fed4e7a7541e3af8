"""DCO, and DPO with a reference from the log: the gradient, where training ends, and whose log-probabilities count."""

import json
from pathlib import Path

import pytest
import torch
from datasets import Dataset
from transformers import AutoModelForCausalLM, AutoTokenizer
from trl.trainer.dpo_trainer import DataCollatorForPreference

from calm_harness.errors import CalmError
from tests.tiny_model import write as write_tiny
from trainer import dpo, sft
from trainer.methods.dco import DCOTrainer, TargetCollator
from trainer.methods.dpo import CalmDPOConfig
from trainer.methods.reference import LoggedReferenceDPOTrainer
from trainer.preferences import make
from trainer.preferences.arguments import PairArguments
from trainer.preferences.write import REFERENCE
from trainer.training import data
from trainer.training.shared_prompts import SharedPromptDPOTrainer
from trainer.training.tokens import Writer, tokens

RECIPE = str(Path(__file__).parents[2] / "recipes/train/dco.yaml")
NOT_USED = "the pairs' reference log-probabilities are not used, and computed anew: "


@pytest.fixture(scope="module")
def tiny_model(tmp_path_factory):
    return write_tiny(tmp_path_factory.mktemp("tiny") / "model", seed=1)


@pytest.fixture(scope="module")
def tokenizer(offline_model):
    return AutoTokenizer.from_pretrained(offline_model)


def folder_of(cloze_log, folder, **settings):
    assert make.command(PairArguments(samples=[str(cloze_log)], output=str(folder), **settings)) == 0
    return folder


@pytest.fixture(scope="module")
def voted(cloze_log, tmp_path_factory):
    """A folder of 12 pairs of options for DPO."""
    return folder_of(cloze_log, tmp_path_factory.mktemp("voted"), vote="own", score="pmi", max_pairs=12)


@pytest.fixture(scope="module")
def odds(cloze_log, tmp_path_factory):
    """A folder of 8 pairs of options for DCO."""
    return folder_of(cloze_log, tmp_path_factory.mktemp("odds"), objective="dco", partners="all", max_pairs=8)


def built(kind, model, examples, folder, **settings):
    """Make a trainer of all weights, in float32."""
    arguments = CalmDPOConfig(
        output_dir=str(folder), use_cpu=True, bf16=False, gradient_checkpointing=False, report_to="none",
        save_strategy="no", disable_tqdm=True, **settings,
    )  # fmt: skip
    tokenizer = AutoTokenizer.from_pretrained(model)
    return kind(
        model=AutoModelForCausalLM.from_pretrained(model, dtype=torch.float32),
        args=arguments,
        train_dataset=Dataset.from_list(examples),
        processing_class=tokenizer,
        **({"data_collator": TargetCollator(tokenizer.pad_token_id)} if kind is DCOTrainer else {}),
    )


# Eight items in two languages -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def small_model(tmp_path_factory):
    """The same of 64 tokens."""
    return write_tiny(tmp_path_factory.mktemp("small") / "model", seed=1, tokens=64)


def items():
    """Eight items in two languages, 5 and 6: what is chosen and what is rejected are of different lengths."""
    found = []
    for number in range(8):
        for language, (one, other) in (
            (5, ([20 + number], [28 + number, 36 + number])),
            (6, ([20 + number, 36 + number, 44 + number], [28 + number])),
        ):
            chosen, rejected = (one, other) if number % 2 else (other, one)
            found.append({"prompt_ids": [2, language, 10 + number], "chosen_ids": chosen, "rejected_ids": rejected})
    return found


def with_targets(model, folder):
    """Give items the model's own log-probabilities, and each row the log-odds of the other of its two."""
    reference = built(SharedPromptDPOTrainer, model, items(), folder).train_dataset
    odds = [row["ref_chosen_logps"] - row["ref_rejected_logps"] for row in reference]
    return [
        {**row, "target": odds[place + 1 if place % 2 == 0 else place - 1]} for place, row in enumerate(reference)
    ], odds


def odds_of(trainer, examples):
    inputs = DataCollatorForPreference(0)([{name: row[name] for name in row if name != "target"} for row in examples])
    with torch.no_grad():
        chosen, rejected = trainer.compute_ref_log_probs(trainer.model, inputs)
    return chosen - rejected


@pytest.mark.parametrize("target", [3.0, -3.0])
def test_the_gradient_is_that_of_the_log_odds_towards_the_target(target, small_model, tmp_path):
    (row, *_), _ = with_targets(small_model, tmp_path)
    trainer = built(DCOTrainer, small_model, [{**row, "target": target}], tmp_path)
    loss = trainer.compute_loss(trainer.model, trainer.data_collator([{**row, "target": target}]))
    assert loss.item() == pytest.approx(3, abs=1e-4)  # nothing has changed yet
    loss.backward()
    stock = AutoModelForCausalLM.from_pretrained(small_model, dtype=torch.float32)

    def log_probability(completion):
        ids = torch.tensor([row["prompt_ids"] + completion])
        by_token = stock(ids).logits[0, :-1].log_softmax(-1).gather(1, ids[0, 1:, None])
        return by_token[len(row["prompt_ids"]) - 1 :].sum()

    (log_probability(row["chosen_ids"]) - log_probability(row["rejected_ids"])).backward()
    towards = -1 if target > 0 else 1
    weights = dict(trainer.model.named_parameters())
    assert max(weight.grad.abs().max() for weight in weights.values()) > 1e-2
    for name, weight in stock.named_parameters():
        assert torch.allclose(weights[name].grad, towards * weight.grad, atol=1e-5), name


def test_eight_items_in_two_languages_end_at_equal_log_odds(small_model, tmp_path):
    examples, before = with_targets(small_model, tmp_path)
    trainer = built(
        DCOTrainer, small_model, examples, tmp_path, max_steps=300, per_device_train_batch_size=16, learning_rate=2e-2,
        max_grad_norm=0.0, logging_steps=300,
    )  # fmt: skip
    trainer.train()
    after = odds_of(trainer, examples)
    targets = torch.tensor([row["target"] for row in examples])
    assert targets.abs().min() > 3  # there was something to learn
    assert ((after - torch.tensor(before) - targets).abs() < 0.1).all()
    assert ((after[::2] - after[1::2]).abs() < 0.2).all()


def test_the_loss_that_is_logged_is_the_mean_distance_from_the_targets(small_model, tmp_path):
    examples, _ = with_targets(small_model, tmp_path)
    trainer = built(
        DCOTrainer, small_model, examples, tmp_path, max_steps=1, per_device_train_batch_size=16, logging_steps=1
    )
    trainer.train()
    distance = sum(abs(row["target"]) for row in examples) / 16
    assert trainer.state.log_history[0]["loss"] == pytest.approx(distance, rel=1e-4)


# The reference --------------------------------------------------------------------------------------------------------


def examples_of(folder, tokenizer):
    rows = data.load(str(folder))
    return list(tokens(rows, Writer(tokenizer), None, rows.numbers))


def computing_is_refused(monkeypatch):
    monkeypatch.setattr(SharedPromptDPOTrainer, "_precompute_ref_logps", lambda *_: pytest.fail("computed again"))


def test_a_log_has_the_references_log_probabilities_as_trl_computes_them(
    *, voted, offline_model, tokenizer, tmp_path, monkeypatch, caplog
):
    examples = examples_of(voted, tokenizer)
    bare = [{name: row[name] for name in row if name not in REFERENCE} for row in examples]
    computed = built(LoggedReferenceDPOTrainer, offline_model, bare, tmp_path / "computed").train_dataset
    computing_is_refused(monkeypatch)
    logged = built(LoggedReferenceDPOTrainer, offline_model, examples, tmp_path / "logged").train_dataset
    for column in REFERENCE:
        assert logged[column] == [row[column] for row in examples]
        assert list(computed[column]) == pytest.approx(list(logged[column]), abs=1e-3)
    assert not any(message.startswith(NOT_USED) for message in caplog.messages)


def test_another_models_log_probabilities_are_computed_anew(small_model, tmp_path, caplog):
    examples = items()
    computed = built(SharedPromptDPOTrainer, small_model, examples, tmp_path / "computed").train_dataset
    off = [
        {**row, "ref_rejected_logps": row["ref_rejected_logps"] + (place == 0) * 0.01}
        for place, row in enumerate(computed)
    ]
    found = built(LoggedReferenceDPOTrainer, small_model, off, tmp_path / "off").train_dataset
    (said,) = (message for message in caplog.messages if message.startswith(NOT_USED))
    assert said.startswith(f"{NOT_USED}of 8 pairs they differ from the model's by up to 0.01 nats (allowed: 0.001)")
    for column in REFERENCE:
        assert list(found[column]) == pytest.approx(list(computed[column]), abs=1e-4)


def test_targets_of_another_model_are_refused(small_model, tmp_path):
    examples, _ = with_targets(small_model, tmp_path)
    off = [{**row, "ref_chosen_logps": row["ref_chosen_logps"] - 1} for row in examples]
    with pytest.raises(CalmError, match="and so their targets, are not of the model that training starts from"):
        built(DCOTrainer, small_model, off, tmp_path / "off")


# Whole trainings ------------------------------------------------------------------------------------------------------


def flags(pairs, model, output, *more):
    return [
        "--pairs", str(pairs), "--model_name_or_path", str(model), "--output_dir", str(output), "--report_to", "none",
        "--per_device_train_batch_size", "8", "--gradient_checkpointing", "false", "--bf16", "false",
        "--logging_steps", "1", *more,
    ]  # fmt: skip


def test_dco_trains_on_pairs_of_a_log(odds, offline_model, tmp_path, monkeypatch):
    computing_is_refused(monkeypatch)
    assert dpo.main(flags(odds, offline_model, tmp_path, "--objective", "dco", "--num_train_epochs", "2")) == 0
    record = json.loads((tmp_path / "training.json").read_text("utf-8"))
    assert (record["method"], record["steps"], record["pairs"]["vote"]) == ("DCO", 2, "dco")
    losses = [entry["loss"] for entry in record["log"] if "loss" in entry]
    targets = [json.loads(line)["target"] for line in (odds / "pairs.jsonl").read_text("utf-8").splitlines()]
    assert losses[0] == pytest.approx(sum(map(abs, targets)) / 8, rel=1e-4)
    assert losses[-1] < losses[0]
    card = (tmp_path / "README.md").read_text("utf-8")
    assert "after DCO on 8 pairs of options of " in card
    assert "neither is preferred, and no label is used." in card


def test_dpo_leaves_the_reference_pass_out(voted, offline_model, tmp_path, monkeypatch):
    computing_is_refused(monkeypatch)
    assert dpo.main(flags(voted, offline_model, tmp_path, "--max_steps", "1")) == 0
    record = json.loads((tmp_path / "training.json").read_text("utf-8"))
    assert record["log"][0]["loss"] == pytest.approx(0.6931, abs=1e-4)  # log 2: the policy is still the reference


@pytest.mark.parametrize(
    ("train", "which", "more", "said"),
    [
        (dpo.main, "odds", [], "is for DCO: its sides are drawn, and neither is the better; train with python -m"),
        (sft.main, "odds", [], "is for DCO: its sides are drawn, and neither is the better; train with python -m"),
        (dpo.main, "voted", ["--objective", "dco"], "has no target in every row, which DCO needs; make pairs with"),
        (dpo.main, "odds", ["--objective", "dco", "--beta", "0.2"], "objective dco has a loss of its own, and its "),
        (
            dpo.main, "odds", ["--objective", "dco", "--precompute_ref_log_probs", "false"],
            "its reference from the pairs: leave precompute_ref_log_probs out",
        ),
        (dpo.main, "odds", ["--config", RECIPE], "and so their targets, are not of the model that training starts"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_one_line(*, train, which, more, said, request, tiny_model, tmp_path, capsys):
    assert train(flags(request.getfixturevalue(which), tiny_model, tmp_path, *more)) == 1
    (line,) = [line for line in capsys.readouterr().err.splitlines() if line.startswith("trainer.")]
    assert said in line


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"target": None}, "1 of 8 rows have no target; make pairs with python -m trainer.pairs --objective dco"),
        ({"target": "high"}, "row 3: target is no finite number; correct the row or take it out"),
        ({"ref_chosen_logps": float("nan")}, "row 3: ref_chosen_logps is no finite number; correct the row"),
        ({"ref_chosen_logps": None}, "has no ref_chosen_logps in every row, which DCO needs"),
    ],
)
def test_columns_that_are_no_numbers(change, said, odds, tmp_path):
    rows = [json.loads(line) for line in (odds / "pairs.jsonl").read_text("utf-8").splitlines()]
    rows[3] |= change
    path = tmp_path / "pairs.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8", newline="\n")
    with pytest.raises(CalmError) as told:
        data.check_objective(data.load(str(path)), str(path), targets=True)
    assert said in str(told.value)
