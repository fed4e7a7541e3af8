"""Which training a folder holds: by the content of pairs, model and adapter, and by the settings."""

import json
import shutil
from dataclasses import asdict

import pytest

from calm_harness.errors import CalmError
from trainer.methods.dpo import CalmDPOConfig
from trainer.training.arguments import Arguments, DataArguments, LoraModelConfig
from trainer.training.identity import begin, done, identify

ROWS = [{"prompt": "Which?", "chosen": " a", "rejected": " b"}]


def folder_of(path, content):
    path.mkdir(exist_ok=True)
    (path / "config.json").write_text("{}")
    (path / "model.safetensors").write_bytes(content)
    return path


@pytest.fixture
def models(tmp_path):
    """A base model and an adapter."""
    return folder_of(tmp_path / "base", b"\x00" * 100), folder_of(tmp_path / "adapter", b"\x00" * 10)


def identity(base, adapter=None, rows=ROWS, output="out", **settings):
    return identify(
        rows,
        Arguments(
            DataArguments(pairs="pairs", adapter=adapter and str(adapter)),
            CalmDPOConfig(output_dir=output, report_to="none", bf16=False, use_cpu=True, **settings),
            LoraModelConfig(model_name_or_path=str(base)),
        ),
    )


def test_a_model_that_was_moved_goes_on(models, tmp_path):
    base, adapter = models
    before = identity(base, adapter)
    begin(tmp_path / "out", before)
    shutil.move(base, tmp_path / "moved")
    shutil.move(adapter, tmp_path / "moved-adapter")
    after = identity(tmp_path / "moved", tmp_path / "moved-adapter", output="elsewhere")
    assert after == before
    assert done(tmp_path / "out", after) is None


def test_what_changed_is_named(models, tmp_path):
    base, adapter = models
    out = tmp_path / "out"
    before = identity(base, adapter)
    begin(out, before)
    (out / "checkpoint-1").mkdir()

    def refused(now):
        with pytest.raises(CalmError) as caught:
            done(out, now)
        return str(caught.value)

    head = f"{out} holds a training with other"
    assert refused(identity(base, adapter, beta=0.3)) == f"{head} settings; name another --output_dir"
    other_rows = [{**ROWS[0], "chosen": " c"}]
    assert refused(identity(base, adapter, other_rows)) == f"{head} pairs; name another --output_dir"
    assert refused(identity(base)) == f"{head} adapter; name another --output_dir"
    folder_of(base, b"\x01" * 100)  # other weights of the same shape
    folder_of(adapter, b"\x01" * 10)
    assert refused(identity(base, adapter)) == f"{head} model and adapter; name another --output_dir"


@pytest.mark.parametrize("state", [{"finished": True}, {"finished": False}])
def test_a_record_of_an_earlier_version_is_refused(state, models, tmp_path):
    out = tmp_path / "out"
    (out / "checkpoint-1").mkdir(parents=True)
    (out / "training.json").write_text(json.dumps({"identity": "0123456789abcdef", **state}))
    with pytest.raises(CalmError, match="holds a training of an earlier version of calm-harness"):
        done(out, identity(models[0]))


def test_an_earlier_record_without_any_work_is_written_over(models, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "training.json").write_text('{"identity": "0123456789abcdef", "finished": false}')
    now = identity(models[0])
    assert done(out, now) is None
    begin(out, now)
    assert json.loads((out / "training.json").read_text())["identity"] == asdict(now)


def test_a_model_that_is_not_here_counts_by_its_name():
    assert identity("org/one") != identity("org/two")
    assert identity("org/one").model == "name org/one main"
