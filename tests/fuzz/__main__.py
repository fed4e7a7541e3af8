"""Run targets for a while, each in a process of its own, and keep what falls out.

python -m tests.fuzz --seconds 60                   all targets, a minute each
python -m tests.fuzz results_json --seconds 600     one of them
python -m tests.fuzz results_json --input FILE      one input, as it was found

What is found lies in tests/fuzz/corpus/TARGET/, where `pytest tests/fuzz` reads it from then on.
"""

import argparse
import contextlib
import hashlib
import random
import sys
import tempfile
from multiprocessing import get_context
from pathlib import Path

from tests.fuzz import guided
from tests.fuzz.oracle import Finding, judge, seconds_for
from tests.fuzz.target import TARGETS

CORPUS = Path(__file__).parent / "corpus"
MEMORY = Path("/dev/shm")  # where inputs lie, if there is such a place


def main() -> int:
    """Run what is asked for; the status is that of a test."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("targets", nargs="*", metavar="TARGET")
    parser.add_argument("--seconds", type=float, default=60, help="for each target (%(default)s)")
    parser.add_argument("--seed", type=int, default=None, help="of the first input; by default another each time")
    parser.add_argument("--input", type=Path, help="give this file to the one target that is named")
    args = parser.parse_args()
    try:
        with contextlib.nullcontext() if args.input else guided.counted():
            import tests.fuzz.targets  # noqa: F401

            return _run(parser, args)
    except ModuleNotFoundError as error:
        if error.name != "atheris":
            raise
        parser.error("atheris is not installed: there is one for Python 3.11 to 3.13 on Linux, for x86-64")


def _run(parser, args) -> int:
    names = args.targets or list(TARGETS)
    if unknown := [name for name in names if name not in TARGETS]:
        parser.error(f"there is no target {unknown[0]} (targets: {', '.join(TARGETS)})")
    if args.input:
        finding = judge(TARGETS[names[0]].read, args.input.read_bytes(), seconds_for(TARGETS[names[0]]))
        print(f"{finding.kind}\n{finding.detail}" if finding else "read, or refused in one line")
        return 1 if finding else 0
    seed = random.randrange(2**31) if args.seed is None else args.seed
    return max(_apart(name, args.seconds, seed) for name in names)


def _apart(name: str, seconds: float, seed: int) -> int:
    """Run a target in a process of its own, and keep the input at which that ends."""

    def keep(data: bytes, finding: Finding) -> None:
        print(f"{name}: {finding.kind}\n  {_keep(name, data)}\n  {finding.detail[-600:]}", flush=True)

    def child() -> None:
        tempfile.tempdir = folder  # with whatever a reader leaves there, a crash too, it is removed below
        guided.run(name, seconds, seed, Path(folder), keep)

    with tempfile.TemporaryDirectory(prefix="calm-fuzz-", dir=MEMORY if MEMORY.is_dir() else None) as folder:
        process = get_context("fork").Process(target=child)
        process.start()
        process.join()
        if process.exitcode in (0, guided.FOUND):
            return min(process.exitcode, 1)
        data, words = ((Path(folder) / name).read_bytes() for name in (guided.LAST, guided.WORDS))
        print(f"{name}: the process ended with status {process.exitcode}\n  {_keep(name, data)}")
        print(f"  {words.decode(errors='replace')[-2000:]}", flush=True)
        return 1


def _keep(name: str, data: bytes) -> Path:
    path = CORPUS / name / hashlib.sha256(data).hexdigest()[:12]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


if __name__ == "__main__":
    sys.exit(main())
