"""The vocabulary head of a model under an adapter, generating on a processor: read as one matrix, and as PyTorch does.

    python -m benchmarks.head
    python -m benchmarks.head --rows 4 16 --dtype float32

The last places of several rows are a slice of hidden states, and weights under an adapter need no gradient: PyTorch
then copies the weights once a row (`calm_harness.models.sharing.fold_rows`). A step is one such reading, sizes are
those of Gemma 3 270M.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from types import SimpleNamespace

from benchmarks.record import Worker, alternate, ratio, save, spread, table

WIDTH, VOCABULARY, LENGTH = 640, 262_144, 300


def reading(dtype: str, fold: bool) -> Callable[..., None]:
    """Make a frozen head; what is returned reads the last place of so many rows."""
    import torch

    from calm_harness.models.sharing import fold_rows

    head = torch.nn.Linear(WIDTH, VOCABULARY, bias=False, dtype=getattr(torch, dtype)).requires_grad_(False)
    if fold:
        fold_rows(SimpleNamespace(get_output_embeddings=lambda: head))

    def run(rows: int) -> None:
        hidden = torch.ones(rows, LENGTH, WIDTH, dtype=head.weight.dtype)
        with torch.no_grad():
            head(hidden[:, -1:])

    return run


def main() -> None:
    """Run the benchmark and write its file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[1, 4, 16])
    parser.add_argument("--dtype", choices=("bfloat16", "float32"), default="bfloat16")
    parser.add_argument("--repeats", type=int, default=3)
    args = parser.parse_args()
    workers = {name: Worker(reading, dtype=args.dtype, fold=name == "folded") for name in ("plain", "folded")}
    results = []
    for rows in args.rows:
        runs = alternate(workers, args.repeats, rows=rows)
        seconds = {name: [run["seconds"] for run in found] for name, found in runs.items()}
        results.append(
            {
                "rows": rows,
                **{f"{name}_seconds": spread(found) for name, found in seconds.items()},
                **{f"{name}_mb": max(run["peak_mb"] for run in found) for name, found in runs.items()},
                "faster": ratio(seconds["plain"], seconds["folded"]),
            }
        )
        shown = {
            name: f"{found['median']:.3g}" if isinstance(found, dict) else found for name, found in results[-1].items()
        }
        print(table([shown]), flush=True)
    for worker in workers.values():
        worker.close()
    save("head", vars(args), results)


if __name__ == "__main__":
    main()
