"""What a shard's run asks, and what its results and its log say of it."""

from __future__ import annotations

import logging
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from calm_harness.errors import CalmError
from calm_harness.predictions.task_log import SHARD
from calm_harness.questions.digest import content_digest, digest
from calm_harness.shards.deal import Shard, deal
from calm_harness.task.inputs import inputs

if TYPE_CHECKING:
    from lm_eval.config.evaluate_config import EvaluatorConfig

    from calm_harness.task.calm_task import CalmTask

log = logging.getLogger(__name__)

SPEED = ("device", "batch_size", "max_batch_size")  # where and how fast, which may differ from machine to machine
SPEED_OF_MODEL = (
    *SPEED,
    *("base_url", "num_concurrent", "max_retries", "timeout", "devices", "parallelize"),
    *("tensor_parallel_size", "data_parallel_size", "gpu_memory_utilization", "distributed_executor_backend"),
)


@dataclass(frozen=True)
class Taken:
    """A shard that a run has taken.

    Attributes:
        shard: which.
        record: for the results file: `number`, `of`; `run`, what must be the same in all shards; and of the whole run,
            by task, `rows` and `digests` (of the questions that are asked in all languages).
    """

    shard: Shard
    record: dict[str, Any]

    def mark(self, results: dict[str, Any], samples: dict[str, list[dict[str, Any]]]) -> None:
        """Let results and every row of the logs say that they are a shard's, so that nobody reads them as a run."""
        log.warning("shard %s: figures are of its questions alone; calm merge joins the shards to a run", self.shard)
        results[SHARD] = self.record
        for rows in samples.values():
            for row in rows:
                row[SHARD] = str(self.shard)


def take(text: str, config: EvaluatorConfig, tasks: Sequence[Any]) -> Taken:
    """Take a shard of a run: `config.samples` then names its rows, and nothing else.

    Args:
        text: `3/16`.
        config: lm-eval's reading of the command line.
        tasks: the tasks, loaded; the names of those that are not ours.

    Raises:
        CalmError: there is no such shard, a task has no questions in several languages, there are fewer questions than
            shards, or the log, which is what is joined, is not kept.
    """
    shard = Shard.parse(text)
    if not (config.log_samples and config.output_path):
        raise CalmError(f"--shard {shard} needs --output_path DIR --log_samples, for `calm merge` to join")
    by_name = {task.config.task: task for task in _ours(tasks, shard)}
    asked = {name: _asked(name, task, config) for name, task in by_name.items()}
    record = {
        "number": shard.number,
        "of": shard.of,
        "run": _run(config, by_name),
        "rows": {name: len(rows) for name, rows in asked.items()},
        "digests": {name: _digest(task, asked[name]) for name, task in by_name.items()},
    }
    config.samples = {name: _dealt(name, task, asked[name], shard) for name, task in by_name.items()}
    config.limit = None
    return Taken(shard, record)


def _ours(tasks: Sequence[Any], shard: Shard) -> list[CalmTask]:
    from calm_harness.task.calm_task import CalmTask

    for task in tasks:
        if not isinstance(task, CalmTask):
            raise CalmError(
                f"--shard {shard}: {task} is no task of calm-harness, and has no questions that could be dealt out; "
                "run it apart"
            )
    return list(tasks)


def _asked(name: str, task: CalmTask, config: EvaluatorConfig) -> list[int]:
    """Return the numbers of the rows that the whole run asks, as lm-eval counts them, in their order."""
    count = len(task.eval_docs)
    if config.samples and name in config.samples:
        return list(config.samples[name])
    limit = count if config.limit is None else config.limit
    return list(range(min(math.ceil(count * limit) if limit < 1 else int(limit), count)))


def _dealt(name: str, task: CalmTask, asked: Sequence[int], shard: Shard) -> list[int]:
    question_ids = list(task.eval_docs["question_id"])
    questions = [question_ids[row] for row in asked]
    if len(set(questions)) < shard.of:
        raise CalmError(
            f"--shard {shard}: {name} asks {len(set(questions))} questions, too few for {shard.of} shards; take at "
            "most as many shards as questions"
        )
    return [asked[place] for place in deal(questions, shard)]


def _digest(task: CalmTask, asked: Sequence[int]) -> str:
    """Hash the questions that the whole run asks in all languages, as its own report would."""
    question_ids = list(task.eval_docs["question_id"])
    counts = Counter(question_ids[row] for row in asked)
    width = len(task.questions.languages)
    return content_digest(task.questions, [name for name, count in counts.items() if count == width])


def _run(config: EvaluatorConfig, tasks: dict[str, CalmTask]) -> dict[str, Any]:
    """Lay out what all shards of a run share: all that decides it, and not where and how fast it runs."""
    from calm_harness.task.documents import read_examples

    questions = {name: digest(task.questions) for name, task in tasks.items()}
    if config.num_fewshot:
        for name, task in tasks.items():
            questions[f"examples of {name}"] = digest(read_examples(task.config.dataset_path, task.options))
    run = inputs(config, questions)
    arguments = {name: value for name, value in run["arguments"].items() if name not in SPEED}
    given = {name: value for name, value in arguments["model_args"].items() if name not in SPEED_OF_MODEL}
    return {**run, "arguments": {**arguments, "model_args": given}}
