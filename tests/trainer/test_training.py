"""Training: the same loss as TRL's, the tokens that evaluation sees, resuming, and what is refused."""

import copy
import json
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from datasets import Dataset
from peft import LoraConfig, PrefixTuningConfig, PromptTuningConfig
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, AutoTokenizer, TrainerState
from trl import DPOConfig, DPOTrainer, SFTConfig, SFTTrainer
from trl.trainer.utils import FusedCausalLMOutput

from calm_harness.errors import CalmError
from calm_harness.models import trained as trained_on
from tests import tiny_model as tiny
from trainer import dpo, sft
from trainer.preferences import make
from trainer.preferences.arguments import PairArguments
from trainer.training import data, run
from trainer.training.model import check_adapter
from trainer.training.record import cost
from trainer.training.shared_prompts import Shared, SharedPromptDPOTrainer, SharedPromptSFTTrainer, rows
from trainer.training.tokens import SIDES, Writer, demonstrations, tokens

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def some_pairs(cloze_log, tmp_path_factory):
    """A folder of 12 pairs of options."""
    folder = tmp_path_factory.mktemp("pairs")
    arguments = PairArguments(samples=[str(cloze_log)], output=str(folder), score="pmi", vote="own", max_pairs=12)
    assert make.command(arguments) == 0
    return folder


@pytest.fixture(scope="module")
def tokenizer(offline_model):
    return AutoTokenizer.from_pretrained(offline_model)


@pytest.fixture(scope="module")
def tiny_model(tmp_path_factory):
    return tiny.write(tmp_path_factory.mktemp("tiny") / "model", seed=1)


# The loss -------------------------------------------------------------------------------------------------------------


def four(folder):
    """Take the first pairs of a folder."""
    return list(data.load(str(folder)))[:4]


LORA = LoraConfig(r=4, target_modules="all-linear", task_type="CAUSAL_LM")


def trained(kind, model, examples, folder, adapter=LORA, **settings):
    """Take two steps with a trainer, straight down the gradient; return it, what it logged, its adapter's weights."""
    config = DPOConfig if issubclass(kind, DPOTrainer) else SFTConfig
    arguments = config(
        output_dir=str(folder), max_steps=2, per_device_train_batch_size=2, learning_rate=1.0, logging_steps=1,
        optim="sgd", use_cpu=True, bf16=False, gradient_checkpointing=False, report_to="none",
        save_strategy="no", **settings,
    )  # fmt: skip
    torch.manual_seed(0)
    trainer = kind(
        model=AutoModelForCausalLM.from_pretrained(model, dtype=torch.float32),
        args=arguments,
        train_dataset=Dataset.from_list(examples),
        processing_class=AutoTokenizer.from_pretrained(model),
        peft_config=copy.deepcopy(adapter),  # PEFT writes into it
    )
    trainer.train()
    trainer.save_model(str(folder))
    logged = [
        {name: value for name, value in entry.items() if name != "rewards/accuracies"}  # rewards of 0 but for rounding
        for entry in trainer.state.log_history[:-1]
    ]
    return trainer, logged, load_file(folder / "adapter_model.safetensors")


def assert_same(one, other):
    for a, b in zip(one[1], other[1], strict=True):
        assert a == pytest.approx(b, rel=2e-3, abs=2e-3)
    for name, weight in one[2].items():
        assert torch.allclose(weight, other[2][name], atol=1e-4), name


