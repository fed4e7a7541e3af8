"""Record a run's sampling beside its results, so that the same command goes on where it was ended."""

from __future__ import annotations

import functools
import hashlib
import json
import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from calm_harness.models.engines import takes_seeds
from calm_harness.runtime import writes
from calm_harness.sampling.dry import NEW_TOKENS
from calm_harness.sampling.journal import Journal
from calm_harness.sampling.load import Price, cut_prompts, load_of
from calm_harness.sampling.resume import processes, responses
from calm_harness.sampling.server import places, scored
from calm_harness.task import tokens
from calm_harness.task.inputs import digests, inputs
from retrieval.process.alone import remove_file

if TYPE_CHECKING:
    from lm_eval.api.instance import Instance
    from lm_eval.api.model import LM
    from lm_eval.config.evaluate_config import EvaluatorConfig

log = logging.getLogger(__name__)

TORCH = 2  # of lm-eval's four seeds


@contextmanager
def recorded(model: LM, config: EvaluatorConfig, price: Price | None) -> Iterator[Callable[[], None]]:
    """Have a model's responses written as they come, and those that were written before left out.

    Yields:
        What to call once the run's results are saved: the record is no longer needed then.

    Raises:
        CalmError: where the record is to be written cannot be written, or another process writes there.
    """
    journals: list[Journal] = []
    original = model.generate_until

    def generate_until(requests: list[Instance], disable_tqdm: bool = False) -> list[str]:
        _announce(model, config, requests, price)
        if not journals:
            path = _path(config, model)
            journals.append(Journal(path))
            _warn_of_others(path)
        seed = int((config.seed or (0,) * 4)[TORCH] or 0)
        made: list[str] = responses(
            model,
            original,
            requests,
            journals[0],
            seed=seed,
            seeded=takes_seeds(config.model),
            hidden=disable_tqdm or model.rank != 0,
        )
        return made

    def remove() -> None:
        if writes():  # for all processes, whose responses are saved now
            for path in [path for journal in journals if journal.path for path in _of_run(journal.path)]:
                remove_file(path)

    model.generate_until = generate_until
    if places(model):
        model.loglikelihood = scored(model)
    try:
        yield remove
    finally:
        for name in ("generate_until", "loglikelihood"):
            vars(model).pop(name, None)
        for journal in journals:
            journal.close()


def _path(config: EvaluatorConfig, model: LM) -> Path | None:
    """Name the record by what decides the run, and by its process of several; it is no `samples_*.jsonl` yet."""
    if not config.output_path:
        return None
    path = Path(config.output_path)
    folder = path.parent if path.suffix == ".json" else path
    content = json.dumps(inputs(config, digests(config)), sort_keys=True, default=str)
    digest = hashlib.sha256(content.encode()).hexdigest()[:12]
    place = int(os.environ.get("RANK", model.rank))
    process = f"_{place + 1}of{processes()}" if processes() > 1 else ""
    return folder / f"unfinished_{digest}{process}.jsonl"


def _of_run(path: Path) -> list[Path]:
    """List the records of all processes of a run."""
    digest = path.name.split("_")[1].removesuffix(".jsonl")
    return sorted(path.parent.glob(f"unfinished_{digest}*.jsonl"))


def _warn_of_others(path: Path | None) -> None:
    """Say where the record of a run with other settings lies, which somebody may think this one goes on with."""
    if path is None:
        return
    own = _of_run(path)
    others = [other.name for other in sorted(path.parent.glob("unfinished_*.jsonl")) if other not in own]
    if others:
        log.warning(
            "%s holds what a run with other settings left unfinished (%s): this one does not go on with it; give its "
            "command again, or remove it",
            *(path.parent, ", ".join(others)),
        )


def _announce(model: Any, config: EvaluatorConfig, requests: list[Instance], price: Price | None) -> None:
    """Say what is going to be asked for, and which prompts do not fit."""
    known = tokens.of_model(model) or tokens.load(config.model_args)
    count = None if known is None else functools.cache(known.count)
    new = int(getattr(model, "max_gen_toks", None) or config.model_args.get("max_gen_toks", NEW_TOKENS))
    once = list({id(request): request for request in requests}.values())
    log.info("Sampling: %s", load_of(once, count, new).said(price))
    if known is None or count is None:
        return
    cut = cut_prompts(once, count, known.context, new)
    if cut:
        log.warning(
            "%d of %d prompts are longer than the context of %d tokens allows beside a response, and lose their "
            "beginning; give a smaller max_gen_toks, or the context that the model has (max_length, max_model_len)",
            *(cut, len(once), known.context),
        )
