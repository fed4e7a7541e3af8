"""Find passages that say the same, word for word or nearly so, without holding the corpus in memory.

Equal: the same letters and digits, whatever the case and white space. Nearly equal: an estimated four fifths of the
sequences of five characters in common (MinHash, Broder 1997; `rensa`), found through equal bands of the signature
(locality-sensitive hashing). A passage's signature is kept on disk; memory is some fifty bytes a passage while one band
is sorted.
"""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

HASHES, ROWS = 64, 4  # 16 bands of 4: pairs four fifths alike meet in one with probability .9998, half alike .64
ALIKE = 0.8
SHINGLE = 5
NOISE = re.compile(r"[\W_]+")
BATCH = 1024  # passages hashed at once
COMPARED = 4096  # pairs of signatures compared at once
FACTORS = (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB, 0xD6E8FEB86659FD93)  # odd, of no pattern


def normalised(text: str) -> str:
    """Reduce a text to its letters and digits."""
    return NOISE.sub("", unicodedata.normalize("NFKC", text).casefold())


class Signatures:
    """Signatures of passages, in the order they were added, in a file."""

    def __init__(self, path: Path) -> None:
        """Append to `path`, which is made if it is not there."""
        self.path = path
        self._file = path.open("ab")
        self._pieces: list[list[str]] = []

    def add(self, language: str, text: str) -> None:
        """Add the signature of a passage; passages of different languages are never alike."""
        letters = f"{language}\0{normalised(text)}"
        self._pieces.append([letters[i : i + SHINGLE] for i in range(max(1, len(letters) - SHINGLE + 1))])
        if len(self._pieces) == BATCH:
            self.flush()

    def flush(self) -> None:
        """Write the signatures of what was added."""
        from rensa import RMinHash

        if self._pieces:
            hashed = RMinHash.digest_matrix_from_token_sets(self._pieces, HASHES, 0).to_rows()
            self._file.write(np.array(hashed, dtype=np.uint32).tobytes())
            self._pieces = []
        self._file.flush()

    def close(self) -> None:
        """Write what is left."""
        self.flush()
        self._file.close()

    def read(self) -> NDArray[np.uint32]:
        """Return all signatures, mapped from the file; [passages, HASHES]."""
        if not self._file.closed:
            self.flush()
        if not self.path.stat().st_size:
            return np.empty((0, HASHES), dtype=np.uint32)
        return np.memmap(self.path, dtype=np.uint32, mode="r").reshape(-1, HASHES)


def repeats(signatures: NDArray[np.uint32]) -> NDArray[np.int64]:
    """Find passages that repeat an earlier one.

    Args:
        signatures: [passages, HASHES], in the corpus's order.

    Returns:
        Of each passage the number of the earliest one that it is alike to: its own, unless it repeats one.
    """
    earliest = np.arange(len(signatures))
    for start in range(0, HASHES, ROWS):
        later, first = _candidates(signatures[:, start : start + ROWS])
        for block in range(0, len(later), COMPARED):
            some, others = later[block : block + COMPARED], first[block : block + COMPARED]
            alike = np.count_nonzero(signatures[some] == signatures[others], axis=1) >= ALIKE * HASHES
            some, others = some[alike], others[alike]
            earliest[some] = np.minimum(earliest[some], others)
    return earliest


def _candidates(band: NDArray[np.uint32]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return pairs (later, first) of passages that have a band in common, with the first of all that share it.

    Bands, [passages, ROWS], are compared by one number each. Where two have the same one by chance (at ten million
    passages once in 300,000 bands), no more is lost than this band: who is alike is decided by whole signatures.
    """
    keys = np.zeros(len(band), dtype=np.uint64)
    for column, factor in enumerate(FACTORS):
        keys += band[:, column] * np.uint64(factor)
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    repeated = np.flatnonzero(keys[1:] == keys[:-1]) + 1
    firsts = np.flatnonzero(np.append(True, keys[1:] != keys[:-1]))
    return order[repeated], order[firsts[np.searchsorted(firsts, repeated) - 1]]
