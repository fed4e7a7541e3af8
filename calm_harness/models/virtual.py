"""Virtual tokens (PEFT's prompt tuning and prefix tuning) before rows whose prompts are shared.

PEFT puts them before every sequence. In a packed row they stand once, before its prompt, which is why `packing.pack`
keeps places for them: masks and positions are then those of any row.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from calm_harness.models import sharing
from calm_harness.models.packing import Batch

KINDS = ("PREFIX_TUNING", "PROMPT_TUNING")


def obstacle(model: Any) -> str | None:
    """Say which of a model's adapters puts something else before a text; None where none does."""
    adapters = getattr(model, "peft_config", None) or {}
    for adapter in adapters.values():
        if getattr(adapter, "is_prompt_learning", False) and adapter.peft_type not in KINDS:
            kind = str(adapter.peft_type).rpartition(".")[2]
            return f"an adapter of type {kind} puts something of its own before a text"
    return None


def count(model: Any) -> int:
    """Count the virtual tokens before a text, of a model as it stands: none where its adapter is switched off."""
    if not hasattr(model, "get_prompt") or model._adapters_disabled:
        return 0
    adapter = model.active_peft_config
    return int(adapter.num_virtual_tokens) if adapter.is_prompt_learning else 0


def logits(model: Any, whole: Any, batch: Batch, config: Any, dtype: torch.dtype) -> torch.Tensor:
    """Run a model on packed rows, and its head where they are read.

    Args:
        model: what is called: `whole`, or what a trainer wrapped around it. Virtual tokens are put before a text by
            `whole` itself, past what is wrapped around it.
        whole: the model with its adapter.
        batch: rows that begin with `count(whole)` places for virtual tokens.
        config: its text configuration.
        dtype: what attention computes in.

    Returns:
        [reads, vocabulary], in the model's dtype.
    """
    number = count(whole)
    asked: dict[str, Any] = {"input_ids": batch.tokens, "position_ids": batch.positions, "use_cache": False}
    asked["attention_mask"] = sharing.masks(batch, config, dtype)
    reads = batch.reads
    if number:
        model, before = whole.get_base_model(), whole.get_prompt(len(batch.tokens), max_cache_len=batch.tokens.shape[1])
        if isinstance(before, torch.Tensor):
            embedded = whole.word_embeddings(asked.pop("input_ids")[:, number:])
            asked["inputs_embeds"] = torch.cat([before.to(embedded.dtype), embedded], dim=1)
        else:  # keys and values
            asked |= {"input_ids": batch.tokens[:, number:], "position_ids": batch.positions[:, number:]}
            asked |= {"attention_mask": _after(asked["attention_mask"], number), "past_key_values": before}
            reads = reads - reads.new_tensor([[0], [number]])
    with sharing.read_only(whole.get_output_embeddings(), reads):
        found: torch.Tensor = model(**asked).logits[0]
    return found


def _after(mask: Any, number: int) -> Any:
    """Leave out what virtual tokens see, since nobody asks them; they are still seen."""
    if isinstance(mask, Mapping):
        return {name: _after(part, number) for name, part in mask.items()}
    return None if mask is None else mask[:, :, number:]
