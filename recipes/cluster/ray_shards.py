"""Ray: an evaluation in shards, on whatever hosts a Ray cluster has; a shard whose host is lost is run again.

    python recipes/cluster/ray_shards.py --shards 16 --gpus 1 --output /shared/runs/llama \
      --model vllm-prefix --model_args pretrained=MODEL,dtype=bfloat16 --tasks calm_xcsqa_xl_cot \
      --apply_chat_template --gen_kwargs do_sample=True,temperature=0.7 --metadata '{"repeats": 10}'

Run it on a host of the cluster, or hand it in: `ray job submit -- python ...` (needs ray[default]). --output is a
folder that all hosts see, an absolute path; calm-harness is installed on all of them. A shard whose results are there
is not run again; the run is then joined in OUTPUT/merged. A model that needs several GPUs of a host: --gpus 4 and
tensor_parallel_size=4 among --model_args. Flags that are not listed by --help are those of `calm eval`.
"""

import argparse
import subprocess
import sys
from pathlib import Path


def evaluate(shard: str, output: Path, flags: list[str]) -> str:
    """Run a shard in a process of its own, which gives its memory back, unless its results are there."""
    if any(output.rglob("results_*.json")):
        return f"shard {shard}: done before"
    command = [sys.executable, "-m", "calm_harness", "eval", *flags]
    done = subprocess.run(
        [*command, "--shard", shard, f"--output_path={output}", "--log_samples"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",  # of whatever the model's libraries print
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"shard {shard} ended with status {done.returncode}: {done.stdout[-2000:]}")
    return f"shard {shard}: done"


def main() -> int:
    """Run all shards as tasks of the cluster, and join them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shards", type=int, required=True, help="into how many parts")
    parser.add_argument("--output", type=Path, required=True, help="where shards and run are to lie")
    parser.add_argument("--gpus", type=float, default=1, help="of a shard (%(default)s)")
    parser.add_argument("--cpus", type=float, default=4, help="of a shard (%(default)s)")
    parser.add_argument("--retries", type=int, default=2, help="of a shard that fails or is lost (%(default)s)")
    args, flags = parser.parse_known_args()
    import ray

    ray.init()
    remote = ray.remote(num_gpus=args.gpus, num_cpus=args.cpus, max_retries=args.retries, retry_exceptions=True)
    shards = args.output / "shards"
    waiting = [
        remote(evaluate).remote(f"{number}/{args.shards}", shards / str(number), flags)
        for number in range(1, args.shards + 1)
    ]
    failed = 0
    while waiting:
        (ready,), waiting = ray.wait(waiting)
        try:
            print(ray.get(ready), flush=True)
        except Exception as error:
            failed += 1
            print(error, file=sys.stderr, flush=True)
    if failed:
        print(f"{failed} shards failed; run the same again, what is done is kept", file=sys.stderr)
        return 1
    merge = [sys.executable, "-m", "calm_harness", "merge", f"--output={args.output / 'merged'}", "--", str(shards)]
    return subprocess.run(merge, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
