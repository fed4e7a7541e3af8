"""Stages: what was done is known by its content, and what changed is named."""

import json

import pytest

from calm_harness.cache import changes, file_digest, inputs_of, is_done, stage
from calm_harness.errors import CalmError

INPUTS = {
    "model": {"pretrained": "aaaa"},
    "adapter": None,
    "questions": {"calm_mini_xl": "bbbb"},
    "index": None,
    "arguments": {"num_fewshot": None, "model_args": {"dtype": "float32"}},
}


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"model": {"pretrained": "cccc"}}, "model: pretrained"),
        ({"model": None}, "model"),
        ({"adapter": {"peft": "cccc"}}, "adapter"),
        ({"questions": {"calm_mini_xl": "cccc"}}, "questions: calm_mini_xl"),
        ({"index": {"calm_mini_xl_rag": "cccc"}}, "index"),
        (
            {"arguments": {"num_fewshot": 5, "model_args": {"dtype": "float16"}}},
            "arguments: num_fewshot, arguments: model_args: dtype",
        ),
        ({"more": 1}, "more"),
    ],
)
def test_an_input_that_changed_is_named(changed, named, tmp_path):
    stage(tmp_path / "run", INPUTS, lambda: None)
    said = f"{tmp_path / 'run'} holds what was done with other inputs ({named}); remove it, or name another"
    with pytest.raises(CalmError) as caught:
        stage(tmp_path / "run", {**INPUTS, **changed}, lambda: pytest.fail("done again"))
    assert str(caught.value) == said


def test_an_input_that_is_no_longer_there_changed():
    assert changes({"a": 1, "b": 2}, {"a": 1}) == ["b"]


def test_what_was_done_can_be_asked(tmp_path):
    assert not is_done(tmp_path / "run", INPUTS)
    assert inputs_of(tmp_path / "run") is None
    stage(tmp_path / "run", INPUTS, lambda: None)
    assert is_done(tmp_path / "run", INPUTS)
    assert inputs_of(tmp_path / "run") == INPUTS


def test_a_folder_of_an_earlier_version_is_refused(tmp_path):
    (tmp_path / "done.json").write_text(json.dumps({"arguments": ["--model", "hf"], "versions": {}}))
    with pytest.raises(
        CalmError, match=r"was made by an earlier version of calm-harness.*; remove it, or name another"
    ):
        stage(tmp_path, INPUTS, lambda: pytest.fail("done again"))


def test_a_file_is_its_bytes(tmp_path):
    for name, content in (("a", b"one"), ("b", b"one"), ("c", b"onE")):
        (tmp_path / name).write_bytes(content)
    assert file_digest(tmp_path / "a") == file_digest(tmp_path / "b") == "7692c3ad3540bb80"
    assert file_digest(tmp_path / "c") != file_digest(tmp_path / "a")
    with pytest.raises(CalmError, match="none cannot be read"):
        file_digest(tmp_path / "none")
