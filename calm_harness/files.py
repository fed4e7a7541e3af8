"""Read and write text and JSON files so that whatever is wrong ends in one line that says what to do."""

from __future__ import annotations

import codecs
import errno
import io
import json
import locale
import os
import re
import secrets
import shutil
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import orjson

from calm_harness.errors import CalmError
from retrieval.process.alone import alone
from retrieval.tables import Delimiter, TableError, table_rows

TRIES = 100  # of writers of one folder, before they give up
OF_OURS = re.compile(r"\.\d+-[0-9a-f]{8}\.part$|^\.saving-.+\.part$")
PART = ".part"  # how the names of files and folders end that are not whole yet
LONGEST = 255  # bytes of a file's name, on all usual file systems
_REFUSED = re.compile(r"""[<>:"/\\|?*\x00-\x1f\x7f]""")  # in names, by Windows
_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)  # what Windows has under these names


def is_portable(name: str) -> bool:
    """Tell whether a file or folder may be called so on every system."""
    refused = _REFUSED.search(name) or _DEVICES.fullmatch(name) or name != name.strip() or name.endswith(".")
    return name != "" and not refused and len(name.encode("utf-8", "surrogatepass")) <= LONGEST


def folded(name: str) -> str:
    """Return a name as systems compare it that know no case, nor how an accent is composed (macOS, Windows)."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def read_text(path: Path, remedy: str) -> str:
    """Read a UTF-8 file that has to be there and to have content.

    Args:
        path: the file.
        remedy: how to get it, as in "run: calm data download calm_release".

    Raises:
        CalmError: it is missing, cannot be read, is empty, or is not UTF-8.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise CalmError(f"{path} is missing; {remedy}") from None
    except OSError as error:
        raise CalmError(f"{path} cannot be read ({error.strerror}); {remedy}") from None
    except UnicodeDecodeError as error:
        raise CalmError(f"{path} is not UTF-8 (byte {error.start}); convert it to UTF-8, or {remedy}") from None
    if not text.strip():
        raise CalmError(f"{path} is empty; {remedy}")
    return text


def check_locale(path: Path) -> None:
    """See that a library which reads a file as the locale has it reads the letters that stand there.

    Raises:
        CalmError: it would read others; says what to set.
    """
    encoding = codecs.lookup(locale.getpreferredencoding(False)).name
    if encoding != "utf-8" and path.is_file() and not path.read_bytes().isascii():
        raise CalmError(
            f"{path} has letters that are not ASCII, and files are read here as {encoding}; set PYTHONUTF8=1"
        )


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Yield a scratch path beside a file (or folder), which gets its name only when the block ends without an error.

    The name is the writer's own, so that two processes that write the same file do not write into each other's.
    """
    scratch = path.with_name(f"{path.name}.{os.getpid()}-{secrets.token_hex(4)}{PART}")
    try:
        yield scratch
        if scratch.is_dir():
            _replace_folder(scratch, path)
        else:
            _on_disk(scratch)
            scratch.replace(path)
    finally:
        _remove(scratch)


def _on_disk(path: Path) -> None:
    """Have a file's content on the disk before its name is."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _replace_folder(scratch: Path, path: Path) -> None:
    """Give a folder a name that another folder may have, which is put aside until the new one is there."""
    for _ in range(TRIES):
        aside = path.with_name(f"{path.name}.{os.getpid()}-{secrets.token_hex(4)}{PART}")
        with suppress(FileNotFoundError):
            path.replace(aside)
        try:
            scratch.replace(path)
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR, errno.EACCES):
                raise
            continue  # another process was faster
        finally:
            _remove(aside)
        return
    raise CalmError(f"{path} is written by others all the time; name another")


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


@contextmanager
def only_writer(folder: Path) -> Iterator[None]:
    """Be the only one that writes in a folder, which is made where it is not there, without what killed ones left.

    Raises:
        CalmError: another process writes there, or nobody can.
    """
    with alone(folder, CalmError):
        for path in folder.rglob(f"*{PART}"):
            if OF_OURS.search(path.name):
                _remove(path)
        yield


def below(folder: Path, pattern: str) -> list[Path]:
    """List files below a folder, in the order of their paths, but for those that are not whole yet (`whole`)."""
    return sorted(
        path
        for path in folder.rglob(pattern)
        if not any(parent.suffix == PART for parent in path.relative_to(folder).parents)
    )


