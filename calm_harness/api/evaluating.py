"""Evaluate as `calm eval` does, from a program."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Mapping, Sequence
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from calm_harness import evaluation
from calm_harness.api.loading import of_record
from calm_harness.api.run import Run
from calm_harness.errors import CalmError
from calm_harness.report import results_file
from calm_harness.runtime import processes

if TYPE_CHECKING:
    from lm_eval.api.model import LM

log = logging.getLogger(__name__)


def evaluate(
    model: str | LM,
    tasks: str | Sequence[str],
    *,
    model_args: str | Mapping[str, Any] | None = None,
    metadata: Mapping[str, Any] | None = None,
    num_fewshot: int | None = None,
    batch_size: int | str | None = None,
    device: str | None = None,
    limit: float | None = None,
    apply_chat_template: bool | str = False,
    gen_kwargs: str | Mapping[str, Any] | None = None,
    output_path: str | os.PathLike[str] | None = None,
) -> dict[str, Run]:
    """Ask a model the questions of tasks of ours: what `calm eval --log_samples` does, without printing the table.

    Arguments are those of lm-eval's `simple_evaluate`.

    Args:
        model: `hf-prefix`, `hf`, `vllm`, ... or lm-eval's `HFLM` or our `HFPrefixLM` in memory, whose results record a
            digest of its weights, and cannot say what it was trained on.
        tasks: names, patterns and tags of ours (`calm_mini_xl_cloze`, `calm_mini_*`, `calm`).
        model_args: `{"pretrained": "google/gemma-3-270m"}`, or `"pretrained=..."`.
        metadata: options of the tasks: `{"languages": ["en", "fr"], "split": "train"}`.
        num_fewshot: examples before each question.
        batch_size: a number, or `auto`; of a model in memory its own.
        device: likewise.
        limit: rows that are asked of each task; a question is as many rows as it has languages.
        apply_chat_template: or the name of one.
        gen_kwargs: settings of generation, for `_cot` and `_open`: `{"do_sample": True, "temperature": 0.7}`.
        output_path: the folder where results and sample logs are to stay; by default they go with the last run that is
            in use.

    Returns:
        Task -> its run.

    Raises:
        CalmError: the arguments do not fit together, a task is not ours, a model in memory cannot be known, this is one
            of several processes, or what the command raises.

    >>> from calm_harness import evaluate
    >>> runs = evaluate(
    ...     "hf-prefix",
    ...     "calm_mini_xl_cloze",
    ...     model_args={"pretrained": "gemma-3-270m"},
    ...     metadata={"languages": ["en", "fr"]},
    ...     limit=8,
    ...     output_path="runs/gemma",
    ... )
    >>> run = runs["calm_mini_xl_cloze"]
    >>> len(run.answers.to_pandas())
    8
    >>> sorted(run.pairs.metric.unique())
    ['consistency', 'lift', 'overlap', 'rankc', 'transfer']
    """
    if processes() > 1:
        raise CalmError("evaluate runs in one process; in several run torchrun -m calm_harness eval, then load_run")
    names = [tasks] if isinstance(tasks, str) else list(tasks)
    others = [name for name in names if not name.startswith(evaluation.PREFIX)]
    if others or not names:
        raise CalmError(f"tasks {', '.join(others) or names}: give names of calm_* tasks; lm_eval runs others")
    if not isinstance(model, str) and (model_args or batch_size is not None or device is not None):
        raise CalmError("model_args, batch_size and device are of a model that is named; one in memory has its own")
    named, model_args = (model, model_args) if isinstance(model, str) else _described(model, metadata or {})
    folder = TemporaryDirectory(prefix="calm-", ignore_cleanup_errors=True) if output_path is None else None
    flags = {
        "model": named,
        "model_args": model_args,
        "tasks": ",".join(names),
        "metadata": metadata,
        "num_fewshot": num_fewshot,
        "batch_size": batch_size,
        "device": device,
        "limit": limit,
        "gen_kwargs": gen_kwargs,
        "output_path": os.fspath(output_path) if output_path is not None else folder and folder.name,
    }
    words = [f"--{flag}={_word(flag, value)}" for flag, value in flags.items() if value not in (None, {}, "")]
    words += ["--log_samples", *(["--apply_chat_template"] if apply_chat_template else [])]
    words += [apply_chat_template] if isinstance(apply_chat_template, str) else []
    *_, results = evaluation.evaluate(words, None if isinstance(model, str) else model, printed=False)
    records, skipped = results_file.read(results)
    if not records:
        raise CalmError(str(skipped[0]))
    for file in skipped:
        log.warning("%s", file)
    return {record.task: of_record(record, folder) for record in records}


def _described(model: LM, metadata: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    """Return what stands for a model in memory on a command line: its class, and what is recorded of it.

    Raises:
        CalmError: it cannot be known, or the metadata name another.
    """
    from calm_harness.models.digest import ADAPTER, MODEL
    from calm_harness.models.loaded import described

    names = [name for name in (*MODEL, *ADAPTER) if name in metadata and name != "tokenizer"]
    if names:
        raise CalmError(f"metadata: {', '.join(names)} would be recorded in place of the model in memory; leave it out")
    return described(model)


def _word(flag: str, value: object) -> str:
    """Write a value as a command line has it: mappings as JSON, since a path may have commas.

    Raises:
        CalmError: a mapping holds what is no JSON.
    """
    if not isinstance(value, Mapping):
        return str(value)
    try:
        return json.dumps(value, default=os.fspath)
    except TypeError as error:
        raise CalmError(f'{flag}: {error}; give text, numbers, lists: "float32" for torch.float32') from None
