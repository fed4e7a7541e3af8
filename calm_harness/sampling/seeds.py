"""A seed of its own for every response that is drawn.

A seed that several questions share has them drawn with the same random numbers: languages then agree more often than
the model has them do. Where the answer is the first token, and has the probabilities .4, .3, .2 and .1 in both of two
languages, independent draws agree in 30% of the cases, and draws with a shared seed in all.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from lm_eval.api.instance import Instance

from calm_harness.errors import CalmError
from calm_harness.task.repeats import SEED, greedy


def seed_of(name: str) -> int:
    """Make a seed of a name, one that every engine takes: 31 bits."""
    return int(hashlib.sha256(name.encode()).hexdigest()[:8], 16) >> 1


def with_seeds(requests: Sequence[Instance], names: Sequence[str], *, server: bool) -> list[Instance]:
    """Give each request that is drawn a seed of its own, made of the one it has and of what it asks for.

    Args:
        requests: for responses; one that is there several times is asked for several times.
        names: of the requests, each of its own (`calm_harness.sampling.resume.keys`).
        server: see `calm_harness.task.repeats.greedy`.

    Returns:
        As many. Those that are there once are changed themselves too, so that a log shows their seed.
    """
    times = Counter(map(id, requests))
    seeded = []
    for request, name in zip(requests, names, strict=True):
        context, settings, *other = request.args
        if greedy(settings, server=server):
            seeded.append(request)
            continue
        first = settings.get("seed", SEED)
        arguments = (context, {**settings, "seed": seed_of(f"{first}/{name}")}, *other)
        if times[id(request)] == 1:
            request.arguments = arguments
        seeded.append(replace(request, arguments=arguments))
    return seeded


def check_engine(model: Any) -> None:
    """Check that a model can draw by seeds: vLLM (0.32) on a CPU ends where it reads a prompt in pieces meanwhile.

    Args:
        model: lm-eval's, loaded.

    Raises:
        CalmError: it cannot.
    """
    settings = getattr(getattr(getattr(model, "model", None), "llm_engine", None), "vllm_config", None)
    if settings is None or settings.device_config.device_type != "cpu":
        return
    if settings.scheduler_config.enable_chunked_prefill:
        most = settings.model_config.max_model_len
        raise CalmError(
            "vLLM on a CPU cannot draw by seeds while it reads prompts in pieces; add to --model_args: "
            f"enable_chunked_prefill=False,max_num_batched_tokens={max(2048, most)}"
        )
