"""Read a results file of lm-eval: who was asked what, in which way, and with what outcome.

Of plain lm-eval tasks there is an accuracy and nothing else. What is broken is said and passed over.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from calm_harness import metrics
from calm_harness.errors import CalmError
from calm_harness.files import read_json
from calm_harness.metrics.intervals import clopper_pearson
from calm_harness.models import trained
from calm_harness.passages.choice import GLOSSARY
from calm_harness.predictions.scoring import how_mixed
from calm_harness.predictions.task_log import shard_of
from calm_harness.questions import SETS
from calm_harness.report.figures import finite, pairwise, related
from calm_harness.report.run import Run, Skipped
from retrieval.text import printable

_TASK = re.compile(r"calm_(?P<set>\w+?)_xl(?:_(?P<format>cloze|cot|open))?(?P<rag>_rag)?")
_STAMP = re.compile(r".*?(_\d{4}-\d\d-\d\dT[\d.-]+)\.json")
_ACCURACIES = ("acc", "exact_match", "acc_norm")  # of plain tasks: the first that there is
_SETTINGS = ("score", "option_seed", "prompt", "source", "repeats", "fewshot")  # of our tasks' metadata
_SILENT = (
    "pretrained",
    "model",
    "revision",
    "dtype",
    "device",
    "batch_size",
    "max_batch_size",
    "base_url",
    "num_concurrent",
)
_ADAPTERS = ("peft", "lora_local_path")  # as lm-eval's backends name them
NORMAL = 1.96  # standard errors to either side of a 95% interval
ROUNDING = 1e-9
_PARTS = ("results", "configs", "config")
_VERSIONS = ("lm_eval", "transformers")
REMEDY = "run the evaluation again, or remove the file"


def read(file: Path) -> tuple[list[Run], list[Skipped]]:
    """Read a results file's tasks; whatever is wrong with one is said of it, and ends nothing else."""
    try:
        results = read_json(file, REMEDY)
        if not isinstance(results, dict) or not all(isinstance(results.get(name), dict) for name in _PARTS):
            raise CalmError(f"is no results file of lm-eval (it has no {', '.join(_PARTS)})")
    except CalmError as error:
        return [], [Skipped(file, str(error).removeprefix(f"{file} "))]
    if why := shard_of(results):
        return [], [Skipped(file, printable(why))]
    if not results["configs"]:
        return [], [Skipped(file, f"has no task; {REMEDY}")]
    runs, skipped = [], []
    for task, task_config in results["configs"].items():
        try:
            runs.append(_run(file, results, task, task_config))
        except CalmError as error:
            skipped.append(Skipped(file, str(error)))
        except Exception as error:
            skipped.append(Skipped(file, f"{task} cannot be read ({type(error).__name__}: {error}); {REMEDY}"))
    groups = ", ".join(map(str, results.get("groups") or ()))
    if groups:
        skipped.append(Skipped(file, f"{groups}: means over tasks are not shown, the tasks themselves are"))
    return runs, skipped


