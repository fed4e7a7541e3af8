"""Run a command line of lm-eval, with our tasks and models known to it.

Flags, their defaults and YAML files are lm-eval's: its parser (`lm_eval._cli`, private, and used here alone) reads them
into its public `EvaluatorConfig`, which is handed to its public `simple_evaluate` with a `TaskManager` that knows our
tasks beside those of the user's `--include_path`. (`tests/test_private_names.py` holds lm-eval to all that.)
"""

from __future__ import annotations

import argparse
import json
import logging
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from calm_harness import flags, saving, services
from calm_harness.errors import CalmError
from calm_harness.files import check_locale, read_yaml
from calm_harness.models.adapters import check_applied, check_base, check_template
from calm_harness.runtime import writes
from calm_harness.shards.record import take
from calm_harness.task.checks import check_model, check_output, check_reads, check_samples, short_name
from calm_harness.task.paths import tasks_path

if TYPE_CHECKING:
    from lm_eval.api.model import LM
    from lm_eval.config.evaluate_config import EvaluatorConfig
    from lm_eval.tasks import TaskManager

log = logging.getLogger(__name__)

PREFIX = "calm"  # of our tasks' and tags' names


def parser() -> argparse.ArgumentParser:
    """Build the command line of `lm_eval run`, every flag of it, as that of `calm eval`."""
    from lm_eval._cli.run import Run

    commands = argparse.ArgumentParser(prog="calm eval").add_subparsers(parser_class=flags.Parser)
    Run.create(commands)
    run: argparse.ArgumentParser = commands.choices["run"]
    flags.add(run)
    return run


def configure(words: Sequence[str]) -> EvaluatorConfig:
    """Read a command line of `lm_eval run`, and the YAML file that it may name.

    Raises:
        CalmError: what is asked for does not fit together, or the file cannot be read.
    """
    return _read(words)[0]


def _read(words: Sequence[str]) -> tuple[EvaluatorConfig, flags.Asked]:
    """Read a command line: lm-eval's flags, and ours. Errors as of `configure`."""
    from lm_eval.config.evaluate_config import EvaluatorConfig

    parsed, asked = flags.parted(parser().parse_args(list(words)))
    if parsed.config:  # lm-eval reads it again, and says little of what is wrong with it
        check_locale(Path(parsed.config))
        read_yaml(Path(parsed.config), "correct the file of --config")
    try:
        config = EvaluatorConfig.from_cli(parsed)
    except json.JSONDecodeError as error:
        raise CalmError(f"--samples {parsed.samples} is cut off or is not JSON ({error}); correct the file") from None
    except Exception as error:  # lm-eval's own, PyYAML's, and whatever a value of another kind raises in their code
        reason = " ".join(str(error).split()) or type(error).__name__
        raise CalmError(f"lm-eval's flags: {reason}") from None
    config.model_args, config.metadata = flags.at_home(config.model_args), flags.at_home(config.metadata)
    config.output_path = config.output_path and os.path.expanduser(config.output_path)
    return config, asked


def load_model(config: EvaluatorConfig) -> LM:
    """Load the model that a command line names, for several evaluations of one and the same.

    Raises:
        CalmError: it is named by a path where there is nothing, its tokenizer reads nothing, or it has no place for all
            of an adapter.
    """
    from lm_eval.api.registry import get_model

    from calm_harness.models import engines

    check_model(config.model_args)
    _set_up()
    settings = {"batch_size": config.batch_size, "max_batch_size": config.max_batch_size, "device": config.device}
    model: LM = get_model(config.model).create_from_arg_obj(dict(config.model_args), settings)
    loaded: Any = model
    if config.model in engines.ENGINES and engines.ENGINES[config.model].adapter != "server":
        check_reads(loaded.tokenizer, str(config.model_args.get("tokenizer") or config.model_args.get("pretrained")))
    if adapter := config.model_args.get("peft"):
        check_applied(loaded.model, str(adapter), config.model_args.get("revision"))
    return model


