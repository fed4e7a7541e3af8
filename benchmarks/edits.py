"""Edits across languages: one of each kind, and how long twenty facts in eight languages take by that.

    python -m benchmarks.edits
    python -m benchmarks.edits --kinds lora full --dtype float32 --turns 3

An edit is one fact of `mini` told in one language; then its question, that of the fact whose control it is, and those
of five others are asked in all eight languages, each option also after the null context where weights were edited.
A turn is one edit; each of a run's turns tells another language. Kinds take turns. A run is 160 edits and what is asked
before them.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any

from benchmarks.record import MODEL, Worker, save, spread, table

KINDS = ("context", "lora", "full")
EDITS = 20


def editing(kind: str, pretrained: str, dtype: str, device: str) -> Callable[..., dict[str, float]]:
    """Load a model; what is returned makes the n-th edit, and says how long telling and asking took, in seconds."""
    from contextlib import nullcontext

    from calm_harness.models.hf_prefix import HFPrefixLM
    from calm_harness.probes.editing.plan import plan
    from calm_harness.probes.editing.scoring import score
    from calm_harness.probes.editing.settings import METHODS, settings
    from calm_harness.probes.editing.weights import Editor
    from calm_harness.questions.facts import NEW, load

    lm = HFPrefixLM(pretrained=pretrained, dtype=dtype, device=device, batch_size="auto")
    chosen = plan(load("mini:train"), EDITS, 0)
    method = next((name for name in METHODS if name == kind), None)
    editor = Editor(lm, settings(method, None, None), 0) if method else None

    def run(number: int | None) -> dict[str, float]:
        start = time.perf_counter()
        if number is None:
            score(lm, list(chosen.before()), null=True)
            return {"before": time.perf_counter() - start}
        fact, tag = chosen.edits[number % EDITS], chosen.languages[number % len(chosen.languages)]
        question = fact.questions[tag]
        told = editor.edited(question.prompt, question.options[NEW]) if editor else nullcontext()
        with told:
            asked_at = time.perf_counter()
            score(lm, list(chosen.after(fact)), "" if editor else fact.statements[tag], null=editor is not None)
            asking = time.perf_counter() - asked_at
        return {"telling": time.perf_counter() - start - asking, "asking": asking}

    return run


def main() -> None:
    """Run the benchmark and write its file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default=MODEL, help="checkpoint folder or hub name")
    parser.add_argument("--dtype", default="float32", choices=["bfloat16", "float32"])
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--kinds", nargs="+", default=list(KINDS), choices=KINDS)
    parser.add_argument("--turns", type=int, default=3, help="edits of each kind")
    args = parser.parse_args()
    model = {"pretrained": args.model, "dtype": args.dtype, "device": args.device}
    workers = {kind: Worker(editing, kind=kind, **model) for kind in args.kinds}
    before = {kind: worker(number=None) for kind, worker in workers.items()}
    runs: dict[str, list[dict[str, Any]]] = {kind: [] for kind in workers}
    for turn in range(args.turns):
        for kind, worker in workers.items():
            runs[kind].append(worker(number=turn))
    for worker in workers.values():
        worker.close()
    results = []
    for kind, found in runs.items():
        seconds = spread([run["seconds"] for run in found])
        whole = {name: (before[kind]["seconds"] + 8 * EDITS * each) / 60 for name, each in seconds.items()}
        results.append(
            {
                "kind": kind,
                "edit_seconds": seconds,
                "telling_seconds": spread([run["value"]["telling"] for run in found]),
                "asking_seconds": spread([run["value"]["asking"] for run in found]),
                "before_seconds": before[kind]["seconds"],
                "run_minutes": whole,
                "peak_mb": max(run["peak_mb"] for run in found),
            }
        )
    shown = [
        {name: f"{each['median']:.3g}" if isinstance(each, dict) else each for name, each in row.items()}
        for row in results
    ]
    print(table(shown))
    print(save("edits", vars(args), results))


if __name__ == "__main__":
    main()