def _run(file: Path, results: Mapping[str, Any], task: str, task_config: Mapping[str, Any]) -> Run:
    match = _TASK.fullmatch(task)
    metadata = task_config.get("metadata") or {}
    report = metadata.get("calm") if match else None
    run_config = results["config"]
    arguments = _arguments(run_config.get("model_args"))
    task_results = results["results"][task]
    if report is not None and "questions" not in report:
        raise CalmError(f"{printable(task)} has no figures (--predict_only); `calm score` makes them of its sample log")
    if report is not None and not isinstance(report.get("languages"), list):
        raise CalmError(f"{printable(task)} does not say its languages; {REMEDY}")
    stamp = _STAMP.fullmatch(file.name)
    log = file.with_name(f"samples_{task}{stamp[1] if stamp else ''}.jsonl")
    adapters = [str(arguments[name]) for name in _ADAPTERS if arguments.get(name)]
    revision = str(run_config.get("model_revision") or arguments.get("revision") or "main")
    model = _base(arguments, adapters) or results.get("model_name") or run_config["model"]
    seed = {"option_seed": _option_seed(match["set"], metadata, report)} if match and report else {}
    settings = _settings({**metadata, **seed} if report else {}, results)
    rows = int((results.get("n-samples", {}).get(task) or {}).get("effective", 0))
    questions = int(report["questions"]) if report else rows
    if questions < 0:
        raise CalmError(f"{printable(task)} is of {questions} questions; {REMEDY}")
    if report:
        figures = _figures(task_results, report)
    else:
        settings["metric"], figures = _accuracy(task, task_results, rows)
    return Run(
        results=file,
        samples=log if log.is_file() else None,
        task=printable(task),
        model=printable(model),
        adapter=printable(adapters[0]) if adapters else None,
        revision="" if revision == "main" else printable(revision),
        set_name=match["set"] if match and report else printable(task),
        split=printable(report["split"] if report else ""),
        format=(match["format"] or "letter") if match and report else printable(task_config.get("output_type", "")),
        mode=_mode(results, task, report, match is not None and bool(match["rag"])),
        mix=f"mixed {printable(how_mixed(report['mix']))}" if report and report.get("mix") else "",
        transductive=report is not None and ("transductive" in report or trained.declared_in(arguments)),
        settings=settings,
        inputs=json.dumps(_inputs(results, task, metadata, report), sort_keys=True, default=str),
        arguments=json.dumps(_others(arguments), sort_keys=True, default=str),
        date=datetime.fromtimestamp(float(results["date"]), UTC),
        languages=tuple(map(printable, report["languages"])) if report else (),
        questions=questions,
        figures=figures,
        pairwise=pairwise(report.get("pairwise")) if report else {},
        related=related(report.get("related")) if report else {},
        versions={name: printable(results[f"{name}_version"]) for name in _VERSIONS if results.get(f"{name}_version")},
        contents=_contents(report or {}),
    )


def _contents(report: Mapping[str, Any]) -> dict[str, str]:
    """Read the digests that a run's results say of what it was given."""
    retrieval = report.get("retrieval") or {}
    contents = {
        "questions": report.get("digest"),
        "model": (report.get("model") or {}).get("digest"),
        "adapter": (report.get("adapter") or {}).get("digest"),
        "passages": json.dumps(retrieval["budget"], sort_keys=True) if retrieval.get("budget") else None,
    }
    return {name: printable(value) for name, value in contents.items() if value}


def _option_seed(set_name: str, metadata: Mapping[str, Any], report: Mapping[str, Any]) -> Any:
    """Return the seed that options were permuted by; None where it is the set's own, which older results leave out."""
    default = SETS[set_name].option_seed if set_name in SETS else None
    seed = report.get("option_seed", metadata.get("option_seed"))
    return None if seed == default else seed


def _inputs(
    results: Mapping[str, Any], task: str, metadata: Mapping[str, Any], report: Mapping[str, Any] | None
) -> dict[str, Any]:
    """Pick out what decides figures and is not worth a line: versions, hashes, the index."""
    return {
        "version": (results.get("versions") or {}).get(task),
        "chat": results.get("chat_template_sha"),
        "system": results.get("system_instruction_sha"),
        "index": (report or {}).get("retrieval", {}).get("index"),
        "budget": metadata.get("passage_budget"),
        "leaks": metadata.get("keep_leaks"),
    }


def _others(arguments: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in arguments.items() if name not in (*_SILENT, *_ADAPTERS)}


def _base(arguments: Mapping[str, Any], adapters: Sequence[str]) -> Any:
    """Name the base model; of an adapter on a server, which is the model's name there, what the tokenizer is of."""
    served = arguments.get("tokenizer") if adapters else None
    return arguments.get("pretrained") or served or arguments.get("model")


def _arguments(model_args: Any) -> dict[str, Any]:
    """Read a backend's arguments, which older lm-evals log as the text `pretrained=...,peft=...`."""
    if isinstance(model_args, str):
        pairs = (pair.partition("=") for pair in model_args.split(","))
        return {name: value for name, equals, value in pairs if equals}
    return dict(model_args or {})


