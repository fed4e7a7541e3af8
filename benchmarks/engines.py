"""Scoring on every engine: vllm, vllm-prefix, hf and hf-prefix side by side, in seconds and in tokens of prompts.

    make vllm && VLLM_CPU_KVCACHE_SPACE=1 .venv-vllm/bin/python -m benchmarks.engines
    .venv-vllm/bin/python -m benchmarks.engines --engines vllm vllm-prefix --questions 10 --model Qwen/Qwen3-8B \
        --dtype bfloat16 --engine-args ''

CALM_RELEASE_DIR names the folder of the sets. Each engine sits in a process of its own, and they take turns at the same
questions. vLLM forgets its prefix cache before each turn. Tokens are those of all requests that the engine was sent,
and of these the ones that it had to compute, which vLLM says of each answer.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Sequence
from typing import Any

from benchmarks.record import MODEL, Worker, alternate, ratio, save, spread, table
from benchmarks.scoring import Pair, flips, pairs, rows

ENGINES = ("vllm", "vllm-prefix", "hf", "hf-prefix")
ON_CPU = "max_model_len=1024,enforce_eager=True,max_num_batched_tokens=2048"
WORKS = (("xcsqa", "sum"), ("xcsqa", "pmi"), ("xcsqa", "letters"), ("medqa", "letters"))


def scorer(kind: str, arguments: str, batch_size: str) -> Callable[..., dict[str, Any]]:
    """Load a model and return what scores requests with it."""
    os.environ["VLLM_ENABLE_V1_MULTIPROCESSING"] = "0"  # a daemon may have no processes of its own
    import lm_eval.models  # noqa: F401
    from lm_eval.api.instance import Instance
    from lm_eval.api.registry import get_model

    from calm_harness.models import engines

    engines.register()
    model = get_model(kind).create_from_arg_string(arguments, {"batch_size": batch_size, "device": "cpu"})
    spent = {"sent": 0, "computed": 0}
    if "vllm" in kind:
        generate = model._model_generate

        def counted(*args: Any, **kwargs: Any) -> Any:
            outputs = generate(*args, **kwargs)
            for output in outputs:
                spent["sent"] += len(output.prompt_token_ids)
                spent["computed"] += len(output.prompt_token_ids) - (output.num_cached_tokens or 0)
            return outputs

        model._model_generate = counted

    def run(asked: Sequence[Pair]) -> dict[str, Any]:
        spent.update(sent=0, computed=0)
        instances = [Instance("loglikelihood", {}, pair, 0) for pair in asked]
        return {"scores": model.loglikelihood(instances, disable_tqdm=True), "tokens": dict(spent)}

    def forgetful(asked: Sequence[Pair]) -> dict[str, Any]:
        model.model.reset_prefix_cache()
        return run(asked)

    run([("One, two,", " three"), ("One, two,", " four")])
    return forgetful if "vllm" in kind else run


def compare(workers: dict[str, Worker], docs: list[dict[str, Any]], form: str, repeats: int) -> dict[str, Any]:
    """Measure all engines on the same questions, against the first."""
    asked = pairs(docs, form)
    runs = alternate(workers, repeats, asked=asked)
    seconds = {name: [run["seconds"] for run in found] for name, found in runs.items()}
    values = {name: found[0]["value"] for name, found in runs.items()}
    first = next(iter(workers))
    apart = {
        name: max(abs(a - b) for (a, _), (b, _) in zip(values[first]["scores"], value["scores"], strict=True))
        for name, value in values.items()
    }
    return {
        "questions": len(docs),
        "requests": len(asked),
        "seconds": seconds,
        "per_second": {name: spread([len(docs) / s for s in each]) for name, each in seconds.items()},
        "times_faster": {name: ratio(seconds[first], each) for name, each in seconds.items()},
        "tokens": {name: value["tokens"] for name, value in values.items()},
        "apart": apart,
        "flips": {name: flips(docs, form, values[first]["scores"], value["scores"]) for name, value in values.items()},
    }


def main() -> None:
    """Run the benchmark and write its file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default=MODEL, help="checkpoint folder or hub name")
    parser.add_argument("--dtype", default="float32", choices=["bfloat16", "float32"])
    parser.add_argument("--engines", nargs="+", default=ENGINES, choices=ENGINES, help="the first is compared with")
    parser.add_argument("--engine-args", default=ON_CPU, help="further --model_args of vLLM")
    parser.add_argument("--questions", type=int, default=4, help="questions of a set, each in all its languages")
    parser.add_argument("--repeats", type=int, default=3, help="turns of each engine")
    args = parser.parse_args()
    given = f"pretrained={args.model},dtype={args.dtype}"
    workers = {}
    for name in args.engines:
        own = ",".join(filter(None, (given, args.engine_args))) if "vllm" in name else given
        workers[name] = Worker(scorer, kind=name, arguments=own, batch_size="16" if name == "hf" else "auto")
    results = []
    for chosen, form in WORKS:
        found = compare(workers, rows(chosen, args.questions, None, None), form, args.repeats)
        results.append({"work": chosen, "form": form, **found})
        lines = []
        for name in workers:
            times = found["times_faster"][name]
            lines.append(
                {
                    "work": f"{chosen} {form}",
                    "engine": name,
                    "questions/s": found["per_second"][name]["median"],
                    "times faster": f"{times['median']:.1f} ({times['min']:.1f} to {times['max']:.1f})",
                    "tokens sent": found["tokens"][name]["sent"] or None,
                    "computed": found["tokens"][name]["computed"] or None,
                    "nats apart": found["apart"][name],
                    "flips": len(found["flips"][name]),
                }
            )
        print(table(lines), flush=True)
    for worker in workers.values():
        worker.close()
    print(save("engines", vars(args), results))


if __name__ == "__main__":
    main()
