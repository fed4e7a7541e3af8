"""What is no adapter, or one of another base, is refused before anything is loaded, and what is left out, after."""

import json
import shutil

import pytest
import torch
from lm_eval.api.instance import Instance
from safetensors.torch import load_file, save_file
from trl import ModelConfig

from calm_harness import evaluation
from calm_harness.errors import CalmError
from calm_harness.models.adapters import check_applied, check_base, check_template, other_base
from calm_harness.models.digest import folder_digest
from calm_harness.models.hf_prefix import HFPrefixLM
from calm_harness.task.checks import check_reads
from tests import tiny_model
from trainer.training.model import load_model, load_tokenizer


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


def changed(adapter, folder, change):
    """Copy an adapter; `change` makes other tensors of its tensors."""
    folder.mkdir()
    shutil.copy(adapter / "adapter_config.json", folder)
    weights = change(load_file(adapter / "adapter_model.safetensors"))
    save_file(weights, folder / "adapter_model.safetensors", metadata={"format": "pt"})
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


def test_an_adapter_of_a_deeper_model_is_refused(base, adapter, tmp_path):
    weights = {"base_model.model.model.layers.7.self_attn.q_proj.lora_A.weight": torch.zeros(2, 16)}
    deeper = changed(adapter, tmp_path / "deeper", lambda _: weights)
    with pytest.raises(CalmError, match="there is no layer 7"):
        check_base({"pretrained": str(base), "peft": str(deeper)})


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


def test_a_file_that_is_cut_off_is_named(base, adapter, tmp_path):
    shutil.copy(adapter / "adapter_config.json", tmp_path)
    (tmp_path / "adapter_model.safetensors").write_bytes(b"\x08\0\0\0\0\0\0\0{")
    with pytest.raises(CalmError, match=r"adapter_model\.safetensors cannot be read"):
        check_base({"pretrained": str(base), "peft": str(tmp_path)})


def test_tensors_under_other_names_are_not_left_out_without_a_word(base, adapter, tmp_path):
    """PEFT leaves them out: the base model would stand on the leaderboard under the adapter's name."""
    renamed = changed(
        adapter,
        tmp_path / "renamed",
        lambda weights: {name.replace(".layers.", ".language_model.layers."): weights[name] for name in weights},
    )
    words = ["--model", "hf", "--model_args", f"pretrained={base},peft={renamed}", "--device", "cpu", "--tasks", "x"]
    said = r"renamed: the base model as it is loaded here has no place for 4 of 4 tensors .*merge it into its base"
    with pytest.raises(CalmError, match=said):
        evaluation.load_model(evaluation.configure(words))


def test_tensors_that_a_file_lacks_are_warned_of(base, adapter, tmp_path, caplog):
    whole = HFPrefixLM(pretrained=str(base), peft=str(adapter), device="cpu")
    before = {name: weight.clone() for name, weight in whole.model.state_dict().items()}
    check_applied(whole.model, str(adapter))
    assert "holds nothing" not in caplog.text
    assert all(torch.equal(weight, before[name]) for name, weight in whole.model.state_dict().items())
    half = changed(
        adapter,
        tmp_path / "half",
        lambda weights: {name: weights[name] for name in weights if "q_proj" in name},
    )
    check_applied(whole.model, str(half))
    assert "half holds nothing for 2 tensors that its configuration asks for (base_model.model." in caplog.text


def test_a_merged_model_without_a_tokenizer_is_not_asked_what_it_cannot_read(tmp_path):
    """Of such a folder transformers makes a tokenizer of a few tokens, to which every word is the unknown one."""
    from transformers import AutoModelForCausalLM, GemmaConfig

    merged = tmp_path / "merged"
    sizes = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2}
    config = GemmaConfig(vocab_size=100, num_key_value_heads=1, head_dim=8, **sizes)
    AutoModelForCausalLM.from_config(config).save_pretrained(merged)
    words = ["--model", "hf", "--model_args", f"pretrained={merged}", "--device", "cpu", "--tasks", "x"]
    with pytest.raises(CalmError, match=r"merged holds no tokenizer .*name one: --model_args tokenizer=BASE"):
        evaluation.load_model(evaluation.configure(words))
    with pytest.raises(CalmError, match="merged holds no tokenizer"):
        load_tokenizer(ModelConfig(model_name_or_path=str(merged)))
    check_reads(tiny_model.tokenizer(), "tiny")