def write_text(path: Path, text: str) -> None:
    """Write a UTF-8 file, which appears under its name only when it is whole; its lines end with LF on every system.

    Raises:
        CalmError: its folder is not there, or it cannot be written.
    """
    if not path.parent.is_dir():
        raise CalmError(f"{path.parent} is not a folder; make it, or name another file")
    try:
        with whole(path) as scratch:
            scratch.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise CalmError(f"{path} cannot be written ({error.strerror}); name another file, or make room") from None


def read_json_rows(path: Path, remedy: str) -> list[dict[str, Any]]:
    """Read a JSON file that is a list of objects.

    Raises:
        CalmError: see `read_text`; or it is cut off, or is something else.
    """
    text = read_text(path, remedy)
    try:
        rows = json.loads(text)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise CalmError(f"{path} is cut off or is not JSON ({where}: {error.msg}); {remedy}") from None
    if not isinstance(rows, list) or not rows:
        raise CalmError(f"{path} is not a list of rows; {remedy}")
    for number, row in enumerate(rows):
        if not isinstance(row, dict):
            raise CalmError(f"{path} row {number} is not an object with named fields; {remedy}")
    return rows


def iterate_jsonl_rows(path: Path, remedy: str) -> Iterator[dict[str, Any]]:
    """Yield the rows of a file with a JSON object a line, one at a time; empty lines are passed over.

    Raises:
        CalmError: see `read_text`; or a line is cut off, or is something else.
    """
    row_count = 0
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file):
                if not line.strip():
                    continue
                row = _json_line(line.removeprefix(codecs.BOM_UTF8) if number == 0 else line, path, number, remedy)
                row_count += 1
                yield row
    except FileNotFoundError:
        raise CalmError(f"{path} is missing; {remedy}") from None
    except OSError as error:
        raise CalmError(f"{path} cannot be read ({error.strerror}); {remedy}") from None
    if not row_count:
        raise CalmError(f"{path} is empty; {remedy}")


def _decoded(line: bytes) -> Any:
    """Decode JSON, fast; Python decodes what orjson refuses: NaN and Infinity, which lm-eval writes, and errors."""
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError:
        return json.loads(line.decode("utf-8"))


def _json_line(line: bytes, path: Path, number: int, remedy: str) -> dict[str, Any]:
    try:
        row = _decoded(line)
    except UnicodeDecodeError as error:
        raise CalmError(
            f"{path} line {number + 1} is not UTF-8 (byte {error.start}); convert it to UTF-8, or {remedy}"
        ) from None
    except json.JSONDecodeError as error:
        raise CalmError(f"{path} line {number + 1} is cut off or is not JSON ({error.msg}); {remedy}") from None
    if not isinstance(row, dict):
        raise CalmError(f"{path} line {number + 1} is not an object with named fields; {remedy}")
    return row


def read_jsonl_rows(path: Path, remedy: str) -> list[dict[str, Any]]:
    """Read a file with a JSON object a line; see `iterate_jsonl_rows`."""
    return list(iterate_jsonl_rows(path, remedy))


def read_table(path: Path, remedy: str) -> list[dict[str, Any]]:
    """Read the rows of a JSONL, JSON, CSV, TSV or Parquet file; how quotes are read, `retrieval.tables` says.

    Raises:
        CalmError: see `read_text`; or a row is malformed, or the file is of no such kind.
    """
    suffix = path.suffix.lower()
    if suffix == ".jsonl":
        return read_jsonl_rows(path, remedy)
    if suffix == ".json":
        return read_json_rows(path, remedy)
    if suffix in (".csv", ".tsv"):
        return _read_separated_rows(path, remedy, "," if suffix == ".csv" else "\t")
    if suffix == ".parquet":
        return _read_parquet_rows(path, remedy)
    raise CalmError(f"{path} is none of .jsonl, .json, .csv, .tsv and .parquet; {remedy}")


def _read_separated_rows(path: Path, remedy: str, delimiter: Delimiter) -> list[dict[str, Any]]:
    text = read_text(path, remedy)
    try:
        return list(table_rows(lambda: io.StringIO(text, newline="\n"), delimiter))
    except TableError as error:
        raise CalmError(f"{path} {error}; {remedy}") from None


def _read_parquet_rows(path: Path, remedy: str) -> list[dict[str, Any]]:
    import pyarrow
    import pyarrow.parquet

    if not path.is_file():
        raise CalmError(f"{path} is missing; {remedy}")
    try:
        rows: list[dict[str, Any]] = pyarrow.parquet.read_table(path).to_pylist()
    except (pyarrow.ArrowException, OSError) as error:
        raise CalmError(f"{path} is empty, cut off or not Parquet ({' '.join(str(error).split())}); {remedy}") from None
    return rows
