"""Read what is trained on and check it: a piece at a time, so that memory does not grow with it.

Rows are in one of TRL's data set formats: preference (pairs), prompt-completion, or language modelling (texts).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from calm_harness.errors import CalmError
from calm_harness.files import iterate_jsonl_rows, read_table
from retrieval.formats.parquet import parquet_rows
from retrieval.formats.tables import TableError
from trainer.preferences.write import PARQUET, REFERENCE, TARGET

Columns = tuple[str, ...]

COLUMNS: Columns = ("prompt", "chosen", "rejected")  # TRL's preference format
COMPLETION: Columns = ("prompt", "completion")
TEXT: Columns = ("text",)
KINDS = {COLUMNS: "pairs", COMPLETION: "demonstrations", TEXT: "texts"}
NUMBERS = (*REFERENCE, TARGET)  # columns that a pair may have, a number each
REMEDY = "make pairs with python -m trainer.pairs"
PIECE = 1024  # rows that are read at a time

Row = dict[str, Any]


class Pairs(Sequence[Row]):
    """Checked rows, pairs by default, which are read from the start whenever they are gone through.

    Args:
        read: yields the rows.
        name: of the file, for messages.
        formats: the columns that rows may have, those of the first format that fits.

    Attributes:
        columns: of their format.
        numbers: which columns of numbers all rows have.

    Raises:
        CalmError: there are none, or a row is not of the format.
    """

    def __init__(self, read: Callable[[], Iterable[Row]], name: str, formats: Sequence[Columns] = (COLUMNS,)) -> None:
        self._read = read
        self.columns = format_of(self, formats, name)
        self._count, self.numbers = check(self, name, self.columns)

    def __iter__(self) -> Iterator[Row]:
        return map(_with_prompt, self._read())

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, number: Any) -> Any:
        return next(itertools.islice(self, number, None))


def load(name: str, formats: Sequence[Columns] = (COLUMNS,)) -> Pairs:
    """Read rows; a prompt that both sides of pairs begin with, and no column holds, is taken out as TRL does it.

    Args:
        name: a folder of `trainer.pairs` (or `trainer.translations`, `trainer.mixed`), a Parquet or JSONL file, or a
            data set of the Hub (its split `train`).
        formats: the columns that rows may have.

    Raises:
        CalmError: they cannot be read, a column is missing, or a row is not of the format.
    """
    path = Path(name).expanduser()
    if path.is_dir() and (path / PARQUET).is_file():
        path = path / PARQUET
    return Pairs(_of_file(path) if path.is_file() else _of_hub(name), str(path), formats)


def _of_file(path: Path) -> Callable[[], Iterable[Row]]:
    if path.suffix.lower() == ".parquet":
        return lambda: _of_parquet(path)
    if path.suffix.lower() == ".jsonl":
        return lambda: iterate_jsonl_rows(path, REMEDY)
    rows = read_table(path, REMEDY)
    return lambda: rows


def _of_parquet(path: Path) -> Iterator[Row]:
    try:
        yield from parquet_rows(path, PIECE)
    except TableError as error:
        raise CalmError(f"{path} {error}; {REMEDY}") from None


def _with_prompt(row: Row) -> Row:
    """Take an implicit prompt out of both sides (`maybe_extract_prompt` of TRL 1.8); other columns stay."""
    from trl import maybe_extract_prompt

    chosen, rejected = row.get("chosen"), row.get("rejected")
    comparable = type(chosen) is type(rejected) and all(map(_is_said, (chosen, rejected, row.get("prompt", chosen))))
    return {**row, **maybe_extract_prompt(row)} if comparable else row


def _is_said(value: object) -> bool:
    """Whether a value is a text, or a list of messages of texts, and is not empty."""
    if isinstance(value, list):
        return bool(value) and all(
            isinstance(message, dict) and all(isinstance(message.get(name), str) for name in ("role", "content"))
            for message in value
        )
    return isinstance(value, str) and value != ""


def _of_hub(name: str) -> Callable[[], Iterable[Row]]:
    import datasets

    if name.startswith((".", "/", "~")) or Path(name).suffix or Path(name).exists():
        raise CalmError(f"{name} holds no {PARQUET} and is no file of pairs; {REMEDY}")
    try:
        rows = datasets.load_dataset(name, split="train")
    except Exception as error:  # whatever the Hub's client raises
        raise CalmError(
            f"{name} is no folder here, and no data set of the Hub ({' '.join(str(error).split())[:200]}); {REMEDY}"
        ) from None
    return lambda: rows


def format_of(rows: Iterable[Mapping[str, Any]], formats: Sequence[Columns], name: str) -> Columns:
    """Tell by the first row which format rows are of.

    Raises:
        CalmError: there is none, or it has the columns of no format.
    """
    first = next(iter(rows), None)
    if first is None:
        raise CalmError(f"{name} has no pairs; {REMEDY}")
    found = next((columns for columns in formats if first.keys() >= set(columns)), None)
    if found is None:
        missing = ", or ".join(", ".join(column for column in columns if column not in first) for columns in formats)
        raise CalmError(f"{name} has no column {missing} (it has: {', '.join(first)}); {REMEDY}")
    return found


def check(rows: Iterable[Mapping[str, Any]], name: str, columns: Columns = COLUMNS) -> tuple[int, tuple[str, ...]]:
    """Check that rows are of a format, count them, and say which of `NUMBERS` all of them have.

    Raises:
        CalmError: a row is not; the message names it.
    """
    count = 0
    kind: type = str
    names = f"{', '.join(columns[:-1])} and {columns[-1]}" if len(columns) > 1 else columns[0]
    having = dict.fromkeys(NUMBERS, 0)
    for number, row in enumerate(rows):
        values = [row.get(column) for column in columns]
        if number == 0 and columns != TEXT:
            kind = type(values[0])
        if not all(type(value) is kind and _is_said(value) for value in values):
            wanted = "a text" if columns == TEXT else "texts, or lists of messages"
            raise CalmError(f"{name} row {number}: {names} must be {wanted}, and not empty")
        if columns == COLUMNS and row["chosen"] == row["rejected"]:
            raise CalmError(f"{name} row {number}: chosen and rejected are the same; take the row out")
        if not isinstance(row.get("question_id") or "", str | int) or not isinstance(row.get("language") or "", str):
            raise CalmError(f"{name} row {number}: question_id or language is no text; correct the row or take it out")
        for column in NUMBERS:
            value = row.get(column)
            if value is not None and not _is_number(value):
                raise CalmError(f"{name} row {number}: {column} is no finite number; correct the row or take it out")
            having[column] += value is not None
        count += 1
    if 0 < having[TARGET] < count:
        raise CalmError(f"{name}: {count - having[TARGET]} of {count} rows have no {TARGET}; {REMEDY} --objective dco")
    return count, tuple(column for column, there in having.items() if there == count)


def check_objective(pairs: Pairs, name: str, *, targets: bool) -> None:
    """Check that pairs are for what is to be learned: those for DCO have targets, whose sides are of no vote.

    Args:
        pairs: the pairs.
        name: of them, for messages.
        targets: whether the training learns targets.

    Raises:
        CalmError: they are for another objective.
    """
    if TARGET in pairs.numbers and not targets:
        raise CalmError(
            f"{name} is for DCO: its sides are drawn, and neither is the better; train with python -m trainer.dpo "
            "--objective dco, or make pairs of a vote"
        )
    if missing := [column for column in NUMBERS if column not in pairs.numbers] if targets else []:
        raise CalmError(f"{name} has no {missing[0]} in every row, which DCO needs; {REMEDY} --objective dco")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def conversational(rows: Iterable[Mapping[str, Any]]) -> bool:
    """Return whether rows are lists of messages."""
    return isinstance(next(iter(rows)).get("prompt"), list)
