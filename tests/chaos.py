"""Disturb a small loop at random moments: what comes of it has to be what comes of it undisturbed.

python -m tests.chaos --disturbances 100 --seed 0        (make chaos; Linux, as root: it mounts small disks)

The loop is the demo's with a model of one layer: evaluate, vote, train, evaluate; besides, a server is sampled. At
moments drawn by the seed a process of it is killed, stopped for a while or told to end, the disk fills, a second writer
starts, or the server goes away; then the same command is given again. At the end pairs, weights, samples and figures
are compared.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

import psutil
import yaml

from tests.odd_server import server_of
from tests.tiny_model import write as write_tiny

ROOT = Path(__file__).parents[1]
LOOP = {
    "backend": "hf-prefix",
    "model_args": "dtype=float32",
    "eval_args": ["--device", "cpu"],
    "task": "calm_mini_xl_cloze",
    "metadata": {"split": "train", "languages": ["en", "fr"]},
    "train_questions": 12,
    "dev_questions": 4,
    "test_questions": 6,
    "pairs": {"score": "sum", "ties": "random"},
    "training": {
        "per_device_train_batch_size": 2, "gradient_checkpointing": False, "report_to": "none", "bf16": False,
        "save_steps": 1,
    },
}  # fmt: skip
SAMPLED = [
    *("eval", "--model", "local-completions", "--tasks", "calm_mini_xl_cot", "--log_samples", "--limit", "24"),
    *("--metadata", '{"repeats": 3, "languages": ["en", "fr"]}'),
    *("--gen_kwargs", "do_sample=True,temperature=1.0,max_gen_toks=16"),
]
FAULTS = ("kill", "kill child", "terminate", "interrupt", "stop", "second writer", "full disk")
TRIES = 30  # of a command that is given again


def main() -> int:
    """Run the loop and the sampling undisturbed, then disturbed until there were as many disturbances as asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--disturbances", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--folder", type=Path, default=Path("/tmp/calm-chaos"))
    parser.add_argument("--each", type=int, default=4, help="disturbances a run (%(default)s)")
    args = parser.parse_args()
    signal.signal(signal.SIGINT, signal.default_int_handler)  # which `nohup` and `&` have ignored, and children inherit
    args.folder.mkdir(parents=True, exist_ok=True)
    model = write_tiny(args.folder / "model", seed=0)
    told = args.folder / "loop.yaml"
    draw, seen, wrong = random.Random(args.seed), Counter(), []
    with disk(args.folder / "undisturbed") as place, serving() as server:
        told.write_text(yaml.safe_dump({**LOOP, "model": str(model)}))
        began = time.monotonic()
        commands = {"loop": loop(told, place), "sampling": sampling(server, model, place)}
        seconds = {}
        for name, command in commands.items():
            began = time.monotonic()
            assert Run(command).wait() == 0, name
            seconds[name] = time.monotonic() - began
        expected = {"loop": outcome(place / "loop"), "sampling": outcome(place / "sampling")}
    print(f"undisturbed: {', '.join(f'{name} {spent:.0f} s' for name, spent in seconds.items())}", flush=True)
    number = 0
    while seen.total() < args.disturbances:
        number += 1
        name = "sampling" if number % 3 == 0 else "loop"
        with disk(args.folder / "disturbed") as place, serving() as server:
            scene = Scene(loop(told, place) if name == "loop" else sampling(server, model, place), place, server)
            faults = FAULTS if name == "loop" else (*FAULTS, "server away")
            moments = [draw.uniform(0.05, 1.0) * seconds[name] for _ in range(args.each)]
            began = time.monotonic()
            happened = disturb(scene, [(draw.choice(faults), moment) for moment in moments])
            if not happened:  # the machine has less other work than before
                seconds[name] = min(seconds[name], time.monotonic() - began)
            seen.update(happened)
            found = outcome(place / name)
            differ = sorted(key for key in expected[name].keys() | found if expected[name].get(key) != found.get(key))
        wrong += [(number, differ)] if differ else []
        how = f"differs in {', '.join(differ)}" if differ else "equal"
        print(f"{number:3} {name} after {', '.join(happened)}: {how}", flush=True)
    print(f"{seen.total()} disturbances in {number} runs (seed {args.seed}): {dict(seen)}; {len(wrong)} runs differ")
    return 1 if wrong else 0


# Commands -------------------------------------------------------------------------------------------------------------


def loop(told: Path, place: Path) -> list[str]:
    """The loop's command."""
    return [sys.executable, "-m", "trainer.loop", "--config", str(told), "--output", str(place / "loop")]


def sampling(server: Server, model: Path, place: Path) -> list[str]:
    """The command that samples a server."""
    named = {"base_url": server.url, "model": "tiny", "tokenizer": str(model), "tokenizer_backend": "huggingface"}
    named |= {"num_concurrent": 2, "max_retries": 1, "tokenized_requests": False}
    words = [*SAMPLED, "--model_args", json.dumps(named), "--output_path", str(place / "sampling")]
    return [sys.executable, "-m", "calm_harness", *words]


