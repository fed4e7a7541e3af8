"""Pairs as a data set: TRL's columns as they were written, and only texts that may be passed on."""

import json
import shutil

import pytest
from huggingface_hub import DatasetCard

from calm_harness.cli import main
from calm_harness.questions import load
from tests.sharing.conftest import rows_of
from tests.sharing.test_push import dry, loaded
from trainer.preferences.write import write


def pair(row, **more):
    return {
        "prompt": f"Question: {row.stem}\nAnswer:",
        "chosen": f" {row.options[0]}",
        "rejected": f" {row.options[1]}",
        "question_id": row.question_id,
        "language": row.language,
        "chosen_answer": 0,
        "rejected_answer": 1,
        "vote_share": 0.75,
        "margin": 0.5,
        "source": "option",
        "format": "cloze",
        "stem": row.stem,
        "options": list(row.options),
        **more,
    }


SUMMARY = {
    "pairs": 6,
    "questions": 3,
    "pairs_by_language": {"en": 3, "zh": 3},
    "settings": {"vote": "crosslingual", "samples": ["/home/me/secret-place/samples.jsonl"], "seed": 0},
    "vote_acc": {"all": {"value": 0.5, "stderr": 0.1, "interval": [0.3, 0.7]}},
}


@pytest.fixture
def pairs(tmp_path):
    rows = load("mini", split="train", languages=["en", "zh"]).rows[:6]
    write(tmp_path / "pairs", [pair(row) for row in rows], SUMMARY)
    return tmp_path / "pairs"


def test_pairs_are_the_same_when_they_are_loaded(pairs, tmp_path):
    assert dry(pairs, tmp_path / "out") == 0
    assert loaded(tmp_path / "out", "pairs", "train", tmp_path / "cache") == rows_of(pairs / "pairs.jsonl")
    card = DatasetCard.load(tmp_path / "out" / "README.md")
    assert card.data.language == ["en", "zh"]
    assert "- pairs by language: en 3, zh 3" in card.text
    assert "vote crosslingual" in card.text
    assert "0.500 [0.300, 0.700]" in card.text
    assert "secret-place" not in card.text


def test_pairs_of_messages_are_too(tmp_path):
    (row, *_) = load("mini", split="train", languages=["en"]).rows
    chat = {
        "prompt": [{"role": "user", "content": row.stem}],
        "chosen": [{"role": "assistant", "content": "A"}],
        "rejected": [{"role": "assistant", "content": "B"}],
        "rendered": None,
    }
    write(tmp_path / "pairs", [pair(row, **chat)], SUMMARY)
    assert dry(tmp_path / "pairs", tmp_path / "out") == 0
    assert loaded(tmp_path / "out", "pairs", "train", tmp_path / "cache") == rows_of(tmp_path / "pairs" / "pairs.jsonl")


def test_pairs_of_other_questions_are_refused_whatever_their_ids(pairs, tmp_path, capsys):
    rows = rows_of(pairs / "pairs.jsonl")
    rows[3]["stem"] = "Another question under an id of mini?"
    (pairs / "pairs.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    assert dry(pairs, tmp_path / "out") == 1
    assert "pairs has texts of questions or texts that are none of mini's" in capsys.readouterr().err
    assert dry(pairs, tmp_path / "named", "--license", "mit") == 0
    assert dry(pairs, tmp_path / "numbers", "--without_texts") == 0
    (first, *_) = loaded(tmp_path / "numbers", "pairs", "train", tmp_path / "cache")
    assert first == {
        **{name: rows[0][name] for name in ("question_id", "language", "chosen_answer", "rejected_answer")},
        **{name: rows[0][name] for name in ("vote_share", "margin", "source", "format")},
    }


def test_runs_and_pairs_of_a_folder_go_up_together(pairs, scored, tmp_path):
    shutil.copytree(scored, tmp_path / "all" / "base")
    shutil.copytree(pairs, tmp_path / "all" / "round1" / "pairs")
    assert dry(tmp_path / "all", tmp_path / "out") == 0
    names = sorted(path.stem for path in (tmp_path / "out/data").iterdir())
    assert names == ["calm_mini_xl_cloze", "pairs", "results"]


def test_pairs_of_several_folders_are_told_apart(pairs, tmp_path):
    for round_name in ("round1", "round2"):
        shutil.copytree(pairs, tmp_path / "all" / round_name / "pairs")
    assert main(["push", str(tmp_path / "all"), "--repo", "me/x", "--dry_run", "--output", str(tmp_path / "o")]) == 0
    names = sorted(path.stem for path in (tmp_path / "o/data").iterdir())
    assert names == ["pairs-round1-pairs", "pairs-round2-pairs"]
