"""Adapters beyond LoRA: what is trained is what is saved and evaluated, and the reference is the model it should be."""

import json
import shutil

import pytest
import torch
from peft import PeftModel
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, AutoTokenizer

from tests import chat_models
from trainer import dpo, sft
from trainer.methods.dpo import OBJECTIVES
from trainer.training import data

PROMPT = ["--peft_type", "prompt", "--virtual_tokens", "3"]
PREFIX = ["--peft_type", "prefix", "--virtual_tokens", "3"]
PAIRS = "pairs.jsonl"
PISSA = ["--init_lora_weights", "pissa", "--lora_r", "4"]


TEXTS = [("Hot?", " yes", " no"), ("Two and two?", " four", " five"), ("Un chat?", " oui, bien", " non"),
         ("Où?", " ici", " là-bas")]  # fmt: skip


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """A small model, and beside it `PAIRS`: a file of 4 pairs of options."""
    folder = tmp_path_factory.mktemp("base")
    rows = [{"prompt": prompt, "chosen": yes, "rejected": no, "format": "cloze"} for prompt, yes, no in TEXTS]
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    (folder / PAIRS).write_text(lines, encoding="utf-8", newline="\n")
    tokenizer = chat_models.tokenizer_of("llama3", [" ".join(texts) for texts in TEXTS])
    return chat_models.write(folder / "model", "llama3", tokenizer)


def flags(base, folder, *more):
    return [
        "--pairs", str(base.parent / PAIRS), "--model_name_or_path", str(base), "--output_dir", str(folder),
        "--max_steps", "2", "--per_device_train_batch_size", "2", "--learning_rate", "0.05",
        "--logging_steps", "1", "--bf16", "false", "--report_to", "none", *more,
    ]  # fmt: skip


def trained(base, folder, *more, by=dpo):
    """Train, and return the folder; what the model was at the end is kept beside it."""
    assert by.main(flags(base, folder, *more)) == 0
    return folder


@pytest.fixture
def last(monkeypatch):
    """The trainers that were made, the last of which still has its model."""
    made = []
    monkeypatch.setattr(dpo, "parts", lambda: _parts(made))
    return made


def _parts(made):
    from trainer.methods.dpo import CalmDPOConfig, build
    from trainer.training.run import parts_of

    def keep(*given):
        made.append(build(*given))
        return made[-1]

    return parts_of(OBJECTIVES["dpo"]._replace(build=keep), CalmDPOConfig)


def float32(base):
    return AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)


IDS = torch.tensor([[0, 60, 70, 80]])


def logits(model):
    """What a model says of four tokens, [4, vocabulary], without what it says of virtual ones."""
    with torch.no_grad():
        return model.eval()(IDS).logits[0, -4:]


def log_prob(model, row, side, tokenizer):
    """Sum the log-probabilities of a completion's tokens, by hand."""
    prompt, completion = (tokenizer.encode(row[name], add_special_tokens=name == "prompt") for name in ("prompt", side))
    ids = torch.tensor([prompt + completion])
    with torch.no_grad():
        by_token = model.eval()(ids).logits[0].log_softmax(-1)
    return sum(float(by_token[len(prompt) - 1 + n, token]) for n, token in enumerate(completion))


@pytest.mark.parametrize("kind", [PROMPT, PREFIX, PISSA], ids=["prompt", "prefix", "pissa"])
def test_what_was_trained_is_what_the_base_says_with_what_was_saved(kind, base, last, tmp_path):
    folder = trained(base, tmp_path / "out", *kind)
    loaded = PeftModel.from_pretrained(float32(base), folder)
    assert torch.allclose(logits(loaded), logits(last[0].model), atol=1e-4)
    assert (logits(loaded) - logits(float32(base))).abs().max() > 0.01


