"""Read a results file of lm-eval: who was asked what, in which way, and with what outcome.

Of plain lm-eval tasks there is an accuracy and nothing else. What is broken is said and passed over.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from calm_harness import metrics
from calm_harness.errors import CalmError
from calm_harness.files import read_text
from calm_harness.report.run import Run, Skipped
from retrieval.text import printable

_TASK = re.compile(r"calm_(?P<set>\w+?)_xl(?:_(?P<format>cloze|cot))?(?P<rag>_rag)?")
_STAMP = re.compile(r".*?(_\d{4}-\d\d-\d\dT[\d.-]+)\.json")
_ACCURACIES = ("acc", "exact_match", "acc_norm")  # of plain tasks: the first that there is
_SETTINGS = ("score", "option_seed", "prompt", "source", "repeats")  # of our tasks' metadata
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
_PARTS = ("results", "configs", "config")
_VERSIONS = ("lm_eval", "transformers")
REMEDY = "run the evaluation again, or remove the file"


def read(file: Path) -> tuple[list[Run], list[Skipped]]:
    """Read a results file's tasks; whatever is wrong with one is said of it, and ends nothing else."""
    try:
        found = json.loads(read_text(file, REMEDY))
        if not isinstance(found, dict) or not all(isinstance(found.get(name), dict) for name in _PARTS):
            raise CalmError(f"is no results file of lm-eval (it has no {', '.join(_PARTS)})")
    except CalmError as error:
        return [], [Skipped(file, str(error).removeprefix(f"{file} "))]
    except json.JSONDecodeError as error:
        return [], [Skipped(file, f"is cut off or is not JSON (line {error.lineno}: {error.msg}); {REMEDY}")]
    except Exception as error:
        return [], [Skipped(file, f"cannot be read ({type(error).__name__}: {error}); {REMEDY}")]
    runs, skipped = [], []
    for task, config in found["configs"].items():
        try:
            runs.append(_run(file, found, task, config))
        except CalmError as error:
            skipped.append(Skipped(file, str(error)))
        except Exception as error:
            skipped.append(Skipped(file, f"{task} cannot be read ({type(error).__name__}: {error}); {REMEDY}"))
    groups = ", ".join(map(str, found.get("groups") or ()))
    if groups:
        skipped.append(Skipped(file, f"{groups}: means over tasks are not shown, the tasks themselves are"))
    return runs, skipped


def _run(file: Path, found: Mapping[str, Any], task: str, config: Mapping[str, Any]) -> Run:
    known = _TASK.fullmatch(task)
    metadata = config.get("metadata") or {}
    ours = metadata.get("calm") if known else None
    told = found["config"]
    arguments = _arguments(told.get("model_args"))
    row = found["results"][task]
    stamp = _STAMP.fullmatch(file.name)
    named = file.with_name(f"samples_{task}{stamp[1] if stamp else ''}.jsonl")
    adapters = [str(arguments[name]) for name in _ADAPTERS if arguments.get(name)]
    revision = str(told.get("model_revision") or arguments.get("revision") or "main")
    model = arguments.get("pretrained") or arguments.get("model") or found.get("model_name") or told["model"]
    settings = _settings(metadata if ours else {}, found)
    if ours:
        figures = _figures(row, ours)
    else:
        settings["metric"], figures = _accuracy(task, row)
    return Run(
        results=file,
        samples=named if named.is_file() else None,
        task=printable(task),
        model=printable(model),
        adapter=printable(adapters[0]) if adapters else None,
        revision="" if revision == "main" else printable(revision),
        set_name=known["set"] if known and ours else printable(task),
        split=printable(ours["split"] if ours else ""),
        format=(known["format"] or "letter") if known and ours else printable(config.get("output_type", "")),
        mode=_mode(found, task, ours, known is not None and bool(known["rag"])),
        transductive=bool(ours and adapters) and _transductive(Path(adapters[0])),
        settings=settings,
        inputs=json.dumps(_inputs(found, task, metadata, ours), sort_keys=True, default=str),
        arguments=json.dumps(_others(arguments), sort_keys=True, default=str),
        date=datetime.fromtimestamp(float(found["date"]), UTC),
        languages=tuple(map(printable, ours["languages"])) if ours else (),
        questions=int(ours["questions"] if ours else found.get("n-samples", {}).get(task, {}).get("effective", 0)),
        figures=figures,
        pairwise=_pairwise(ours.get("pairwise")) if ours else {},
        versions={name: printable(found[f"{name}_version"]) for name in _VERSIONS if found.get(f"{name}_version")},
    )


