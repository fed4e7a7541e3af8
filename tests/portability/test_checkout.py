"""A checkout on the path of a Python that has what it needs, and not it: a machine that nothing can be installed on."""

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from calm_harness import __version__
from calm_harness.predictions import newest_log

ROOT = Path(__file__).parents[2]


@pytest.fixture
def environment(tmp_path):
    """All installed packages but ours, and the checkout."""
    packages = tmp_path / "site-packages"  # by which name dill knows libraries
    packages.mkdir()
    for entry in Path(sysconfig.get_path("purelib")).iterdir():
        if entry.suffix != ".pth" and not entry.name.startswith("calm_harness"):
            (packages / entry.name).symlink_to(entry)
    return {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, (ROOT, packages))), "HF_HUB_OFFLINE": "1"}


def run(environment, *words):
    done = subprocess.run([sys.executable, "-S", *words], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_it_is_evaluated_by(environment, tmp_path):
    hidden = "import importlib.metadata as m; print('calm-harness' in {d.metadata['Name'] for d in m.distributions()})"
    assert run(environment, "-c", hidden) == "False\n"
    words = ["--model", "dummy", "--tasks", "calm_mini_xl", "--limit", "8", "--log_samples"]
    run(environment, "-m", "calm_harness", "eval", *words, "--output_path", str(tmp_path / "run"))
    assert newest_log(tmp_path / "run", "calm_mini_xl").is_file()
    told = "from calm_harness.runtime import versions; print(versions(['calm-harness']))"
    assert __version__ in run(environment, "-c", told)
