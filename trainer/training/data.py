"""Read preference pairs, check them, and turn them into tokens as the tasks do when they evaluate."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from calm_harness.errors import CalmError
from calm_harness.files import read_table
from trainer.preferences.write import CLOZE, PARQUET

log = logging.getLogger(__name__)

COLUMNS = ("prompt", "chosen", "rejected")
REMEDY = "make pairs with python -m trainer.pairs"


def load(name: str) -> list[dict[str, Any]]:
    """Read pairs; a prompt that both sides begin with, and no column holds, is taken out of them as TRL does it.

    Args:
        name: a folder of `trainer.pairs`, a Parquet or JSONL file, or a data set of the Hub (its split `train`).

    Raises:
        CalmError: they cannot be read, a column is missing, or a pair is none.
    """
    path = Path(name).expanduser()
    if path.is_dir() and (path / PARQUET).is_file():
        path = path / PARQUET
    rows = read_table(path, REMEDY) if path.is_file() else _of_hub(name)
    rows = [_with_prompt(row) for row in rows]
    check(rows, str(path))
    return rows


def _with_prompt(row: dict[str, Any]) -> dict[str, Any]:
    """Take an implicit prompt out of both sides (`maybe_extract_prompt` of TRL 1.8); other columns stay."""
    from trl import maybe_extract_prompt

    chosen, rejected = row.get("chosen"), row.get("rejected")
    comparable = chosen and rejected and isinstance(chosen, str | list) and type(chosen) is type(rejected)
    return {**row, **maybe_extract_prompt(row)} if comparable else row


def _of_hub(name: str) -> list[dict[str, Any]]:
    import datasets

    if name.startswith((".", "/", "~")) or Path(name).suffix or Path(name).exists():
        raise CalmError(f"{name} holds no {PARQUET} and is no file of pairs; {REMEDY}")
    try:
        rows: list[dict[str, Any]] = datasets.load_dataset(name, split="train").to_list()
    except Exception as error:  # whatever the Hub's client raises
        raise CalmError(
            f"{name} is no folder here, and no data set of the Hub ({' '.join(str(error).split())[:200]}); {REMEDY}"
        ) from None
    return rows


def check(rows: Sequence[Mapping[str, Any]], name: str) -> None:
    """Check that rows are preference pairs.

    Raises:
        CalmError: there are none, or a row is none; the message names it.
    """
    if not rows:
        raise CalmError(f"{name} has no pairs; {REMEDY}")
    missing = [column for column in COLUMNS if column not in rows[0]]
    if missing:
        columns = ", ".join(rows[0])
        raise CalmError(f"{name} has no column {', '.join(missing)} (it has: {columns}); {REMEDY}")
    prompt_type = type(rows[0]["prompt"])
    for number, row in enumerate(rows):
        values = [row.get(column) for column in COLUMNS]
        if any(type(value) is not prompt_type or not value for value in values) or prompt_type not in (str, list):
            raise CalmError(
                f"{name} row {number}: prompt, chosen and rejected must be texts, or lists of messages, and not empty"
            )
        if row["chosen"] == row["rejected"]:
            raise CalmError(f"{name} row {number}: chosen and rejected are the same; take the row out")


def conversational(rows: Sequence[Mapping[str, Any]]) -> bool:
    """Return whether rows are lists of messages."""
    return isinstance(rows[0]["prompt"], list)


def encode(tokenizer: Any, context: str, continuation: str) -> tuple[list[int], list[int]]:
    """Turn a context and its continuation into tokens as lm-eval's `hf` does (`_encode_pair` of 0.4.13).

    White space at the end of the context goes to the continuation, both are encoded as one text, and the context's own
    tokens are cut off. A context that begins with the beginning-of-sequence token gets no second one.
    """
    stripped = context.rstrip()
    continuation = context[len(stripped) :] + continuation
    add_special_tokens = not (tokenizer.bos_token and stripped.startswith(tokenizer.bos_token))
    token_ids = tokenizer.encode(stripped + continuation, add_special_tokens=add_special_tokens)
    context_ids = tokenizer.encode(stripped, add_special_tokens=add_special_tokens)
    return token_ids[: len(context_ids)], token_ids[len(context_ids) :]


def tokens(
    rows: Sequence[Mapping[str, Any]], tokenizer: Any, max_length: int | None = None
) -> list[dict[str, list[int]]]:
    """Turn plain-text pairs into TRL's `prompt_ids`, `chosen_ids` and `rejected_ids`.

    A response ends with the end-of-sequence token. An option of a cloze does not: what follows it was never scored.

    Args:
        rows: pairs of texts.
        tokenizer: of transformers.
        max_length: pairs with more tokens are left out, which a warning counts; None keeps all.

    Raises:
        CalmError: none is short enough.
    """
    tokenised = []
    for row in rows:
        eos = [] if row.get("format") == CLOZE or tokenizer.eos_token_id is None else [tokenizer.eos_token_id]
        prompt_ids, chosen_ids = encode(tokenizer, row["prompt"], row["chosen"])
        _, rejected_ids = encode(tokenizer, row["prompt"], row["rejected"])
        pair = {"prompt_ids": prompt_ids, "chosen_ids": chosen_ids + eos, "rejected_ids": rejected_ids + eos}
        longest = len(prompt_ids) + max(len(pair["chosen_ids"]), len(pair["rejected_ids"]))
        if max_length is None or longest <= max_length:
            tokenised.append(pair)
    if len(tokenised) < len(rows):
        log.warning("%d of %d pairs are longer than max_length and left out", len(rows) - len(tokenised), len(rows))
    if not tokenised:
        raise CalmError(f"all {len(rows)} pairs are longer than {max_length} tokens; raise --max_length")
    return tokenised


def demonstrations(pairs: Sequence[Mapping[str, list[int]]]) -> list[dict[str, list[int]]]:
    """Keep the chosen side of tokenised pairs, each once, as SFTTrainer's `input_ids` and `labels`."""
    distinct = {(tuple(pair["prompt_ids"]), tuple(pair["chosen_ids"])): None for pair in pairs}
    return [
        {"input_ids": [*prompt_ids, *chosen_ids], "labels": [*[-100] * len(prompt_ids), *chosen_ids]}
        for prompt_ids, chosen_ids in distinct
    ]
