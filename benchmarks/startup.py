"""Time to the first result: one question with `--limit 1`, and where the time goes.

python -m benchmarks.startup
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from typing import Any

from benchmarks.record import MODEL, save, spread, table

PHASES = """
import sys, time
start = time.perf_counter()
def lap(name):
    global start
    now = time.perf_counter()
    print(name, now - start, file=sys.stderr)
    start = now
import torch; lap("import torch")
import transformers; lap("import transformers")
import lm_eval.evaluator; lap("import lm_eval")
import calm_harness.task.calm_task, calm_harness.models.hf_prefix; lap("import calm_harness")
from lm_eval.tasks import TaskManager
from calm_harness.task.paths import tasks_path
manager = TaskManager(include_path=str(tasks_path()), include_defaults={defaults}); lap("task index")
tasks = manager.load(["{task}"]); lap("data")
from lm_eval.api.registry import get_model
model = get_model("{kind}")(pretrained="{model}", dtype="float32", device="cpu", batch_size=1); lap("model")
found = lm_eval.evaluator.evaluate(lm=model, task_dict=tasks["tasks"], limit=1, bootstrap_iters=0); lap("scoring")
"""


def phases(model: str, task: str, kind: str, defaults: bool) -> dict[str, float]:
    """Go through a run step by step, in a process of its own."""
    code = PHASES.format(model=model, task=task, kind=kind, defaults=defaults)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    laps = [line.rsplit(" ", 1) for line in done.stderr.splitlines()]
    names = ("import", "task index", "data", "model", "scoring")
    return {lap[0]: float(lap[1]) for lap in laps if len(lap) == 2 and lap[0].startswith(names) and _number(lap[1])}


def _number(text: str) -> bool:
    return text.replace(".", "", 1).replace("e-", "", 1).isdigit()


def command(model: str, task: str, kind: str) -> float:
    """Time the whole command."""
    start = time.perf_counter()
    words = ["eval", "--model", kind, "--model_args", f"pretrained={model},dtype=float32", "--device", "cpu"]
    subprocess.run(
        [sys.executable, "-m", "calm_harness", *words, "--tasks", task, "--limit", "1"], capture_output=True, check=True
    )
    return time.perf_counter() - start


def main() -> None:
    """Run the benchmark and write its file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default=MODEL, help="checkpoint folder or hub name")
    parser.add_argument("--task", default="calm_mini_xl_cloze")
    parser.add_argument("--kind", default="hf-prefix", choices=["hf", "hf-prefix"])
    parser.add_argument("--repeats", type=int, default=3)
    args = parser.parse_args()
    whole = [command(args.model, args.task, args.kind) for _ in range(args.repeats)]
    steps = [phases(args.model, args.task, args.kind, defaults=True) for _ in range(args.repeats)]
    rows: list[dict[str, Any]] = [{"step": name, **spread([step[name] for step in steps])} for name in steps[0]]
    rows.append({"step": "calm eval --limit 1, all in all", **spread(whole)})
    print(table(rows))
    print(save("startup", vars(args), rows))


if __name__ == "__main__":
    main()
