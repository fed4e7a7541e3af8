"""Write files and folders that appear under their names only when they are whole."""

from __future__ import annotations

import errno
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from calm_harness.errors import CalmError
from calm_harness.files.names import PART
from retrieval.process.alone import alone

TRIES = 100  # of writers of one folder, before they give up
OF_OURS = re.compile(r"\.\d+-[0-9a-f]{8}\.part$|^\.saving-.+\.part$")


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
