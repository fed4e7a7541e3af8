"""What all benchmarks share: workers that take turns, ratios with spread, and a file that says where it was taken."""

from __future__ import annotations

import contextlib
import importlib.metadata
import json
import multiprocessing
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).parent.parent
MODEL = str(ROOT / ".cache" / "gemma-3-270m")  # that of `make demo`
RESULTS = Path(__file__).parent / "results"
PACKAGES = ("calm-harness", "lm-eval", "torch", "transformers", "trl", "peft", "numpy")


class Worker:
    """A process of its own, so that memory can be told apart; it makes something once and then runs it when asked."""

    def __init__(self, make: Callable[..., Callable[..., Any]], **settings: Any) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, other = context.Pipe()
        self._process = context.Process(target=_serve, args=(other, make, settings), daemon=True)
        self._process.start()
        self.ready = self._answer()

    def __call__(self, **arguments: Any) -> dict[str, Any]:
        """Run it once; returns `seconds`, `peak_mb` (memory while it ran) and its `value`."""
        self._pipe.send(arguments)
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        try:
            answer: dict[str, Any] = self._pipe.recv()
        except EOFError:
            raise SystemExit("a benchmark's process died; see above") from None
        return answer

    def close(self) -> None:
        """End the process."""
        self._process.terminate()
        self._process.join()


def _serve(pipe: Connection, make: Callable[..., Callable[..., Any]], settings: dict[str, Any]) -> None:
    start = time.perf_counter()
    run = make(**settings)
    pipe.send({"seconds": time.perf_counter() - start})
    while True:
        arguments = pipe.recv()
        forget_peak()
        start = time.perf_counter()
        value = run(**arguments)
        seconds = time.perf_counter() - start
        pipe.send({"seconds": seconds, "peak_mb": peak_mb(), "value": value})


def forget_peak() -> None:
    """Let the peak of memory count from now (Linux)."""
    if (gpu := _gpu()) is not None:
        gpu.reset_peak_memory_stats()
    else:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii", newline="\n")


def peak_mb() -> float:
    """Return the peak of memory, in megabytes: of a GPU's, where this process uses one, else resident (Linux)."""
    if (gpu := _gpu()) is not None:
        return float(gpu.max_memory_allocated()) / 2**20
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


def _gpu() -> Any:
    """Return `torch.cuda` where this process has used it."""
    torch = sys.modules.get("torch")
    return torch.cuda if torch is not None and torch.cuda.is_initialized() else None


def measured(command: list[str]) -> dict[str, float]:
    """Run a command; return its seconds, and the most memory that it and its processes had together."""
    start = time.perf_counter()
    running = psutil.Popen(command, stdout=subprocess.DEVNULL, cwd=ROOT)
    peak = 0
    while running.poll() is None:
        peak = max(peak, sum(map(_resident, [running, *_children(running)])))
        time.sleep(0.05)
    seconds = time.perf_counter() - start
    if running.returncode:
        raise SystemExit(f"{' '.join(command)} ended with status {running.returncode}")
    return {"seconds": seconds, "peak_mb": peak / 2**20}


def _children(process: psutil.Process) -> list[psutil.Process]:
    with contextlib.suppress(psutil.Error):
        return process.children(recursive=True)
    return []


def _resident(process: psutil.Process) -> int:
    with contextlib.suppress(psutil.Error):
        return int(process.memory_info().rss)
    return 0


def alternate(workers: Mapping[str, Worker], repeats: int, **arguments: Any) -> dict[str, list[dict[str, Any]]]:
    """Let workers run the same work in turns, so that a busy minute of the machine meets all of them."""
    runs: dict[str, list[dict[str, Any]]] = {name: [] for name in workers}
    for _ in range(repeats):
        for name, worker in workers.items():
            runs[name].append(worker(**arguments))
    return runs


def spread(values: Sequence[float]) -> dict[str, float]:
    """Return median, least and greatest."""
    return {"median": statistics.median(values), "min": min(values), "max": max(values)}


def ratio(slow: Sequence[float], fast: Sequence[float]) -> dict[str, float]:
    """Return how many times faster `fast` was, turn by turn: median, least and greatest."""
    return spread([a / b for a, b in zip(slow, fast, strict=True)])


def processor() -> str:
    """Name the processor."""
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor()


def environment() -> dict[str, Any]:
    """Say when, where and with what a measurement was taken."""
    import torch

    flags = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    commit = subprocess.run(
        ["git", "describe", "--always", "--dirty"],
        capture_output=True,
        encoding="utf-8",
        check=False,
        cwd=RESULTS.parent,
    )
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "processor": processor(),
        "processors": multiprocessing.cpu_count(),
        "instructions": [name for name in ("avx2", "avx512f", "avx512_bf16", "amx_bf16") if f" {name} " in flags],
        "accelerator": torch.cuda.get_device_name() if torch.cuda.is_available() else None,
        "python": platform.python_version(),
        "versions": {name: importlib.metadata.version(name) for name in PACKAGES},
        "commit": commit.stdout.strip(),
    }


def save(name: str, settings: Mapping[str, Any], results: Any) -> Path:
    """Write a measurement to `benchmarks/results` and return the file; paths in it count from the project's root."""
    where = environment()
    stamp = where["date"][:16].replace("-", "").replace(":", "")
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}-{stamp}.json"
    said = {key: value.removeprefix(f"{ROOT}/") if isinstance(value, str) else value for key, value in settings.items()}
    record = {"benchmark": name, "settings": said, "environment": where, "results": results}
    path.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8", newline="\n")
    return path


def table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Lay rows out as a Markdown table; the columns are those of the first row."""
    columns = list(rows[0])
    lines = [columns, ["---"] * len(columns), *([_cell(row.get(column)) for column in columns] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.3g}"
    return "" if value is None else str(value)
