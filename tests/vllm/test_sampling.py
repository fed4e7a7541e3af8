"""Free text with the real vLLM: greedy as hf's, several samples a question, and a run that is killed and goes on."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from calm_harness.predictions import read
from tests.conftest import log_of

pytestmark = pytest.mark.vllm
ENGINE = "dtype=float32,max_model_len=512,enforce_eager=True,max_num_batched_tokens=1024,enable_chunked_prefill=False"
TASK, ROWS, SAMPLES = "calm_mini_xl_cot", list(range(15)), 4


def command(model, output, *, engine="vllm", repeats=1, settings="max_gen_toks=16", rows=ROWS):
    metadata = {"split": "train", "languages": ["en", "zh", "ar"], "repeats": repeats}
    arguments = f"pretrained={model}," + (ENGINE if engine.startswith("vllm") else "dtype=float32")
    words = ["--model", engine, "--model_args", arguments, "--device", "cpu", "--tasks", TASK]
    words += ["--metadata", json.dumps(metadata), "--samples", json.dumps({TASK: rows}), "--gen_kwargs", settings]
    words += ["--output_path", str(output), "--log_samples"]
    return [sys.executable, "-m", "calm_harness", "eval", *words]


def run(*args, **kwargs):
    done = subprocess.run(command(*args, **kwargs), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-4000:]


def responses(folder):
    return {(row.question_id, row.language): row.responses for row in read(log_of(folder))}


def test_greedy_responses_are_those_of_hf(offline_model, tmp_path):
    run(offline_model, tmp_path / "vllm")
    run(offline_model, tmp_path / "hf", engine="hf-prefix")
    found, expected = responses(tmp_path / "vllm"), responses(tmp_path / "hf")
    assert found.keys() == expected.keys()
    same = sum(found[key] == expected[key] for key in expected)
    assert same >= 0.9 * len(ROWS)  # a tie of two tokens may fall otherwise


def test_a_run_that_is_killed_goes_on_to_the_same_samples(offline_model, tmp_path):
    told = {"repeats": SAMPLES, "settings": "do_sample=True,temperature=1.0,max_gen_toks=24"}
    run(offline_model, tmp_path / "whole", **told)
    folder, seen = tmp_path / "killed", 0
    with subprocess.Popen(
        command(offline_model, folder, **told),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as running:
        while seen == 0:
            assert running.poll() is None, "it ended before it was killed"
            time.sleep(0.02)
            seen = sum(path.read_bytes().count(b"\n") for path in folder.glob("unfinished_*"))
        os.killpg(running.pid, signal.SIGKILL)  # vLLM's processes too, which would go on
    assert 0 < seen < SAMPLES * len(ROWS)
    run(offline_model, folder, **told)
    whole, killed = responses(tmp_path / "whole"), responses(folder)
    assert whole.keys() == killed.keys()
    assert all(len(samples) == SAMPLES for samples in killed.values())
    assert all(len(set(samples)) > 1 for samples in whole.values())
    pairs = [(one, two) for key in whole for one, two in zip(whole[key], killed[key], strict=True)]
    assert sum(one == two for one, two in pairs) >= 0.9 * len(pairs)  # sums in another batch may round otherwise


def test_samples_do_not_depend_on_what_else_is_asked(offline_model, tmp_path):
    told = {"repeats": 2, "settings": "do_sample=True,temperature=1.0,max_gen_toks=12"}
    run(offline_model, tmp_path / "all", **told)
    run(offline_model, tmp_path / "some", rows=ROWS[3:9], **told)
    whole, part = responses(tmp_path / "all"), responses(tmp_path / "some")
    assert len(part) == 6
    assert sum(whole[key] == part[key] for key in part) >= 5


def test_a_cpu_that_reads_prompts_in_pieces_is_told_what_to_do(offline_model, tmp_path):
    settings = "do_sample=True,temperature=1.0,max_gen_toks=4"
    told = command(offline_model, tmp_path, settings=settings)
    place = told.index("--model_args") + 1
    told[place] = told[place].replace("enable_chunked_prefill=False", "enable_chunked_prefill=True")
    done = subprocess.run(told, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "enable_chunked_prefill=False,max_num_batched_tokens=2048" in done.stderr.splitlines()[-1]
