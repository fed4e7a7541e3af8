"""Which model lies in a folder: by content, wherever it lies, and cheaply."""

import json
import shutil
import struct
import time

import pytest

from calm_harness.errors import CalmError
from calm_harness.models import digest
from calm_harness.models.digest import Weights, folder_digest, identify, of_arguments


def safetensors(path, tensors):
    """Write a safetensors file of tensors of bytes."""
    header, offset = {"__metadata__": {"format": "pt"}}, 0
    for name, content in tensors.items():
        header[name] = {"dtype": "U8", "shape": [len(content)], "data_offsets": [offset, offset + len(content)]}
        offset += len(content)
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(tensors.values()))


def model(folder, tensors=None, **files):
    folder.mkdir(parents=True, exist_ok=True)
    safetensors(folder / "model.safetensors", tensors or {"a": bytes(100), "b": bytes(100)})
    for name, content in {"config.json": '{"hidden": 1}', "tokenizer.json": "{}", **files}.items():
        (folder / name).write_text(content)
    return folder


def test_a_moved_model_is_the_same(tmp_path):
    before = folder_digest(model(tmp_path / "model"))
    shutil.move(tmp_path / "model", tmp_path / "elsewhere")
    assert folder_digest(tmp_path / "elsewhere") == before
    shutil.copytree(tmp_path / "elsewhere", tmp_path / "copy")
    assert folder_digest(tmp_path / "copy") == before


@pytest.mark.parametrize(
    "changed",
    [
        {"tensors": {"a": bytes(100), "b": b"\x01" * 100}},
        {"config.json": '{"hidden": 2}'},
        {"tokenizer.json": "{ }"},
        {"merges.txt": "a b"},
        {"chat_template.jinja": "{{ messages }}"},
        {"modeling_mine.py": "pass"},
    ],
)
def test_what_a_model_is_loaded_from_counts(changed, tmp_path):
    tensors = changed.pop("tensors", None)
    assert folder_digest(model(tmp_path / "a")) != folder_digest(model(tmp_path / "b", tensors, **changed))


@pytest.mark.parametrize("name", ["README.md", "training.json", "done.json", "training_args.bin", "trainer_state.json"])
def test_what_a_training_leaves_beside_it_does_not(name, tmp_path):
    assert folder_digest(model(tmp_path / "a")) == folder_digest(model(tmp_path / "b", **{name: "x"}))


def test_checkpoints_within_an_adapters_folder_do_not_count(tmp_path):
    before = folder_digest(model(tmp_path / "a"))
    model(tmp_path / "a" / "checkpoint-3")
    assert folder_digest(tmp_path / "a") == before


def test_of_large_weights_every_tensor_is_looked_into(tmp_path, monkeypatch):
    monkeypatch.setattr(digest, "WHOLE", 0)
    tensors = {f"layer{i}": bytes([i]) * 10_000 for i in range(50)}
    before = folder_digest(model(tmp_path / "a", tensors))
    for name, content in tensors.items():
        trained = {**tensors, name: bytes(byte ^ 1 for byte in content)}
        assert folder_digest(model(tmp_path / "b", trained)) != before
    assert folder_digest(model(tmp_path / "b", tensors)) == before


@pytest.mark.parametrize("name", ["pytorch_model.bin", "model-q4.gguf", "consolidated.00.pth"])
def test_other_kinds_of_weights_are_looked_into_from_end_to_end(name, tmp_path, monkeypatch):
    monkeypatch.setattr(digest, "WHOLE", 0)
    for folder, fill in (("a", 0), ("b", 1)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / name).write_bytes(b"head" + bytes([fill]) * 1_000_000)
    assert folder_digest(tmp_path / "a") != folder_digest(tmp_path / "b")
    assert folder_digest(tmp_path / "a") == folder_digest(tmp_path / "a")


