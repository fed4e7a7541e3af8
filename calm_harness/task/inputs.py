"""What decides an evaluation, as content: of what a path names, what lies there.

So a stage that was done is known again where model or questions were moved, and is not taken for done where others lie
in their place; results say of what they are; and cached requests are those of the same questions.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from calm_harness.errors import CalmError
from calm_harness.models import trained
from calm_harness.models.digest import ADAPTER, LOADED, MODEL, Weights, of_arguments
from calm_harness.questions import SETS, QuestionSet, load
from calm_harness.questions.digest import digest
from calm_harness.runtime import versions
from calm_harness.task.options import Options, of_set

if TYPE_CHECKING:
    from lm_eval.config.evaluate_config import EvaluatorConfig

BOOKKEEPING = (  # flags that decide no figure
    *("config", "output_path", "log_samples", "show_config", "verbosity", "write_out", "use_cache", "cache_requests"),
    *("wandb_args", "wandb_config_args", "hf_hub_log_args", "trackio_args", "model_args", "metadata"),
)


def inputs(config: EvaluatorConfig, questions: Mapping[str, str]) -> dict[str, Any]:
    """Lay out what decides an evaluation.

    Args:
        config: lm-eval's reading of the command line.
        questions: of its tasks, see `digests`; with `limit` and `samples`, they say which of them are asked.

    Returns:
        `model`, `adapter`, `questions`, `index` (names to digests; None where there is none, or none is known; of a
        task with a glossary, the table's),
        `arguments` (all other flags; of what is not known the name) and `versions`.

    Raises:
        CalmError: a model's file or an index cannot be read.
    """
    weights = of_arguments(config.model_args)
    metadata = {name: value for name, value in config.metadata.items() if config.model_args.get(name) != value}
    places = {*weights, "index", "source", "glossary"}
    return {
        "model": _digests(weights, MODEL),
        "adapter": _digests(weights, ADAPTER),
        "questions": dict(questions),
        "index": _indexes(config),
        "arguments": {
            **{name: value for name, value in asdict(config).items() if name not in BOOKKEEPING},
            "model_args": _without(config.model_args, places),
            "metadata": _without(metadata, places),
        },
        "versions": versions(),
    }


def digests(config: EvaluatorConfig, read: Callable[[str, Options], QuestionSet] | None = None) -> dict[str, str]:
    """Read the questions of our tasks among those asked for: task -> digest; also of what few-shot examples are of.

    Args:
        config: lm-eval's reading of the command line.
        read: reads the questions of a set that options ask for; anew by default.

    Raises:
        CalmError: options or questions are not as they have to be.
    """
    from calm_harness.task.documents import read_examples, read_set

    by_task = {}
    for task, set_name, options in _tasks(config):
        by_task[task] = digest(read(set_name, options) if read else read_set(load, set_name, options))
        if config.num_fewshot:
            by_task[f"examples of {task}"] = digest(read_examples(set_name, options))
    return by_task


def set_of(task: str) -> str | None:
    """Return the question set of a `calm_<set>_xl…` task; None of any other."""
    parts = task.split("_")
    ours = len(parts) >= 3 and parts[0] == "calm" and parts[2] == "xl" and parts[1] in SETS
    return parts[1] if ours else None


def provenance(
    set_name: str, options: Options, model_args: Mapping[str, Any], asked: Iterable[Mapping[str, Any]] = ()
) -> dict[str, Any]:
    """Say who was asked, in which order of options and languages, and whether it was trained on what it is asked.

    Args:
        set_name: of the question set.
        options: of the task.
        model_args: lm-eval's, as far as the task knows them.
        asked: the documents, for `question_id` and `stem`.

    Returns:
        `option_seed` (the one in effect; None for the source's order), `mix` where languages are mixed, `model` and
        `adapter` (`digest` and the Hub's `revision`) where they can be known, and `transductive`
        (`calm_harness.models.trained`) where it is.

    Raises:
        CalmError: a model's file cannot be read.
    """
    seed = SETS[set_name].option_seed if options.option_seed is None else options.option_seed
    weights = of_arguments(model_args)
    parts = {"model": [weights.get(name) for name in MODEL], "adapter": [weights.get(name) for name in ADAPTER]}
    named = {part: _together([identity for identity in found if identity]) for part, found in parts.items()}
    if "pretrained" not in weights:  # a tokenizer alone is no model
        loaded = model_args.get(LOADED)
        named["model"] = Weights(loaded) if isinstance(loaded, str) else None
    known = {part: asdict(identity) for part, identity in named.items() if identity}
    overlap = trained.overlap(model_args, asked)
    mix = {"mix": asdict(options.mixing)} if options.mixing else {}
    return {"option_seed": seed, **mix, **known, **({"transductive": overlap} if overlap else {})}


def _together(identities: list[Weights]) -> Weights | None:
    """Join what a model is made of: weights, perhaps a tokenizer from elsewhere."""
    if not identities:
        return None
    digests = dict.fromkeys(identity.digest for identity in identities)
    return Weights("+".join(digests), identities[0].revision)


def request_key(
    config: Mapping[str, Any], content: Sequence[object], template: Callable[[list[dict[str, str]]], object] | None
) -> str:
    """Name everything that requests are built of, for a cache that knows task, shots and tokenizer alone.

    Args:
        config: lm-eval's record of the task: generation settings, repeats, and the text of its functions.
        content: options, seed, questions and examples; what is no JSON counts by its text.
        template: the chat template, which is known by what it makes of a turn.

    Returns:
        16 hexadecimal digits.
    """
    turn = template([{"role": "user", "content": "?"}]) if template else None
    settings = {name: value for name, value in config.items() if name != "metadata"}  # the model's arguments are there
    text = json.dumps([settings, content, turn], sort_keys=True, default=repr)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _tasks(config: EvaluatorConfig) -> Iterator[tuple[str, str, Options]]:
    """Yield our tasks among those asked for, with their question sets and options."""
    entries = [config.tasks] if isinstance(config.tasks, str) else config.tasks
    for task in (name for entry in entries for name in str(entry).split(",")):
        set_name = set_of(task)
        if set_name is not None:
            yield task, set_name, Options.from_metadata(of_set(config.metadata, set_name))


def _digests(weights: Mapping[str, Weights], names: Sequence[str]) -> dict[str, str] | None:
    return {name: weights[name].digest for name in names if name in weights} or None


def _without(settings: Mapping[str, Any], names: set[str]) -> dict[str, Any]:
    return {name: value for name, value in settings.items() if name not in names}


def _indexes(config: EvaluatorConfig) -> dict[str, str] | None:
    """Return the fingerprints of the indexes, or of the glossaries, that tasks take their passages from."""
    from calm_harness.passages.glossary.table import digest as digest_of
    from retrieval.errors import RetrievalError
    from retrieval.index import Manifest

    found = {}
    for task, set_name, options in _tasks(config):
        if options.glossary is not None:
            found[task] = digest_of(options.glossary, set_name)
        elif task.endswith("_rag") and options.index:
            try:
                found[task] = Manifest.read(Path(options.index).expanduser()).fingerprint
            except RetrievalError as error:
                raise CalmError(str(error)) from None
    return found or None
