"""Several samples of a question: whether they can differ, and how each one is asked for.

Facts of lm-eval 0.4.13 that this builds on: a request is sent as often as its `repeats` say; its models for
OpenAI-compatible servers send the same `seed` with each (1234), unless the generation settings have one, and ignore
`do_sample`; elsewhere `do_sample: false` decodes greedily, whatever the temperature; the last request of a process is
repeated until all processes have equally many.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from lm_eval.api.instance import Instance
from lm_eval.config.task import TaskConfig

log = logging.getLogger(__name__)

SEED = 1234  # of lm-eval's models for servers, where `--model_args` give none
SERVER_PATH = "/completions"  # OpenAI's API, and those like it: /v1/completions, /v1/chat/completions


def asks_server(model_args: Mapping[str, Any], model: object = None) -> bool:
    """Tell whether requests go to an OpenAI-compatible server, as far as the arguments or the model say so.

    Args:
        model_args: of lm-eval.
        model: lm-eval's, where a task sees it.
    """
    return SERVER_PATH in str(model_args.get("base_url") or getattr(model, "base_url", None))


def greedy(settings: Mapping[str, Any], *, server: bool) -> bool:
    """Tell whether generation settings decode greedily, so that all samples of a prompt are one and the same."""
    do_sample = settings.get("do_sample")
    if server or do_sample is None:
        return float(settings.get("temperature") or 0) == 0
    return not do_sample


def warn_of_same(config: TaskConfig, server: bool) -> None:
    """Say so where all samples of a question will be one and the same."""
    if config.repeats > 1 and greedy(config.generation_kwargs or {}, server=server):
        log.warning(
            "%s: decoding is greedy, so all %d samples of a question will be the same; "
            "sample with --gen_kwargs do_sample=True,temperature=0.7",
            config.task,
            config.repeats,
        )


def of_samples(settings: Mapping[str, Any], config: TaskConfig, *, server: bool) -> list[dict[str, Any]]:
    """Return the generation settings of each request of a question: one for all samples, or one a sample.

    A server that is sent the same seed again gives the same sample again, so each sample gets its own; the first is
    what it would be without others.
    """
    if config.repeats == 1 or not server or greedy(settings, server=server):
        return [dict(settings)]
    first = int(settings.get("seed", config.metadata.get("seed", SEED)))
    return [{**settings, "seed": first + sample} for sample in range(config.repeats)]


def requests(
    doc: dict[str, Any], context: str, all_settings: Sequence[dict[str, Any]], *, metadata: tuple[str, int, int]
) -> list[Instance]:
    """Ask for a question's samples: by one request that is repeated, or by one a sample.

    Args:
        doc: the question.
        context: its prompt.
        all_settings: generation settings, see `of_samples`.
        metadata: as lm-eval gives it: task, number of the document, samples.
    """
    task, number, samples = metadata
    metadata = task, number, samples // len(all_settings)
    return [
        Instance("generate_until", doc, (context, settings), i, metadata) for i, settings in enumerate(all_settings)
    ]


def merged(instances: Sequence[Instance]) -> list[Instance]:
    """Put a question's samples together in one request, and drop the responses that processes were padded with."""
    by_question: dict[Any, Instance] = {}
    result = []
    for instance in instances:
        del instance.resps[instance.repeats :]
        first = by_question.setdefault((instance.doc_id, instance.request_type), instance)
        if instance.request_type == "generate_until" and first is not instance:
            first.resps += instance.resps
        else:
            result.append(instance)
    return result