@pytest.mark.parametrize(
    ("name", "adapter", "settings"),
    [
        ("offline_model", LORA, {"precompute_ref_log_probs": True}),
        ("tiny_model", LORA, {"loss_type": ["ipo", "sft"], "beta": 0.3}),
        ("offline_model", PromptTuningConfig(task_type="CAUSAL_LM", num_virtual_tokens=5), {}),
        ("offline_model", PrefixTuningConfig(task_type="CAUSAL_LM", num_virtual_tokens=5), {}),
        ("tiny_model", PrefixTuningConfig(task_type="CAUSAL_LM", num_virtual_tokens=5), {"loss_type": ["ipo", "sft"]}),
    ],
    ids=["sigmoid, reference before", "ipo and sft, reference beside", "prompt", "prefix", "prefix, ipo and sft"],
)
def test_shared_prompts_give_trls_loss(*, name, adapter, settings, some_pairs, request, tmp_path, monkeypatch):
    """On the same tokens; TRL itself would add an end-of-sequence token, which the pairs bring here for both."""
    model = request.getfixturevalue(name)
    tokenizer = AutoTokenizer.from_pretrained(model)
    texts = [
        {**row, **{side: row[side] + tokenizer.eos_token for side in ("chosen", "rejected")}, "format": "cloze"}
        for row in four(some_pairs)
    ]
    plain = [{name: row[name] for name in data.COLUMNS} for row in texts]
    stock = trained(DPOTrainer, model, plain, tmp_path / "stock", adapter, **settings)
    answered = []
    answer = Shared._answer
    monkeypatch.setattr(Shared, "_answer", lambda *given: answered.append(answer(*given)) or answered[-1])
    examples = list(tokens(texts, Writer(tokenizer)))
    ours = trained(SharedPromptDPOTrainer, model, examples, tmp_path / "ours", adapter, **settings)
    assert ours[0].shares  # it was our path
    assert len(answered) > 2  # and not the trial alone
    assert isinstance(answered[0], FusedCausalLMOutput)
    assert_same(ours, stock)


def test_virtual_tokens_that_several_processes_train_go_trls_way(some_pairs, tiny_model, tmp_path, monkeypatch):
    """Processes meet where the wrapped model is called, and virtual tokens are put before a text past that."""
    examples = list(tokens(four(some_pairs), Writer(AutoTokenizer.from_pretrained(tiny_model))))
    adapter = PromptTuningConfig(task_type="CAUSAL_LM", num_virtual_tokens=5)
    trainer, *_ = trained(SharedPromptDPOTrainer, tiny_model, examples, tmp_path, adapter)
    assert trainer._obstacle(trainer.model) is None
    monkeypatch.setattr(type(trainer.accelerator), "num_processes", property(lambda _: 2))
    assert trainer._obstacle(trainer.model) == "several processes train virtual tokens"


def test_sft_with_the_head_on_completions_alone_gives_trls_loss(some_pairs, offline_model, tokenizer, tmp_path):
    examples = list(demonstrations(tokens(four(some_pairs), Writer(tokenizer, ("chosen",)))))
    stock = trained(SFTTrainer, offline_model, examples, tmp_path / "stock")
    ours = trained(SharedPromptSFTTrainer, offline_model, examples, tmp_path / "ours")
    assert ours[0].shares
    assert_same(ours, stock)


@pytest.mark.parametrize(
    ("rows", "read", "learned"),
    [
        ([{"prompt_ids": [1, 2, 3], "chosen_ids": [4], "rejected_ids": [5, 6], "target": 0.5}], 6, 3),
        ([{"input_ids": [1, 2, 3, 4], "labels": [-100, -100, 3, 4]}, {"input_ids": [1], "labels": [1]}], 5, 3),
    ],
)
def test_what_a_training_cost(rows, read, learned):
    state = TrainerState(epoch=2.0, global_step=8)
    assert cost(rows, state, 10.0) == {"seconds": 10.0, "tokens": read * 2, "learned_tokens": learned * 2}
    assert cost(rows, state, 10.0, begun=4)["seconds"] == 20.0
    assert cost(rows, state, 0.1, begun=8)["seconds"] is None
    asked = cost([{"prompt": "x"}], TrainerState(num_input_tokens_seen=70), 1.0)
    assert (asked["tokens"], asked["learned_tokens"]) == (70, None)


def test_what_begins_alike_is_one_row():
    ids = torch.tensor([[5, 6, 7, 0], [5, 6, 8, 9], [4, 7, 0, 0]])
    labels = torch.tensor([[-100, -100, 7, -100], [-100, -100, 8, 9], [-100, 7, -100, -100]])
    one, other = rows(ids, labels)
    assert one.prefix == (5, 6)
    assert [(branch.tokens, branch.requests) for branch in one.branches] == [((7,), (0,)), ((8, 9), (1,))]
    assert (other.prefix, other.branches[0].tokens, other.branches[0].requests) == ((4,), (7,), (2,))
    assert rows(ids, torch.full_like(ids, -100)) is None
    assert rows(ids, ids) is None  # no prompt
    padded = torch.tensor([[0, 5, 6, 7], [5, 6, 8, 9]])
    padded_labels = torch.tensor([[-100, -100, -100, 7], [-100, -100, 8, 9]])
    (one,) = rows(padded, padded_labels, torch.tensor([[0, 1, 1, 1], [1, 1, 1, 1]]))
    assert (one.prefix, [branch.tokens for branch in one.branches]) == ((5, 6), [(7,), (8, 9)])
    assert rows(ids[:1], torch.tensor([[-100, 6, -100, 0]])) is None  # two completions


