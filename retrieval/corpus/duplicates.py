"""Find passages that say the same, word for word or nearly so, without holding the corpus in memory.

Equal: the same letters and digits, whatever the case and white space. Nearly equal: an estimated four fifths of the
sequences of five characters in common (MinHash, Broder 1997; `rensa`), found through equal bands of the signature
(locality-sensitive hashing). A passage's signature is kept on disk; memory is a few bytes a passage while one band is
sorted.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

HASHES, ROWS = 64, 4  # 16 bands of 4: pairs four fifths alike meet in one with probability .9998, half alike .64
ALIKE = 0.8
SHINGLE = 5
NOISE = re.compile(r"[\W_]+")
BATCH = 1024  # passages hashed at once


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


def repeats(signatures: NDArray[np.uint32]) -> dict[int, int]:
    """Find passages that repeat an earlier one.

    Args:
        signatures: [passages, HASHES], in the corpus's order.

    Returns:
        Number of a passage -> number of the earliest one that it is alike to.
    """
    earliest: dict[int, int] = {}
    for later, earlier in _candidates(signatures):
        if (signatures[later] == signatures[earlier]).mean() >= ALIKE:
            earliest[later] = min(earlier, earliest.get(later, earlier))
    return earliest


def _candidates(signatures: NDArray[np.uint32]) -> Iterator[tuple[int, int]]:
    """Yield pairs (later, first) of passages that have a band in common, with the first of all that share it."""
    for start in range(0, HASHES, ROWS):
        band = np.ascontiguousarray(signatures[:, start : start + ROWS]).view(f"V{4 * ROWS}").ravel()
        _, inverse = np.unique(band, return_inverse=True)
        order = np.argsort(inverse, kind="stable")
        equals_next = inverse[order][1:] == inverse[order][:-1]
        first = order[0] if len(order) else 0
        for i in np.flatnonzero(equals_next):
            if i == 0 or not equals_next[i - 1]:
                first = order[i]
            yield int(order[i + 1]), int(first)
