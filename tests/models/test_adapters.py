"""An adapter of another base is refused before anything is loaded; one of other weights is said."""

import json

import pytest
import torch
from lm_eval.api.instance import Instance
from safetensors.torch import save_file
from trl import ModelConfig

from calm_harness.errors import CalmError
from calm_harness.models.adapters import check_base
from calm_harness.models.digest import folder_digest
from calm_harness.models.hf_prefix import HFPrefixLM
from tests import tiny_model
from trainer.training.model import load_model


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return tiny_model.write(tmp_path_factory.mktemp("base"), seed=0)


def adapter_on(folder, base):
    """Make a LoRA adapter with PEFT itself."""
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(base)
    config = LoraConfig(r=2, target_modules=["q_proj", "down_proj"], task_type="CAUSAL_LM")
    get_peft_model(model, config).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def adapter(tmp_path_factory, base):
    return adapter_on(tmp_path_factory.mktemp("adapter"), base)


@pytest.mark.parametrize("name", ["peft", "lora_local_path"])
def test_an_adapter_of_the_base_fits(base, adapter, name, caplog):
    check_base({"pretrained": str(base), name: str(adapter)})
    assert caplog.text == ""


@pytest.mark.parametrize("name", ["peft", "lora_local_path"])
def test_an_adapter_of_another_size_is_refused(offline_model, adapter, name):
    with pytest.raises(CalmError, match=r"is no adapter of .*layers\.0\..*name the base that it was trained on"):
        check_base({"pretrained": str(offline_model), name: str(adapter)})


def test_an_adapter_of_a_deeper_model_is_refused(base, tmp_path):
    weights = {"base_model.model.model.layers.7.self_attn.q_proj.lora_A.weight": torch.zeros(2, 16)}
    save_file(weights, tmp_path / "adapter_model.safetensors")
    with pytest.raises(CalmError, match="there is no layer 7"):
        check_base({"pretrained": str(base), "peft": str(tmp_path)})


def test_other_weights_of_the_same_shape_are_warned_of(base, adapter, tmp_path, caplog):
    record = adapter / "training.json"
    record.write_text(json.dumps({"identity": {"model": folder_digest(base)}}))
    try:
        check_base({"pretrained": str(base), "peft": str(adapter)})
        assert caplog.text == ""
        other = tiny_model.write(tmp_path / "other", seed=1)
        check_base({"pretrained": str(other), "peft": str(adapter)})
    finally:
        record.unlink()
    assert "was trained on other weights" in caplog.text


def test_a_file_that_is_cut_off_is_named(base, tmp_path):
    (tmp_path / "adapter_model.safetensors").write_bytes(b"\x08\0\0\0\0\0\0\0{")
    with pytest.raises(CalmError, match=r"adapter_model\.safetensors cannot be read"):
        check_base({"pretrained": str(base), "peft": str(tmp_path)})


@pytest.mark.parametrize("arguments", [{}, {"pretrained": "x/y", "peft": "y/z"}, {"peft": "none"}, {"pretrained": 3}])
def test_what_is_not_here_is_left_to_the_engine(arguments):
    check_base(arguments)


@pytest.mark.parametrize("dtype", ["bfloat16", "float32"])
def test_a_head_under_an_adapter_reads_slices_as_one_matrix(dtype, base, adapter):
    """PyTorch copies frozen weights once a row for a slice: 21 GB for 64 rows of Gemma 3 270M."""
    evaluated = HFPrefixLM(pretrained=str(base), peft=str(adapter), device="cpu", dtype=dtype, batch_size=3)
    settings = {"until": ["\n"], "max_gen_toks": 3, "do_sample": False}
    trained = load_model(ModelConfig(model_name_or_path=str(base), dtype=dtype), str(adapter), False)
    read = []
    for model in (evaluated.model, trained):
        head = model.get_output_embeddings()
        head.register_forward_pre_hook(lambda _, hidden: read.append(hidden[0].is_contiguous()))
    requests = [
        Instance("generate_until", {}, (text, settings), 0) for text in ("Who is it?", "Where?", "When was it?")
    ]
    responses = evaluated.generate_until(requests)
    assert len(responses) == 3
    ids = evaluated.tok_batch_encode(["Who is it?", "Where?"])[0]
    generated = trained.generate(input_ids=ids, max_new_tokens=2)
    assert generated.shape[1] == ids.shape[1] + 2
    assert len(read) >= 4
    assert all(read)
