"""Write pairs: Parquet and JSONL for TRL, and what LLaMA-Factory reads, which the CALM authors trained with."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet

from calm_harness.errors import CalmError
from calm_harness.files import whole, write_text

CLOZE, RESPONSE, TURN = "cloze", "response", "turn"  # what the completions of pairs are
PARQUET, JSONL, SUMMARY, LLAMA_FACTORY = "pairs.parquet", "pairs.jsonl", "summary.json", "llama_factory"


def write(folder: Path, rows: Sequence[dict[str, Any]], summary: dict[str, Any]) -> None:
    """Write a folder of pairs; its summary comes last, so a folder that has one is whole.

    Raises:
        CalmError: it cannot be written.
    """
    try:
        (folder / LLAMA_FACTORY).mkdir(parents=True, exist_ok=True)
        (folder / SUMMARY).unlink(missing_ok=True)
        with whole(folder / PARQUET) as scratch:
            pyarrow.parquet.write_table(pyarrow.Table.from_pylist(list(rows)), scratch, compression="zstd")
    except OSError as error:
        raise CalmError(f"{folder} cannot be written ({error.strerror}); name another folder, or make room") from None
    write_text(folder / JSONL, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
    for name, text in llama_factory(rows).items():
        write_text(folder / LLAMA_FACTORY / name, text)
    write_text(folder / SUMMARY, json.dumps(summary, indent=2, ensure_ascii=False) + "\n")


def llama_factory(rows: Sequence[dict[str, Any]]) -> dict[str, str]:
    """Lay pairs out for LLaMA-Factory: file name -> content, a file a language and `dataset_info.json`.

    Plain text is its `alpaca` format with `ranking`, message lists its `sharegpt` format.
    """
    by_language: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        by_language.setdefault(row["language"], []).append(_row(row))
    dataset_info = {}
    files = {}
    for language, entries in by_language.items():
        name = f"calm_{language.lower()}"
        dataset_info[name] = {"file_name": f"{name}.json", "ranking": True, **_columns(entries[0])}
        files[f"{name}.json"] = json.dumps(entries, indent=1, ensure_ascii=False) + "\n"
    return {**files, "dataset_info.json": json.dumps(dataset_info, indent=2, ensure_ascii=False) + "\n"}


def _row(row: dict[str, Any]) -> dict[str, Any]:
    if isinstance(row["prompt"], str):
        return {"instruction": row["prompt"], "input": "", "chosen": row["chosen"], "rejected": row["rejected"]}
    return {"messages": row["prompt"], "chosen": row["chosen"][0], "rejected": row["rejected"][0]}


def _columns(entry: dict[str, Any]) -> dict[str, Any]:
    if "instruction" in entry:
        columns = {"prompt": "instruction", "query": "input", "chosen": "chosen", "rejected": "rejected"}
        return {"columns": columns}
    tags = {"role_tag": "role", "content_tag": "content", "user_tag": "user", "assistant_tag": "assistant"}
    columns = {"messages": "messages", "chosen": "chosen", "rejected": "rejected"}
    return {"formatting": "sharegpt", "columns": columns, "tags": tags}
