"""Write results into a model card: as `model-index` metadata, which the Hub shows, and as a table with intervals."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Sequence
from math import isnan
from pathlib import Path
from typing import Any

from huggingface_hub import EvalResult, ModelCard, ModelCardData

from calm_harness import __version__
from calm_harness.errors import CalmError
from calm_harness.files import read_text, write_text
from calm_harness.models.digest import folder_digest
from calm_harness.report.leaderboard import Leaderboard, Row
from calm_harness.report.tables import escaped, markdown, number
from retrieval.text import printable

log = logging.getLogger(__name__)

CARD = "README.md"
BEGIN, END = "<!-- calm results -->", "<!-- end of calm results -->"
MAKER = "calm-harness"  # the argument by which our own results are known in a card
COMPARED = ("acc", "consistency")
TYPES = {"acc": "accuracy"}  # our names of metrics that the Hub knows by another


def add_results(folder: Path, board: Leaderboard) -> Path:
    """Write the results of a model or adapter into its card, in place of those of an earlier time.

    Args:
        folder: the model's or adapter's; its card is made where there is none.
        board: with runs of it.

    Returns:
        The card's path.

    Raises:
        CalmError: the folder is not there, or no run is of what lies in it.
    """
    folder = folder.resolve()
    if not folder.is_dir():
        raise CalmError(f"{folder} is no folder; --model_card takes that of an adapter or a model")
    rows = [row for row in board.rows if _lies_in(row, folder)]
    if not rows:
        raise CalmError(f"no run is of {folder}: none has it as peft= or pretrained= in its --model_args")
    old_rows = [row for row in rows if not _is_there(row, folder)]
    rows = [row for row in rows if row not in old_rows]
    if not rows:
        raise CalmError(f"the runs of {folder} are of other weights than lie there now; evaluate it anew")
    for row in old_rows:
        log.warning("%s is of other weights than lie in %s now, and left out", row.run.results, folder)
    path = folder / CARD
    card = _read(path) if path.is_file() else _card(folder)
    data: Any = card.data  # of a model, which the class does not know
    data.model_name = data.get("model_name") or folder.name
    foreign_results = [result for result in data.get("eval_results") or () if MAKER not in (result.metric_args or {})]
    data.eval_results = [*foreign_results, *(result for row in rows for result in results(row))]
    section = "\n".join([BEGIN, *_section(rows, board), END])
    old_section = re.compile(re.escape(BEGIN) + ".*?" + re.escape(END), re.DOTALL)
    text = card.text.rstrip()
    card.text = old_section.sub(lambda _: section, text) if old_section.search(text) else f"{text}\n\n{section}"
    write_text(path, f"{str(card).rstrip()}\n")
    return path


def _is_there(row: Row, folder: Path) -> bool:
    """Whether a run is of what lies in a folder now, as far as its results say of what it is."""
    digest = row.run.contents.get("adapter" if row.run.adapter else "model")
    return digest is None or digest.split("+")[0] == folder_digest(folder)


def _lies_in(row: Row, folder: Path) -> bool:
    try:
        return Path(row.run.adapter or row.run.model).expanduser().resolve() == folder
    except (OSError, RuntimeError):  # ~ of a user who is not known here
        return False


def _read(path: Path) -> ModelCard:
    try:
        return ModelCard(read_text(path, f"remove {path}"))
    except CalmError:
        raise
    except Exception as error:
        raise CalmError(f"{path} is no model card ({printable(error)}); correct it or remove it") from None


def _card(folder: Path) -> ModelCard:
    """Begin a card for what has none."""
    try:
        base_model = json.loads((folder / "adapter_config.json").read_text(encoding="utf-8"))["base_model_name_or_path"]
    except (OSError, ValueError, KeyError, TypeError):
        base_model = None
    data = ModelCardData(base_model=base_model, library_name="peft" if base_model else "transformers")
    return ModelCard(f"---\n{data.to_yaml()}\n---\n\n# {folder.name}\n")


def results(row: Row) -> list[EvalResult]:
    """Lay a run's figures out as the Hub's evaluation results."""
    run = row.run
    eval_results = []
    for name, cell in run.figures.items():
        if cell["value"] is None:
            continue
        arguments: dict[str, Any] = {MAKER: __version__, "questions": run.questions}
        if cell["interval"][0] is not None:
            arguments["interval_95"] = [round(end, 6) for end in cell["interval"]]
        eval_results.append(
            EvalResult(
                task_type="question-answering",
                task_name=f"{run.task} ({run.how})",
                dataset_type=run.set_name,
                dataset_name=row.scope,
                dataset_config=" ".join(run.languages) or None,
                dataset_split=run.split or None,
                metric_type=TYPES.get(name, name),
                metric_name=name,
                metric_value=round(cell["value"], 6),
                metric_args=arguments,
            )
        )
    return eval_results


def _section(rows: Sequence[Row], board: Leaderboard) -> list[str]:
    """Lay the results out as a table; where the base model was asked the same, with what changed."""
    lines = ["## Results", ""]
    columns = [name for name in board.columns if any(name in row.run.figures for row in rows)]
    differences = {row.number: _differences(row, board) for row in rows}
    compared = [name for name in COMPARED if any(name in figures for figures in differences.values())]
    lines += markdown(
        ["questions", "format", "mode", *columns, *(f"{name} − base" for name in compared)],
        [
            [escaped(row.scope), escaped(row.run.format), escaped(row.run.how)]
            + [number(row.run.figures.get(name)) for name in columns]
            + [number(differences[row.number].get(name), sign="+") for name in compared]
            for row in rows
        ],
    )
    return [
        *lines,
        "",
        f"95% intervals over questions, differences paired by question (calm-harness {__version__}).",
    ]


def _differences(row: Row, board: Leaderboard) -> dict[str, dict[str, Any]]:
    """Return how far a row is from its base model's: metric -> value and 95% interval."""
    base = None if row.base is None else board.rows[row.base]
    if base is None or base.answers is None or row.answers is None:
        return {}
    differences = {}
    for name in COMPARED:
        after, before = (side.run.figures.get(name, {}).get("value") for side in (row, base))
        if after is not None and before is not None:
            low, high = (row.answers.samples[name] - base.answers.samples[name]).interval()
            differences[name] = {"value": after - before, "interval": [None, None] if isnan(low) else [low, high]}
    return differences
