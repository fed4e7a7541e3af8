"""Run a model on rows whose prompts are shared (`calm_harness.models.packing`): masks, and its head where it is read.

Facts of transformers 5 that this builds on: a model takes a mask of four dimensions as it is, and a dict of them by
layer type where it has several types.

PEFT puts virtual tokens (prompt and prefix tuning) before every sequence. In a packed row they stand once, before its
prompt, which is why `packing.pack` keeps places for them: masks and positions are then those of any row.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch

from calm_harness.models.packing import Batch

MASKED_ATTENTION = ("eager", "sdpa")  # implementations that take a mask of any shape
LAYER_TYPES = {"full_attention", "sliding_attention", "chunked_attention"}
ALIBI_MODELS = ("bloom",)  # whose configuration does not say so
VIRTUAL = ("PREFIX_TUNING", "PROMPT_TUNING")  # PEFT's kinds of adapters whose virtual tokens can stand before a row
SCALED_ROPE = ("dynamic", "longrope")  # rotary positions whose scale depends on the longest position of a batch


def obstacle(model: Any) -> str | None:
    """Say what in a causal model's configuration forbids sharing prompts; None where nothing does."""
    config = model.config.get_text_config(decoder=True)
    if model.get_output_embeddings() is None:
        return "the model does not say where its vocabulary head is"
    unknown = set(getattr(config, "layer_types", None) or ()) - LAYER_TYPES
    if unknown:
        return f"layers of type {', '.join(sorted(unknown))} keep a state that cannot branch"
    attention = config._attn_implementation
    if attention not in MASKED_ATTENTION:
        return f"attn_implementation={attention} takes no masks of its own"
    if (kind := attention_by_place(config)) is not None:
        return f"its {kind} counts places in a row, not positions"
    for adapter in (getattr(model, "peft_config", None) or {}).values():
        if getattr(adapter, "is_prompt_learning", False) and adapter.peft_type not in VIRTUAL:
            kind = str(adapter.peft_type).rpartition(".")[2]
            return f"an adapter of type {kind} puts something of its own before a text"
    return None


def virtual_tokens(model: Any) -> int:
    """Count the virtual tokens before a text, of a model as it stands: none where its adapter is switched off."""
    if not hasattr(model, "get_prompt") or model._adapters_disabled:
        return 0
    adapter = model.active_peft_config
    return int(adapter.num_virtual_tokens) if adapter.is_prompt_learning else 0


def attention_by_place(config: Any) -> str | None:
    """Name the attention of a model that counts places in a row; None of one that goes by positions.

    In a row of several continuations the two differ: the last one's tokens are far from the prompt that they follow.
    """
    nested = getattr(config, "attn_config", None)  # as MPT's configuration has it
    parts = [config.to_dict(), nested if isinstance(nested, Mapping) else getattr(nested, "__dict__", {})]
    if config.model_type in ALIBI_MODELS or any(
        part.get("alibi") or part.get("position_embedding_type") == "alibi" for part in parts
    ):
        return "bias by distance (ALiBi)"
    if "local" in (getattr(config, "attention_layers", None) or ()):  # GPT-Neo
        return "local attention"
    return None


def scaled_rope(config: Any) -> str | None:
    """Name the kind of rotary positions of a model if their scale depends on the longest position of a batch."""
    parameters = getattr(config, "rope_parameters", None) or getattr(config, "rope_scaling", None) or {}
    by_layer_type = [part for part in parameters.values() if isinstance(part, Mapping)]
    kinds = {part.get("rope_type") or part.get("type") for part in (parameters, *by_layer_type)}
    return next((kind for kind in SCALED_ROPE if kind in kinds), None)


def masks(batch: Batch, config: Any, dtype: torch.dtype) -> torch.Tensor | dict[str, torch.Tensor] | None:
    """Build what a model takes as `attention_mask`: a mask, or one for each type of layer.

    Args:
        batch: packed rows, where the model is.
        config: the model's text configuration.
        dtype: what attention computes in.

    Returns:
        Numbers to add, [rows, 1, query, key]; None where plain causal attention is right.
    """
    if not batch.branched:
        return None
    window, chunk = getattr(config, "sliding_window", None), getattr(config, "attention_chunk_size", None)

    def additive(**limits: int | None) -> torch.Tensor:
        seen = batch.mask(**limits)
        numbers = torch.zeros(seen.shape, dtype=dtype, device=seen.device)
        return numbers.masked_fill_(~seen, torch.finfo(dtype).min)

    layer_limits: dict[str, dict[str, int | None]] = {
        "full_attention": {},
        "sliding_attention": {"window": window},
        "chunked_attention": {"chunk": chunk},
    }
    layer_types = set(getattr(config, "layer_types", None) or ())
    if layer_types - {"full_attention"}:
        return {name: additive(**layer_limits[name]) for name in layer_types | {"full_attention"}}
    if not layer_types and window is not None and getattr(config, "use_sliding_window", True):
        return additive(window=window)
    return additive()


def logits(model: Any, whole: Any, batch: Batch, config: Any, dtype: torch.dtype) -> torch.Tensor:
    """Run a model on packed rows, and its head where they are read.

    Args:
        model: what is called: `whole`, or what a trainer wrapped around it. Virtual tokens are put before a text by
            `whole` itself, past what is wrapped around it.
        whole: the model with its adapter.
        batch: rows that begin with `virtual_tokens(whole)` places for virtual tokens.
        config: its text configuration.
        dtype: what attention computes in.

    Returns:
        [reads, vocabulary], in the model's dtype.
    """
    number = virtual_tokens(whole)
    asked: dict[str, Any] = {"input_ids": batch.tokens, "position_ids": batch.positions, "use_cache": False}
    asked["attention_mask"] = masks(batch, config, dtype)
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
    with read_only(whole.get_output_embeddings(), reads):
        found: torch.Tensor = model(**asked).logits[0]
    return found


def _after(mask: Any, number: int) -> Any:
    """Leave out what virtual tokens see, since nobody asks them; they are still seen."""
    if isinstance(mask, Mapping):
        return {name: _after(part, number) for name, part in mask.items()}
    return None if mask is None else mask[:, :, number:]


@contextmanager
def read_only(head: torch.nn.Module, reads: torch.Tensor) -> Iterator[None]:
    """Let a vocabulary head see only some places.

    Args:
        head: a module that is called with hidden states [rows, length, width].
        reads: row and column of the places; int64, [2, places]. The head's output is [1, places, vocabulary].
    """

    def select(_: torch.nn.Module, args: tuple[torch.Tensor, ...]) -> tuple[torch.Tensor, ...]:
        hidden, *further_args = args
        rows, columns = reads.to(hidden.device)
        return hidden[rows, columns][None], *further_args

    handle = head.register_forward_pre_hook(select)
    try:
        yield
    finally:
        handle.remove()


def fold_rows(model: Any) -> None:
    """Have the vocabulary head read what it is given as one matrix.

    A slice of hidden states, such as the last places of several rows, is not contiguous. PyTorch multiplies it with
    weights that need no gradient, as those under an adapter, by copying the weights once a row (2.13, bfloat16 on a
    processor: 64 rows of Gemma 3 270M take 21 GB, and a hundred times as long).

    Args:
        model: a causal language model.
    """
    head = model.get_output_embeddings()
    if head is not None:
        head.register_forward_pre_hook(lambda _, hidden: tuple(states.contiguous() for states in hidden))
