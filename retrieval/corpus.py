"""Read a corpus, row by row, whatever it lies in: memory does not grow with it.

JSONL (also .gz), CSV, TSV, Parquet, a folder of text files (.txt, .md), or a data set of the Hugging Face Hub by name:
`MedRAG/textbooks` (columns id, title, content), `wikimedia/wikipedia:20231101.fr` (id, url, title, text; after the
colon a configuration).
"""

from __future__ import annotations

import csv
import gzip
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from retrieval.errors import RetrievalError

TEXT = ("text", "content", "contents", "passage", "body")
TITLE = ("title",)
LANGUAGE = ("language", "lang")
IDENTITY = ("passage_id", "id", "_id", "docid", "doc_id")
SUFFIXES = (".jsonl", ".jsonl.gz", ".csv", ".tsv", ".parquet")
HUB_NAME = re.compile(r"[\w.-]+/[\w.-]+(:[\w.-]+)?(:[\w.-]+)?")
UNKNOWN = "und"  # BCP 47: undetermined


@dataclass(frozen=True)
class Document:
    """A row of a corpus, before it is split.

    Attributes:
        identity: its id in the corpus, or file and row.
        language: BCP 47 tag, `und` where nothing says it.
        title: may be empty.
        text: never blank.
        source: the file or data set.
    """

    identity: str
    language: str
    title: str
    text: str
    source: str


@dataclass(frozen=True)
class Columns:
    """The names of a corpus's columns, where they are not the usual ones."""

    text: str | None = None
    title: str | None = None
    language: str | None = None
    identity: str | None = None


def read(
    places: Iterable[str | Path], columns: Columns | None = None, language: str | None = None
) -> Iterator[Document]:
    """Read documents from files, folders and Hub data sets, in their order.

    Args:
        places: what the module's docstring lists.
        columns: names of columns that are not found by their usual names.
        language: of documents that name none themselves.

    Raises:
        RetrievalError: something is missing, damaged, not UTF-8, or without text.
    """
    for place in places:
        yield from _read_place(str(place), columns or Columns(), language)


def _read_place(place: str, columns: Columns, language: str | None) -> Iterator[Document]:
    path = Path(place).expanduser()
    if path.is_dir():
        return _read_folder(path, language)
    if path.name.endswith(SUFFIXES):
        return _documents(_rows(path), str(path), columns, language, "row")
    if path.exists():
        raise RetrievalError(f"{path} is none of {', '.join(SUFFIXES)} and no folder of .txt files; convert it")
    if HUB_NAME.fullmatch(place):
        return _documents(_hub_rows(place), place, columns, language or _language_of(place), "row")
    raise RetrievalError(f"{path} is missing; name a file, a folder or a Hub data set (owner/name)")


def _read_folder(folder: Path, language: str | None) -> Iterator[Document]:
    files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in (".txt", ".md") and path.is_file())
    if not files:
        raise RetrievalError(f"{folder} has no .txt or .md files; name a folder that has some, or a table of passages")
    for path in files:
        text = "".join(_lines(path))
        if not text.strip():
            raise RetrievalError(f"{path} is empty; remove it, or give it a text")
        yield Document(str(path.relative_to(folder)), language or UNKNOWN, path.stem, text, str(folder))


def _documents(
    rows: Iterator[tuple[int, Mapping[str, Any]]], source: str, columns: Columns, language: str | None, unit: str
) -> Iterator[Document]:
    known: dict[str, str | None] | None = None
    for number, row in rows:
        if known is None:
            known = {
                "text": _column(row, columns.text, TEXT, source, needed=True),
                "title": _column(row, columns.title, TITLE, source),
                "language": _column(row, columns.language, LANGUAGE, source),
                "identity": _column(row, columns.identity, IDENTITY, source),
            }
        value = {name: row.get(column) if column else None for name, column in known.items()}
        text = value["text"]
        if not isinstance(text, str) or not text.strip():
            raise RetrievalError(
                f"{source} {unit} {number} has no text ({known['text']}); remove the row, or give it one"
            )
        yield Document(
            identity=str(value["identity"]) if value["identity"] not in (None, "") else f"{Path(source).name}-{number}",
            language=str(value["language"] or language or UNKNOWN),
            title=str(value["title"] or ""),
            text=text,
            source=source,
        )
    if known is None:
        raise RetrievalError(f"{source} is empty; name a corpus with at least one passage")


