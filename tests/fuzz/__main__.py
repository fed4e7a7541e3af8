"""Run targets for a while, each in a process of its own, and keep what falls out.

python -m tests.fuzz --seconds 60                   all targets, a minute each
python -m tests.fuzz results_json --seconds 600     one of them
python -m tests.fuzz results_json --input FILE      one input, as it was found

What is found lies in tests/fuzz/corpus/TARGET/, where `pytest tests/fuzz` reads it from then on.
"""

import argparse
import hashlib
import random
import sys
import tempfile
import time
from multiprocessing import get_context
from pathlib import Path

from tests.fuzz.mutate import mutate
from tests.fuzz.oracle import judge, limit_memory, seconds_for
from tests.fuzz.target import TARGETS

CORPUS = Path(__file__).parent / "corpus"
POOL = 2000  # inputs that were read without a fault and are changed further


def main() -> int:
    """Run what is asked for; the status is that of a test."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("targets", nargs="*", metavar="TARGET")
    parser.add_argument("--seconds", type=float, default=60, help="for each target (%(default)s)")
    parser.add_argument("--seed", type=int, default=None, help="of the first input; by default another each time")
    parser.add_argument("--input", type=Path, help="give this file to the one target that is named")
    args = parser.parse_args()
    import tests.fuzz.targets  # noqa: F401

    names = args.targets or list(TARGETS)
    if unknown := [name for name in names if name not in TARGETS]:
        parser.error(f"there is no target {unknown[0]} (targets: {', '.join(TARGETS)})")
    seed = random.randrange(2**40) if args.seed is None else args.seed
    if args.input:
        finding = judge(TARGETS[names[0]].read, args.input.read_bytes(), seconds_for(TARGETS[names[0]]))
        print(f"{finding.kind}\n{finding.detail}" if finding else "read, or refused in one line")
        return 1 if finding else 0
    return max(_apart(name, args.seconds, seed) for name in names)


def run(name: str, seconds: float, seed: int, last: Path) -> int:
    """Run a target in this process; returns whether anything was found."""
    target = TARGETS[name]
    limit = seconds_for(target)
    limit_memory()
    pool, found, count = list(target.seeds()), {}, 0
    rng = random.Random(seed)
    started = time.monotonic()
    with last.open("wb", buffering=0) as at:
        while time.monotonic() - started < seconds:
            data = mutate(rng.choice(pool), target.shape, target.tokens, seed + count)
            at.seek(0)
            at.truncate()
            at.write(data)
            finding = judge(target.read, data, limit)
            count += 1
            if finding and finding.kind not in found:
                found[finding.kind] = data
                print(f"{name}: {finding.kind}\n  {_keep(name, data)}\n  {finding.detail[-600:]}", flush=True)
            elif not finding and len(data) < 20_000 and rng.random() < 0.02 and len(pool) < POOL:
                pool.append(data)
    spent = time.monotonic() - started
    print(f"{name}: {count} inputs in {spent:.0f} s ({count / spent:.0f} a second), {len(found)} findings", flush=True)
    return 1 if found else 0


def _apart(name: str, seconds: float, seed: int) -> int:
    """Run a target in a process of its own, and keep the input at which that ends."""
    with tempfile.TemporaryDirectory() as folder:
        last = Path(folder) / "last"
        child = get_context("fork").Process(target=lambda: sys.exit(run(name, seconds, seed, last)))
        child.start()
        child.join()
        if child.exitcode in (0, 1):
            return child.exitcode
        print(f"{name}: the process ended with status {child.exitcode}\n  {_keep(name, last.read_bytes())}", flush=True)
        return 1


def _keep(name: str, data: bytes) -> Path:
    path = CORPUS / name / hashlib.sha256(data).hexdigest()[:12]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


if __name__ == "__main__":
    sys.exit(main())
