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
import stat
import unicodedata
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import accumulate, islice
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


from retrieval.formats.literals import json_value
from retrieval.formats.parquet import parquet_rows
from retrieval.tables import Delimiter, TableError, table_rows

MOST = 100_000  # parts of a YAML file, which people write
DEEPEST = 100  # brackets in brackets of one
_DEPTH = {"[": 1, "{": 1, "]": -1, "}": -1}


def check_file(path: Path, remedy: str) -> None:
    """See that a path names a file: a pipe can be read only once, or never ends, and what is read twice would be lost.

    Raises:
        CalmError: it is missing, or something else.
    """
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        raise CalmError(f"{path} is missing; {remedy}") from None
    except (OSError, ValueError) as error:  # a circle of links; a NUL character
        raise CalmError(f"{path} cannot be read ({_reason(error)}); {remedy}") from None
    if not stat.S_ISREG(mode):
        kind = "a folder" if stat.S_ISDIR(mode) else "a pipe or a device; save what comes out of it as a file"
        raise CalmError(f"{path} is no file, but {kind}; {remedy}")


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


def read_text(path: Path, remedy: str) -> str:
    """Read a UTF-8 file that has to be there and to have content.

    Args:
        path: the file.
        remedy: how to get it, as in "run: calm data download calm_release".

    Raises:
        CalmError: it is missing, cannot be read, is empty, or is not UTF-8.
    """
    check_file(path, remedy)
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise CalmError(f"{path} cannot be read ({_reason(error)}); {remedy}") from None
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


def read_json(path: Path, remedy: str) -> Any:
    """Read a JSON file.

    Raises:
        CalmError: see `read_text`; or it is cut off, or is something else.
    """
    text = read_text(path, remedy)
    try:
        return json_value(text)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise CalmError(f"{path} is cut off or is not JSON ({where}: {error.msg}); {remedy}") from None


def read_yaml(path: Path, remedy: str) -> Any:
    """Read a YAML file, in which a name stands once.

    Raises:
        CalmError: see `read_text`; or it is no YAML.
    """
    import yaml

    class Loader(yaml.SafeLoader):
        """PyYAML keeps the last of equal names, and says nothing."""

        def construct_mapping(self, node: Any, deep: bool = False) -> Any:
            names = Counter(key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode))
            doubled = [name for name, count in names.items() if count > 1 and name != "<<"]
            if doubled:
                raise ValueError(f"line {node.start_mark.line + 1}: {doubled[0]!r} stands twice")
            return super().construct_mapping(node, deep)

    text = read_text(path, remedy)
    try:
        if max(accumulate(_DEPTH.get(character, 0) for character in text)) > DEEPEST:
            raise ValueError("it is nested too deeply")  # for which PyYAML takes minutes
        content = yaml.load(text, Loader)
        parts = list(islice(parts_of(content), MOST))
        if len(parts) == MOST:
            raise ValueError("anchors that hold each other make too much of it")
        "".join(part for part in parts if isinstance(part, str)).encode()  # no half characters
        return content
    except Exception as error:  # beside its own errors whatever a value that is none raises: `!!int x`, 2020-13-45
        reason = " ".join(str(error).split()) or type(error).__name__
        raise CalmError(f"{path} is not YAML ({reason}); {remedy}") from None


def parts_of(value: Any) -> Iterator[Any]:
    """Yield a value of JSON or YAML and all that it holds, names too; what stands there twice comes twice."""
    waiting = [value]
    while waiting:
        part = waiting.pop()
        yield part
        if isinstance(part, dict):
            waiting += [*part, *part.values()]
        elif isinstance(part, list | tuple):
            waiting += part


def read_json_rows(path: Path, remedy: str) -> list[dict[str, Any]]:
    """Read a JSON file that is a list of objects.

    Raises:
        CalmError: see `read_json`; or it is something else.
    """
    rows = read_json(path, remedy)
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
    check_file(path, remedy)
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file):
                if not line.strip():
                    continue
                row = _json_line(line.removeprefix(codecs.BOM_UTF8) if number == 0 else line, path, number, remedy)
                row_count += 1
                yield row
    except OSError as error:
        raise CalmError(f"{path} cannot be read ({_reason(error)}); {remedy}") from None
    if not row_count:
        raise CalmError(f"{path} is empty; {remedy}")


def _decoded(line: bytes) -> Any:
    """Decode JSON, fast; Python decodes what orjson refuses: NaN and Infinity, which lm-eval writes, and errors."""
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError:
        return json_value(line.decode("utf-8"))


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
    check_file(path, remedy)
    try:
        return list(parquet_rows(path))
    except TableError as error:
        raise CalmError(f"{path} {error}; {remedy}") from None