@pytest.mark.parametrize("kind", [PROMPT, PREFIX, PISSA], ids=["prompt", "prefix", "pissa"])
@pytest.mark.parametrize("before", ["true", "false"])
def test_the_reference_is_the_base_model(kind, before, base, last, tmp_path):
    trained(base, tmp_path / "out", *kind, "--precompute_ref_log_probs", before)
    trainer, tokenizer = last[0], AutoTokenizer.from_pretrained(base)
    rows = list(data.load(str(base.parent / PAIRS)))[:2]
    batch = trainer._prepare_inputs(trainer.data_collator([trainer.train_dataset[number] for number in range(2)]))
    found = trainer.compute_ref_log_probs(trainer.ref_model or trainer.model, batch)
    for side, values in zip(("chosen", "rejected"), found, strict=True):
        wanted = [log_prob(float32(base), row, side, tokenizer) for row in rows]
        assert values.tolist() == pytest.approx(wanted, abs=1e-3)
        if before == "true":
            assert trainer.train_dataset[:2][f"ref_{side}_logps"] == pytest.approx(wanted, abs=1e-3)


@pytest.mark.parametrize("kind", [PROMPT, PREFIX, PISSA], ids=["prompt", "prefix", "pissa"])
def test_a_later_stage_goes_on_and_is_compared_with_what_it_starts_from(kind, base, last, tmp_path):
    """Two stages, as XSGD (arXiv 2304.01295) has them: SFT first, then the votes."""
    first = trained(base, tmp_path / "one", *kind, by=sft)
    second = trained(base, tmp_path / "two", "--adapter", str(first))
    log = json.loads((second / "training.json").read_text())["log"]
    assert log[0]["loss"] == pytest.approx(0.6931, abs=1e-4)  # log 2: the policy is still the reference
    assert not (second / "ref").exists()
    learned = [name for name, weight in last[0].model.named_parameters() if weight.requires_grad]
    assert learned
    assert not [name for name in learned if "ref" in name]
    one, two = (load_file(folder / "adapter_model.safetensors") for folder in (first, second))
    assert one.keys() == two.keys()
    assert any(not torch.allclose(one[name], two[name]) for name in one)
    against_base = trained(base, tmp_path / "three", "--adapter", str(first), "--reference", "base")
    log = json.loads((against_base / "training.json").read_text())["log"]
    assert abs(log[0]["loss"] - 0.6931) > 1e-3


@pytest.mark.parametrize("kind", [PROMPT, PREFIX, PISSA], ids=["prompt", "prefix", "pissa"])
def test_a_training_that_was_cut_off_ends_where_it_would_have(kind, base, tmp_path):
    more = [*kind, "--max_steps", "4", "--save_steps", "2"]
    whole = trained(base, tmp_path / "whole", *more)
    cut = tmp_path / "cut"
    shutil.copytree(whole, cut)
    shutil.rmtree(cut / "checkpoint-4")
    (cut / "adapter_model.safetensors").unlink()
    record = json.loads((cut / "training.json").read_text())
    (cut / "training.json").write_text(json.dumps({"identity": record["identity"], "finished": False}))
    trained(base, cut, *more)
    ends = [logits(PeftModel.from_pretrained(float32(base), folder)) for folder in (whole, cut)]
    assert torch.allclose(*ends, atol=1e-4)


def test_pissa_is_saved_as_plain_lora_and_merges(base, last, tmp_path):
    folder = trained(base, tmp_path / "out", *PISSA, "--merge", "true")
    config = json.loads((folder / "adapter_config.json").read_text())
    assert (config["init_lora_weights"], config["r"], config["lora_alpha"]) == (True, 8, 64)  # of 4, and TRL's 32
    merged = logits(float32(folder / "merged"))
    assert torch.allclose(merged, logits(PeftModel.from_pretrained(float32(base), folder)), atol=1e-4)


def test_what_lm_eval_loads_of_a_checkpoint_of_pissa_is_what_was_trained(base, last, tmp_path):
    """It is not converted, and says so: PEFT parts the base again."""
    folder = trained(base, tmp_path / "out", *PISSA, "--save_steps", "2")
    checkpoint = PeftModel.from_pretrained(float32(base), folder / "checkpoint-2")
    assert torch.allclose(logits(checkpoint), logits(last[0].model), atol=1e-4)


