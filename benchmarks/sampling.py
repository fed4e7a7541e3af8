"""Sampling K responses of a prompt: hf-prefix against lm-eval's `repeats: K` with hf.

    python -m benchmarks.sampling
    python -m benchmarks.sampling --samples 8 --tokens 128 --before 4

lm-eval asks for a repeated request K times, which is what both are given here. All responses are made equally long (the
end of a text is forbidden), so that both do the same work.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Callable, Sequence
from typing import Any

from benchmarks.record import MODEL, Worker, alternate, ratio, save, spread, table
from benchmarks.scoring import rows


def sampler(kind: str, pretrained: str, dtype: str, device: str, batch_size: int) -> Callable[..., dict[str, float]]:
    """Load a model and return what samples with it."""
    import torch
    from lm_eval.api.instance import Instance
    from lm_eval.models.huggingface import HFLM

    from calm_harness.models.hf_prefix import HFPrefixLM

    model = {"hf": HFLM, "hf-prefix": HFPrefixLM}[kind](
        pretrained=pretrained, dtype=dtype, device=device, batch_size=batch_size
    )

    def run(prompts: Sequence[str], tokens: int) -> dict[str, float]:
        settings = {
            "until": [],
            "max_gen_toks": tokens,
            "min_new_tokens": tokens,
            "do_sample": True,
            "temperature": 0.7,
        }
        torch.manual_seed(0)
        instances = [Instance("generate_until", {}, (prompt, dict(settings)), 0) for prompt in prompts]
        found = model.generate_until(instances, disable_tqdm=True)
        return {
            "responses": len(found),
            "different": len(set(found)),
            "prompt_tokens": len(model.tok_encode(prompts[0])),
        }

    run(prompts=["One, two,"] * 2, tokens=2)
    return run


def main() -> None:
    """Run the benchmark and write its file."""
    from calm_harness.prompts import cot_text

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default=MODEL, help="checkpoint folder or hub name")
    parser.add_argument("--dtype", default="float32", choices=["bfloat16", "float32"])
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--set", default="medqa", choices=["medqa", "xcsqa", "mini"], help="whose prompts")
    parser.add_argument("--samples", type=int, nargs="+", default=[1, 2, 4, 8, 16], help="K")
    parser.add_argument("--prompts", type=int, default=1)
    parser.add_argument("--before", type=int, default=0, help="other questions before each, to make prompts long")
    parser.add_argument("--tokens", type=int, default=64, help="length of a response")
    parser.add_argument("--repeats", type=int, default=3, help="turns of each model")
    args = parser.parse_args()
    settings = {"pretrained": args.model, "dtype": args.dtype, "device": args.device}
    most = max(args.samples)
    workers = {
        "hf, batch 1": Worker(sampler, kind="hf", batch_size=1, **settings),
        f"hf, batch {most}": Worker(sampler, kind="hf", batch_size=most, **settings),
        "hf-prefix": Worker(sampler, kind="hf-prefix", batch_size=most, **settings),
    }
    drawn = [cot_text(doc) for doc in rows(args.set, args.prompts * (args.before + 1), 1, None)]
    texts = ["\n\n".join(drawn[i :: args.prompts]) for i in range(args.prompts)]
    results = []
    for samples in args.samples:
        runs = alternate(
            workers, args.repeats, prompts=[text for text in texts for _ in range(samples)], tokens=args.tokens
        )
        seconds = {name: [run["seconds"] for run in found] for name, found in runs.items()}
        row: dict[str, Any] = {"samples": samples, "prompt_tokens": runs["hf-prefix"][0]["value"]["prompt_tokens"]}
        row["seconds"] = seconds
        row["peak_mb"] = {name: max(run["peak_mb"] for run in found) for name, found in runs.items()}
        row["per_second"] = {name: spread([len(texts) * samples / s for s in each]) for name, each in seconds.items()}
        row["times_faster"] = {
            name: ratio(seconds[name], seconds["hf-prefix"]) for name in seconds if name != "hf-prefix"
        }
        results.append(row)
        brief: dict[str, Any] = {"K": samples, "prompt tokens": row["prompt_tokens"]}
        brief |= {f"{name}, s": statistics.median(each) for name, each in seconds.items()}
        for name, times in row["times_faster"].items():
            brief[f"times {name}"] = f"{times['median']:.1f} ({times['min']:.1f} to {times['max']:.1f})"
        print(table([brief]), flush=True)
    for worker in workers.values():
        worker.close()
    print(save("sampling", vars(args), results))


if __name__ == "__main__":
    main()
