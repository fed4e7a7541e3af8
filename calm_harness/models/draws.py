"""Draw each row of a batch by random numbers of its own, so that a response depends on its seed and on no other row.

Facts of transformers 5 that this builds on: `generate` applies the processors that it is given before the warpers of
sampling (temperature, top_k, top_p, min_p), and draws from what they leave; where one token is left, it takes that.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import torch
from lm_eval.api.instance import Instance
from transformers import (
    LogitsProcessor,
    LogitsProcessorList,
    MinPLogitsWarper,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

from calm_harness.errors import CalmError

OTHERS = {"typical_p": 1.0, "epsilon_cutoff": 0.0, "eta_cutoff": 0.0, "top_h": None, "num_beams": 1}  # and "off"


class Seeded(str):
    """A prompt that is to be continued by a seed: lm-eval puts prompts into batches only where their settings agree."""

    __slots__ = ("seed",)
    seed: int


def seeded(request: Instance) -> Instance:
    """Return a request whose seed is its prompt's, and no setting; one without a seed as it is."""
    context, settings, *other = request.args
    if settings.get("seed") is None or not isinstance(context, str):
        return request
    prompt = Seeded(context)
    prompt.seed = int(settings["seed"])
    rest = {name: value for name, value in settings.items() if name != "seed"}
    return replace(request, arguments=(prompt, rest, *other))


def seeds_of(prompts: Iterable[str]) -> list[int] | None:
    """Return the seeds of a batch's prompts; None where none has one."""
    found = [getattr(prompt, "seed", None) for prompt in prompts]
    if all(seed is None for seed in found):
        return None
    return [int(torch.randint(2**31, ())) if seed is None else seed for seed in found]


class RowDraws(LogitsProcessor):
    """Leave each row the one token that its own random number falls on.

    Args:
        warpers: of sampling.
        seeds: one a row.
    """

    def __init__(self, warpers: LogitsProcessorList, seeds: Sequence[int]) -> None:
        self.warpers = warpers
        self.generators = [torch.Generator().manual_seed(seed) for seed in seeds]

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        """Choose; scores are [rows, vocabulary]."""
        cumulative = self.warpers(input_ids, scores.float()).softmax(-1).double().cumsum(-1)
        drawn = torch.stack([torch.rand((), generator=each, dtype=torch.float64) for each in self.generators])
        aim = drawn.to(cumulative.device)[:, None] * cumulative[:, -1:]
        chosen = torch.searchsorted(cumulative, aim, right=True).clamp_(max=scores.shape[-1] - 1)
        return torch.full_like(scores, -torch.inf).scatter_(-1, chosen, 0.0)


def drawing(model: Any, settings: Mapping[str, Any], seeds: Sequence[int]) -> dict[str, Any]:
    """Return what `generate` is to be told besides, or otherwise; nothing where nothing is drawn.

    Args:
        model: of transformers.
        settings: for `generate`.
        seeds: one a row.

    Raises:
        CalmError: draws are asked for in a way that these are not made.
    """
    config = model._prepare_generation_config(None, **settings)[0]
    if not config.do_sample:
        return {}
    refused = [name for name, off in OTHERS.items() if getattr(config, name, None) not in (None, off)]
    if refused:
        raise CalmError(f"hf-prefix draws by temperature, top_k, top_p and min_p; leave {', '.join(refused)} out")
    warpers = LogitsProcessorList()
    if config.temperature not in (None, 1.0):
        warpers.append(TemperatureLogitsWarper(config.temperature))
    if config.top_k:
        warpers.append(TopKLogitsWarper(config.top_k))
    if config.top_p is not None and config.top_p < 1:
        warpers.append(TopPLogitsWarper(config.top_p))
    if config.min_p is not None:
        warpers.append(MinPLogitsWarper(config.min_p))
    done = {"temperature": 1.0, "top_k": 0, "top_p": 1.0, "min_p": None}  # what is left to do of it
    return {"do_sample": True, **done, "logits_processor": LogitsProcessorList([RowDraws(warpers, seeds)])}