def test_a_prefix_is_trained_though_checkpoints_are_trls_default(base, last, tmp_path, caplog):
    trained(base, tmp_path / "out", *PREFIX)
    assert "--gradient_checkpointing is off: a prefix is a cache" in caplog.text
    (weight,) = (weight for weight in last[0].model.parameters() if weight.requires_grad)
    assert weight.grad is None or weight.shape == (3, 16)  # 1 layer, keys and values, 1 head of 8
    assert last[0].model.get_base_model().is_gradient_checkpointing is False


DORA = ["--use_dora", "true", "--lora_r", "4"]
RSLORA = ["--use_rslora", "true", "--lora_r", "4"]


@pytest.mark.parametrize("kind", [DORA, RSLORA], ids=["dora", "rslora"])
def test_what_trl_knows_of_lora_is_passed_through(kind, base, last, tmp_path):
    folder = trained(base, tmp_path / "out", *kind)
    assert json.loads((folder / "adapter_config.json").read_text())[kind[0].removeprefix("--")] is True
    assert torch.allclose(logits(PeftModel.from_pretrained(float32(base), folder)), logits(last[0].model), atol=1e-4)


@pytest.mark.parametrize(
    ("flags_of", "said"),
    [
        ([*PROMPT, "--lora_r", "8"], "--lora_r is of --peft_type lora, and prompt is trained; leave it out"),
        ([*PREFIX, "--use_dora", "true"], "--use_dora is of --peft_type lora, and prefix is trained"),
        ([*PROMPT, "--init_lora_weights", "pissa"], "--init_lora_weights is of --peft_type lora"),
        ([*PROMPT, "--merge", "true"], "--merge: what --peft_type prompt learns are virtual tokens"),
        ([*PREFIX, "--merge", "true"], "--merge: what --peft_type prefix learns are virtual tokens"),
        (["--virtual_tokens", "3"], "--virtual_tokens is of --peft_type prefix and prompt"),
        ([*PROMPT[:3], "0"], "--virtual_tokens is 0, and has to be 1 or more"),
        ([*PROMPT, "--use_peft", "false"], "--peft_type prompt trains an adapter, and --use_peft false none"),
        ([*PISSA, "--dtype", "bfloat16"], "take --dtype float32"),
        ([*PISSA, "--use_dora", "true"], "PEFT cannot give a DoRA adapter of it back to the base"),
        ([*PISSA[:2], "--lora_r", "9"], "--lora_r 9 is more than the 8 singular values"),
    ],
)
def test_what_does_not_go_together_ends_in_one_line(flags_of, said, base, tmp_path, capsys):
    assert dpo.main(flags(base, tmp_path / "out", *flags_of)) == 1
    (line,) = (line for line in capsys.readouterr().err.splitlines() if line.startswith("trainer.dpo: "))
    assert said in line
    assert not (tmp_path / "out" / "adapter_model.safetensors").exists()


def test_another_kind_than_the_adapters_is_refused(base, tmp_path, capsys):
    first = trained(base, tmp_path / "one", *PROMPT)
    more = ["--adapter", str(first)]
    for given, said in (
        (["--peft_type", "lora"], "is of type prompt; leave --peft_type out"),
        (["--virtual_tokens", "4"], "has 3; leave it out"),
        (["--merge", "true"], "--merge: what --peft_type prompt learns are virtual tokens"),
        (["--lora_alpha", "8"], "--lora_alpha is of --peft_type lora, and prompt is trained"),
    ):
        assert dpo.main(flags(base, tmp_path / "two", *more, *given)) == 1
        assert said in capsys.readouterr().err
    trained(base, tmp_path / "two", *more, *PROMPT)  # what is so may be said


def test_a_checkpoint_of_pissa_is_not_gone_on_with(base, tmp_path, capsys):
    first = trained(base, tmp_path / "one", *PISSA, "--save_steps", "2")
    assert dpo.main(flags(base, tmp_path / "two", "--adapter", str(first / "checkpoint-2"))) == 1
    assert "began as pissa and is of changed base weights" in capsys.readouterr().err
