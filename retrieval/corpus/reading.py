"""Read a corpus, row by row, whatever it lies in: memory does not grow with it.

JSONL (also .gz), CSV, TSV, Parquet, a folder of such tables (as a copy of a Hub data set is) or of text files (.txt,
.md), or a data set of the Hugging Face Hub by name: `MedRAG/textbooks` (columns id, title, content),
`wikimedia/wikipedia:20231101.fr` (id, url, title, text; after the colon a configuration).
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from retrieval.corpus.documents import Columns, Document, Tally
from retrieval.corpus.hub import stream
from retrieval.corpus.rows import SUFFIXES, lines, rows
from retrieval.errors import RetrievalError

USUAL = {  # field of `Columns` -> what the column is called, unless it is named
    "text": ("text", "content", "contents", "passage", "body"),
    "title": ("title",),
    "language": ("language", "lang"),
    "identity": ("passage_id", "id", "_id", "docid", "doc_id"),
}
TAG = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8})*", re.IGNORECASE)  # BCP 47, as far as its form goes
HUB_NAME = re.compile(r"[\w.-]+/[\w.-]+(:[\w.-]+)?(:[\w.-]+)?")
UNKNOWN = "und"  # BCP 47: undetermined


def read(
    places: Iterable[str | Path],
    columns: Columns | None = None,
    language: str | None = None,
    tally: Tally | None = None,
) -> Iterator[Document]:
    """Read documents from files, folders and Hub data sets, in their order.

    Args:
        places: what the module's docstring lists.
        columns: names of columns that are not found by their usual names.
        language: of documents that name none themselves.
        tally: counts what is left out.

    Raises:
        RetrievalError: something is missing, damaged, not UTF-8, or has no column of texts.
    """
    tally = tally if tally is not None else Tally()
    if language is not None and not TAG.fullmatch(language):
        raise RetrievalError(f"{language!r} is no language tag; give one of BCP 47, such as fr or zh-Hans")
    tags: dict[str, str] = {}
    for place in places:
        for document in _read_place(str(place), columns or Columns(), language, tally):
            tag = tags.setdefault(document.language.lower(), document.language)
            if tag != document.language:
                raise RetrievalError(
                    f"{document.source}: {tag} and {document.language} are the same language; write its tag one way"
                )
            yield document


def _read_place(place: str, columns: Columns, language: str | None, tally: Tally) -> Iterator[Document]:
    path = Path(place).expanduser()
    if path.is_dir():
        return _read_folder(path, columns, language, tally)
    if path.name.endswith(SUFFIXES):
        return _documents(rows(path), str(path), columns, language, tally)
    if path.exists():
        raise RetrievalError(f"{path} is none of {', '.join(SUFFIXES)} and no folder of .txt files; convert it")
    if HUB_NAME.fullmatch(place):
        return _documents(stream(place), place, columns, language or _language_of(place), tally)
    raise RetrievalError(f"{path} is missing; name a file, a folder or a Hub data set (owner/name)")


def _read_folder(folder: Path, columns: Columns, language: str | None, tally: Tally) -> Iterator[Document]:
    files = [path for path in folder.rglob("*") if path.is_file() and not _hidden(path.relative_to(folder))]
    files.sort(key=lambda path: path.parts)  # as they are, on every system: some compare paths without their case
    tables = [path for path in files if path.name.endswith(SUFFIXES)]
    texts = [path for path in files if path.suffix.lower() == ".txt" or (path.suffix.lower() == ".md" and not tables)]
    if tables and texts:
        raise RetrievalError(f"{folder} has tables ({tables[0].name}) and texts ({texts[0].name}); name them apart")
    if not tables and not texts:
        raise RetrievalError(f"{folder} has no .txt or .md files and no tables; name a folder that has some")
    for path in tables:
        yield from _documents(rows(path), str(path), columns, language or _language_of(str(path)), tally)
    for path in texts:
        text = _clean("".join(line.replace("\r\n", "\n") for line in lines(path)), str(path))
        if text.strip():
            yield Document(path.relative_to(folder).as_posix(), language or UNKNOWN, path.stem, text, str(folder))
        else:
            tally.leave_out(str(path))


def _hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def _clean(text: str, where: str) -> str:
    """Compose a text's characters (NFC)."""
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise RetrievalError(
                f"{where} has half a character (a lone surrogate, {error.start}); correct it"
            ) from None
    return unicodedata.normalize("NFC", text)


def _documents(
    numbered: Iterator[tuple[int, Mapping[str, Any]]], source: str, columns: Columns, language: str | None, tally: Tally
) -> Iterator[Document]:
    names: dict[str, str | None] = {}
    keys: list[str] | None = None
    for number, row in numbered:
        if (
            list(row) != keys
        ):  # rows of JSON may differ; the first one has to have the columns that are named, and texts
            names, keys = _column_names(row, columns, source, first=not names), list(row)
        values = {name: _value(row.get(column)) if column else None for name, column in names.items()}
        where = f"{source} row {number}"
        text = _text(values["text"], where, names["text"])
        title, tag, identity = (_word(values[name], where, names[name]) for name in ("title", "language", "identity"))
        if not text.strip():
            if not title.strip():
                tally.leave_out(where)
                continue
            tally.titles += 1
            text, title = title, ""
        tag = tag or language or UNKNOWN
        if not TAG.fullmatch(tag):
            raise RetrievalError(f"{where}: {tag!r} is no language tag; give one of BCP 47, such as fr or zh-Hans")
        yield Document(
            identity=_clean(identity, where) if identity else f"{Path(source).name}-{number}",
            language=tag,
            title=_clean(title, where),
            text=_clean(text, where),
            source=source,
        )
    if not names:
        raise RetrievalError(f"{source} is empty; name a corpus with at least one passage")


def _value(value: Any) -> Any:
    """A value as it was before pandas made it a float: NaN is a missing one, 7.0 is 7."""
    if isinstance(value, float):
        return None if math.isnan(value) else int(value) if value.is_integer() else value
    return value


def _text(value: object, where: str, column: str | None) -> str:
    """A text as it stands, empty where it is missing."""
    if value is not None and not isinstance(value, str):
        raise RetrievalError(f"{where}: {column} is no text ({type(value).__name__}); name the column of the texts")
    return value or ""


def _word(value: object, where: str, column: str | None) -> str:
    """A title, a tag or an id as a text: a number may stand for it, a list or bytes may not."""
    if isinstance(value, bytes | list | dict):
        raise RetrievalError(f"{where}: {column} is no text ({type(value).__name__}); name another column, or none")
    return "" if value is None else str(value)


def _column_names(row: Mapping[str, Any], columns: Columns, source: str, *, first: bool) -> dict[str, str | None]:
    """What the columns of a row are called, None where it has no such column."""
    names: dict[str, str | None] = {}
    for field, usual in USUAL.items():
        chosen: str | None = getattr(columns, field)
        names[field] = next((name for name in ([chosen] if chosen else usual) if name in row), None)
        if first and names[field] is None and (chosen or field == "text"):
            sought = repr(chosen) if chosen else " or ".join(usual)
            remedy = "" if chosen else "; name it with --text-column"
            raise RetrievalError(f"{source} has no column {sought} (it has {', '.join(map(str, row))}){remedy}")
    return names


def _language_of(place: str) -> str | None:
    """Read the language off a configuration such as `20231101.fr`, or the folder of its copy."""
    match = re.search(r"[:/]\d{8}\.([a-z]{2,3}(?:-[a-z]+)*)(?=[:/]|$)", place)
    return match.group(1) if match else None