def find_tasks(config: EvaluatorConfig) -> TaskManager:
    """Find the tasks that are asked for, ours and those of the user's `--include_path`; `config.tasks` then names them.

    lm-eval's own many thousand task files are read only where one of them is wanted: it takes ten seconds.

    Raises:
        CalmError: none is asked for, or there is no such task.
    """
    from lm_eval.tasks import TaskManager

    included = config.include_path or []
    folders = [str(tasks_path()), *([included] if isinstance(included, str | os.PathLike) else included)]
    entries = [config.tasks] if isinstance(config.tasks, str) else config.tasks
    patterns = [pattern for entry in entries for pattern in str(entry).split(",")]
    if not patterns:
        raise CalmError("which tasks? --tasks TASK[,TASK...]; `calm eval` alone shows all flags")
    manager = TaskManager(include_path=folders, include_defaults=False, metadata=config.metadata)
    available = {*manager.all_subtasks, *(tag for tag in manager.all_tags if tag.startswith(PREFIX))}
    matches = [manager.match_tasks([pattern]) for pattern in patterns]
    if all(names and available.issuperset(names) for names in matches):
        config.tasks = list(dict.fromkeys(name for names in matches for name in names))
        return manager
    config.include_path = folders
    try:
        return config.process_tasks(config.metadata)
    except ValueError as error:
        raise CalmError(
            f"{error}; `lm_eval ls tasks` lists lm-eval's, `calm tasks-path` names the folder of ours"
        ) from None


def load_tasks(manager: TaskManager, config: EvaluatorConfig) -> list[Any]:
    """Load our tasks among those asked for, with their questions and passages; lm-eval loads the others by their names.

    Raises:
        CalmError: options, questions or passages are not as they have to be, or `--samples` asks for what is not there.
    """
    loaded: dict[str, Any] = {}  # name -> the task, or its name where it is not ours
    for entry in config.tasks:
        ours = isinstance(entry, str) and entry.startswith(PREFIX) and entry in manager.all_tasks
        tasks = manager.load([entry])["tasks"] if ours else {str(entry): entry}
        loaded |= {name: task for name, task in tasks.items() if name not in loaded}
    rows = {name: None if isinstance(task, str | dict) else len(task.eval_docs) for name, task in loaded.items()}
    if all(count is not None or name in manager.all_subtasks for name, count in rows.items()):  # no group, no file
        check_samples(config.samples, rows)
    if isinstance(config.samples, dict):  # lm-eval asks rows in their order, and numbers them in the flag's
        config.samples = {name: sorted(numbers) for name, numbers in config.samples.items()}
    return list(loaded.values())


def evaluate(
    words: Sequence[str], model: LM | Callable[[], LM] | None = None, *, printed: bool = True
) -> Sequence[Path]:
    """Do what `lm_eval run` does with a command line: evaluate, save, print.

    What can fail is tried before the model is loaded: the flags, where results go, our tasks' options and questions.

    Args:
        words: the command line.
        model: one that is loaded already (`load_model`), or how to load it, of the same command line's model.
        printed: whether the table is.

    Returns:
        The files that were saved, the results last; none in a process that does not write.

    Raises:
        CalmError: the command line, a task or its questions are not as they have to be, or results cannot be saved.
    """
    from lm_eval import simple_evaluate
    from lm_eval.loggers import EvaluationTracker

    from calm_harness.sampling.dry import show
    from calm_harness.sampling.record import recorded

    _set_up()
    config, asked = _read(words)
    if config.output_path and writes():
        check_output(config.output_path)
    check_base(config.model_args)
    if config.apply_chat_template:
        check_template(config.model_args)
    tracker = EvaluationTracker(**_tracking(config))
    manager = find_tasks(config)
    log.info("Tasks: %s", config.tasks)
    tasks = load_tasks(manager, config)
    taken = take(asked.shard, config, tasks) if asked.shard else None
    arguments = {**_arguments(config), "tasks": tasks, "task_manager": manager}
    if asked.dry_run:
        show(config, arguments, asked.price)
        return []
    logged_to = services.start(config)
    files: Sequence[Path] = []
    loaded_model = model() if callable(model) else model or load_model(config)
    with recorded(loaded_model, config, asked.price) as saved:
        results = simple_evaluate(model=loaded_model, evaluation_tracker=tracker, **arguments)
        if results is not None:  # of several processes, the one that writes
            if taken:
                taken.mark(results, results["samples"])
            files = _report(results, config, tracker, logged_to, printed)
        saved()
    return files


