"""`calm eval` as users run it: told beforehand what it asks for, killed, and given again."""

import json
import logging
import random
import subprocess
import sys
import time

import psutil
import pytest
from transformers import AutoTokenizer

from calm_harness import questions
from calm_harness.errors import CalmError
from calm_harness.evaluation import evaluate
from tests import chat_models
from tests.conftest import log_of

TASK = "calm_mini_xl_cot"
ROWS = list(range(24))


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    texts = [row.stem for row in questions.load("mini", split="train").rows][:2000]
    return chat_models.write(tmp_path_factory.mktemp("model"), "qwen3", chat_models.tokenizer_of("qwen3", texts))


def words(model, output, *flags, engine="hf-prefix", repeats=4, rows=ROWS, tokens=12):
    metadata = {"split": "train", "languages": ["en", "zh", "ar"], "repeats": repeats}
    return [
        *("--model", engine, "--model_args", f"pretrained={model},dtype=float32", "--device", "cpu"),
        *("--batch_size", "8", "--tasks", TASK, "--metadata", json.dumps(metadata), "--apply_chat_template"),
        *("--gen_kwargs", f"do_sample=True,temperature=1.0,max_gen_toks={tokens}"),
        *("--samples", json.dumps({TASK: rows}), "--output_path", str(output), "--log_samples", *flags),
    ]


def samples(folder):
    rows = map(json.loads, log_of(folder).read_text().splitlines())
    return {(row["doc"]["question_id"], row["doc"]["language"]): row["resps"] for row in rows}


def unfinished(folder):
    return list(folder.glob("unfinished_*"))


def test_a_dry_run_says_what_a_run_then_asks(model, tmp_path, capsys):
    evaluate(words(model, tmp_path, "--dry_run", "--price", "1000/2000"))
    said = capsys.readouterr().out
    assert not list(tmp_path.rglob("samples_*"))
    evaluate(words(model, tmp_path))
    tokenizer = AutoTokenizer.from_pretrained(model)
    prompts = [json.loads(line)["arguments"] for line in log_of(tmp_path).read_text().splitlines()]
    tokens = 0
    for arguments in prompts:
        first = arguments["gen_args_0"] if isinstance(arguments, dict) else arguments[0]
        prompt = first["arg_0"] if isinstance(first, dict) else first[0]
        tokens += 4 * len(tokenizer.encode(prompt, add_special_tokens=False))
    new = len(ROWS) * 4 * 12
    cost = (tokens * 1000 + new * 2000) / 1e6
    assert f"{TASK}: {len(ROWS) * 4} responses, {tokens:,} prompt tokens" in said
    assert said.strip().endswith(f"at most {new:,} new tokens, at most ${cost:,.2f}")


def test_a_dry_run_counts_our_tasks_alone(model, tmp_path):
    with pytest.raises(CalmError, match="--dry_run counts calm_\\* tasks; leave out arc_easy"):
        evaluate([*words(model, tmp_path, "--dry_run"), "--tasks", "arc_easy,calm_mini_xl"])


def test_a_whole_run_leaves_no_record_behind(model, tmp_path):
    evaluate(words(model, tmp_path / "a"))
    evaluate(words(model, tmp_path / "b"))
    assert not unfinished(tmp_path / "a")
    assert samples(tmp_path / "a") == samples(tmp_path / "b")
    assert all(len(set(responses)) > 1 for (responses,) in samples(tmp_path / "a").values())


def test_a_run_with_other_settings_does_not_go_on_with_it_and_says_so(model, tmp_path, caplog, monkeypatch):
    def end(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("calm_harness.sampling.journal.Journal.write", end)
        with pytest.raises(KeyboardInterrupt):
            evaluate(words(model, tmp_path, rows=ROWS[:3]))
    (left,) = unfinished(tmp_path)
    monkeypatch.setattr(logging.getLogger("calm_harness"), "propagate", True)
    evaluate(words(model, tmp_path, rows=ROWS[:3], tokens=7))
    assert unfinished(tmp_path) == [left]
    assert f"left unfinished ({left.name})" in caplog.text
    evaluate(words(model, tmp_path, rows=ROWS[:3]))
    assert not unfinished(tmp_path)


def test_a_context_that_is_too_small_is_said_before_anything_is_sampled(model, tmp_path, caplog, monkeypatch):
    given = words(model, tmp_path, rows=ROWS[:3])
    place = given.index("--model_args") + 1
    given[place] += ",max_length=12"
    with pytest.raises(CalmError, match="max_gen_toks=12 leaves no room"):
        evaluate(given)
    monkeypatch.setattr(logging.getLogger("calm_harness"), "propagate", True)
    given[place] += "0"
    evaluate(given)
    assert "3 of 3 prompts are longer than the context of 120 tokens allows" in caplog.text


def test_samples_depend_on_no_other_question(model, tmp_path):
    evaluate(words(model, tmp_path / "all"))
    evaluate(words(model, tmp_path / "some", rows=ROWS[6:12]))
    whole, part = samples(tmp_path / "all"), samples(tmp_path / "some")
    assert len(part) == 6
    assert part.items() <= whole.items()


ALONE = [sys.executable, "-m"]
TOGETHER = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2", "-m"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("engine", "launcher"),
    [("hf-prefix", ALONE), ("hf", ALONE), ("hf-prefix", TOGETHER)],
    ids=["hf-prefix", "hf", "two processes"],
)
def test_a_run_that_is_killed_three_times_ends_with_the_same_samples(model, tmp_path, engine, launcher):
    repeats = 24 if launcher is ALONE else 60  # several parts for each process
    told = {"engine": engine, "repeats": repeats, "tokens": 24}
    whole_run, command = (
        [*launcher, "calm_harness", "eval", *words(model, tmp_path / name, **told)] for name in ("whole", "killed")
    )
    subprocess.run(whole_run, check=True, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    draw, count, seen = random.Random(7), len(ROWS) * repeats, 0
    for _ in range(3):
        aim = draw.randrange(seen + 1, seen + (count - seen) // 2)
        with psutil.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as running:
            while seen < aim:
                assert running.poll() is None, "it ended before it was killed"
                time.sleep(0.01)
                seen = sum(path.read_bytes().count(b"\n") for path in unfinished(tmp_path / "killed"))
            for process in (*running.children(recursive=True), running):
                process.kill()
    assert unfinished(tmp_path / "killed")
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    assert not unfinished(tmp_path / "killed")
    whole, killed = samples(tmp_path / "whole"), samples(tmp_path / "killed")
    assert killed == whole
    assert all(len(responses) == repeats for (responses,) in killed.values())