def _inputs(
    found: Mapping[str, Any], task: str, metadata: Mapping[str, Any], ours: Mapping[str, Any] | None
) -> dict[str, Any]:
    """Pick out what decides figures and is not worth a line: versions, hashes, the index."""
    return {
        "version": (found.get("versions") or {}).get(task),
        "chat": found.get("chat_template_sha"),
        "system": found.get("system_instruction_sha"),
        "index": (ours or {}).get("retrieval", {}).get("index"),
        "budget": metadata.get("passage_budget"),
        "leaks": metadata.get("keep_leaks"),
    }


def _others(arguments: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in arguments.items() if name not in (*_SILENT, *_ADAPTERS)}


def _pairwise(tables: Any) -> dict[str, dict[str, dict[str, float | None]]]:
    """Read tables of language × language, with None where lm-eval wrote no number."""
    return {
        printable(name): {
            printable(one): {printable(other): _number(value) for other, value in (line or {}).items()}
            for one, line in table.items()
        }
        for name, table in (tables or {}).items()
    }


def _arguments(given: Any) -> dict[str, Any]:
    """Read a backend's arguments, which older lm-evals log as the text `pretrained=...,peft=...`."""
    if isinstance(given, str):
        pairs = (pair.partition("=") for pair in given.split(","))
        return {name: value for name, equals, value in pairs if equals}
    return dict(given or {})


def _mode(found: Mapping[str, Any], task: str, ours: Mapping[str, Any] | None, rag: bool) -> str:
    shots = int((found.get("n-shot") or {}).get(task) or 0)
    words = [f"{shots}-shot" if shots else "zero-shot"]
    if rag and ours and "retrieval" in ours:
        shown = ours["retrieval"]
        words = [f"RAG {printable(shown['passage_language'])} k={shown['k']}", *([words[0]] if shots else [])]
    return ", ".join(words)


def _transductive(adapter: Path) -> bool:
    """Whether `trainer.dpo` says that the adapter was trained on questions it may be asked."""
    try:
        record = json.loads((adapter.expanduser() / "training.json").read_text(encoding="utf-8"))
        return bool(record["transductive"] is True)
    except (OSError, ValueError, KeyError, TypeError, RuntimeError):
        return False


def _settings(metadata: Mapping[str, Any], found: Mapping[str, Any]) -> dict[str, str]:
    """Pick out what else decides the figures."""
    chosen = {name: metadata[name] for name in _SETTINGS if metadata.get(name) is not None}
    told = found["config"]
    if told.get("limit"):
        chosen["limit"] = told["limit"]
    if told.get("gen_kwargs"):
        chosen["gen_kwargs"] = json.dumps(told["gen_kwargs"], ensure_ascii=False)
    if found.get("chat_template"):
        chosen["chat template"] = "yes"
    if found.get("system_instruction"):
        chosen["system instruction"] = "yes"
    if "dtype" in metadata or "model_dtype" in told:
        chosen["dtype"] = str(told.get("model_dtype") or metadata["dtype"]).removeprefix("torch.")
    return {name: printable(value) for name, value in chosen.items()}


def _figures(row: Mapping[str, Any], ours: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Read our tasks' metrics with their intervals."""
    every = [*metrics.HIGHER_IS_BETTER, *(f"acc_{language}" for language in ours["languages"])]
    result = {}
    for name in every:
        if f"{name},none" in row:
            low, high = (ours.get("interval") or {}).get(name) or (None, None)
            result[name] = {
                "value": _number(row[f"{name},none"]),
                "stderr": _number(row.get(f"{name}_stderr,none")),
                "interval": [_number(low), _number(high)],
            }
    return result


def _accuracy(task: str, row: Mapping[str, Any]) -> tuple[str, dict[str, dict[str, Any]]]:
    """Read a plain task's accuracy, and which one it is; its interval is lm-eval's standard error to either side."""
    for name in _ACCURACIES:
        for key in row:
            metric, _, kind = key.partition(",")
            if metric == name and _number(row[key]) is not None:
                value, error = float(row[key]), _number(row.get(f"{name}_stderr,{kind}"))
                ends = (None, None) if error is None else (value - NORMAL * error, value + NORMAL * error)
                interval = [None if end is None else min(max(end, 0.0), 1.0) for end in ends]
                said = name if kind in ("", "none") else f"{name}, {printable(kind)}"
                return said, {"acc": {"value": value, "stderr": error, "interval": interval}}
    raise CalmError(f"{printable(task)} has none of {', '.join(_ACCURACIES)}")


def _number(value: Any) -> float | None:
    """Return a number; None where lm-eval wrote N/A, NaN or an infinity."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)
