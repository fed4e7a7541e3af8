"""FAISS indexes: which kind for how many vectors, made, searched, written and mapped.

All compare normalised vectors by inner product. `flat` is exact. `hnsw` is a graph (Malkov and Yashunin 2018), `ivf`
looks at the nearest of many cells; both miss a few neighbours. benchmarks/retrieval.py measured the defaults.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from retrieval.errors import RetrievalError

Kind = Literal["flat", "hnsw", "ivf"]
KINDS = ("flat", "hnsw", "ivf")
EXACT_UP_TO = 50_000  # vectors, about where an exact search takes ten milliseconds on one core
NEIGHBOURS, BUILD_WIDTH, SEARCH_WIDTH = 32, 80, 96  # hnsw
PROBED = 1 / 32  # ivf: the share of cells that are looked at
TRAINED_ON = 64  # ivf: vectors a cell that its centre is learned from
BLOCK = 65_536


def _faiss() -> Any:
    """Import faiss, untyped: its stubs lack what its wrappers add."""
    try:
        import faiss
    except ImportError:
        raise RetrievalError("faiss is not installed; run: pip install 'calm-harness[retrieval]'") from None
    return faiss


def kind_for(count: int) -> Kind:
    """Choose the kind of index for so many vectors."""
    return "flat" if count <= EXACT_UP_TO else "hnsw"


def cells(count: int) -> int:
    """Choose the number of cells of an `ivf` index: four times the root, a power of two."""
    return max(1, 2 ** round(math.log2(max(1.0, 4 * math.sqrt(count)))))


def build(vectors: NDArray[np.float32], kind: Kind) -> Any:
    """Build an index.

    Args:
        vectors: normalised, [count, dimension]; read block by block, so they may be mapped from a file.
        kind: which index.
    """
    faiss = _faiss()
    count, dimension = vectors.shape
    if kind == "flat":
        index = faiss.IndexFlatIP(dimension)
    elif kind == "hnsw":
        index = faiss.IndexHNSWFlat(dimension, NEIGHBOURS, faiss.METRIC_INNER_PRODUCT)
        index.hnsw.efConstruction = BUILD_WIDTH
        index.hnsw.efSearch = SEARCH_WIDTH
    else:
        number = cells(count)
        index = faiss.index_factory(dimension, f"IVF{number},Flat", faiss.METRIC_INNER_PRODUCT)
        index.nprobe = max(1, round(number * PROBED))
        sample = np.random.default_rng(0).permutation(count)[: number * TRAINED_ON]
        index.train(np.ascontiguousarray(vectors[np.sort(sample)]))
    add(index, vectors)
    return index


def add(index: Any, vectors: NDArray[np.float32]) -> None:
    """Add vectors to an index, block by block."""
    for start in range(0, len(vectors), BLOCK):
        index.add(np.ascontiguousarray(vectors[start : start + BLOCK]))


def search(
    index: Any, queries: NDArray[np.float32], k: int, allowed: NDArray[np.bool_] | None = None
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Find the k nearest vectors.

    Args:
        index: what `build` or `read` returned.
        queries: normalised, [queries, dimension].
        k: how many.
        allowed: which vectors may be found, [count]; all by default.

    Returns:
        Inner products and numbers of vectors, the nearest first; [queries, k], -1 where there are fewer.
    """
    faiss = _faiss()
    selector = None
    if allowed is not None:
        bits = np.packbits(allowed, bitorder="little")
        selector = faiss.IDSelectorBitmap(len(allowed), faiss.swig_ptr(bits))
    found: tuple[NDArray[np.float32], NDArray[np.int64]] = index.search(queries, k, params=_parameters(index, selector))
    return found


def _parameters(index: Any, selector: Any) -> Any:
    faiss = _faiss()
    if selector is None:
        return None
    if isinstance(index, faiss.IndexHNSW):
        return faiss.SearchParametersHNSW(sel=selector, efSearch=index.hnsw.efSearch)
    if isinstance(index, faiss.IndexIVF):
        return faiss.SearchParametersIVF(sel=selector, nprobe=index.nprobe)
    return faiss.SearchParameters(sel=selector)


def write(index: Any, path: Path) -> None:
    """Write an index file.

    Raises:
        RetrievalError: there is no room for it.
    """
    faiss = _faiss()
    try:
        faiss.write_index(index, str(path))
    except RuntimeError as error:
        raise RetrievalError(f"{path} cannot be written ({_reason(error)}); make room, and run it again") from None


def read(path: Path, *, mapped: bool = True) -> Any:
    """Open an index file, mapped into memory, or whole (to add vectors).

    Raises:
        RetrievalError: it is missing or damaged.
    """
    faiss = _faiss()
    if not path.is_file():
        raise RetrievalError(f"{path} is missing; build the index anew")
    try:
        return faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC if mapped else 0)
    except RuntimeError as error:
        raise RetrievalError(f"{path} is damaged ({_reason(error)}); build the index anew") from None


def _reason(error: RuntimeError) -> str:
    return " ".join(str(error).split()).rpartition(" Error: ")[2][:200]
