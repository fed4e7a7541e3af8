"""Attention in packed rows, on a GPU: a dense mask, flex attention's block mask, and causal attention without a mask.

    python -m benchmarks.attention
    python -m benchmarks.attention --prompts 256 4096 --options 5 --tokens 8

A row is a prompt and its options (`calm_harness.models.packing`). The mask is built once a batch, attention runs in
each layer. Causal attention of rows as long is what a mask cannot be faster than; its numbers are others. Heads are
those of an 8B model (32 of queries, 8 of keys, 128 wide), bfloat16.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from typing import Any

from benchmarks.record import save, table

HEADS, KEY_HEADS, WIDTH, LAYERS = 32, 8, 128, 32


def packed(prompt: int, options: int, tokens: int, rows: int) -> Any:
    """Return a batch of equal rows on the GPU."""
    from calm_harness.models.packing import Branch, Row, pack

    branches = tuple(Branch(tuple(range(1, tokens + 1)), (number,)) for number in range(options))
    return pack([Row(tuple(range(1, prompt + 1)), branches)] * rows, 0, "cuda")


def kinds(batch: Any) -> dict[str, tuple[Callable[[], Any], Callable[..., Any]]]:
    """Return, for each kind, what builds its mask and what attends with it."""
    import torch
    from torch.nn.attention.flex_attention import create_block_mask, flex_attention
    from torch.nn.functional import scaled_dot_product_attention as sdpa

    from calm_harness.models.sharing import masks

    rows, length = batch.tokens.shape
    branch = batch.branch

    def additive() -> Any:
        return masks(batch, None, torch.bfloat16)

    def sees(row: Any, _head: Any, query: Any, key: Any) -> Any:
        return (query >= key) & ((branch[row, key] == 0) | (branch[row, key] == branch[row, query]))

    build, flex = torch.compile(create_block_mask), torch.compile(flex_attention)

    def block() -> Any:
        return build(sees, rows, None, length, length, device="cuda")

    return {
        "dense": (additive, lambda q, k, v, mask: sdpa(q, k, v, attn_mask=mask, enable_gqa=True)),
        "flex": (block, lambda q, k, v, mask: flex(q, k, v, block_mask=mask, enable_gqa=True)),
        "causal": (lambda: None, lambda q, k, v, _: sdpa(q, k, v, is_causal=True, enable_gqa=True)),
    }


def milliseconds(run: Callable[[], Any], repeats: int) -> float:
    """Time it after two runs that do not count."""
    import torch

    found = []
    for number in range(repeats + 2):
        torch.cuda.synchronize()
        start = time.perf_counter()
        run()
        torch.cuda.synchronize()
        if number > 1:
            found.append(time.perf_counter() - start)
    return 1000 * statistics.median(found)


def measure(prompt: int, args: argparse.Namespace) -> dict[str, Any]:
    """Measure the kinds on rows with a prompt of that length."""
    import torch

    length = prompt + args.options * (args.tokens - 1)
    batch = packed(prompt, args.options, args.tokens, max(1, args.batch_tokens // length))
    rows = len(batch.tokens)
    query, key, value = (
        torch.randn(rows, heads, length, WIDTH, dtype=torch.bfloat16, device="cuda")
        for heads in (HEADS, KEY_HEADS, KEY_HEADS)
    )
    row: dict[str, Any] = {"prompt": prompt, "rows": rows}
    outputs = {}
    for name, (build, attend) in kinds(batch).items():
        mask = build()
        torch.cuda.reset_peak_memory_stats()
        outputs[name] = attend(query, key, value, mask)
        row[f"{name}: mask, ms"] = milliseconds(build, args.repeats)
        row[f"{name}: a layer, ms"] = milliseconds(lambda: attend(query, key, value, mask), args.repeats)  # noqa: B023
        row[f"{name}: batch, ms"] = row[f"{name}: mask, ms"] + LAYERS * row[f"{name}: a layer, ms"]
        row[f"{name}: peak, MB"] = torch.cuda.max_memory_allocated() / 2**20
    row["flex apart"] = float((outputs["dense"] - outputs["flex"]).abs().max())
    return row


def main() -> None:
    """Run the benchmark and write its file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--prompts", type=int, nargs="+", default=[64, 256, 1024, 4096], help="tokens of a prompt")
    parser.add_argument("--options", type=int, default=5)
    parser.add_argument("--tokens", type=int, default=8, help="tokens of an option")
    parser.add_argument("--batch-tokens", type=int, default=32768, help="tokens of a batch")
    parser.add_argument("--repeats", type=int, default=10)
    args = parser.parse_args()
    results = [measure(prompt, args) for prompt in args.prompts]
    for row in results:
        print(table([row]), flush=True)
    print(save("attention", vars(args), results))


if __name__ == "__main__":
    main()
