"""Languages mixed within a question in some ways, and not."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from calm_harness.cli.axes.axis import Axis, Cell
from calm_harness.errors import CalmError
from calm_harness.passages.choice import NONE
from calm_harness.questions.mixing import KINDS
from calm_harness.questions.selection import choose
from calm_harness.task.paths import tasks_path

if TYPE_CHECKING:
    from lm_eval.config.evaluate_config import EvaluatorConfig

    from calm_harness.report.probe import Probe


def axis(args: argparse.Namespace) -> Axis:
    """Lay out the runs with languages mixed in some ways, and the unmixed one that they are compared with."""
    for kind in args.mix:
        choose("mix", kind, KINDS)
    rest = args.mix_with or "en"
    told: dict[str, Any] = {"mix_with": rest, **({"mix_note": True} if args.mix_note else {})}
    cells = {kind: Cell(args.tasks, {"mix": kind, **told}) for kind in args.mix}

    def tables(logs: Mapping[str, Path]) -> tuple[dict[str, Any], str, str]:
        from calm_harness.probes.mixed import grid, to_csv, to_markdown

        table = grid({NONE: logs[NONE], **logs}, rest)
        return table, to_markdown(table), to_csv(table)

    # The unmixed run is the last: what a task cannot mix is said before anything is asked.
    return Axis({**cells, NONE: Cell(args.tasks, {})}, tables, _probe, _check)


def _probe(table: Mapping[str, Any], log: Path) -> Probe:
    from calm_harness.probes.mixed import to_probe
    from calm_harness.report.runs import run_of

    return to_probe(table, run_of(log))


def _check(name: str, config: EvaluatorConfig) -> None:
    """See that the rows are asked that mixed ones are compared with.

    Raises:
        CalmError: they are not, or the task is none of ours.
    """
    from calm_harness.task.inputs import set_of
    from calm_harness.task.options import Options, of_set

    task = config.tasks[0]
    set_name = set_of(task)
    if set_name is None or not (tasks_path() / f"{task}.yaml").is_file():
        raise CalmError(f"--tasks {task}: --mix takes one task of a question set (calm_SET_xl...)")
    options = Options.from_metadata(of_set(config.metadata, set_name))
    if name == NONE and options.mix is not None:
        raise CalmError("--metadata: mix is what the runs of --mix differ in; leave it out")
    if options.mixing and options.languages and options.mixing.language not in options.languages:
        raise CalmError(
            f"--mix_with {options.mixing.language}: mixed rows are compared with those in that language; add it to "
            f"languages ({', '.join(options.languages)})"
        )
