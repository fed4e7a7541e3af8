"""FAISS indexes: which kind for how many vectors, made, searched, written and mapped.

All compare normalised vectors by inner product. `flat` is exact. `ivf` looks at the nearest of many cells, `hnsw` walks
a graph (Malkov and Yashunin 2018); both miss a few neighbours. docs/performance.md has what the defaults rest on.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from retrieval.errors import RetrievalError

Kind = Literal["flat", "hnsw", "ivf"]
KINDS = ("flat", "hnsw", "ivf")
EXACT_UP_TO = 100_000  # vectors: an exact search takes less than ten milliseconds on one core
NEIGHBOURS, BUILD_WIDTH, SEARCH_WIDTH = 32, 80, 96  # hnsw
PROBED = 1 / 16  # ivf: the share of cells that are looked at
TRAINED_ON, LEAST_TRAINED_ON = 64, 39  # ivf: vectors a cell that its centre is learned from; faiss warns of fewer
BLOCK = 65_536


def _faiss() -> Any:
    """Import faiss, untyped: its stubs lack what its wrappers add."""
    try:
        import faiss
    except ModuleNotFoundError:
        raise RetrievalError("faiss is not installed; run: pip install 'calm-harness[retrieval]'") from None
    return faiss


def kind_for(count: int) -> Kind:
    """Choose the kind of index for so many vectors."""
    return "flat" if count <= EXACT_UP_TO else "ivf"


def cells(count: int) -> int:
    """Choose the number of cells of an `ivf` index: four times the root, a power of two, if so many can be learned."""
    exponent = min(round(math.log2(4 * math.sqrt(count))), math.floor(math.log2(max(1, count / LEAST_TRAINED_ON))))
    return int(2**exponent)


def build(vectors: NDArray[np.float32], kind: Kind, *, progress: bool = False) -> Any:
    """Build an index.

    Args:
        vectors: normalised, [count, dimension]; read block by block, so they may be mapped from a file.
        kind: which index.
        progress: show a progress bar.
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
        cell_count = cells(count)
        index = faiss.index_factory(dimension, f"IVF{cell_count},Flat", faiss.METRIC_INNER_PRODUCT)
        index.nprobe = max(1, round(cell_count * PROBED))
        sample = np.random.default_rng(0).permutation(count)[: cell_count * TRAINED_ON]
        index.train(np.ascontiguousarray(vectors[np.sort(sample)]))
    add(index, vectors, progress=progress)
    return index


def add(index: Any, vectors: NDArray[np.float32], *, progress: bool = False) -> None:
    """Add vectors to an index, block by block."""
    with tqdm(total=len(vectors), desc="indexing", unit=" passages", disable=not progress) as bar:
        for start in range(0, len(vectors), BLOCK):
            block = np.ascontiguousarray(vectors[start : start + BLOCK])
            index.add(block)
            bar.update(len(block))


def search(
    index: Any, queries: NDArray[np.float32], k: int, only: Any = None
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Find the k nearest vectors.

    Args:
        index: what `build` or `read` returned.
        queries: normalised, [queries, dimension].
        k: how many.
        only: what `restriction` returned, to search among some vectors.

    Returns:
        Inner products and numbers of vectors, the nearest first; [queries, k], -1 where there are fewer.

    Raises:
        RetrievalError: the queries have other dimensions, or FAISS fails.
    """
    faiss = _faiss()
    if queries.ndim != 2 or queries.shape[1] != index.d:
        raise RetrievalError(
            f"queries of shape {queries.shape} cannot be compared with vectors of {index.d} dimensions"
        )
    if only is not None and isinstance(index, faiss.IndexHNSW):
        index = faiss.downcast_index(index.storage)
    try:
        nearest: tuple[NDArray[np.float32], NDArray[np.int64]] = index.search(queries, k, params=only)
    except RuntimeError as error:
        raise RetrievalError(f"the index cannot be searched ({_reason(error)}); build it anew") from None
    return nearest


def restriction(index: Any, allowed: NDArray[np.bool_]) -> Any:
    """Prepare a search among some vectors.

    They may lie far from the query: passages of another language are a group of their own, and hundreds of thousands of
    others may be nearer. So `ivf` looks at the nearest of the cells that hold any of them, at so many that it compares
    as many vectors as without restriction; `hnsw`, whose graph would only reach the nearer ones, compares all of them.

    Args:
        index: what `build` or `read` returned.
        allowed: which vectors may be found, [count].
    """
    faiss = _faiss()
    selector = faiss.IDSelectorBitmap(np.packbits(allowed, bitorder="little"))
    if not isinstance(index, faiss.IndexIVF):
        return faiss.SearchParameters(sel=selector)
    holding = np.array([allowed[_members(index, cell)].any() for cell in range(index.nlist)])
    share = np.count_nonzero(allowed) / len(allowed) * index.nlist / max(1, holding.sum())
    return faiss.SearchParametersIVF(
        sel=selector,
        nprobe=int(min(holding.sum(), math.ceil(index.nprobe / share))),
        quantizer_params=faiss.SearchParameters(sel=faiss.IDSelectorBitmap(np.packbits(holding, bitorder="little"))),
    )


def _members(index: Any, cell: int) -> NDArray[np.int64]:
    """Return the numbers of the vectors in a cell."""
    size = index.invlists.list_size(cell)
    if not size:
        return np.empty(0, dtype=np.int64)
    numbers: NDArray[np.int64] = _faiss().rev_swig_ptr(index.invlists.get_ids(cell), size)
    return numbers


def write(index: Any, path: Path) -> None:
    """Write an index file.

    Raises:
        OSError: there is no room for it.
    """
    faiss = _faiss()
    with path.open("wb") as file:  # given a path, faiss keeps silent where the last bytes find no room
        faiss.write_index(index, faiss.PyCallbackIOWriter(file.write))


def read(path: Path, *, mapped: bool = True) -> Any:
    """Open an index file that `retrieval.files.layout` has found sound, mapped into memory, or whole (to add vectors).

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
