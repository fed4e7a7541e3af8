"""One writer a folder: a second one, on this machine or on another that shares the file system, is refused.

Two locks stand beside each other, both of the library filelock. The system's own (flock) is let go of however a process
ends, and held by one that is only stopped; but not every network file system passes it on to other machines. So a file
besides names the writer's host, process and start, and is touched every few seconds: who finds it takes it over where
that process has ended, or where, on another host, nothing has touched it for `SILENCE` seconds by its own clock.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from filelock import FileLock, SoftFileLease, Timeout
from filelock import LeaseCompromise as Loss

log = logging.getLogger(__name__)

SILENCE = 60.0  # seconds
PATIENCE = 5.0  # seconds that a writer on this machine has to end, as one does whose parent was killed


@contextmanager
def alone(folder: Path, refused: Callable[[str], Exception]) -> Iterator[None]:
    """Be the only one that writes in a folder, which is made where it is not there.

    Args:
        folder: in which to write.
        refused: makes the error of a line: somebody else writes there, or nobody can.
    """
    with _held(folder, folder / ".writer", refused):
        yield


@contextmanager
def alone_with(file: Path, refused: Callable[[str], Exception]) -> Iterator[None]:
    """Be the only one that writes a file; see `alone`."""
    with _held(file, _owner(file), refused):
        yield
        if not file.exists():
            remove_file(file)


def remove_file(file: Path) -> None:
    """Remove a file that is written alone, and what its lock leaves behind."""
    file.unlink(missing_ok=True)
    Path(f"{_owner(file)}.lock").unlink(missing_ok=True)


def _owner(file: Path) -> Path:
    return file.with_name(f".{file.name}.writer")


@contextmanager
def _held(place: Path, owner: Path, refused: Callable[[str], Exception]) -> Iterator[None]:
    """Hold both locks: the system's, and the file that names its owner."""
    lease = SoftFileLease(owner, lease_duration=SILENCE, on_compromise=_lost)
    made = [folder for folder in (owner.parent, *owner.parent.parents) if not folder.exists()]
    with ExitStack() as held:
        held.callback(_leave_none, made, Path(f"{owner}.lock"))
        try:
            owner.parent.mkdir(parents=True, exist_ok=True)
            with suppress(NotImplementedError):  # the file system has none
                held.enter_context(FileLock(f"{owner}.lock", timeout=PATIENCE))
            _take(place, lease)
        except Timeout:
            raise refused(_who(place, lease)) from None
        except OSError as error:
            raise refused(f"{place} cannot be written ({error.strerror or error}); name another") from None
        held.callback(lease.release)
        yield


def _leave_none(made: list[Path], lock: Path) -> None:
    """Remove the folders that were made, where nothing was put into them."""
    for folder in made:
        with suppress(OSError):  # it was not made after all, or somebody else is faster
            if all(path == lock for path in folder.iterdir()):
                lock.unlink(missing_ok=True)
                folder.rmdir()


def _take(place: Path, lease: SoftFileLease) -> None:
    """Put one's name in the file; wait where a writer on another host may have ended."""
    try:
        lease.acquire(timeout=PATIENCE)
    except Timeout:
        owner = lease.owner
        if owner is None or owner.hostname == socket.gethostname():  # its process runs
            raise
        who = f"process {owner.pid} on {owner.hostname}"
        log.warning("%s: %s was writing here; waiting %.0f s to see whether it still does", place, who, SILENCE)
        lease.acquire(timeout=SILENCE + PATIENCE)


def _who(place: Path, lease: SoftFileLease) -> str:
    """Say who writes, and what to do."""
    owner = lease.owner
    if owner is None:
        return f"another process is writing {place}; wait for it, or stop it"
    on = "" if owner.hostname == socket.gethostname() else f" on {owner.hostname}"
    return (
        f"process {owner.pid}{on} is writing {place}; wait for it, or stop it (where it is known to be gone: remove "
        f"{lease.lock_file})"
    )


def _lost(loss: Loss) -> None:
    """End, since somebody else has taken the folder over, who saw nothing of this process for too long."""
    log.warning("%s: another process writes here now (%s); ending", loss.lock_file, loss.reason)
    os.kill(os.getpid(), signal.SIGTERM)
