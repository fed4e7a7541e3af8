"""Responses as they come, a line each, in a file that the same command goes on from when it is given again."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

from calm_harness.errors import CalmError


class Journal:
    """A file of responses by key; whoever has it open is the only one.

    Each line is a JSON object with `key` and `response`. The last line may be cut off, by whatever ended the run.

    Args:
        path: the file, which is made where it is not there; None keeps responses in memory alone.

    Raises:
        CalmError: another process has it open, it cannot be written, or a line of it is damaged.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self.responses: dict[str, str] = {}
        self._file: BinaryIO | None = None
        if path is not None:
            self._file = self._opened(path)
            self.responses = self._read(self._file)

    @staticmethod
    def _opened(path: Path) -> BinaryIO:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            file = path.open("a+b")
        except OSError as error:
            raise CalmError(f"{path} cannot be written ({error.strerror}); name another --output_path") from None
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.close()
            raise CalmError(f"{path} is being written by another process, which asks the same; wait for it") from None
        return file

    def _read(self, file: BinaryIO) -> dict[str, str]:
        file.seek(0)
        content = file.read()
        whole = content.rfind(b"\n") + 1
        if whole < len(content):
            file.truncate(whole)
        responses = {}
        for number, line in enumerate(content[:whole].splitlines()):
            try:
                entry = json.loads(line)
                key, response = entry["key"], entry["response"]
            except (ValueError, KeyError, TypeError, RecursionError):
                key = response = None
            if not isinstance(key, str) or not isinstance(response, str):
                raise CalmError(f"{self.path} line {number + 1} is damaged; remove the line, or the file")
            responses[key] = response
        return responses

    def write(self, responses: Iterable[tuple[str, str]]) -> None:
        """Add responses, and have them on the disk when this returns.

        Raises:
            CalmError: there is no room; what was written before stays.
        """
        new = dict(responses)
        self.responses |= new
        if self._file is None:
            return
        lines = [json.dumps({"key": key, "response": text}, ensure_ascii=False) for key, text in new.items()]
        try:
            self._file.write("".join(f"{line}\n" for line in lines).encode("utf-8", "surrogatepass"))
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as error:
            raise CalmError(f"{self.path} cannot be written ({error.strerror}); make room, and go on") from None

    def remove(self) -> None:
        """Remove the file: its responses are in the run's log now."""
        if self.path is not None:
            self.path.unlink(missing_ok=True)

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            self._file.close()
