"""FAISS indexes: which kind for how many vectors, made, searched, written and mapped.

All compare normalised vectors by inner product. `flat` is exact. `ivf` looks at the nearest of many cells, `hnsw` walks
a graph (Malkov and Yashunin 2018); both miss a few neighbours. `ivfpq` is `ivf` in less than a third of the memory:
what is in a cell is compared by product quantisation (Jégou and others 2011), a byte for four numbers, and the best of
that once more by vectors of a byte a number. docs/performance.md has what the defaults rest on.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from retrieval.errors import RetrievalError

Kind = Literal["flat", "hnsw", "ivf", "ivfpq"]
KINDS = ("flat", "hnsw", "ivf", "ivfpq")
EXACT_UP_TO = 100_000  # vectors: an exact search takes less than ten milliseconds on one core
WHOLE_UP_TO = 1_000_000  # vectors: `ivf` is built in 3.5 GB, for 384 dimensions, whatever the machine has
NEIGHBOURS, BUILD_WIDTH, SEARCH_WIDTH = 32, 80, 96  # hnsw
PROBED = 1 / 16  # ivf: the share of cells that are looked at
TRAINED_ON, LEAST_TRAINED_ON = 64, 39  # ivf: vectors a cell that its centre is learned from; faiss warns of fewer
SAMPLE = 262_144  # vectors: the most that is learned from, as many as 4096 cells take
WIDTHS = (4, 3, 2, 1)  # ivfpq: numbers to a byte, the first that divides the dimensions
CODES = 256  # ivfpq: what a byte can say, each learned from one vector at least
REFINED = 20  # ivfpq: as many times the vectors that are wanted are compared once more
BLOCK = 65_536


def _faiss() -> Any:
    """Import faiss, untyped: its stubs lack what its wrappers add."""
    try:
        import faiss
    except ModuleNotFoundError:
        raise RetrievalError("faiss is not installed; run: pip install 'calm-harness[retrieval]'") from None
    return faiss


def kind_for(count: int) -> Kind:
    """Choose the kind of index for so many vectors: by their number alone, so that it is the same on every machine."""
    if count <= EXACT_UP_TO:
        return "flat"
    return "ivf" if count <= WHOLE_UP_TO else "ivfpq"


def check(kind: Kind, count: int) -> None:
    """See that an index of a kind can be built of so many vectors.

    Raises:
        RetrievalError: there are too few to learn from.
    """
    if kind == "ivfpq" and count < CODES:
        raise RetrievalError(f"ivfpq learns from {CODES} passages or more, not from {count}; give --kind flat")


def cells(count: int) -> int:
    """Choose the number of cells of an `ivf` index: four times the root, a power of two, if so many can be learned."""
    learned = max(1, min(count, SAMPLE) / LEAST_TRAINED_ON)
    exponent = min(round(math.log2(4 * math.sqrt(count))), math.floor(math.log2(learned)))
    return int(2**exponent)


def build(vectors: NDArray[np.float32], kind: Kind, *, progress: bool = False) -> Any:
    """Build an index.

    Args:
        vectors: normalised, [count, dimension]; read block by block, so they may be mapped from a file.
        kind: which index.
        progress: show a progress bar.

    Raises:
        RetrievalError: there are too few vectors for this kind.
    """
    count, dimension = vectors.shape
    check(kind, count)
    index = _empty(kind, count, dimension)
    if not index.is_trained:
        sample = np.random.default_rng(0).permutation(count)[: cells(count) * TRAINED_ON]
        index.train(np.ascontiguousarray(vectors[np.sort(sample)]))
    add(index, vectors, progress=progress)
    return index


def _empty(kind: Kind, count: int, dimension: int) -> Any:
    """Return an index that is to have so many vectors, but has none yet."""
    faiss = _faiss()
    if kind == "flat":
        return faiss.IndexFlatIP(dimension)
    if kind == "hnsw":
        index = faiss.IndexHNSWFlat(dimension, NEIGHBOURS, faiss.METRIC_INNER_PRODUCT)
        index.hnsw.efConstruction = BUILD_WIDTH
        index.hnsw.efSearch = SEARCH_WIDTH
        return index
    cell_count = cells(count)
    if kind == "ivf":
        index = faiss.index_factory(dimension, f"IVF{cell_count},Flat", faiss.METRIC_INNER_PRODUCT)
    else:
        parts = dimension // next(width for width in WIDTHS if dimension % width == 0)
        # np: without training for Hamming distances, which nothing here asks for and which takes most of the time
        made_of = f"IVF{cell_count},PQ{parts}np,Refine(SQ8)"
        index = faiss.index_factory(dimension, made_of, faiss.METRIC_INNER_PRODUCT)
        index.k_factor = REFINED
        _in_cells(index).pq.cp.min_points_per_centroid = 1  # of fewer than it asks for it learns each
    _in_cells(index).nprobe = max(1, round(cell_count * PROBED))
    return index


def _in_cells(index: Any) -> Any:
    """Return the part of an `ivf` or `ivfpq` index that has cells; None of another kind."""
    faiss = _faiss()
    inner = faiss.downcast_index(index.base_index) if isinstance(index, faiss.IndexRefine) else index
    return inner if isinstance(inner, faiss.IndexIVF) else None


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
    others may be nearer. So `ivf` and `ivfpq` look at the nearest of the cells that hold any of them, at so many that
    they compare as many vectors as without restriction; `hnsw`, whose graph would only reach the nearer ones, compares
    all of them.

    Args:
        index: what `build` or `read` returned.
        allowed: which vectors may be found, [count].
    """
    faiss = _faiss()
    selector = faiss.IDSelectorBitmap(np.packbits(allowed, bitorder="little"))
    inner = _in_cells(index)
    if inner is None:
        return faiss.SearchParameters(sel=selector)
    holding = np.array([allowed[_members(inner, cell)].any() for cell in range(inner.nlist)])
    share = np.count_nonzero(allowed) / len(allowed) * inner.nlist / max(1, holding.sum())
    only = faiss.SearchParametersIVF(
        sel=selector,
        nprobe=int(min(holding.sum(), math.ceil(inner.nprobe / share))),
        quantizer_params=faiss.SearchParameters(sel=faiss.IDSelectorBitmap(np.packbits(holding, bitorder="little"))),
    )
    if inner is index:
        return only
    return faiss.IndexRefineSearchParameters(k_factor=index.k_factor, base_index_params=only)


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