def test_little_is_read_of_a_model_of_seventy_billion_parameters(tmp_path, monkeypatch):
    """Thirty shards of 24 tensors, of 4.7 GB each, sparse files here."""
    size, read = 4_700_000_000, []
    for shard in range(30):
        path = tmp_path / f"model-{shard:05d}-of-00030.safetensors"
        ends = [size * i // 24 for i in range(25)]
        header = {f"{shard}.{i}": {"dtype": "BF16", "shape": [1], "data_offsets": ends[i : i + 2]} for i in range(24)}
        text = json.dumps(header).encode()
        with path.open("wb") as file:
            file.write(struct.pack("<Q", len(text)) + text)
            file.truncate(8 + len(text) + size)
    sample = digest._sample

    def counted(*given):
        for piece in sample(*given):
            read.append(len(piece))
            yield piece

    monkeypatch.setattr(digest, "_sample", counted)
    began = time.perf_counter()
    folder_digest(tmp_path)
    assert time.perf_counter() - began < 1
    assert len(read) <= 30 * (2048 // 30 + 1)
    assert sum(read) < 8 << 20


def test_the_offline_model_takes_less_than_a_second(offline_model):
    began = time.perf_counter()
    assert len(folder_digest(offline_model)) == 16
    assert time.perf_counter() - began < 1


def test_a_damaged_header_is_no_stumbling_block(tmp_path, monkeypatch):
    monkeypatch.setattr(digest, "WHOLE", 0)
    for number, content in enumerate((b"", b"\x05", struct.pack("<Q", 4) + b"{[}]", struct.pack("<Q", 2) + b"[]" * 9)):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "model.safetensors").write_bytes(content)
    assert len({folder_digest(tmp_path / str(number)) for number in range(4)}) == 4


def test_a_name_of_the_hub_is_its_commit_in_the_local_cache(tmp_path, monkeypatch):
    from huggingface_hub import constants

    repository = tmp_path / "models--org--bird"
    commits = {"main": "a" * 40, "v2": "b" * 40}
    for name, commit in commits.items():
        (repository / "refs").mkdir(parents=True, exist_ok=True)
        (repository / "refs" / name).write_text(commit)
        (repository / "snapshots" / commit).mkdir(parents=True)
        (repository / "snapshots" / commit / "config.json").write_text("{}")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    assert identify("org/bird") == Weights("a" * 40, "a" * 40)
    assert identify("org/bird", "v2") == Weights("b" * 40, "b" * 40)
    assert identify("org/other") is None
    assert identify("no name of the Hub: at all") is None


def test_weights_in_a_single_file_are_known_wherever_it_lies(tmp_path):
    for name, content in (("a.gguf", b"1"), ("b.gguf", b"2")):
        (tmp_path / name).write_bytes(content)
    assert identify(str(tmp_path / "a.gguf")) != identify(str(tmp_path / "b.gguf"))
    (tmp_path / "moved").mkdir()
    before = identify(str(tmp_path / "a.gguf"))
    shutil.move(tmp_path / "a.gguf", tmp_path / "moved")
    assert identify(str(tmp_path / "moved" / "a.gguf")) == before


def test_what_is_not_there_is_not_known(tmp_path):
    assert identify(str(tmp_path / "nowhere")) is None
    assert of_arguments({"pretrained": str(tmp_path / "nowhere"), "dtype": "bfloat16"}) == {}


def test_lm_evals_arguments_name_model_and_adapter(tmp_path):
    base, adapter = model(tmp_path / "base"), model(tmp_path / "adapter", {"a": b"1"})
    found = of_arguments({"pretrained": str(base), "peft": str(adapter), "dtype": "float32", "model": "gpt"})
    assert {name: weights.digest for name, weights in found.items()} == {
        "pretrained": folder_digest(base),
        "peft": folder_digest(adapter),
    }


def test_a_subfolder_that_is_not_there_is_one_line(tmp_path):
    with pytest.raises(CalmError, match=r"none cannot be read \(No such file or directory\)"):
        identify(str(model(tmp_path / "base")), subfolder="none")
