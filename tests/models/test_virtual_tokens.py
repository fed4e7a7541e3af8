"""Adapters that are virtual tokens: read as `hf` reads them, with numbers that are worked out apart from both."""

import json
import logging

import pytest
import torch
from lm_eval.api.instance import Instance
from lm_eval.models.huggingface import HFLM
from peft import LoraConfig, PeftModel, PrefixTuningConfig, PromptEncoderConfig, PromptTuningConfig, get_peft_model
from transformers import AutoModelForCausalLM

from calm_harness.errors import CalmError
from calm_harness.models import engines
from calm_harness.models.adapters import check_base
from calm_harness.models.hf_prefix import HFPrefixLM
from tests import chat_models

TEXTS = ["Is fire hot or cold?", " hot", " cold", "Où est le chat ?", " ici", " là-bas, loin"]
KINDS = {
    "prompt": PromptTuningConfig(task_type="CAUSAL_LM", num_virtual_tokens=3),
    "prefix": PrefixTuningConfig(task_type="CAUSAL_LM", num_virtual_tokens=3),
}
ASKED = [(TEXTS[0], " hot"), (TEXTS[0], " cold"), (TEXTS[3], " ici"), (TEXTS[3], " là-bas, loin")]


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    tokenizer = chat_models.tokenizer_of("llama3", TEXTS)
    return chat_models.write(tmp_path_factory.mktemp("base") / "model", "llama3", tokenizer)


@pytest.fixture(scope="module", params=KINDS)
def adapter(request, base, tmp_path_factory):
    """An adapter whose virtual tokens are far from nothing."""
    torch.manual_seed(1)
    folder = tmp_path_factory.mktemp(request.param)
    model = get_peft_model(AutoModelForCausalLM.from_pretrained(base), KINDS[request.param])
    with torch.no_grad():
        model.prompt_encoder.default.embedding.weight.mul_(3)
    model.save_pretrained(folder)
    return folder


def lm(kind, base, adapter=None):
    arguments = {} if adapter is None else {"peft": str(adapter)}
    return kind(pretrained=str(base), device="cpu", dtype="float32", batch_size=4, **arguments)


def scores(model):
    found = model.loglikelihood([Instance("loglikelihood", {}, pair, 0) for pair in ASKED])
    return [score for score, _ in found]


def by_hand(model, tokenizer, context, continuation):
    """Read one sequence without padding, and add up what the model says of the continuation's tokens."""
    ids = tokenizer.encode(context + continuation)
    count = len(ids) - len(tokenizer.encode(context))
    with torch.no_grad():
        said = model(torch.tensor([ids])).logits[0].log_softmax(-1)
    return sum(float(said[-1 - count + place, token]) for place, token in enumerate(ids[-count:]))


def test_hf_prefix_gives_hfs_numbers_which_are_not_the_base_models(base, adapter, caplog):
    caplog.set_level(logging.WARNING, "calm_harness")
    prefix = lm(HFPrefixLM, base, adapter)
    found = scores(prefix)
    assert prefix._can_share()
    assert caplog.records == []
    assert found == pytest.approx(scores(lm(HFLM, base, adapter)), abs=1e-5)
    model = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32), adapter).eval()
    assert found == pytest.approx([by_hand(model, prefix.tokenizer, *pair) for pair in ASKED], abs=1e-4)
    of_base = scores(lm(HFLM, base))
    assert max(abs(one - other) for one, other in zip(found, of_base, strict=True)) > 0.01


def test_an_adapter_that_puts_something_else_before_a_text_goes_hfs_way(base, tmp_path, caplog):
    config = PromptEncoderConfig(task_type="CAUSAL_LM", num_virtual_tokens=3, encoder_hidden_size=8)
    get_peft_model(AutoModelForCausalLM.from_pretrained(base), config).save_pretrained(tmp_path)
    caplog.set_level(logging.WARNING, "calm_harness")
    found = scores(lm(HFPrefixLM, base, tmp_path))
    assert [record.message for record in caplog.records] == [
        "hf-prefix: an adapter of type P_TUNING puts something of its own before a text; using hf's own path"
    ]
    assert found == pytest.approx(scores(lm(HFLM, base, tmp_path)), abs=1e-5)


def test_greedy_responses_are_those_of_the_model_read_anew_for_each_token(base, adapter):
    """Two prompts of different lengths, in one batch: padded at the left, with virtual tokens before that."""
    settings = {"until": ["\n"], "max_gen_toks": 5, "do_sample": False}
    prefix = lm(HFPrefixLM, base, adapter)
    requests = [Instance("generate_until", {}, (text, settings), 0) for text in (TEXTS[0], TEXTS[3][:4])]
    model = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32), adapter).eval()
    wanted = []
    for request in requests:
        ids = prefix.tokenizer.encode(request.args[0])
        begun = len(ids)
        for _ in range(5):
            with torch.no_grad():
                ids.append(int(model(torch.tensor([ids])).logits[0, -1].argmax()))
        wanted.append(prefix.tokenizer.decode(ids[begun:], skip_special_tokens=True).split("\n")[0])
    assert prefix.generate_until(requests) == wanted


def test_an_adapter_of_another_width_is_refused(base, adapter, offline_model):
    check_base({"pretrained": str(base), "peft": str(adapter)})
    with pytest.raises(CalmError, match=r"its virtual tokens have \d+ places there, and 16 here"):
        check_base({"pretrained": str(offline_model), "peft": str(adapter)})


@pytest.mark.parametrize("name", ["vllm", "vllm-prefix", "local-completions"])
def test_engines_that_serve_lora_alone_refuse_it_in_one_line(name, adapter):
    url = {"base_url": "http://127.0.0.1:1/v1/completions"}
    with pytest.raises(CalmError, match=r"vLLM loads no adapter with type P\w+_TUNING; use hf-prefix"):
        engines.model_arguments(name, "base", url, adapter)


def test_a_command_line_for_vllm_refuses_it_too(base, adapter):
    with pytest.raises(CalmError, match=r"vLLM loads no adapter with type P\w+_TUNING; use hf-prefix"):
        check_base({"pretrained": str(base), "lora_local_path": str(adapter)})


def test_vllm_is_not_given_what_is_of_changed_weights(base, tmp_path):
    """It would put PiSSA's adapter, as a checkpoint has it, on weights from which nothing was taken."""
    config = LoraConfig(r=2, init_lora_weights="pissa", task_type="CAUSAL_LM")
    get_peft_model(AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32), config).save_pretrained(tmp_path)
    assert json.loads((tmp_path / "adapter_config.json").read_text())["init_lora_weights"] == "pissa"
    with pytest.raises(CalmError, match="vLLM loads no adapter with init_lora_weights pissa; use hf-prefix"):
        check_base({"pretrained": str(base), "lora_local_path": str(tmp_path)})
