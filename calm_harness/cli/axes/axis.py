"""An axis: the runs of a grid, and what is made of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from calm_harness.errors import CalmError
from calm_harness.task.paths import tasks_path

if TYPE_CHECKING:
    from lm_eval.config.evaluate_config import EvaluatorConfig

    from calm_harness.report.probe import Probe
    from retrieval.index import Manifest

SUFFIX = "_rag"


@dataclass(frozen=True)
class Cell:
    """A run of a grid: the task, and what it is told beside what all runs are."""

    task: str
    metadata: Mapping[str, Any]


@dataclass(frozen=True)
class Axis:
    """What the runs of a grid differ in.

    Attributes:
        cells: name, which is that of a folder -> run.
        tables: from a sample log each to the grid, and to its Markdown and CSV.
        probe: from the grid and a log of it to what the page shows; None where that is nothing.
        check: sees that what a run, by its name, is told fits, before any is begun.
    """

    cells: Mapping[str, Cell]
    tables: Callable[[Mapping[str, Path]], tuple[dict[str, Any], str, str]]
    probe: Callable[[Mapping[str, Any], Path], Probe] | None = None
    check: Callable[[str, EvaluatorConfig], None] = lambda name, config: None


def without_passages(task: str) -> str:
    """Return the task that asks the same without passages.

    Raises:
        CalmError: a task is none of ours with passages.
    """
    if not task.endswith(SUFFIX) or not (tasks_path() / f"{task}.yaml").is_file():
        rag_tasks = ", ".join(sorted(path.stem for path in tasks_path().glob(f"calm_*{SUFFIX}.yaml")))
        raise CalmError(f"--tasks {task}: the grid takes one of {rag_tasks}")
    return task.removesuffix(SUFFIX)


def read_manifest(folder: str) -> Manifest:
    """Read what an index was made of.

    Raises:
        CalmError: there is none, or it is damaged.
    """
    from retrieval.errors import RetrievalError
    from retrieval.index import Manifest

    try:
        return Manifest.read(Path(folder).expanduser())
    except RetrievalError as error:
        raise CalmError(str(error)) from None
