"""Write pairs: Parquet and JSONL for TRL, and what LLaMA-Factory reads, which the CALM authors trained with."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, TextIO

import pyarrow
import pyarrow.parquet

from calm_harness.errors import CalmError
from calm_harness.files import iterate_jsonl_rows, whole, write_text

CLOZE, RESPONSE, TURN = "cloze", "response", "turn"  # what the completions of pairs are
REFERENCE = ("ref_chosen_logps", "ref_rejected_logps")  # TRL's names of the reference's log-probabilities
TARGET = "target"  # of pairs for DCO: what the log-odds of chosen and rejected are to change by
PARQUET, JSONL, SUMMARY, LLAMA_FACTORY = "pairs.parquet", "pairs.jsonl", "summary.json", "llama_factory"
GROUP = 2_000  # rows of a group of the Parquet file

Row = dict[str, Any]


def write(folder: Path, rows: Iterable[Row], summary: dict[str, Any]) -> None:
    """Write a folder of pairs.

    Raises:
        CalmError: it cannot be written.
    """
    with writing(folder) as writer:
        for row in rows:
            writer.add(row)
        writer.finish(summary)


@contextmanager
def writing(folder: Path) -> Iterator[Writer]:
    """Write a folder of pairs one after the other; what was there before is replaced when the last one is written.

    Raises:
        CalmError: it cannot be written.
    """
    made = [part for part in (folder / LLAMA_FACTORY, folder) if not part.exists()]
    try:
        with ExitStack() as stack:
            yield Writer(folder, stack)
    except BaseException:
        with suppress(OSError):  # a folder that holds anything stays
            for part in made:
                part.rmdir()
        raise


@contextmanager
def _told(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise CalmError(f"{folder} cannot be written ({error.strerror}); name another folder, or make room") from None


class Writer:
    """Writes pairs one after the other.

    Args:
        folder: where to.
        stack: gives the files their names when it ends without an error.
    """

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self._folder, self._stack = folder, stack
        self._arrays: dict[str, TextIO] = {}
        self._dataset_info: dict[str, Any] = {}
        with _told(folder):
            (folder / LLAMA_FACTORY).mkdir(parents=True, exist_ok=True)
            self._jsonl = stack.enter_context(whole(folder / JSONL))
            self._lines = self._open(self._jsonl)

    def add(self, row: Row) -> None:
        """Write a pair."""
        name = f"calm_{row['language'].lower()}"
        entry = _entry(row)
        with _told(self._folder):
            self._lines.write(json.dumps(row, ensure_ascii=False) + "\n")
            if TARGET in row:  # of which LLaMA-Factory knows nothing
                return
            if name not in self._arrays:
                scratch = self._stack.enter_context(whole(self._folder / LLAMA_FACTORY / f"{name}.json"))
                self._arrays[name] = self._open(scratch)
                self._dataset_info[name] = {"file_name": f"{name}.json", "ranking": True, **_columns(entry)}
                self._arrays[name].write("[\n ")
            else:
                self._arrays[name].write(",\n ")
            self._arrays[name].write(json.dumps(entry, indent=1, ensure_ascii=False).replace("\n", "\n "))

    def rows(self) -> Iterator[Row]:
        """Read the pairs again that were written."""
        with _told(self._folder):
            self._lines.flush()
        return iterate_jsonl_rows(self._jsonl, "run it again")

    def finish(self, summary: dict[str, Any]) -> None:
        """Write the rest; the summary comes last, so a folder that has one is whole."""
        with _told(self._folder):
            for array in self._arrays.values():
                array.write("\n]\n")
            write_parquet(self._stack.enter_context(whole(self._folder / PARQUET)), self.rows)
            (self._folder / SUMMARY).unlink(missing_ok=True)
            self._stack.close()
        dataset_info = json.dumps(self._dataset_info, indent=2, ensure_ascii=False) + "\n"
        write_text(self._folder / LLAMA_FACTORY / "dataset_info.json", dataset_info)
        write_text(self._folder / SUMMARY, json.dumps(summary, indent=2, ensure_ascii=False) + "\n")

    def _open(self, scratch: Path) -> TextIO:
        return self._stack.enter_context(scratch.open("w", encoding="utf-8", newline="\n"))


def write_parquet(path: Path, rows: Callable[[], Iterator[Row]]) -> None:
    """Write rows, a group at a time; they are gone through twice, since a later one may have what others lack."""
    schema = pyarrow.unify_schemas(
        [pyarrow.Table.from_pylist(group).schema for group in _groups(rows())], promote_options="permissive"
    )
    with pyarrow.parquet.ParquetWriter(path, schema, compression="zstd") as file:
        for group in _groups(rows()):
            file.write_table(pyarrow.Table.from_pylist(group, schema))


def _groups(rows: Iterator[Row]) -> Iterator[list[Row]]:
    return iter(lambda: list(itertools.islice(rows, GROUP)), [])


def _entry(row: Row) -> Row:
    """Lay a pair out for LLaMA-Factory: plain text as its `alpaca` format with `ranking`, messages as `sharegpt`."""
    if isinstance(row["prompt"], str):
        return {"instruction": row["prompt"], "input": "", "chosen": row["chosen"], "rejected": row["rejected"]}
    return {"messages": row["prompt"], "chosen": row["chosen"][0], "rejected": row["rejected"][0]}


def _columns(entry: Row) -> Row:
    if "instruction" in entry:
        columns = {"prompt": "instruction", "query": "input", "chosen": "chosen", "rejected": "rejected"}
        return {"columns": columns}
    tags = {"role_tag": "role", "content_tag": "content", "user_tag": "user", "assistant_tag": "assistant"}
    columns = {"messages": "messages", "chosen": "chosen", "rejected": "rejected"}
    return {"formatting": "sharegpt", "columns": columns, "tags": tags}
