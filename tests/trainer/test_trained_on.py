"""Results say of themselves that a model was trained on the questions it is asked, wherever they are read."""

import json
import shutil

import pytest

from calm_harness.errors import CalmError
from calm_harness.evaluation import evaluate
from calm_harness.models import trained
from calm_harness.models.digest import folder_digest
from calm_harness.questions import load
from calm_harness.report.runs import find
from tests import tiny_model
from trainer import dpo


def pair(row):
    return {"prompt": row.stem, "chosen": " yes", "rejected": " no", "stem": row.stem, "question_id": row.question_id}


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    return tiny_model.write(tmp_path_factory.mktemp("tiny"), seed=0)


def train(tiny, folder, rows, *more, vote=None):
    folder.mkdir()
    path = folder / "pairs.jsonl"
    path.write_text("".join(json.dumps(pair(row)) + "\n" for row in rows), "utf-8")
    if vote is not None:
        (folder / "summary.json").write_text(json.dumps({"settings": {"vote": vote}}))
    argv = ["--pairs", str(path), "--model_name_or_path", str(tiny), "--output_dir", str(folder / "dpo")]
    settings = ["--max_steps", "1", "--report_to", "none", "--bf16", "false", "--gradient_checkpointing", "false"]
    assert dpo.main([*argv, *settings, *more]) == 0
    return folder / "dpo"


def asked(tiny, adapter, folder, split, numbers):
    """Ask a model some of mini's rows in English, and read the run's results once its adapter is gone."""
    task = "calm_mini_xl_cloze"
    words = ["--model", "hf", "--model_args", f"pretrained={tiny},peft={adapter}", "--device", "cpu", "--tasks", task]
    words += ["--metadata", json.dumps({"split": split, "languages": ["en"]}), "--batch_size", "4"]
    evaluate([*words, "--samples", json.dumps({task: numbers}), "--output_path", str(folder)])
    return folder


def test_an_adapter_says_what_it_was_trained_on(tiny, tmp_path, capsys):
    rows = load("mini", split="train", languages=["en"]).rows
    first = train(tiny, tmp_path / "one", rows[:3], "--merge", "true")
    printed = capsys.readouterr().out
    assert "held out: mini:test (60 questions)" in printed
    record = json.loads((first / "training.json").read_text("utf-8"))
    assert (record["transductive"], record["held_out"]["mini:test"]["shared"]) == (False, 0)
    assert "held out: mini:test (60 questions)" in (first / "README.md").read_text("utf-8")
    assert trained.read(first) == trained.read(first / "merged")
    assert rows[0].stem not in (first / "trained_on.txt").read_text("utf-8")
    second = train(tiny, tmp_path / "two", rows[3:5], "--adapter", str(first))
    assert trained.read(second) > trained.read(first)

    seen = asked(tiny, second, tmp_path / "seen", "train", [0, 4, 9])  # the first round's, the second's, nobody's
    unseen = asked(tiny, second, tmp_path / "unseen", "train", [9, 10])
    elsewhere = shutil.copytree(seen, tmp_path / "elsewhere")
    shutil.rmtree(tmp_path / "one")
    shutil.rmtree(tmp_path / "two")
    ((there,), _), ((other,), _) = find([elsewhere]), find([unseen])
    assert there.transductive
    assert not other.transductive
    (results,) = elsewhere.rglob("results_*.json")
    calm = json.loads(results.read_text("utf-8"))["configs"]["calm_mini_xl_cloze"]["metadata"]["calm"]
    assert calm["transductive"] == {"declared": False, "trained_on": 2}


def test_what_lets_evaluated_questions_in_is_declared_from_then_on(tiny, tmp_path):
    tested = load("mini", split="test", languages=["en"]).rows
    let_in = ("--transductive", "true", "--merge", "true")
    first = train(tiny, tmp_path / "one", tested[:2], *let_in, vote="crosslingual")
    rows = load("mini", split="train", languages=["en"]).rows
    second = train(tiny, tmp_path / "two", rows[:2], "--adapter", str(first))
    on_merged = train(first / "merged", tmp_path / "three", rows[2:4], "--merge", "true")
    for folder in (second, on_merged, on_merged / "merged"):
        assert json.loads((folder / "training.json").read_text("utf-8"))["transductive"]
        assert trained.read(folder) > trained.read(first)
    card = (second / "README.md").read_text("utf-8")
    assert "**Transductive**" in card
    assert "Whether labels were used is not known" in card
    assert "No label was used" not in card
    ((run,), _) = find([asked(tiny, second, tmp_path / "asked", "train", [20])])
    assert run.transductive


def test_whether_labels_were_used_has_to_be_known_where_evaluated_questions_are_let_in(tiny, tmp_path, capsys):
    (row,) = load("mini", split="test", languages=["en"]).rows[:1]
    (tmp_path / "pairs.jsonl").write_text(json.dumps(pair(row)), "utf-8")
    argv = ["--pairs", str(tmp_path / "pairs.jsonl"), "--model_name_or_path", str(tiny), "--transductive", "true"]
    assert dpo.main([*argv, "--output_dir", str(tmp_path / "dpo"), "--report_to", "none", "--bf16", "false"]) == 1
    assert "does not say by what vote it was made" in capsys.readouterr().err.splitlines()[-1]
    assert not (tmp_path / "dpo").exists()


def test_what_a_training_says_is_no_part_of_the_model(tiny, tmp_path):
    folder = shutil.copytree(tiny, tmp_path / "copy")
    before = folder_digest(folder)
    trained.write(folder, {"0" * 16})
    assert folder_digest(folder) == before
    assert trained.read(tmp_path / "nowhere") == set()
    assert trained.overlap({"pretrained": "org/name"}, [{"question_id": "mini-001", "stem": "?"}]) is None


@pytest.mark.parametrize("content", [b"0123456789abcdef\n0123", b"\xff\xfe0\x001", b"<html>"])
def test_a_damaged_list_is_not_taken_for_an_empty_one(tmp_path, content):
    (tmp_path / "trained_on.txt").write_bytes(content)
    with pytest.raises(CalmError, match="is damaged: what was trained on is not known"):
        trained.read(tmp_path)