class Server:
    """Answers by the prompt and the seed, a little slowly, and can go away for a while."""

    def __init__(self) -> None:
        self.away = threading.Event()
        self.server = server_of(self.answer)
        self.url = f"http://127.0.0.1:{self.server.server_port}/v1/completions"

    def answer(self, request: dict) -> dict:
        """Make up a response; raise, so that the connection is cut, while away."""
        if self.away.is_set():
            raise ConnectionError
        time.sleep(0.2)
        letter = "ABCD"[int(hashlib.sha256(f"{request['prompt']} {request['seed']}".encode()).hexdigest(), 16) % 4]
        return {"choices": [{"index": 0, "text": f" So it is ({letter}).", "finish_reason": "stop"}]}


@contextmanager
def serving():
    """Serve while the block runs."""
    server = Server()
    server.server.handle_error = lambda *_: None
    threading.Thread(target=server.server.serve_forever, daemon=True).start()
    yield server
    server.server.shutdown()
    server.server.server_close()


# Disturbances ---------------------------------------------------------------------------------------------------------


class Run:
    """A command that runs, whose words are kept for when they are needed."""

    def __init__(self, command: list[str]) -> None:
        self.process = psutil.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        self.said = ""
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self) -> None:
        """Keep the end of what the command says."""
        for line in self.process.stderr:
            self.said = (self.said + line)[-4000:]

    def wait(self) -> int:
        """Wait for the end; a traceback is none."""
        status = int(self.process.wait())
        self.reader.join(timeout=60)
        assert "Traceback" not in self.said, self.said
        return status

    def below(self) -> list[psutil.Process]:
        """The processes that it started."""
        with suppress(psutil.Error):
            return list(self.process.children(recursive=True))
        return []


class Scene(NamedTuple):
    """A command, the disk on which it writes, and the server that it asks."""

    command: list[str]
    place: Path
    server: Server


def disturb(scene: Scene, faults: list[tuple[str, float]]) -> list[str]:
    """Give a command until it is done, with a fault, after so many seconds, each of the first times.

    Returns:
        The faults that found it running.
    """
    happened = []
    for turn in range(TRIES):
        run = Run(scene.command)
        if turn < len(faults):
            fault, moment = faults[turn]
            with suppress(psutil.TimeoutExpired, subprocess.TimeoutExpired):
                run.process.wait(moment)
            if run.process.is_running() and run.process.status() != psutil.STATUS_ZOMBIE:
                happened.append(fault)
                happen(fault, run, scene)
        if run.wait() == 0:
            return happened
    raise AssertionError(f"not done after {TRIES} times: {run.said}")


def happen(fault: str, run: Run, scene: Scene) -> None:
    """Let a fault happen to a run."""
    with suppress(psutil.NoSuchProcess):
        match fault:
            case "kill":
                run.process.kill()
            case "kill child":
                (run.below() or [run.process])[-1].kill()
            case "terminate":
                run.process.terminate()
            case "interrupt":
                for process in [*run.below(), run.process]:
                    process.send_signal(signal.SIGINT)
            case "stop":
                stopped = [run.process, *run.below()]
                for process in stopped:
                    process.suspend()
                time.sleep(2)
                for process in stopped:
                    process.resume()
            case "second writer":
                second = Run(scene.command)
                refused = second if second.wait() else run  # the first, where it had not yet begun to write
                assert "is writing" in refused.said or run.wait() == 0, (run.said, second.said)
            case "full disk":
                with filled(scene.place):
                    time.sleep(10)
            case "server away":
                scene.server.away.set()
                time.sleep(8)
                scene.server.away.clear()


@contextmanager
def disk(folder: Path):
    """Mount a small disk."""
    folder.mkdir(exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=200m", "none", folder], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


@contextmanager
def filled(folder: Path):
    """Fill a disk, and make room again."""
    filling = folder / "filling"
    with filling.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(1 << 16))
    yield
    os.unlink(filling)


# Outcome --------------------------------------------------------------------------------------------------------------


def outcome(folder: Path) -> dict[str, str]:
    """Hash what came of a run: file -> content, but for places and times."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if path.name.startswith("samples_"):
            rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
            kept = [{key: row[key] for key in ("doc_id", "doc", "target", "resps", "filtered_resps")} for row in rows]
            found[f"{path.parent.parent.relative_to(folder)}/samples"] = digest(
                json.dumps(kept, sort_keys=True).encode()
            )
        elif path.name == "pairs.jsonl" or (path.suffix == ".safetensors" and "checkpoint-" not in name):
            found[name] = digest(path.read_bytes())
        elif path.name == "report.json":
            report = json.loads(path.read_text("utf-8"))
            found[name] = digest(json.dumps({key: report[key] for key in ("evaluations", "signals")}).encode())
        elif path.suffix == ".part" or path.name.startswith("unfinished"):
            found[name] = "left behind"
    return found


def digest(content: bytes) -> str:
    """Hash bytes."""
    return hashlib.sha256(content).hexdigest()[:16]


if __name__ == "__main__":
    sys.exit(main())
