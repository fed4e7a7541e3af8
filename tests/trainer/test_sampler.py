"""A vote pools the samples of one model: whose a log is, and which of several are taken."""

import json
import shutil

import pytest

from calm_harness.errors import CalmError
from trainer.preferences.samples import load


def copied(log, folder, change=None):
    """Copy a run's results and log, and change what its results say of the model."""
    folder.mkdir(parents=True)
    shutil.copy(log, folder)
    for results in log.parent.glob("results_*.json"):
        content = json.loads(results.read_text("utf-8"))
        (task,) = content["configs"].values()
        if change is not None:
            change(content["config"]["model_args"], task["metadata"]["calm"])
            (folder / results.name).write_text(json.dumps(content), "utf-8")
    return folder


def adapted(path, digest):
    def change(model_args, calm):
        model_args["peft"] = path
        calm["adapter"] = {"digest": digest, "revision": None}

    return change


def plain(model_args, calm):
    """The run as it was."""


def test_samples_of_two_models_are_not_pooled(cloze_log, tmp_path):
    copied(cloze_log, tmp_path / "runs/base", plain)
    copied(cloze_log, tmp_path / "runs/aligned", adapted("runs/one/dpo", "a" * 16))
    with pytest.raises(CalmError, match=r"samples are of 2 models \(.* \+ runs/one/dpo, .*\); name one of them \(--mo"):
        load([str(tmp_path / "runs")])
    for name in ("dpo", "one/dpo", "runs/one/dpo"):
        assert len(load([str(tmp_path / "runs")], model=name).cells) == 60
    with pytest.raises(CalmError, match=r"no samples are of 'sft' \(there are: "):
        load([str(tmp_path / "runs")], model="sft")
    copied(cloze_log, tmp_path / "runs/again", adapted("runs/two/dpo", "b" * 16))
    with pytest.raises(CalmError, match="samples are of 2 models"):
        load([str(tmp_path / "runs")], model="dpo")
    assert len(load([str(tmp_path / "runs")], model="two/dpo").cells) == 60


def test_one_model_is_one_wherever_it_lay(cloze_log, tmp_path):
    """The same weights by two names are one model: what is refused then is that its options were scored twice.

    Their logs are not one, since the second's rows are in another order.
    """
    copied(cloze_log, tmp_path / "runs/first", adapted("old/dpo", "a" * 16))
    again = copied(cloze_log, tmp_path / "runs/second", adapted("new/dpo", "a" * 16)) / cloze_log.name
    lines = again.read_text("utf-8").splitlines(keepends=True)
    again.write_text("".join(reversed(lines)), "utf-8")
    with pytest.raises(CalmError, match="two runs scored its options"):
        load([str(tmp_path / "runs")])


def test_a_copy_of_a_log_is_not_counted_again(recorded_log, tmp_path):
    copy = shutil.copy(recorded_log, tmp_path / "copy.jsonl")
    with pytest.raises(CalmError, match=r"copy\.jsonl are one log, whose samples would count twice; name one of them"):
        load([str(recorded_log), str(copy)])


def test_without_results_the_folder_says_it(cloze_log, tmp_path):
    copied(cloze_log, tmp_path / "runs/org__one")
    copied(cloze_log, tmp_path / "runs/org__two")
    with pytest.raises(CalmError, match=r"of 2 models \(org__one, org__two\)"):
        load([str(tmp_path / "runs")])
    assert len(load([str(tmp_path / "runs")], model="org__two").cells) == 60
    named = tmp_path / "runs/org__one" / cloze_log.name
    assert len(load([str(named)]).cells) == 60
