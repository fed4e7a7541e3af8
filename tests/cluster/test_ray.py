"""The recipe for Ray, on a local cluster of two workers; Ray comes with the extra `cluster`, which `dev` lacks."""

import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests import tiny_model
from tests.shards.conftest import logs_of, results_of

ROOT = Path(__file__).parent.parent.parent
FLAGS = ["--tasks", "calm_mini_xl_cloze", "--metadata", '{"languages": "en,fr"}', "--limit", "24", "--batch_size", "1"]

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def workers(tmp_path_factory):
    """Two nodes of one processor each, and the address of the first."""
    pytest.importorskip("ray", reason="Ray is not installed: pip install -e '.[cluster]' -c constraints.txt")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "RAY_USAGE_STATS_ENABLED": "0", "HF_HUB_OFFLINE": "1"}
    start = [sys.executable, "-m", "ray.scripts.scripts", "start", "--num-cpus=1", "--block"]
    start += ["--object-store-memory=100000000"]
    head = ["--head", f"--port={address.partition(':')[2]}", "--include-dashboard=false"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "env": environment}
    nodes = [subprocess.Popen([*start, *head], **quiet)]
    time.sleep(8)
    nodes.append(subprocess.Popen([*start, f"--address={address}"], **quiet))
    yield {**environment, "RAY_ADDRESS": address}
    for node in reversed(nodes):
        node.terminate()
        node.wait(timeout=60)


def shards(environment, output, flags):
    command = [sys.executable, str(ROOT / "recipes" / "cluster" / "ray_shards.py"), "--shards", "3", "--gpus", "0"]
    command += ["--cpus", "1", "--output", str(output), *flags]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=600)


def test_shards_on_two_workers_are_the_run_of_one_process(workers, tmp_path):
    model = tiny_model.write(tmp_path / "model", seed=0)
    flags = ["--model", "hf", "--model_args", f"pretrained={model},dtype=float32", "--device", "cpu", *FLAGS]
    done = shards(workers, tmp_path / "run", flags)
    assert done.returncode == 0, done.stdout + done.stderr
    assert sorted(line for line in done.stdout.splitlines() if line.startswith("shard")) == [
        f"shard {number}/3: done" for number in (1, 2, 3)
    ]
    whole = [sys.executable, "-m", "calm_harness", "eval", *flags, "--output_path", str(tmp_path / "whole")]
    subprocess.run([*whole, "--log_samples"], check=True, capture_output=True, env=workers)
    assert logs_of(tmp_path / "run" / "merged") == logs_of(tmp_path / "whole")
    assert results_of(tmp_path / "run" / "merged") == results_of(tmp_path / "whole")
    shutil.rmtree(tmp_path / "run" / "merged")
    shutil.rmtree(tmp_path / "run" / "shards" / "2")
    again = shards(workers, tmp_path / "run", flags)
    assert "shard 2/3: done\n" in again.stdout
    assert again.stdout.count("done before") == 2
    assert logs_of(tmp_path / "run" / "merged") == logs_of(tmp_path / "whole")


def test_a_shard_that_fails_is_named_with_what_it_says(workers, tmp_path):
    done = shards(workers, tmp_path / "run", ["--model", "hf", *FLAGS[:-2], "--tasks", "calm_nothing"])
    assert done.returncode == 1
    assert "Tasks not found: calm_nothing" in done.stderr
    assert "3 shards failed; run the same again, what is done is kept" in done.stderr
