"""An index folder: `index.faiss`, `passages.arrow` (row i is vector i) and `manifest.json`, opened and searched.

A folder appears under its name only when it is whole, and is mapped into memory, not read. What it was made with stands
in the manifest; a query is encoded by the same encoder in the same revision, or refused. A folder is looked through
when it is opened for the first time, whoever made it: nothing in it is used that `retrieval.build` cannot have written.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, fields
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow
import pyarrow.compute
from numpy.typing import NDArray

from retrieval import vectors
from retrieval.corpus.split import Passage
from retrieval.encoders import FILES, Encoder, Vectors, load
from retrieval.errors import RetrievalError
from retrieval.files import cache, layout
from retrieval.files.passages import digest, read_passages

INDEX, PASSAGES, MANIFEST = "index.faiss", "passages.arrow", "manifest.json"
FORMAT = 1


@dataclass(frozen=True)
class Manifest:
    """What an index was made of.

    Attributes:
        format: version of this layout.
        encoder, revision, prompts, dimension: of the encoder.
        metric: how vectors are compared; always `inner_product`, of vectors of length 1.
        kind: of FAISS index: flat, hnsw, ivf or ivfpq.
        count: passages.
        languages: passages by language.
        corpus: sha256 of the passages, in their order.
        length: the most characters of a passage.
        repeats: passages left out, since an earlier one says the same.
        empty, first_empty: rows of the corpus left out, since they have neither text nor title; the first of them.
        titles: rows whose title was taken as their text, since they have no other.
        digests: sha256 of the other two files; none in an index of an earlier version.
        doubled, first_doubled: passages with the id of an earlier one of their language; the id of the first of them.
        sizes: bytes of the other two files.
        versions: of the packages it was made with.
    """

    encoder: str
    revision: str
    prompts: dict[str, str]
    dimension: int
    kind: str
    count: int
    languages: dict[str, int]
    corpus: str
    length: int
    repeats: int
    sizes: dict[str, int]
    versions: dict[str, str]
    metric: str = "inner_product"
    format: int = FORMAT
    empty: int = 0
    first_empty: str = ""
    titles: int = 0
    doubled: int = 0
    first_doubled: str = ""
    digests: dict[str, str] = field(default_factory=dict)

    def write(self, folder: Path) -> None:
        """Write it into a folder."""
        text = json.dumps(asdict(self), indent=1, ensure_ascii=False)
        (folder / MANIFEST).write_text(text + "\n", encoding="utf-8", newline="\n")

    @classmethod
    def read(cls, folder: Path) -> Manifest:
        """Read a folder's manifest, and see that the files are those it speaks of.

        Raises:
            RetrievalError: there is no index, or something in it is missing or damaged.
        """
        path = folder / MANIFEST
        if not folder.is_dir() or not path.is_file():
            raise RetrievalError(f"{folder} is no index (it has no {MANIFEST}); build one: python -m retrieval.build")
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
            version = values["format"]
            if version != FORMAT:
                raise RetrievalError(f"{path} has format {version}, this version reads {FORMAT}; build the index anew")
            manifest = cls(**values)
            manifest._validate()
        except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
            raise RetrievalError(f"{path} is damaged ({error}); build the index anew") from None
        for name, size in manifest.sizes.items():
            file = folder / name
            if not file.is_file():
                raise RetrievalError(f"{file} is missing; build the index anew")
            if file.stat().st_size != size:
                raise RetrievalError(f"{file} has {file.stat().st_size} bytes, not {size}; build the index anew")
        return manifest

    def _validate(self) -> None:
        for entry in fields(self):
            value = getattr(self, entry.name)
            if not _is(value, str(entry.type)):
                raise ValueError(f"{entry.name} is {repr(value)[:200]}")
        json.dumps(asdict(self), ensure_ascii=False).encode()  # which half a character cannot be
        if self.kind not in vectors.KINDS or self.metric != "inner_product":
            raise ValueError(f"it is of {self.kind!r}, by {self.metric!r}")
        if min(self.dimension, *self.languages.values(), *self.sizes.values(), self.count) < 1:
            raise ValueError("something in it has a number below 1")
        if set(self.sizes) != {INDEX, PASSAGES}:
            raise ValueError(f"sizes are those of {', '.join(self.sizes) or 'no files'}")
        if self.digests and set(self.digests) != {INDEX, PASSAGES}:
            raise ValueError(f"digests are those of {', '.join(self.digests)}")
        if sum(self.languages.values()) != self.count:
            raise ValueError(f"the languages have {sum(self.languages.values())} passages, not {self.count}")

    @property
    def fingerprint(self) -> str:
        """A short name for what a search depends on: passages, encoder, prompts and kind of index; for caches."""
        parts = self.corpus, self.count, self.encoder, self.revision, sorted(self.prompts.items()), self.kind
        return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()[:16]

    def check(self, encoder: Encoder) -> None:
        """See that an encoder is the one that the index was made with.

        Raises:
            RetrievalError: it is not.
        """
        expected = self.revision, self.dimension, self.prompts
        actual = encoder.revision, encoder.dimension, dict(encoder.prompts)
        moved = self.revision.startswith(FILES)
        if expected != actual or (self.encoder != encoder.name and not moved):
            raise RetrievalError(
                f"the index was made with {self.encoder} (revision {self.revision}, {self.dimension} dimensions), not "
                f"with {encoder.name} (revision {encoder.revision}, {encoder.dimension}); use that, or build it anew"
            )


def _is(value: Any, kind: str) -> bool:
    """Tell whether a value of a manifest is of its field's kind, such as `dict[str, int]`."""
    if kind.startswith("dict"):
        inner = kind.removeprefix("dict[str, ").removesuffix("]")
        return isinstance(value, dict) and all(_is(part, inner) for part in value.values())
    return isinstance(value, {"int": int, "str": str}[kind]) and not isinstance(value, bool)


