"""The README's first command, on a clean checkout."""

import json
import subprocess
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.mark.slow
def test_make_demo_on_a_clean_checkout(tmp_path):
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "-q", ROOT, clone], check=True)
    done = subprocess.run(["make", "demo"], cwd=clone, capture_output=True, text=True, check=False, timeout=2400)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    shown = done.stdout.partition("trainer.loop --config")[2]  # after what is installed
    assert len(shown.splitlines()) < 60
    assert "|calm_mini_xl_cloze|" in (clone / "runs/demo/loop.log").read_text("utf-8")
    assert "mini test: 60 questions in en, zh, fr, de, it, ja, es, ar" in done.stdout
    report = json.loads((clone / "runs/demo/report.json").read_text("utf-8"))
    found = report["evaluations"]["mini test"]["rounds"][1]["difference"]
    assert found["acc"]["interval"][0] > 0
    assert found["consistency"]["interval"][0] > 0
    page = (clone / "runs/demo/leaderboard/leaderboard.html").read_text("utf-8")
    assert "gemma-3-270m + round1/dpo" in page
    start = time.time()
    subprocess.run(["make", "demo"], cwd=clone, capture_output=True, check=True, timeout=120)
    assert time.time() - start < 60  # everything is done
