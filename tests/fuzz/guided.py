"""Give a target inputs that atheris chooses: those are changed further which reached what none before had reached."""

import contextlib
import io
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.fuzz.mutate import mutate
from tests.fuzz.oracle import Finding, judge, limit_memory, seconds_for
from tests.fuzz.target import TARGETS

LONGEST = 1 << 18  # bytes of an input
LONG = 4_000  # bytes, or four times a seed: what is longer is not changed further, and may take more time by as much
LAST = "last"  # the file that holds the input which is being read
WORDS = "words"  # and what libraries said since, libFuzzer above all
FOUND = 3  # the status of a run that found something; any other but 0 is a crash


@contextlib.contextmanager
def counted() -> Iterator[None]:
    """Count what is reached in our packages, where they are imported within."""
    import atheris

    with atheris.instrument_imports(include=["calm_harness", "retrieval", "trainer"]):
        with contextlib.redirect_stderr(io.StringIO()):  # it names every module
            import tests.fuzz.targets  # noqa: F401
        yield


def run(name: str, seconds: float, seed: int, folder: Path, keep: Callable[[bytes, Finding], None]) -> None:
    """Give a target inputs, and end this process.

    Args:
        name: of the target.
        seconds: after which it ends.
        seed: from which the same inputs come again.
        folder: an empty one, for the inputs that are changed further, the last one, and words.
        keep: takes the first input of each kind of finding.
    """
    import atheris

    last, words = ((folder / file).open("ab", buffering=0) for file in (LAST, WORDS))
    os.dup2(words.fileno(), 2)
    target = TARGETS[name]
    limit = seconds_for(target)
    limit_memory()
    seeds = target.seeds()
    long = max(LONG, 4 * max(map(len, seeds)))
    pool = folder / "pool"
    pool.mkdir()
    for number, data in enumerate(seeds):
        (pool / f"seed{number}").write_bytes(data)
    found, count, started = set(), 0, time.monotonic()

    def read(data: bytes) -> None:
        nonlocal count
        spent = time.monotonic() - started
        if spent > seconds:
            kept = len(list(pool.iterdir()))
            print(
                f"{name}: {count} inputs in {spent:.0f} s ({count / spent:.0f} a second), {kept} of them reached "
                f"something new, {len(found)} findings",
                flush=True,
            )
            os._exit(FOUND if found else 0)  # any other end is a crash to libFuzzer, which closes no Python
        last.truncate(0)
        words.truncate(0)
        last.write(data)
        finding = judge(target.read, data, limit * max(1, len(data) / long))
        count += 1
        if finding and finding.kind not in found:
            found.add(finding.kind)
            keep(data, finding)

    def changed(data: bytes, size: int, number: int) -> bytes:
        data = data if len(data) <= long else seeds[number % len(seeds)]
        return mutate(data, target.shape, target.tokens, number)[:size]

    # Time and memory have limits of ours, which end an input and not the process. Its seed 0 is another each time.
    own = [f"-seed={seed % 2**31 + 1}", f"-max_len={LONGEST}", "-rss_limit_mb=0", "-reload=0", "-verbosity=0"]
    atheris.Setup([name, *own, f"-artifact_prefix={folder}/", str(pool)], read, custom_mutator=changed)
    atheris.Fuzz()