def test_stock_trl_is_used_where_prompts_cannot_be_shared(some_pairs, tiny_model, tmp_path, monkeypatch):
    examples = list(tokens(four(some_pairs), Writer(tiny.tokenizer())))
    monkeypatch.setattr(Shared, "_answer", lambda *_: pytest.fail("shared"))
    trainer, *_ = trained(SharedPromptDPOTrainer, tiny_model, examples, tmp_path, use_weighting=True)
    assert trainer.shares is False


def of_other_numbers(answer):
    def answered(self, *given):
        found = answer(self, *given)
        found.log_probs = found.log_probs * 1.1  # as if the model had read something else
        return found

    return answered


def of_another_contract(answer):
    def answered(*_):
        raise TypeError("forward() got an unexpected keyword argument 'position_ids'")

    return answered


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (of_other_numbers, "the log-probabilities of a first batch differ from TRL's own by "),
        (of_another_contract, "it was tried and failed (forward() got an unexpected keyword argument 'position_ids')"),
    ],
)
@pytest.mark.parametrize("kind", [SharedPromptDPOTrainer, SharedPromptSFTTrainer])
def test_where_a_trial_fails_trls_own_way_is_taken(
    *, kind, broken, said, some_pairs, tiny_model, tmp_path, monkeypatch, caplog
):
    stock = DPOTrainer if kind is SharedPromptDPOTrainer else SFTTrainer
    texts = four(some_pairs)
    sides = SIDES if kind is SharedPromptDPOTrainer else ("chosen",)
    examples = list(tokens(texts, Writer(tiny.tokenizer(), sides)))
    examples = examples if kind is SharedPromptDPOTrainer else list(demonstrations(examples))
    monkeypatch.setattr(Shared, "_answer", broken(Shared._answer))
    ours = trained(kind, tiny_model, examples, tmp_path / "ours")
    assert ours[0].shares is False
    (line,) = (message for message in caplog.messages if message.startswith("prompts are not shared"))
    assert line.startswith(f"prompts are not shared: {said}")
    monkeypatch.setattr(stock, "_prepare_dataset", lambda _, dataset, *rest: dataset)
    assert_same(ours, trained(stock, tiny_model, examples, tmp_path / "stock"))


# Whole trainings ------------------------------------------------------------------------------------------------------

FAST = ["--per_device_train_batch_size", "4", "--gradient_checkpointing", "false", "--report_to", "none"]


def flags(some_pairs, model, output, *more):
    return [
        "--pairs",
        str(some_pairs),
        "--model_name_or_path",
        str(model),
        "--output_dir",
        str(output),
        *FAST,
        *more,
    ]


def encoded(folder, model):
    """language -> side -> the tokens of options, which stand after a prompt without white space at its end."""
    tokenizer = AutoTokenizer.from_pretrained(model)
    sides = {}
    for line in (folder / "pairs.jsonl").read_text("utf-8").splitlines():
        row = json.loads(line)
        found = sides.setdefault(row["language"], {"chosen": [], "rejected": []})
        for side, ids in found.items():
            ids.append(tokenizer.encode(row[side], add_special_tokens=False))
    return sides


@pytest.fixture(scope="module")
def few_pairs(cloze_log, tmp_path_factory):
    """A folder of 6 pairs of options, two of each language."""
    folder = tmp_path_factory.mktemp("few")
    arguments = PairArguments(samples=[str(cloze_log)], output=str(folder), score="pmi", vote="own", max_pairs=6)
    assert make.command(arguments) == 0
    return folder


