"""Have a model of lm-eval sample in parts, each of which is written down, and leave out what was written before.

lm-eval hands a model all requests at once, and has nothing until the last is answered; its own cache (`--use_cache`)
never holds what was drawn. How a model draws decides how its requests may be parted: where every request has a seed of
its own, any part gives what the whole would; elsewhere parts are of one size, and each begins from a seed of its own.
Several processes ask for the same parts, also where one of them has its answers: there is what they do together.
"""

from __future__ import annotations

import hashlib
import json
import logging
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from lm_eval.api.instance import Instance
from tqdm import tqdm

from calm_harness.sampling.seeds import check_engine, seed_of, with_seeds
from calm_harness.sampling.server import ask, places

if TYPE_CHECKING:
    from calm_harness.sampling.journal import Journal

log = logging.getLogger(__name__)

FIRST, SECONDS = 16, 120  # requests of the first part; then as many as take so long, at most FASTER times the last
FASTER = 4
FIXED, SEEDED = 64, 128  # requests of a part of one size, where requests have no seeds, and where they have

Generate = Callable[..., list[str]]


def keys(requests: Sequence[Instance]) -> list[str]:
    """Name requests by what they ask for; the n-th of the same by its number too."""
    counts: Counter[str] = Counter()
    named = []
    for request in requests:
        text = json.dumps(request.args, sort_keys=True, default=str)
        digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:24]
        named.append(f"{digest}-{counts[digest]}")
        counts[digest] += 1
    return named


def responses(
    model: Any,
    generate: Generate,
    requests: Sequence[Instance],
    journal: Journal,
    *,
    seed: int,
    seeded: bool,
    hidden: bool = False,
) -> list[str]:
    """Have requests answered, in parts, each of which is written down when it is.

    Args:
        model: lm-eval's, loaded.
        generate: its own `generate_until`.
        requests: for responses; one that is there several times is asked for several times.
        journal: where responses are written, and were.
        seed: of draws, where requests take no seed of their own.
        seeded: whether they do.
        hidden: show no progress.

    Returns:
        One response a request.
    """
    names = keys(requests)
    asked = with_seeds(requests, names, server=places(model) > 0) if seeded else list(requests)
    if any(one is not other for one, other in zip(asked, requests, strict=True)):
        check_engine(model)
    pending = [number for number, name in enumerate(names) if name not in journal.responses]
    done = len(requests) - len(pending)
    if done:
        log.info("going on: %d of %d responses are in %s", done, len(requests), journal.path)
    if places(model):
        parts = _concurrently(model, asked, pending)
    elif processes() > 1 or not seeded:
        size = SEEDED if seeded else FIXED
        parts = _by_size(generate, asked, pending, f"{seed}/{model.rank}", size=size, device=model.device)
    elif getattr(model, "data_parallel_size", 1) > 1:  # lm-eval loads the model anew for every call
        log.warning("data_parallel_size: responses are written once all are there; a run a copy (--shard) keeps more")
        parts = _by_time(generate, asked, pending, first=len(pending))
    else:
        parts = _by_time(generate, asked, pending)
    bar = tqdm(total=len(requests), initial=done, disable=hidden, desc="Sampling", unit="response")
    with bar, _no_bars_of_parts(model):
        for answered in parts:
            journal.write((names[number], text) for number, text in answered.items())
            bar.update(len(answered))
    return [journal.responses[name] for name in names]


@contextmanager
def _no_bars_of_parts(model: Any) -> Iterator[None]:
    """Keep vLLM from showing a bar of its own for each part, as lm-eval has it do unless it is told a batch size."""
    silent = getattr(model, "batch_size", None) == "auto" and getattr(model, "data_parallel_size", 2) == 1
    if silent:
        model.batch_size = sys.maxsize
    try:
        yield
    finally:
        if silent:
            model.batch_size = "auto"


def _by_time(
    generate: Generate, requests: Sequence[Instance], pending: list[int], first: int = FIRST
) -> Iterator[dict[int, str]]:
    """Ask in parts that take about as long as would be lost."""
    at, size = 0, first
    while at < len(pending):
        part = pending[at : at + size]
        began = time.monotonic()
        yield dict(zip(part, generate([requests[number] for number in part], disable_tqdm=True), strict=True))
        at += size
        size = max(1, min(FASTER * size, int(size * SECONDS / max(time.monotonic() - began, 1e-3))))


def _by_size(
    generate: Generate, requests: Sequence[Instance], pending: list[int], seed: str, *, size: int, device: Any
) -> Iterator[dict[int, str]]:
    """Ask in parts of one size; a part of which anything is missing is asked for as it was the first time."""
    from lm_eval.utils import set_torch_seed

    missing = set(pending)
    parts = [range(first, min(first + size, len(requests))) for first in range(0, len(requests), size)]
    for number in range(most(len(parts), device)):
        part = parts[min(number, len(parts) - 1)]
        wanted = missing.intersection(part) if number < len(parts) else set()
        if most(len(wanted), device):
            set_torch_seed(seed_of(f"{seed}/{number}"))
            made = generate([requests[each] for each in part], disable_tqdm=True)
            yield {each: text for each, text in zip(part, made, strict=True) if each in wanted}


def processes() -> int:
    """Count the processes that evaluate together."""
    import torch.distributed as together

    ready = together.is_available() and together.is_initialized()
    return int(together.get_world_size()) if ready else 1


def most(count: int, device: Any) -> int:
    """Return the greatest of all processes' counts."""
    if processes() == 1:
        return count
    import torch
    import torch.distributed as together

    greatest = torch.tensor([count], device=device)
    together.all_reduce(greatest, op=together.ReduceOp.MAX)
    return int(greatest)


def _concurrently(model: Any, requests: Sequence[Instance], pending: list[int]) -> Iterator[dict[int, str]]:
    """Ask a server for as many responses at a time as it was told to take; each is there when it comes."""
    with ThreadPoolExecutor(places(model)) as pool:
        asked = {pool.submit(ask, model, requests[number]): number for number in pending}
        try:
            for future in as_completed(asked):
                yield {asked[future]: future.result()}
        finally:
            for future in asked:
                future.cancel()