def _column(
    row: Mapping[str, Any], named: str | None, usual: tuple[str, ...], source: str, *, needed: bool = False
) -> str | None:
    if named is not None:
        if named not in row:
            raise RetrievalError(f"{source} has no column {named!r} (it has {', '.join(map(str, row))})")
        return named
    found = next((name for name in usual if name in row), None)
    if found is None and needed:
        raise RetrievalError(
            f"{source} has no column {' or '.join(usual)} (it has {', '.join(map(str, row))}); "
            "name it with --text-column"
        )
    return found


def _rows(path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Yield number (from 1; of a text file, the line) and row."""
    if path.name.endswith(".parquet"):
        return _parquet_rows(path)
    if path.name.endswith((".csv", ".tsv")):
        return _csv_rows(path, "," if path.suffix == ".csv" else "\t")
    return json_rows(path)


def _lines(path: Path) -> Iterator[str]:
    """Yield the lines of a UTF-8 file."""
    try:
        with _open(path) as file:
            for number, line in enumerate(file, start=1):
                try:
                    yield line.decode("utf-8-sig" if number == 1 else "utf-8")
                except UnicodeDecodeError as error:
                    raise RetrievalError(
                        f"{path} line {number} is not UTF-8 (byte {error.start}); convert the file to UTF-8"
                    ) from None
    except FileNotFoundError:
        raise RetrievalError(f"{path} is missing; name a file that is there") from None
    except (OSError, EOFError) as error:
        raise RetrievalError(f"{path} cannot be read ({error}); get it anew") from None


def _open(path: Path) -> IO[bytes]:
    return gzip.open(path) if path.suffix == ".gz" else path.open("rb")  # type: ignore[return-value]


def json_rows(path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Yield line number and object of a file of JSON lines.

    Raises:
        RetrievalError: it is missing, not UTF-8, or a line is no object.
    """
    for number, line in enumerate(_lines(path), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            raise RetrievalError(f"{path} line {number} is cut off or is not JSON ({error.msg}); get it anew") from None
        if not isinstance(row, dict):
            raise RetrievalError(f"{path} line {number} is not an object with named fields; see the documentation")
        yield number, row


def _csv_rows(path: Path, delimiter: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    reader = csv.DictReader(_lines(path), delimiter=delimiter)
    try:
        for number, row in enumerate(reader, start=1):
            if None in row or None in row.values():
                raise RetrievalError(f"{path} row {number} has not as many fields as the header; correct it")
            yield number, row
    except csv.Error as error:
        raise RetrievalError(f"{path} line {reader.line_num} is not CSV ({error}); correct it") from None


def _parquet_rows(path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    import pyarrow
    import pyarrow.parquet

    if not path.is_file():
        raise RetrievalError(f"{path} is missing; name a file that is there")
    number = 0
    try:
        for batch in pyarrow.parquet.ParquetFile(path).iter_batches(batch_size=1024):
            for row in batch.to_pylist():
                number += 1
                yield number, row
    except (pyarrow.ArrowException, OSError) as error:
        reason = " ".join(str(error).split())
        raise RetrievalError(f"{path} is empty, cut off or not Parquet ({reason}); get it anew") from None


def _hub_rows(place: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Stream `owner/name[:configuration[:split]]`; the split is `train` unless named."""
    import datasets

    name, configuration, split = (*place.split(":"), None, None)[:3]
    try:
        rows = datasets.load_dataset(name, configuration, split=split or "train", streaming=True)
        yield from enumerate(rows, start=1)
    except (OSError, RuntimeError, ValueError, datasets.exceptions.DatasetsError) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise RetrievalError(
            f"data set {place} cannot be loaded ({reason[:200]}); connect to the network, or name a local copy"
        ) from None


def _language_of(place: str) -> str | None:
    """Read the language off a configuration such as `20231101.fr`."""
    configuration = (*place.split(":"), "")[1]
    found = re.fullmatch(r"\d{8}\.([a-z]{2,3}(?:-[a-z]+)?)", configuration)
    return found.group(1) if found else None