def test_dpo_learns_its_pairs_and_is_done_once(few_pairs, offline_model, tmp_path, capsys):
    argv = flags(few_pairs, offline_model, tmp_path / "dpo", "--logging_steps", "1", "--num_train_epochs", "2")
    argv += ["--per_device_train_batch_size", "6", "--merge", "true"]
    assert dpo.main(argv) == 0
    record = json.loads((tmp_path / "dpo/training.json").read_text())
    assert record["finished"]
    assert record["steps"] == 2
    losses = [entry["loss"] for entry in record["log"] if "loss" in entry]
    assert losses[0] == pytest.approx(0.6931, abs=5e-3)  # log 2: the policy is still the reference
    assert losses[-1] < losses[0]
    config = json.loads((tmp_path / "dpo/adapter_config.json").read_text())
    assert config["base_model_name_or_path"] == str(offline_model)
    assert {"q_proj", "down_proj"} <= set(config["target_modules"])
    assert "lm_head" not in config["target_modules"]
    card = (tmp_path / "dpo/README.md").read_text("utf-8")
    assert "library_name: peft" in card
    assert "The target is own." in card
    assert "| fr | " in card
    lengths = record["pairs"]["mean_tokens"]
    rows = encoded(few_pairs, offline_model)
    assert lengths.keys() == rows.keys()
    for language, sides in rows.items():
        for side, mean in lengths[language].items():
            assert mean == pytest.approx(sum(map(len, sides[side])) / len(sides[side]))
    learned = sum(len(ids) for sides in rows.values() for both in sides.values() for ids in both)
    assert record["cost"]["learned_tokens"] == 2 * learned
    assert record["cost"]["tokens"] > 4 * learned  # a question is longer than its options
    assert record["cost"]["seconds"] > 0
    assert f"fr {lengths['fr']['chosen']:.0f} and {lengths['fr']['rejected']:.0f}" in card
    before = (tmp_path / "dpo/adapter_model.safetensors").stat().st_mtime_ns
    assert dpo.main(argv) == 0
    assert (tmp_path / "dpo/adapter_model.safetensors").stat().st_mtime_ns == before
    assert "2 steps on 6 pairs" in capsys.readouterr().out
    # The merged model gives what base and adapter give.
    merged = AutoModelForCausalLM.from_pretrained(tmp_path / "dpo/merged", dtype=torch.float32)
    apart = AutoModelForCausalLM.from_pretrained(offline_model, dtype=torch.float32)
    apart.load_adapter(str(tmp_path / "dpo"))
    ids = torch.tensor([[2, 100, 200, 300]])
    with torch.no_grad():
        assert torch.allclose(merged(ids).logits, apart(ids).logits, atol=1e-2)
        apart.disable_adapters()
        assert not torch.allclose(merged(ids).logits, apart(ids).logits, atol=1e-2)
    # It is made of a training that is done, too.
    weights = (tmp_path / "dpo/merged/model.safetensors").read_bytes()
    shutil.rmtree(tmp_path / "dpo/merged")
    assert dpo.main(argv) == 0
    assert (tmp_path / "dpo/merged/model.safetensors").read_bytes() == weights
    assert trained_on.read(tmp_path / "dpo/merged") == trained_on.read(tmp_path / "dpo") != set()
    capsys.readouterr()
    assert dpo.main([*argv, "--beta", "0.2"]) == 1
    assert "holds a training with other settings; name another --output_dir" in capsys.readouterr().err


QUICK = ["--learning_rate", "0.2", "--logging_steps", "1"]  # so that a model of one layer has moved after some steps


def test_a_later_round_goes_on_with_the_adapter(some_pairs, tiny_model, tmp_path):
    assert dpo.main(flags(some_pairs, tiny_model, tmp_path / "one", "--max_steps", "9", *QUICK)) == 0
    losses = {}
    for reference in ("start", "base"):
        more = ["--adapter", str(tmp_path / "one"), "--reference", reference, "--max_steps", "1", *QUICK]
        assert dpo.main(flags(some_pairs, tiny_model, tmp_path / reference, *more)) == 0
        record = json.loads((tmp_path / reference / "training.json").read_text())
        losses[reference] = record["log"][0]["loss"]
        assert not (tmp_path / reference / "ref").exists()
    assert losses["start"] == pytest.approx(0.6931, abs=5e-3)  # compared with what it starts from
    assert abs(losses["base"] - losses["start"]) > 2e-3  # compared with the base model, it has moved already


def test_sft_trains_on_the_chosen_side(some_pairs, tiny_model, tmp_path):
    argv = flags(some_pairs, tiny_model, tmp_path / "sft", "--num_train_epochs", "4", "--logging_steps", "1")
    argv += ["--learning_rate", "0.02"]
    assert sft.main(argv) == 0
    record = json.loads((tmp_path / "sft/training.json").read_text())
    losses = [entry["loss"] for entry in record["log"] if "loss" in entry]
    assert sum(losses[-3:]) < sum(losses[:3])
    assert record["method"] == "SFT"