@dataclass(frozen=True)
class Hit:
    """A passage that was found, and how near it is to the query (cosine)."""

    passage: Passage
    score: float


@dataclass
class Index:
    """An index folder that is open for search."""

    folder: Path
    manifest: Manifest
    _faiss: Any = field(repr=False)
    _table: pyarrow.Table = field(repr=False)
    _given: Encoder | None = field(default=None, repr=False)

    @classmethod
    def open(cls, folder: str | Path, encoder: Encoder | None = None) -> Index:
        """Open an index; unless an encoder is given, its own is loaded when the first query needs it.

        Raises:
            RetrievalError: there is none, it is damaged, or it was made with another encoder than the one given.
        """
        path = Path(folder).expanduser()
        if not path.exists() and aside(path).exists():  # a build was cut off while it replaced it
            path = aside(path)
        manifest = Manifest.read(path)
        try:
            index = cls._open(path, manifest, encoder)
        except RetrievalError:
            if Manifest.read(path) == manifest:
                raise
            return cls.open(folder, encoder)  # a build has replaced the folder meanwhile
        return index if Manifest.read(path) == manifest else cls.open(folder, encoder)

    @classmethod
    def _open(cls, path: Path, manifest: Manifest, encoder: Encoder | None) -> Index:
        stamp = _stamp(path)
        sound = cache.is_sound(stamp)
        table = read_passages(path / PASSAGES, sound=sound)
        if not sound:
            _look_through(path, manifest, table)
            if _stamp(path) == stamp:  # and nothing took its place meanwhile
                cache.note_sound(stamp)
        index = vectors.read(path / INDEX)
        if encoder is not None:
            manifest.check(encoder)
        return cls(path, manifest, index, table, encoder)

    @cached_property
    def encoder(self) -> Encoder:
        """What turns queries into vectors: the encoder that the index was made with.

        Raises:
            RetrievalError: it cannot be loaded, or what is here under its name is another revision.
        """
        if self._given is not None:
            return self._given
        encoder = load(self.manifest.encoder)
        self.manifest.check(encoder)
        return encoder

    def __len__(self) -> int:
        """Count the passages."""
        return self.manifest.count

    def __iter__(self) -> Iterator[Passage]:
        """Yield the passages in the order of their numbers, without reading all of them at cache."""
        for batch in self._table.to_batches(max_chunksize=1024):
            for row in batch.to_pylist():
                yield Passage(**row)

    def search(self, queries: Sequence[str], k: int = 5, language: str | None = None) -> list[list[Hit]]:
        """Find the k passages nearest to each query, the nearest first.

        Args:
            queries: texts.
            k: how many; there must be so many.
            language: BCP 47 tag of the passages that may be found; all by default.

        Raises:
            RetrievalError: there are not so many passages, or none in that language.
        """
        self._check(k, language)  # before the encoder is loaded
        return self.search_vectors(self.encoder.encode(queries, "query"), k, language)

    def search_vectors(self, queries: Vectors, k: int = 5, language: str | None = None) -> list[list[Hit]]:
        """Find the k passages nearest to each query vector; see `search`."""
        return [
            [
                Hit(self.passage(int(number)), float(score))
                for score, number in zip(scores, numbers, strict=True)
                if number >= 0
            ]
            for scores, numbers in zip(*self.nearest(queries, k, language), strict=True)
        ]

    def nearest(
        self, queries: Vectors, k: int = 5, language: str | None = None
    ) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Find the cosines and the numbers of the passages nearest to each query vector; see `search`.

        Returns:
            Two arrays [queries, k], the nearest first; a number is -1 where an approximate index found fewer.
        """
        self._check(k, language)
        return vectors.search(self._faiss, queries, k, self._only(language))

    def passage(self, number: int) -> Passage:
        """Return a passage by its number."""
        (row,) = self._table.slice(number, 1).to_pylist()
        return Passage(**row)

    def holds_any(self, identities: Iterable[str]) -> bool:
        """Tell whether a passage or a document has one of these ids."""
        ids = pyarrow.array(set(identities), pyarrow.string())
        columns = (self._table[name] for name in ("passage_id", "document"))
        return any(pyarrow.compute.any(pyarrow.compute.is_in(column, value_set=ids)).as_py() for column in columns)

    def passages(self, identities: Iterable[str], language: str) -> dict[str, Passage]:
        """Look passages of one language up by their `passage_id`; those that are not there are absent.

        Raises:
            RetrievalError: no passage is in that language.
        """
        passage_ids = pyarrow.array(set(identities), pyarrow.string())
        matching = pyarrow.compute.is_in(self._table["passage_id"], value_set=passage_ids)
        numbers = np.flatnonzero(matching.to_numpy() & self.in_language(language))
        passages: dict[str, Passage] = {}
        for row in self._table.take(numbers).to_pylist():
            passages.setdefault(row["passage_id"], Passage(**row))
        return passages

    def documents(self, identities: Iterable[str], language: str) -> dict[str, list[tuple[int, Passage]]]:
        """Look documents of one language up by their id; those that are not there are absent.

        Returns:
            A document's id -> its pieces in their order, each with its number in the index.

        Raises:
            RetrievalError: no passage is in that language, or which passages are of one document is not known.
        """
        self.check_documents()
        ids = pyarrow.array(set(identities), pyarrow.string())
        matching = pyarrow.compute.is_in(self._table["document"], value_set=ids)
        numbers = np.flatnonzero(matching.to_numpy() & self.in_language(language))
        documents: dict[str, list[tuple[int, Passage]]] = {}
        for number, row in zip(numbers, self._table.take(numbers).to_pylist(), strict=True):
            documents.setdefault(row["document"], []).append((int(number), Passage(**row)))
        for pieces in documents.values():
            pieces.sort(key=lambda numbered: numbered[1].piece or 0)
        return documents

    def check_documents(self) -> None:
        """See that it is known which passages are of one document.

        Raises:
            RetrievalError: an earlier version made the index, and did not note it.
        """
        if self._table["document"].null_count:
            raise RetrievalError(
                f"{self.folder} does not say which passages are of one document, since an earlier version made it; "
                "build it anew: python -m retrieval.build --overwrite"
            )

    def in_language(self, language: str) -> NDArray[np.bool_]:
        """Tell which passages are in a language; [count].

        Raises:
            RetrievalError: none is.
        """
        self._count(language)
        codes, names = self._languages
        mask: NDArray[np.bool_] = codes == names.index(language)
        return mask

    def _check(self, k: int, language: str | None) -> None:
        count = len(self) if language is None else self._count(language)
        if not 1 <= k <= count:
            where = f"{self.folder} has {count} passages" + (f" in {language}" if language else "")
            raise RetrievalError(f"{where}: k must be from 1 to {count}, not {k}")

    def _count(self, language: str) -> int:
        if language not in self.manifest.languages:
            languages = ", ".join(sorted(self.manifest.languages))
            raise RetrievalError(f"{self.folder} has no passages in {language!r} (it has {languages})")
        return self.manifest.languages[language]

    def _only(self, language: str | None) -> Any:
        """Return what restricts a search to a language, made once; None where all passages may be found."""
        if language is None or self._count(language) == len(self):
            return None
        if language not in self._restrictions:
            self._restrictions[language] = vectors.restriction(self._faiss, self.in_language(language))
        return self._restrictions[language]

    @cached_property
    def _restrictions(self) -> dict[str, Any]:
        return {}

    @cached_property
    def _languages(self) -> tuple[NDArray[np.int32], list[str]]:
        encoded = pyarrow.compute.dictionary_encode(self._table["language"].combine_chunks())
        return encoded.indices.to_numpy(zero_copy_only=False), encoded.dictionary.to_pylist()


def _stamp(path: Path) -> str:
    try:
        return cache.stamp([path / name for name in (MANIFEST, INDEX, PASSAGES)])
    except OSError as error:
        raise RetrievalError(f"{error.filename} is missing; build the index anew") from None


def _look_through(path: Path, manifest: Manifest, table: pyarrow.Table) -> None:
    """See that the files of a folder are what its manifest says of them.

    Raises:
        RetrievalError: they are not.
    """
    if table.num_rows != manifest.count:
        raise RetrievalError(
            f"{path / PASSAGES} has {table.num_rows} passages, not {manifest.count}; build the index anew"
        )
    languages = pyarrow.compute.value_counts(table["language"]).to_pylist()
    if {row["values"]: row["counts"] for row in languages} != manifest.languages:
        raise RetrievalError(f"{path / PASSAGES} has not the languages of {path / MANIFEST}; build the index anew")
    if digest(table) != manifest.corpus:
        raise RetrievalError(f"{path / PASSAGES} has not the passages of {path / MANIFEST}; build the index anew")
    layout.check(path / INDEX, manifest.kind, manifest.dimension, manifest.count)
    for name, noted in manifest.digests.items():
        if file_digest(path / name) != noted:
            raise RetrievalError(
                f"{path / name} is not the file that {path / MANIFEST} speaks of; build the index anew"
            )


def file_digest(path: Path) -> str:
    """Return the sha256 of a file.

    Raises:
        RetrievalError: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise RetrievalError(f"{path} cannot be read ({error.strerror}); build the index anew") from None


def aside(folder: Path) -> Path:
    """Return where an index lies while another takes its place."""
    return folder.with_name(f".{folder.name}.old")
