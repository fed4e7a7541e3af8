"""The recipes for SLURM, run as written by a stand-in for its commands (`tests/cluster/bin`)."""

import json
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests import tiny_model

ROOT = Path(__file__).parent.parent.parent
RECIPES = ROOT / "recipes" / "cluster"
BIN = Path(__file__).parent / "bin"
ASKED = [
    "--batch_size",
    "4",
    "--limit",
    "48",
    "--metadata",
    '{"split": "train", "languages": ["en", "zh", "de", "fr"]}',
]


@pytest.fixture
def cluster(tmp_path, monkeypatch):
    """A folder in which the stand-in keeps what became of jobs; the commands are ours, of the tests' environment."""
    state = tmp_path / "slurm"
    state.mkdir()
    path = os.pathsep.join([str(BIN), str(Path(sys.executable).parent), os.environ["PATH"]])
    for name, value in {"FAKE_SLURM": str(state), "PATH": path, "ENGINE": "hf"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("SHARDS", "2")
    return state


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    return tiny_model.write(tmp_path_factory.mktemp("tiny") / "model", seed=0)


def submit(*command, status=0):
    words = list(map(str, command))
    if words[0] == "sbatch":
        words.insert(1, f"--output={os.environ['FAKE_SLURM']}/%j.out")
    done = subprocess.run(words, capture_output=True, text=True, check=False, cwd=ROOT, timeout=900)
    assert done.returncode == status, done.stdout + done.stderr
    return done


def jobs(state):
    return {job["name"]: job for job in (json.loads(path.read_text()) for path in sorted(state.glob("*.json")))}


def results(folder):
    (path,) = folder.rglob("results_*.json")
    return json.loads(path.read_text())


def use(monkeypatch, model):
    monkeypatch.setenv("MODEL", str(model))
    monkeypatch.setenv("MODEL_ARGS", f"pretrained={model},dtype=float32")


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@pytest.mark.slow
def test_shards_merge_pairs_and_training_on_two_hosts(cluster, tiny, tmp_path, monkeypatch):
    use(monkeypatch, tiny)
    monkeypatch.setenv("PAIRS", "--score pmi --ties random --vote random")
    monkeypatch.setenv("GPUS", "1")
    monkeypatch.setenv("ACCELERATE", "--multi_gpu")
    monkeypatch.setenv("ACCELERATE_USE_CPU", "true")
    monkeypatch.setenv("PORT", str(free_port()))
    monkeypatch.setenv(
        "TRAIN",
        "--max_steps 2 --per_device_train_batch_size 2 --report_to none --bf16 false --gradient_checkpointing false",
    )
    run = tmp_path / "run"
    done = submit("sh", RECIPES / "slurm.sh", "calm_mini_xl_cloze", run, *ASKED)
    assert "jobs: shards 100, pairs 101, training 102" in done.stdout
    logs = {path.name: path.read_text() for path in (run / "logs").iterdir()}
    found = jobs(cluster)
    assert found["calm-shard"]["status"] == {"1": 0, "2": 0}, logs
    assert found["calm-pairs"]["status"] == {"None": 0}, logs
    assert found["calm-train"]["status"] == {"None": 0}, logs
    merged = results(run / "merged")
    assert merged["n-samples"]["calm_mini_xl_cloze"]["effective"] == 48
    assert merged["merged"]["shards"] == 2
    record = json.loads((run / "dpo" / "training.json").read_text())
    assert record["steps"] == 2
    assert (run / "dpo" / "adapter_model.safetensors").is_file()
    assert (run / "pairs" / "pairs.jsonl").stat().st_size > 0


@pytest.mark.slow
def test_a_shard_that_is_lost_stops_what_follows_and_is_run_again_by_its_number(cluster, tiny, tmp_path, monkeypatch):
    use(monkeypatch, tiny)
    run = tmp_path / "run"
    (run / "shards").mkdir(parents=True)
    (run / "shards" / "2").write_text("in the way of a folder")
    submit("sh", RECIPES / "slurm.sh", "calm_mini_xl_cloze", run, *ASKED)
    found = jobs(cluster)
    assert found["calm-shard"]["status"] == {"1": 0, "2": 1}
    assert found["calm-pairs"]["status"] == found["calm-train"]["status"] == {}
    (run / "shards" / "2").unlink()
    submit("sbatch", RECIPES / "pairs.sbatch", run)
    assert jobs(cluster)["calm-pairs"]["status"] == {"None": 1}
    submit("sbatch", "--array=2", RECIPES / "shard.sbatch", "calm_mini_xl_cloze", run, *ASKED)
    monkeypatch.setenv("PAIRS", "--score pmi --ties random --vote random")
    submit("sbatch", RECIPES / "pairs.sbatch", run)
    assert jobs(cluster)["calm-pairs"]["status"] == {"None": 0}
    assert results(run / "merged")["n-samples"]["calm_mini_xl_cloze"]["effective"] == 48


def test_jobs_wait_for_one_another_and_are_told_what_they_need(cluster, tmp_path, monkeypatch):
    """The chain as it is submitted, with a command in python's place that writes down how it was called."""
    calls = tmp_path / "calls"
    fake = tmp_path / "bin"
    fake.mkdir()
    (fake / "python").write_text(f'#!/bin/sh\necho "$SLURM_ARRAY_TASK_ID $@" >>{calls}\n')
    (fake / "python").chmod(0o755)
    monkeypatch.setenv("PATH", f"{fake}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("MODEL", "some/model")
    monkeypatch.setenv("ENGINE", "vllm")
    monkeypatch.setenv("TENSOR", "4")
    monkeypatch.setenv("TRAIN", "--config recipes/train/dpo_8b.yaml")
    submit("sh", RECIPES / "slurm.sh", "calm_xcsqa_xl_cot", tmp_path / "run", "--apply_chat_template")
    arguments = 'pretrained="some/model",dtype=bfloat16,tensor_parallel_size=4,gpu_memory_utilization=0.9'
    lines = calls.read_text().splitlines()
    assert lines[0] == (
        f"1 -m calm_harness eval --model vllm --model_args {arguments} --batch_size auto --tasks calm_xcsqa_xl_cot "
        f"--shard 1/2 --output_path {tmp_path}/run/shards/1 --log_samples --apply_chat_template"
    )
    assert [line.split()[0] for line in lines[:4]] == ["1", "2", "-m", "-m"]
    assert lines[2].strip() == f"-m calm_harness merge {tmp_path}/run/shards --output {tmp_path}/run/merged"
    assert lines[3].strip() == f"-m trainer.pairs --samples {tmp_path}/run/merged --output {tmp_path}/run/pairs"
    trained = sorted(lines[4:])
    assert len(trained) == 2
    for host, line in enumerate(trained):
        assert f"--machine_rank {host} --num_processes 16 --main_process_ip 127.0.0.1" in line
        run = f"--pairs {tmp_path}/run/pairs --output_dir {tmp_path}/run/dpo"
        assert line.strip().startswith("-m accelerate.commands.launch --num_machines 2")
        assert line.endswith(f"-m trainer.dpo --model_name_or_path some/model {run} --config recipes/train/dpo_8b.yaml")
    found = jobs(cluster)
    assert found["calm-pairs"]["options"]["dependency"] == "afterok:100"
    assert found["calm-train"]["options"]["dependency"] == "afterok:101"
    assert shutil.which("sbatch") == str(BIN / "sbatch")


def test_the_stand_in_refuses_what_sbatch_does_not_know(cluster):
    done = submit("sbatch", "--arrays=1-2", RECIPES / "shard.sbatch", status=1)
    assert "unrecognized option '--arrays=1-2'" in done.stderr