@pytest.mark.slow
def test_killed_in_the_middle_it_goes_on_and_ends_at_the_same_step(some_pairs, offline_model, tmp_path):
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    more = ["--num_train_epochs", "8", "--save_steps", "2", "--logging_steps", "1", "--bf16", "false"]
    command = [sys.executable, "-m", "trainer.dpo"]
    subprocess.run([*command, *flags(some_pairs, offline_model, whole, *more)], check=True, cwd=ROOT)
    running = subprocess.Popen([*command, *flags(some_pairs, offline_model, cut, *more)], cwd=ROOT)
    deadline = time.time() + 300
    while not (cut / "checkpoint-4").is_dir() and time.time() < deadline:
        time.sleep(0.05)
    running.send_signal(signal.SIGKILL)
    running.wait()
    assert not json.loads((cut / "training.json").read_text())["finished"]
    (cut / "checkpoint-99").mkdir()  # as if cut off while it was written
    subprocess.run([*command, *flags(some_pairs, offline_model, cut, *more)], check=True, cwd=ROOT)
    records = [json.loads((folder / "training.json").read_text()) for folder in (whole, cut)]
    assert records[0]["steps"] == records[1]["steps"] == 24
    losses = [{entry["step"]: entry["loss"] for entry in record["log"] if "loss" in entry} for record in records]
    assert losses[1].keys() == losses[0].keys()
    assert losses[1][24] == pytest.approx(losses[0][24], abs=0.02)
    one, other = (load_file(folder / "adapter_model.safetensors") for folder in (whole, cut))
    assert all(torch.allclose(one[name], other[name], atol=1e-3) for name in one)


def launched(together, command):
    """Run commands at the same time, and wait for all of them."""
    running = [subprocess.Popen([*start, *command], cwd=ROOT) for start in together]
    try:
        assert [process.wait(timeout=600) for process in running] == [0] * len(running)
    finally:
        for process in running:
            process.kill()


