"""How FAISS lays out the four kinds of index; a file that is laid out otherwise is refused before FAISS reads it.

FAISS takes sizes, links and ids from a file on trust, and the file says of what class of index it is, in as many
layers as it likes. So what it would allocate, follow or return is looked at here, in the file as it is mapped: FAISS
reads only what `vectors.write` can have written. The layouts are those of `write_index` (faiss/impl/index_write.cpp);
when FAISS changes one, it gives it another mark, and reads the earlier one as well.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retrieval.errors import RetrievalError

FLAT, HNSW, IVF = b"IxFI", b"IHNf", b"IwFl"  # the marks of what is read, inner product, vectors as they are
IVFPQ, REFINED, BYTES = b"IwPQ", b"IxRF", b"IxSQ"  # and of `ivfpq`: its cells, what they are part of, bytes beside them
BYTE_A_NUMBER = 0
INNER_PRODUCT = 0
LONGEST = 1.01  # square of a vector's length, which is 1 but for rounding
ROWS = 8192  # looked at in one step
WIDEST = 4096  # hnsw: candidates kept in a search, however few vectors there are
MOST_REFINED = 100  # ivfpq: as many times the vectors that are wanted are compared once more


def check(path: Path, kind: str, dimension: int, count: int) -> None:
    """See that a file is an index of a kind, of so many vectors of so many dimensions, and that all in it is in range.

    Raises:
        RetrievalError: it is not; FAISS must not read it.
    """
    try:
        with path.open("rb") as opened:
            size = opened.seek(0, 2)
            file = _File(np.asarray(np.memmap(opened, np.uint8, "r")) if size else np.empty(0, np.uint8))
        _CHECKS[kind](file, dimension, count)
        _require(file.left == 0, f"is damaged ({file.left} bytes follow its end)")
    except OSError as error:
        raise RetrievalError(f"{path} cannot be read ({error.strerror}); build the index anew") from None
    except _WrongError as error:
        raise RetrievalError(f"{path} {error}; build the index anew") from None


class _WrongError(Exception):
    """What is wrong with a file, as what follows its name in a sentence."""


def _require(holds: Any, otherwise: str) -> None:
    if not holds:
        raise _WrongError(otherwise)


class _File:
    """The bytes of a file, taken from front to end."""

    def __init__(self, data: NDArray[np.uint8]) -> None:
        self._data, self._place = data, 0

    @property
    def left(self) -> int:
        return len(self._data) - self._place

    def take(self, kind: str, count: int) -> NDArray[Any]:
        """Take the next values, as they lie in the file."""
        size = np.dtype(kind).itemsize * count
        _require(size <= self.left, "is damaged (it ends too early)")
        self._place += size
        return self._data[self._place - size : self._place].view(kind)

    def one(self, kind: str) -> int:
        return int(self.take(kind, 1)[0])

    def vector(self, kind: str) -> NDArray[Any]:
        """Take a vector, before which its length stands."""
        return self.take(kind, self.one("<u8"))

    def mark(self, *wanted: bytes) -> bytes:
        found = self.take("u1", 4).tobytes()
        _require(found in wanted, f"is damaged ({found!r} stands where {wanted[0]!r} should)")
        return found


def _header(file: _File, mark: bytes, dimension: int, count: int) -> None:
    file.mark(mark)
    found_dimension, found_count = file.one("<i4"), file.one("<i8")
    _require(found_dimension == dimension, f"has {found_dimension} dimensions, not {dimension}")
    _require(found_count == count, f"has {found_count} vectors, not {count}")
    file.take("<i8", 2)  # of no meaning any more
    _require(file.one("u1") == 1, "is not trained")
    _require(file.one("<i4") == INNER_PRODUCT, "does not compare by inner product")


def _flat(file: _File, dimension: int, count: int) -> None:
    _header(file, FLAT, dimension, count)
    _check_vectors(_numbers(file, dimension, count))


def _numbers(file: _File, dimension: int, count: int) -> NDArray[np.float32]:
    size = file.one("<u8")
    _require(size == dimension * count, f"has {size} numbers, not {count} × {dimension}")
    return file.take("<f4", size).reshape(count, dimension)


def _check_vectors(vectors: NDArray[Any], longest: float = LONGEST) -> None:
    """See that no vector is longer than 1, or has what is no number: a cosine would be none."""
    for block in _blocks(vectors):
        with np.errstate(all="ignore"):
            squares = np.einsum("ij,ij->i", block, block)
        _require((squares <= longest).all(), "has a vector that is longer than 1, or is no vector")


def _blocks(values: NDArray[Any]) -> Iterator[NDArray[Any]]:
    for start in range(0, len(values), ROWS):
        yield values[start : start + ROWS]


def _ivf(file: _File, dimension: int, count: int) -> None:
    cells = _cells(file, IVF, dimension, count)
    for block in _lists(file, cells, "<f4", dimension, count):
        _check_vectors(block)


def _ivfpq(file: _File, dimension: int, count: int) -> None:
    _header(file, REFINED, dimension, count)
    cells = _cells(file, IVFPQ, dimension, count)
    _require(file.one("u1") == 1, "has codes of something else than the way from a cell's centre")
    size, coded, parts, bits = file.take("<u8", 4).tolist()
    _require(coded == dimension, f"has codes of {coded} numbers, not {dimension}")
    _require(bits == 8, f"has codes of {bits} bits, not of 8")
    divided = 1 <= parts <= dimension and dimension % parts == 0
    _require(divided and size == parts, f"has codes of {size} bytes for {parts} parts of a vector")
    meant = file.vector("<f4")  # by each of the 256 values of a byte of a code, so whatever a code is, it is one
    _require(len(meant) == 256 * dimension and np.isfinite(meant).all(), "has codes that stand for no vectors")
    for _ in _lists(file, cells, "u1", size, count):
        pass
    _bytes(file, dimension, count)
    refined = float(file.take("<f4", 1)[0])
    _require(1 <= refined <= MOST_REFINED, f"compares {refined:g} times what is wanted")


def _bytes(file: _File, dimension: int, count: int) -> None:
    """Look at vectors of a byte a number: the least of each dimension, how far it goes, and then where in between."""
    _header(file, BYTES, dimension, count)
    _require(file.one("<i4") == BYTE_A_NUMBER, "has not a byte a number")
    file.take("u1", 8)  # how the range was found
    _require(file.take("<u8", 2).tolist() == [dimension, dimension], f"has not {dimension} bytes a vector")
    ranges = file.vector("<f4")
    _require(len(ranges) == 2 * dimension, "has bytes that stand for no vectors")
    least, reach = ranges.reshape(2, dimension)
    within = (np.abs(least) <= LONGEST) & (reach >= 0) & (reach <= 2 * LONGEST)  # as numbers of such vectors are
    _require(within.all(), "has bytes that stand for no vectors")
    codes = file.vector("u1")
    _require(len(codes) == dimension * count, f"has {len(codes)} bytes, not {count} × {dimension}")
    step = reach / np.float32(255)
    longest = (math.sqrt(LONGEST) + float(np.linalg.norm(step / 2))) ** 2  # no number is off by more than half a step
    for block in _blocks(codes.reshape(count, dimension)):
        _check_vectors(least + (block + np.float32(0.5)) * step, longest)


def _cells(file: _File, mark: bytes, dimension: int, count: int) -> int:
    """Look at what comes before the lists of an index of cells, and return how many cells it has."""
    _header(file, mark, dimension, count)
    cells, probed = file.one("<u8"), file.one("<u8")
    _require(1 <= probed <= cells, f"looks at {probed} of {cells} cells")
    _header(file, FLAT, dimension, cells)
    _require(np.isfinite(_numbers(file, dimension, cells)).all(), "has a cell whose centre is no vector")
    _require(file.one("u1") == 0 and file.one("<u8") == 0, "has a direct map")
    return cells


def _lists(file: _File, cells: int, kind: str, width: int, count: int) -> Iterator[NDArray[Any]]:
    """Yield what is in each cell, [vectors, width], and see that every vector is in one, once."""
    bytes_a_vector = np.dtype(kind).itemsize * width
    file.mark(b"ilar")
    _require((file.one("<u8"), file.one("<u8")) == (cells, bytes_a_vector), "has cells of another size than it says")
    sizes = _sizes(file, cells)
    _require(file.left >= count * (bytes_a_vector + 8), f"has another length than {count} vectors in cells have")
    total = sizes.sum(dtype=np.float64)  # in which nothing wraps around
    _require(sizes.max() <= count and total == count, f"has cells that do not hold {count} vectors in all")
    seen = np.zeros(count, dtype=np.bool_)
    for size in sizes[sizes > 0].tolist():
        yield file.take(kind, size * width).reshape(size, width)
        ids = file.take("<i8", size)
        _require(ids.min() >= 0 and ids.max() < count, f"has a vector whose number is not below {count}")
        seen[ids] = True
    _require(seen.all(), "has a number twice, and another never")


def _sizes(file: _File, cells: int) -> NDArray[np.uint64]:
    """Return how many vectors each cell holds: written for all, or as pairs of cell and size where few hold any."""
    if file.mark(b"full", b"sprs") == b"full":
        sizes = file.vector("<u8")
        _require(len(sizes) == cells, f"has sizes of {len(sizes)} cells, not of {cells}")
        return sizes
    pairs = file.vector("<u8")
    named = pairs[::2]
    ordered = len(pairs) % 2 == 0 and (named < cells).all() and (named[1:] > named[:-1]).all()
    _require(ordered, "has a size of a cell that it has not, or two of one")
    sizes = np.zeros(cells, dtype=np.uint64)
    sizes[named.astype(np.int64)] = pairs[1::2]
    return sizes


def _hnsw(file: _File, dimension: int, count: int) -> None:
    _header(file, HNSW, dimension, count)
    shares, widths = file.vector("<f8"), file.vector("<i4")
    levels, offsets, links = file.vector("<i4"), file.vector("<u8"), file.vector("<i4")
    entry, top, while_built, while_searched, _ = file.take("<i4", 5).tolist()
    rising = len(widths) == len(shares) + 1 and widths[0] == 0 and (widths[1:] >= widths[:-1]).all()
    _require(rising and np.isfinite(shares).all(), "has levels that do not follow each other")
    _require(len(levels) == count and len(offsets) == count + 1, f"has not the links of {count} vectors")
    _require(levels.min() >= 1 and levels.max() < len(widths), "has a vector on a level that it has not")
    ends = np.cumsum(widths[levels], dtype=np.uint64)
    placed = offsets[0] == 0 and np.array_equal(offsets[1:], ends) and ends[-1] == len(links)
    _require(placed, "has links that are not where they should be")
    _require(0 <= entry < count and levels[entry] == levels.max() == top + 1, "has no vector to begin with")
    _require(min(while_built, while_searched) >= 1, "looks at no vectors")
    _require(max(while_built, while_searched) <= max(count, WIDEST), "looks at more vectors than it has")
    _check_links(levels, offsets, widths, links)
    _flat(file, dimension, count)


def _check_links(
    levels: NDArray[np.int32], offsets: NDArray[np.uint64], widths: NDArray[np.int32], links: NDArray[np.int32]
) -> None:
    """See that every link is -1 (none) or the number of a vector that is on the same level."""
    count = len(levels)
    for block in _blocks(links):
        _require(block.min() >= -1 and block.max() < count, f"has a link to a vector that is not below {count}")
    for level in range(1, int(levels.max())):  # on level 0 all vectors are
        starts = offsets[np.flatnonzero(levels > level)].astype(np.int64)
        for block in _blocks(starts):
            linked = links[block[:, None] + np.arange(widths[level], widths[level + 1])]
            _require((levels[linked[linked >= 0]] > level).all(), "has a link to a vector of a lower level")


_CHECKS = {"flat": _flat, "hnsw": _hnsw, "ivf": _ivf, "ivfpq": _ivfpq}
