"""What was asked and answered, an edit a line, in a file that the same command goes on from."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from calm_harness.cache import changes
from calm_harness.errors import CalmError
from calm_harness.probes.editing.plan import Asked
from retrieval.formats.literals import json_value

NAME = "edits.jsonl"


class Key(NamedTuple):
    """Which question: of a fact, in a language, one of its two-hop questions or (None) its own."""

    fact_id: str
    language: str
    hop: int | None


@dataclass(frozen=True)
class Likelihoods:
    """Log-likelihoods (nats) of a question's options, and after the null context; empty where that was not asked."""

    after: tuple[float, ...]
    null: tuple[float, ...]


@dataclass(frozen=True)
class Line:
    """What was asked after an edit.

    Attributes:
        edited: id of the fact; None before any edit.
        told_in: language in which the new fact was told.
        answers: question -> log-likelihoods.
        loss: of an edit in weights the new answer's mean loss (nats a token) before its first step and after its last.
    """

    edited: str | None
    told_in: str | None
    answers: Mapping[Key, Likelihoods]
    loss: tuple[float, float] | None = None


class Record:
    """The file; of what inputs it is, its first line says.

    Args:
        folder: where it lies, which one process writes in.
        inputs: all that decides what is in it, as JSON.

    Raises:
        CalmError: it is of other inputs, or damaged, or cannot be written.
    """

    def __init__(self, folder: Path, inputs: Mapping[str, Any]) -> None:
        self.path = folder / NAME
        self.lines: dict[tuple[str | None, str | None], Line] = {}
        plain = json.loads(json.dumps(inputs, default=str))
        rows = self._read()
        if not rows:
            self._append({"inputs": plain})
            return
        if not isinstance(rows[0].get("inputs"), dict):
            raise CalmError(f"{self.path} line 1 is damaged; remove {folder}")
        changed = changes(rows[0]["inputs"], plain)
        if changed:
            raise CalmError(
                f"{folder} holds what was begun with other inputs ({', '.join(changed)}); remove it, or name another"
            )
        for number, row in enumerate(rows[1:], start=2):
            line = self._line(row, number)
            self.lines[line.edited, line.told_in] = line

    def add(self, line: Line) -> None:
        """Write a line, which is on the disk when this returns.

        Raises:
            CalmError: there is no room.
        """
        self.lines[line.edited, line.told_in] = line
        answers = [[*key, list(each.after), list(each.null)] for key, each in line.answers.items()]
        self._append({"edited": line.edited, "told_in": line.told_in, "loss": line.loss, "answers": answers})

    def _append(self, row: Mapping[str, Any]) -> None:
        try:
            with self.path.open("ab") as file:
                file.write(json.dumps(row, ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n")
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise CalmError(f"{self.path} cannot be written ({error.strerror}); make room, and go on") from None

    def _read(self) -> list[dict[str, Any]]:
        """Read the lines; a last one that was cut off is taken away."""
        if not self.path.is_file():
            return []
        try:
            content = self.path.read_bytes()
            whole = content.rfind(b"\n") + 1
            if whole < len(content):
                with self.path.open("rb+") as file:
                    file.truncate(whole)
        except OSError as error:
            raise CalmError(f"{self.path} cannot be read ({error.strerror}); remove it, or name another") from None
        return list(self._rows(content[:whole]))

    def _rows(self, content: bytes) -> Iterator[dict[str, Any]]:
        for number, line in enumerate(content.split(b"\n")[:-1], start=1):
            try:
                row = json_value(line.decode("utf-8"))
            except ValueError:
                row = None
            if not isinstance(row, dict):
                raise self._damaged(number)
            yield row

    def _line(self, row: Mapping[str, Any], number: int) -> Line:
        try:
            answers = {_key(*key): Likelihoods(_numbers(after), _numbers(null)) for *key, after, null in row["answers"]}
            edited, told_in = (None if row[name] is None else _text(row[name]) for name in ("edited", "told_in"))
            before, after = (None, None) if row["loss"] is None else _numbers(row["loss"])
        except (KeyError, TypeError, ValueError, OverflowError):
            raise self._damaged(number) from None
        return Line(edited, told_in, answers, None if before is None or after is None else (before, after))

    def _damaged(self, number: int) -> CalmError:
        return CalmError(f"{self.path} line {number} is damaged; remove the line, and go on")


def _key(fact_id: object, language: object, hop: object) -> Key:
    if not (hop is None or isinstance(hop, int)):
        raise TypeError(hop)
    return Key(_text(fact_id), _text(language), hop)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value


def _numbers(values: Sequence[Any]) -> tuple[float, ...]:
    numbers = tuple(map(float, values))
    if not all(map(math.isfinite, numbers)):
        raise ValueError(values)
    return numbers


def keyed(asked: Sequence[Asked], found: Sequence[Likelihoods]) -> dict[Key, Likelihoods]:
    """Return what was found by which question it was asked for."""
    return {Key(one.fact_id, one.language, one.hop): each for one, each in zip(asked, found, strict=True)}