def nodes(count):
    """One process on each of so many hosts, which are all this one."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    torchrun = str(Path(sys.executable).with_name("torchrun"))
    common = ["--nproc-per-node", "1", "--nnodes", str(count), "--master-addr", "127.0.0.1", "--master-port", str(port)]
    return [[torchrun, *common, "--node-rank", str(number), "-m"] for number in range(count)]


@pytest.mark.slow
@pytest.mark.parametrize("method", ["dpo", "sft"])
def test_processes_of_one_host_and_of_two_train_together(method, some_pairs, tiny_model, tmp_path):
    """All see the same tokens, which the first has written, and learn what one process learns of the same batches."""
    torchrun = str(Path(sys.executable).with_name("torchrun"))
    ways = {
        "one": ([[sys.executable, "-m"]], "4"),
        "processes": ([[torchrun, "--nproc-per-node", "2", "-m"]], "2"),
        "hosts": (nodes(2), "2"),
    }
    weights = {}
    for way, (together, batch) in ways.items():
        more = flags(some_pairs, tiny_model, tmp_path / way, "--max_steps", "3", "--bf16", "false", "--optim", "sgd")
        more += ["--learning_rate", "1", "--per_device_train_batch_size", batch, "--logging_steps", "1"]
        launched(together, [f"trainer.{method}", *more])
        record = json.loads((tmp_path / way / "training.json").read_text())
        assert (record["steps"], record["pairs"]["count"], record["pairs"]["too_long"]) == (3, 12, 0)
        assert not (tmp_path / way / "tokens").exists()
        weights[way] = load_file(tmp_path / way / "adapter_model.safetensors")
    for way in ("processes", "hosts"):
        for name, weight in weights["one"].items():
            assert torch.allclose(weights[way][name], weight, atol=1e-5), (way, name)
    assert any(weight.abs().max() > 0 for name, weight in weights["one"].items() if "lora_B" in name)


@pytest.mark.slow
def test_bad_input_ends_all_hosts_in_the_same_line(tiny_model, tmp_path):
    (tmp_path / "pairs.jsonl").write_text(json.dumps({"prompt": "Q:", "chosen": " a", "rejected": " a"}) + "\n")
    more = flags(tmp_path / "pairs.jsonl", tiny_model, tmp_path / "out")
    running = [
        subprocess.Popen([*start, "trainer.dpo", *more], cwd=ROOT, stderr=subprocess.PIPE, text=True)
        for start in nodes(2)
    ]
    for process in running:
        _, said = process.communicate(timeout=600)
        assert process.returncode != 0
        assert "trainer.dpo: " in said
        assert "row 0: chosen and rejected are the same; take the row out" in said


def test_a_folder_that_another_host_does_not_have(tmp_path):
    with pytest.raises(CalmError, match="is not on this host; let --output_dir be on a file system that all hosts"):
        run.dataset(tmp_path)


CHAT = (
    "{{ bos_token }}{% for message in messages %}"
    "<start_of_turn>{{ 'model' if message.role == 'assistant' else message.role }}\n"
    "{{ message.content }}<end_of_turn>\n"
    "{% endfor %}{% if add_generation_prompt %}<start_of_turn>model\n{% endif %}"
)


@pytest.fixture(scope="module")
def chat_model(tmp_path_factory):
    """A tiny model with a chat template, as instruction-tuned models have one."""
    folder = tiny.write(tmp_path_factory.mktemp("chat") / "model", seed=1)
    told = json.loads((folder / "tokenizer_config.json").read_text("utf-8"))
    (folder / "tokenizer_config.json").write_text(json.dumps({**told, "chat_template": CHAT}), "utf-8")
    return folder


@pytest.mark.parametrize("method", [dpo, sft])
def test_messages_are_trained_on_as_the_template_renders_them(method, recorded_log, chat_model, tmp_path, monkeypatch):
    made = PairArguments(
        samples=[str(recorded_log)], output=str(tmp_path / "pairs"), chat=True, chosen=["native"], max_pairs=2
    )
    assert make.command(made) == 0
    seen = []
    original = run.finish
    monkeypatch.setattr(
        run, "finish", lambda trainer, *rest, **named: (seen.append(trainer), original(trainer, *rest, **named))
    )
    argv = flags(tmp_path / "pairs", chat_model, tmp_path / "out", "--max_steps", "1")
    assert method.main(argv) == 0
    row = data.load(str(tmp_path / "pairs"))[0]
    tokenizer = AutoTokenizer.from_pretrained(chat_model)
    asked = tokenizer.apply_chat_template(row["prompt"], add_generation_prompt=True, tokenize=False)
    whole = tokenizer.apply_chat_template(row["prompt"] + row["chosen"], tokenize=False)
    whole = whole.removesuffix("\n")  # a model stops before it
    prompt, everything = (tokenizer.encode(text, add_special_tokens=False) for text in (asked, whole))
    example = seen[0].train_dataset[0]
    if method is dpo:
        assert example["prompt_ids"] == prompt  # what lm-eval asks with --apply_chat_template
        assert example["prompt_ids"] + example["chosen_ids"] == everything
    else:
        assert example["input_ids"] == everything
        assert [token for token in example["labels"] if token != -100] == everything[len(prompt) :]


# Bad input ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def failure(capsys, tiny_model, tmp_path):
    """What `trainer.dpo` says, in its one line, of pairs (rows, or a path) and further flags."""

    def run(found, *more):
        if isinstance(found, list):
            path = tmp_path / "pairs.jsonl"
            path.write_text("".join(json.dumps(row) + "\n" for row in found), "utf-8")
            found = path
        capsys.readouterr()
        assert dpo.main(flags(found, tiny_model, tmp_path / "out", *more)) == 1
        (line,) = (line for line in capsys.readouterr().err.splitlines() if line.startswith("trainer.dpo: "))
        assert not (tmp_path / "out" / "adapter_model.safetensors").exists()
        return line

    return run


GOOD = {"prompt": "Q:", "chosen": " a", "rejected": " b"}


def test_pairs_that_are_none(failure):
    assert "pairs.jsonl is empty; make pairs with python -m trainer.pairs" in failure([])
    assert "has no column rejected (it has: prompt, chosen)" in failure([{"prompt": "Q:", "chosen": " a"}])
    assert "row 1: chosen and rejected are the same" in failure([GOOD, {**GOOD, "rejected": " a"}])
    assert "row 1: prompt, chosen and rejected must be texts" in failure([GOOD, {**GOOD, "chosen": None}])
    assert "row 0: prompt, chosen and rejected must be texts" in failure([{**GOOD, "prompt": ""}])
    assert "holds no pairs.parquet and is no file of pairs" in failure("/nowhere/pairs")
    assert "is no folder here, and no data set of the Hub" in failure("no-such/data-set")
    assert "all 1 pairs are longer than 2 tokens; raise --max_length" in failure(
        [{**GOOD, "prompt": "Q: " * 20}], "--max_length", "2"
    )


def test_a_model_without_a_chat_template_asked_for_chat(failure):
    message = [{"role": "assistant", "content": "a"}]
    row = {
        "prompt": [{"role": "user", "content": "Q"}],
        "chosen": message,
        "rejected": [{**message[0], "content": "b"}],
    }
    assert "has no chat template, and these pairs are messages; make pairs without --chat" in failure([row])


def conversation(*roles, answer):
    turns = [{"role": role, "content": f"turn {place}"} for place, role in enumerate(roles)]
    return [*turns, {"role": "assistant", "content": answer}]


def test_a_template_that_refuses_a_role(failure, chat_model, tmp_path):
    model = shutil.copytree(chat_model, tmp_path / "without-system", symlinks=True)
    told = json.loads((model / "tokenizer_config.json").read_text("utf-8"))
    refusal = "{% if messages[0].role == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}"
    (model / "tokenizer_config.json").write_text(json.dumps({**told, "chat_template": refusal + CHAT}), "utf-8")
    rows = [
        {"prompt": turns[:-1], "chosen": turns[-1:], "rejected": conversation(answer="no")}
        for turns in (conversation("user", answer="yes"), conversation("system", "user", answer="yes"))
    ]
    said = failure(rows, "--model_name_or_path", str(model))
    assert "row 1 of the pairs: the chat template of" in said
    assert "roles system, user (System role not supported)" in said


@pytest.mark.parametrize(
    ("chosen", "rejected", "wanted"),
    [
        ("Q: sky?\nA: blue", "Q: sky?\nA: green", ("Q: sky?\nA:", " blue", " green")),
        (
            conversation("user", answer="yes"),
            conversation("user", answer="no"),
            (conversation("user", answer="")[:1], conversation(answer="yes"), conversation(answer="no")),
        ),
    ],
)
def test_a_prompt_that_both_sides_begin_with_is_taken_out(chosen, rejected, wanted, tmp_path):
    path = tmp_path / "pairs.jsonl"
    path.write_text(json.dumps({"chosen": chosen, "rejected": rejected, "stem": "kept"}) + "\n", "utf-8")
    (row,) = data.load(str(path))
    assert tuple(row[column] for column in data.COLUMNS) == wanted
    assert row["stem"] == "kept"


def test_pairs_that_begin_differently_have_no_prompt(failure):
    assert "row 0: prompt, chosen and rejected must be texts" in failure([{"chosen": "yes", "rejected": "no"}])


def test_an_adapter_for_another_model(failure, some_pairs, tmp_path, caplog):
    folder = tmp_path / "adapter"
    folder.mkdir()
    (folder / "adapter_config.json").write_text(json.dumps({"base_model_name_or_path": "someone/other-model"}))
    said = failure(some_pairs, "--adapter", str(folder))
    assert "says that its base is someone/other-model, not" in caplog.text  # a folder may be called anything
    assert f"{folder} does not fit" in said
    with pytest.raises(CalmError, match="is an adapter for someone/other-model, not for someone/model; name its own"):
        check_adapter(str(folder), "someone/model")
    assert "holds no adapter (adapter_config.json)" in failure(some_pairs, "--adapter", str(tmp_path))


def test_a_loss_that_is_no_number(failure, some_pairs):
    said = failure(some_pairs, "--learning_rate", "1e30", "--bf16", "false", "--max_steps", "6")
    assert "the loss of step" in said
    assert "is nan; lower --learning_rate" in said


def test_a_damaged_record(failure, some_pairs, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out/training.json").write_text("{")
    assert "training.json is damaged; remove" in failure(some_pairs)


def test_questions_that_are_held_out(failure, some_pairs, cloze_log):
    assert "questions of these pairs are in" in failure(some_pairs, "--held_out", str(cloze_log))
    asked = {**GOOD, "prompt": "Which planet is known for its large, bright rings?\nAnswer:"}
    assert "are in mini:test: row 1 in an unnamed language (by stem" in failure([GOOD, asked])
    assert "row 0 in" in failure([{**GOOD, "stem": "Which ocean is the largest?"}])  # a stem, and no id