def _report(
    results: dict[str, Any],
    config: EvaluatorConfig,
    tracker: Any,
    logged_to: Sequence[services.Service],
    printed: bool,
) -> Sequence[Path]:
    """Save and print what came of an evaluation, and return the files; what cannot be saved is printed in any case."""
    _drop_errors_of_errors(results["results"])
    results["config"]["model"] = config.model  # of a loaded model lm-eval says the weights' name instead
    names = tracker.general_config_tracker
    names.model_source = config.model
    names.model_name_sanitized = short_name(names.model_name_sanitized)
    samples = results.pop("samples") if config.log_samples else None
    if config.show_config:
        from lm_eval.utils import handle_non_serializable as readable

        print(json.dumps(results, indent=2, default=readable, ensure_ascii=False))
    for service in logged_to:
        service.log(results, samples)
    saved = saving.save(tracker, results, samples)
    if printed or saved is None:
        _print(config, results)
    for service in logged_to:
        service.finish()
    if saved is None:
        raise CalmError(f"results could not be saved in {config.output_path}; make room or name another --output_path")
    return saved


def _set_up() -> None:
    """Make our models known to lm-eval, and show our logging beside its own."""
    from lm_eval.utils import setup_logging

    from calm_harness.models import engines

    engines.register()
    setup_logging()
    lm_eval_log, our_log = logging.getLogger("lm_eval"), logging.getLogger("calm_harness")
    our_log.handlers, our_log.propagate = lm_eval_log.handlers, False
    our_log.setLevel(lm_eval_log.level)
    os.environ["TOKENIZERS_PARALLELISM"] = "false"


def _arguments(config: EvaluatorConfig) -> dict[str, Any]:
    """Lay a configuration out as arguments of `simple_evaluate`."""
    names = (
        *("model_args", "tasks", "num_fewshot", "batch_size", "max_batch_size", "device", "use_cache", "limit"),
        *("samples", "check_integrity", "write_out", "log_samples", "system_instruction", "apply_chat_template"),
        *("fewshot_as_multiturn", "gen_kwargs", "verbosity", "predict_only", "confirm_run_unsafe_code", "metadata"),
    )
    seeds = config.seed or (None,) * 4
    cache_names = ("cache_requests", "rewrite_requests_cache", "delete_requests_cache")
    return {
        **{name: getattr(config, name) for name in names},
        **{name: config.cache_requests.get(name, False) for name in cache_names},
        **dict(
            zip(("random_seed", "numpy_random_seed", "torch_random_seed", "fewshot_random_seed"), seeds, strict=True)
        ),
    }


def _tracking(config: EvaluatorConfig) -> dict[str, Any]:
    """Say where results are to go: a folder, the Hub."""
    destinations = dict(config.hf_hub_log_args)
    if config.output_path:
        destinations["output_path"] = config.output_path
    if os.environ.get("HF_TOKEN"):
        destinations["token"] = os.environ["HF_TOKEN"]
    if "push_samples_to_hub" in destinations and not config.log_samples:
        log.warning("samples are pushed to the Hub only where they are logged: --log_samples")
    return destinations


def _drop_errors_of_errors(results: dict[str, Any]) -> None:
    """Drop the N/A that lm-eval gives as the error of an error: our tasks' errors are metrics of their own there."""
    for figures in results.values():
        for key in [key for key in figures if key.partition(",")[0].endswith("_stderr_stderr")]:
            del figures[key]


def _print(config: EvaluatorConfig, results: dict[str, Any]) -> None:
    """Print what was run, and the table."""
    from lm_eval.utils import make_table

    arguments = {name: value for name, value in config.model_args.items() if name != "trust_remote_code"}
    batch_sizes = ",".join(map(str, results["config"]["batch_sizes"]))
    print(
        f"{config.model} ({arguments}), gen_kwargs: ({config.gen_kwargs}), limit: {config.limit}, num_fewshot: "
        f"{config.num_fewshot}, batch_size: {config.batch_size}{f' ({batch_sizes})' if batch_sizes else ''}"
    )
    if config.predict_only:
        return  # there are no figures
    print(make_table(results))
    if "groups" in results:
        print(make_table(results, "groups"))