def _mode(results: Mapping[str, Any], task: str, report: Mapping[str, Any] | None, rag: bool) -> str:
    shots = int((results.get("n-shot") or {}).get(task) or 0)
    words = [f"{shots}-shot" if shots else "zero-shot"]
    if rag and report and "retrieval" in report:
        retrieval = report["retrieval"]
        if needle := retrieval.get("needle"):
            return ", ".join([f"RAG {printable(needle['said'])}", *([words[0]] if shots else [])])
        kind = printable(retrieval["passage_language"])
        said = kind if kind == GLOSSARY else f"RAG {kind} k={retrieval['k']}"
        words = [said, *([words[0]] if shots else [])]
    return ", ".join(words)


def _settings(metadata: Mapping[str, Any], results: Mapping[str, Any]) -> dict[str, str]:
    """Pick out what else decides the figures."""
    settings = {name: metadata[name] for name in _SETTINGS if metadata.get(name) is not None}
    run_config = results["config"]
    if run_config.get("limit"):
        settings["limit"] = run_config["limit"]
    if run_config.get("gen_kwargs"):
        settings["gen_kwargs"] = json.dumps(run_config["gen_kwargs"], ensure_ascii=False)
    if results.get("chat_template"):
        settings["chat template"] = "yes"
    if results.get("system_instruction"):
        settings["system instruction"] = "yes"
    if "dtype" in metadata or "model_dtype" in run_config:
        settings["dtype"] = str(run_config.get("model_dtype") or metadata["dtype"]).removeprefix("torch.")
    return {name: printable(value) for name, value in settings.items()}


def _figures(task_results: Mapping[str, Any], report: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Read our tasks' metrics with their intervals."""
    by_language = [f"{name}_{language}" for name in metrics.BY_LANGUAGE for language in report["languages"]]
    names = [*metrics.HIGHER_IS_BETTER, *by_language]
    figures = {}
    for name in names:
        if f"{name},none" in task_results:
            low, high = (report.get("interval") or {}).get(name) or (None, None)
            figures[name] = {
                "value": finite(task_results[f"{name},none"]),
                "stderr": finite(task_results.get(f"{name}_stderr,none")),
                "interval": [finite(low), finite(high)],
            }
            _check(name, figures[name])
    return figures


def _check(name: str, figure: Mapping[str, Any]) -> None:
    """See that a figure is one that its metric can have; margins alone are not shares, or differences of shares.

    Raises:
        CalmError: it is not, or its interval is none.
    """
    low, high = figure["interval"]
    shares = [] if name.startswith("margin") else [figure["value"], low, high]
    if (
        any(share is not None and abs(share) > 1 + ROUNDING for share in shares)
        or (low is None) != (high is None)
        or (low is not None and low > high + ROUNDING)
        or (figure["stderr"] or 0) < 0
    ):
        raise CalmError(f"{name} is {figure['value']} ({low} to {high}), which no run has; {REMEDY}")


def _accuracy(task: str, task_results: Mapping[str, Any], rows: int) -> tuple[str, dict[str, dict[str, Any]]]:
    """Read a plain task's accuracy, and which one it is; its interval is lm-eval's standard error to either side.

    Where all rows are right, or none is, that error is 0, and the interval is that of so many rows.
    """
    for name in _ACCURACIES:
        for key in task_results:
            metric, _, filter_name = key.partition(",")
            if metric == name and finite(task_results[key]) is not None:
                value, stderr = float(task_results[key]), finite(task_results.get(f"{name}_stderr,{filter_name}"))
                _check(name, {"value": value, "stderr": stderr, "interval": [None, None]})
                ends = (None, None) if stderr is None else (value - NORMAL * stderr, value + NORMAL * stderr)
                interval = [None if end is None else min(max(end, 0.0), 1.0) for end in ends]
                if stderr == 0 and rows and value in (0, 1):
                    low, high = clopper_pearson(int(value) * rows, rows)
                    interval, stderr = [low, high], (high - low) / (2 * NORMAL)
                shown_name = name if filter_name in ("", "none") else f"{name}, {printable(filter_name)}"
                return shown_name, {"acc": {"value": value, "stderr": stderr, "interval": interval}}
    raise CalmError(f"{printable(task)} has none of {', '.join(_ACCURACIES)}")
