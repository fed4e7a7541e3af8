"""A newcomer's first hour: commands of *Start* and of the pages on own questions, as written, from an empty folder."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.pages import ROOT, blocks

pytestmark = pytest.mark.slow


@pytest.fixture
def empty(tmp_path, offline_model):
    """A folder with nothing in it but the offline model, which a command of *Start* would take a minute to write."""
    (tmp_path / ".cache").mkdir()
    (tmp_path / ".cache" / "gemma-3-270m").symlink_to(offline_model)
    return tmp_path


def run(command, folder):
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    words = {"cwd": folder, "timeout": 900, "env": {**os.environ, "PATH": path}}
    done = subprocess.run(["sh", "-ec", command], capture_output=True, text=True, check=False, **words)
    assert done.returncode == 0, f"{command}\n{done.stdout[-2000:]}{done.stderr[-3000:]}"
    return done.stdout


def test_the_first_run(empty):
    page = ROOT / "docs" / "start.md"
    (commands,) = [block for block in blocks(page, "bash") if "runs/first" in block]
    said = run(commands, empty)  # of a model that lies there `calm offline-model` says so
    assert "|calm_mini_xl_cloze" in said
    assert re.search(r"20 questions in en, zh, fr, de, it, ja, es, ar", said)
    assert (empty / "runs/first/leaderboard/leaderboard.html").is_file()
    assert "lm_eval" in run("calm doctor", empty)


def test_ten_rows_of_a_table(empty):
    page = ROOT / "docs" / "own" / "questions.md"
    (table, wide), (recipe, wide_columns) = blocks(page, "csv"), blocks(page, "yaml")
    assert len(table.splitlines()) == 11
    (empty / "questions.csv").write_text(table, encoding="utf-8")
    (empty / "questions.yaml").write_text(recipe, encoding="utf-8")
    commands = blocks(page, "bash")[0]
    said = run(commands, empty)
    assert "|calm_custom_xl_cloze" in said
    run("calm report runs/own --output report", empty)
    assert "custom" in (empty / "report/leaderboard.md").read_text("utf-8")
    (empty / "questions.csv").write_text(wide, encoding="utf-8")
    (empty / "questions.yaml").write_text(re.sub(r"columns: .*\n", lambda _: wide_columns, recipe), encoding="utf-8")
    assert "first test: 1 questions in 2 languages" in run("calm data audit custom --source questions.yaml", empty)


def test_an_adapter_that_peft_made(empty, offline_model):
    """Commands of the page on a part of the questions, of an adapter whose configuration names its base by a Hub id."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    torch.manual_seed(0)
    model = get_peft_model(
        AutoModelForCausalLM.from_pretrained(offline_model),
        LoraConfig(r=4, target_modules="all-linear", task_type="CAUSAL_LM", init_lora_weights=False),
    )
    model.peft_config["default"].base_model_name_or_path = "google/gemma-3-270m"
    model.save_pretrained(empty / "my" / "adapter")
    page = ROOT / "docs" / "evaluate" / "adapters.md"
    commands = blocks(page, "bash")[0].replace("google/gemma-3-1b-pt", ".cache/gemma-3-270m")
    said = run(commands.replace("--log_samples", "--log_samples --limit 16"), empty)
    assert "2 questions in en, zh, fr, de, it, ja, es, ar" in said
    board = (empty / "report/leaderboard.md").read_text("utf-8")
    assert "| gemma-3-270m + my/adapter |" in board
    assert "| gemma-3-270m |" in board


def test_predictions_of_ones_own(empty):
    """LLaMA-Factory's form, by the page's example, in two languages whose rows are in another order."""
    page = ROOT / "docs" / "own" / "predictions.md"
    (example,) = blocks(page, "json")
    english = [example, example.replace("bees make", "spiders spin").replace("honey", "wax").replace('C"', 'A"')]
    german = [
        row.replace("What do bees make", "Was machen Bienen").replace("What do spiders spin", "Was spinnen Spinnen")
        for row in reversed(english)
    ]
    for language, rows in (("en", english), ("de", german)):
        (empty / f"{language}.jsonl").write_text("".join(rows), encoding="utf-8")
    said = run("calm score --predictions en=en.jsonl --predictions de=de.jsonl --json scores.json", empty)
    assert "acc" in said
