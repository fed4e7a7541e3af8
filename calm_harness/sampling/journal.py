"""Responses as they come, a line each, in a file that the same command goes on from when it is given again."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO

from calm_harness.errors import CalmError
from retrieval.process.alone import alone_with


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
        self._held = ExitStack()
        if path is not None:
            self._held.enter_context(alone_with(path, CalmError))
            self._file = self._held.enter_context(self._opened(path))
            self.responses = self._read(self._file)

    @staticmethod
    def _opened(path: Path) -> BinaryIO:
        try:
            return path.open("a+b")
        except OSError as error:
            raise CalmError(f"{path} cannot be written ({error.strerror}); name another --output_path") from None

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

    def close(self) -> None:
        """Let go of the file."""
        self._held.close()
