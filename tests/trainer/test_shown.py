"""What a loop shows, and what is in its log: a whole run with a model of one small layer."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests import tiny_model
from tests.small_loop import settings

ROOT = Path(__file__).parents[2]
TABLE = "|calm_mini_xl_cloze|"  # lm-eval's
BROKEN = [sys.executable, "-c", "print('no such wheel'); raise SystemExit(3)"]


def run(told, path, *words):
    path.write_text(yaml.safe_dump(told), "utf-8")
    return subprocess.run(
        [sys.executable, "-m", "trainer.loop", "--config", str(path), *words],
        capture_output=True, encoding="utf-8", check=False, cwd=ROOT, env={**os.environ, "PYTHONIOENCODING": "utf-8"},
    )  # fmt: skip


def stages(text):
    """Names of stages that ended, each with its time."""
    found = re.findall(r"^(\S.*?) +(?:\d+ min )?\d[\d.]* s$", text, re.MULTILINE)
    return [" ".join(name.split()) for name in found]


@pytest.mark.slow
def test_a_loop_shows_its_stages_and_what_came_of_it(tmp_path):
    folder = tmp_path / "run"
    told = settings(tiny_model.write(tmp_path / "model", seed=1), output=str(folder))
    told["evaluate"] = [{"name": "mini", "task": "calm_mini_xl_cloze", "metadata": {"languages": "en,fr"}}]
    # A stage that fails: the end of what it said, and where all of it is.
    failed = run({**told, "launcher": BROKEN}, tmp_path / "config.yaml")
    assert failed.returncode == 1
    assert stages(failed.stdout) == [
        "base model: sample", "base model: mini", "round 1: vote and pairs", "round 1: train (dpo) failed after",
    ]  # fmt: skip
    said = failed.stderr.splitlines()
    at = said.index(f"  the end of what it said; {folder / 'loop.log'} has all of it:")
    assert said[at + 1] == "    no such wheel"
    assert said[at + 2].startswith("trainer.loop: trainer.dpo ended with status 3; what it says is above.")
    assert len(said) == at + 3
    # The same command goes on, and says so.
    done = run(told, tmp_path / "config.yaml")
    assert done.returncode == 0, done.stderr
    shown = done.stdout.splitlines()
    assert len(shown) + len(done.stderr.splitlines()) <= 40
    assert "done before: base model: sample; base model: mini; round 1: vote and pairs" in shown
    assert stages(done.stdout) == ["round 1: train (dpo)", "round 1: unseen", "round 1: mini", "report"]
    for name in ("mini: 60 questions in en, fr", "unseen: 6 questions in en, fr"):
        at = shown.index(name)
        assert re.split(r"  +", shown[at + 1].strip())[::2] == ["base model", "difference"]
        assert [line.split()[0] for line in shown[at + 2 : at + 4]] == ["acc", "consistency"]
    places = dict(re.findall(r"^(report|adapter|log) +(.+)$", done.stdout, re.MULTILINE))
    places = {name: place for name, place in places.items() if not place.startswith("none: ")}
    assert {"report", "log"} <= places.keys()
    assert all(Path(place).exists() for place in places.values())
    # What the terminal left out is in the log.
    log = (folder / "loop.log").read_text("utf-8")
    for text in (TABLE, "Running loglikelihood", "Tasks: ['calm_mini_xl_cloze']", "pairs from", "train_runtime"):
        assert text in log
        assert text not in done.stdout + done.stderr
    assert (folder / "report.md").read_text("utf-8") in log
    assert "\nno such wheel\n" in log
    # All that is said is shown where that is wanted.
    shutil.rmtree(folder / "round1/mini")
    verbose = run(told, tmp_path / "config.yaml", "-v")
    assert verbose.returncode == 0, verbose.stderr
    assert TABLE in verbose.stdout
    assert "Running loglikelihood" in verbose.stdout
    assert (folder / "loop.log").read_text("utf-8") == log + verbose.stdout
    assert "verbose" not in (folder / "config.yaml").read_text("utf-8")