def test_an_adapter_that_is_named_as_the_model_is_told_its_base(base, adapter):
    with pytest.raises(CalmError, match=rf"is an adapter; .*: pretrained={base},peft={adapter}$"):
        check_base({"pretrained": str(adapter)})


@pytest.mark.parametrize(
    ("named", "base", "other"),
    [
        ("google/gemma-3-270m", "/models/gemma-3-270m", False),
        ("google/gemma-3-270m", "/cache/models--google--gemma-3-270m/snapshots/9b0cfec", False),
        ("/home/me/Gemma-3-270m/", "google/gemma-3-270m", False),
        (None, "google/gemma-3-270m", False),
        ("google/gemma-3-270m-it", "google/gemma-3-270m", True),
        ("google/gemma-3-270m-it", "/models/gemma-3-270m", True),
    ],
)
def test_a_base_of_another_name_is_told(named, base, other):
    assert other_base({"base_model_name_or_path": named}, base) == (named if other else None)


def test_an_adapter_whose_base_has_another_name_is_warned_of(base, adapter, tmp_path, caplog):
    """The tuned and the plain model of a name have the same shapes."""
    folder = shutil.copytree(adapter, tmp_path / "adapter")
    config = json.loads((folder / "adapter_config.json").read_text("utf-8"))
    tuned = {**config, "base_model_name_or_path": f"org/{base.name}-it"}
    (folder / "adapter_config.json").write_text(json.dumps(tuned), encoding="utf-8")
    for name in (str(base), f"org/{base.name}"):
        caplog.clear()
        check_base({"pretrained": name, "peft": str(folder)})
        assert f"says that its base is org/{base.name}-it, not {name}" in caplog.text


def test_a_chat_template_that_lies_with_an_adapter_is_told(tmp_path, caplog):
    base, adapter = tmp_path / "base", tmp_path / "adapter"
    for folder, template in ((base, "{{ messages }}"), (adapter, "User: {{ messages }}")):
        folder.mkdir()
        (folder / "tokenizer_config.json").write_text(json.dumps({"chat_template": template}), encoding="utf-8")
    named = {"pretrained": str(base), "peft": str(adapter)}
    check_template(named)
    assert f"{adapter} has a chat template of its own" in caplog.text
    caplog.clear()
    check_template({**named, "tokenizer": str(adapter)})
    (adapter / "chat_template.jinja").write_text("{{ messages }}", encoding="utf-8")  # which comes first
    check_template(named)
    (adapter / "chat_template.jinja").unlink()
    (adapter / "tokenizer_config.json").unlink()
    check_template(named)
    assert caplog.text == ""


def test_a_folder_that_holds_no_adapter_is_told_what_it_holds(base, adapter, tmp_path):
    def said(folder):
        with pytest.raises(CalmError) as error:
            check_base({"pretrained": str(base), "peft": str(folder)})
        return str(error.value).removeprefix(f"{folder} holds no adapter (adapter_config.json); ")

    assert said(base) == "it is a whole model, which is named alone: pretrained=FOLDER"
    shutil.copytree(adapter, tmp_path / "trained/checkpoint-3")
    assert said(tmp_path / "trained") == "name one of the folders in it: checkpoint-3"
    (tmp_path / "bare").mkdir()
    shutil.copy(adapter / "adapter_model.safetensors", tmp_path / "bare")
    assert said(tmp_path / "bare") == "its weights are there: copy that file beside them from the training's folder"
    (tmp_path / "empty").mkdir()
    assert said(tmp_path / "empty") == "name the folder of a trained one"


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
