"""Find lm-eval's runs below folders: who was asked what, in which way, and with what outcome.

A run is one task of one results file, of whatever model and machine; of plain lm-eval tasks there is an accuracy and
nothing else. What is broken or cut off is said and passed over.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from calm_harness import metrics
from calm_harness.errors import CalmError
from calm_harness.questions.files import read_text

_TASK = re.compile(r"calm_(?P<set>\w+?)_xl(?:_(?P<format>cloze|cot))?(?P<rag>_rag)?")
_ACCURACIES = ("acc", "exact_match", "acc_norm")  # of plain tasks: the first that there is
_SETTINGS = ("score", "option_seed", "prompt", "source", "repeats")  # of our tasks' metadata
_ADAPTERS = ("peft", "lora_local_path")  # as lm-eval's backends name them
NORMAL = 1.96  # standard errors to either side of a 95% interval
REMEDY = "run the evaluation again, or remove the file"


@dataclass(frozen=True)
class Skipped:
    """A file that is not on the leaderboard, and why."""

    path: Path
    why: str

    def __str__(self) -> str:
        return f"{self.path}: {self.why}"


@dataclass(frozen=True)
class Run:
    """One task of one results file.

    Attributes:
        results: the results file.
        samples: its sample log, None where there is none.
        task: lm-eval's name of it.
        model: name or path, as it was given to the backend.
        adapter: name or path of what was put on top of the model.
        revision: of the model, "" where it is the main one.
        set_name: `mini`, `xcsqa`, ...; of a plain task its name.
        split: "" where it is not known.
        format: `letter`, `cloze` or `cot`; of a plain task lm-eval's output type.
        mode: `zero-shot`, `5-shot`, `RAG same k=3`, ...; `transductive` where the adapter was aligned on the questions.
        settings: what else decides the figures, by name.
        date: when the run began.
        languages: BCP 47 tags; none for a plain task.
        questions: how many the figures are of; rows for a plain task.
        figures: metric -> value, stderr and 95% interval, as `calm_harness.scoring.report` lays them out.
        pairwise: table -> language -> language -> share.
        versions: of what ran.
    """

    results: Path
    samples: Path | None
    task: str
    model: str
    adapter: str | None
    revision: str
    set_name: str
    split: str
    format: str
    mode: str
    settings: Mapping[str, str]
    date: datetime
    languages: tuple[str, ...]
    questions: int
    figures: Mapping[str, Mapping[str, Any]]
    pairwise: Mapping[str, Any] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)

    @property
    def ours(self) -> bool:
        """Whether the task is one of calm-harness."""
        return bool(self.languages)

    @property
    def asked(self) -> tuple[Any, ...]:
        """What was asked and how, whoever answered."""
        return (self.set_name, self.split, self.languages, self.format, self.mode, tuple(sorted(self.settings.items())))

    @property
    def identity(self) -> tuple[Any, ...]:
        """Everything but the date: two runs with the same identity are the same run twice."""
        return (self.model, self.adapter or "", self.revision, self.task, self.questions, self.asked)


def find(paths: Sequence[Path]) -> tuple[list[Run], list[Skipped]]:
    """Read all runs below folders (or results files).

    Returns:
        The runs, by set, format, mode, model and date; and what was passed over, with the reason.

    Raises:
        CalmError: a path does not exist, or there is no run at all.
    """
    runs: list[Run] = []
    skipped: list[Skipped] = []
    files: dict[Path, None] = {}
    for path in paths:
        if not path.exists():
            raise CalmError(f"{path} does not exist; give folders that lm_eval wrote with --output_path")
        files |= dict.fromkeys([path] if path.is_file() else sorted(path.rglob("results*.json")))
        skipped += [] if path.is_file() else _without_results(path)
    for file in files:
        try:
            found, other = _read(file)
        except CalmError as error:
            skipped.append(Skipped(file, str(error).removeprefix(f"{file} ")))
        else:
            runs += found
            skipped += other
    if not runs:
        why = f" (passed over: {skipped[0]})" if skipped else ""
        raise CalmError(
            f"there is no lm-eval run below {', '.join(map(str, paths))}{why}; lm_eval writes one with "
            "--output_path DIR --log_samples"
        )
    return sorted(
        runs, key=lambda run: (*run.asked[:2], run.format, run.mode, run.model, run.adapter or "", run.date)
    ), skipped


def latest(runs: Iterable[Run]) -> list[Run]:
    """Of runs that are the same but for their date, keep the last."""
    last: dict[tuple[Any, ...], Run] = {}
    for run in runs:
        known = last.get(run.identity)
        if known is None or run.date >= known.date:
            last[run.identity] = run
    kept = {id(run) for run in last.values()}
    return [run for run in runs if id(run) in kept]


def short_names(names: Iterable[str], parts: int = 1) -> dict[str, str]:
    """Shorten paths to as many last parts as tell them apart; names of a hub (`org/model`) stay.

    Args:
        names: names and paths.
        parts: the fewest last parts that are shown.
    """
    every = sorted(set(names))
    pieces = {name: [piece for piece in re.split(r"[/\\]+", name) if piece not in ("", ".", "~")] for name in every}
    short = {}
    for name in every:
        if name.count("/") <= 1 and name[:1] not in "./~\\":
            short[name] = name
            continue
        shown = parts
        while shown < len(pieces[name]) and any(
            pieces[other][-shown:] == pieces[name][-shown:] for other in every if other != name
        ):
            shown += 1
        short[name] = "/".join(pieces[name][-shown:]) or name
    return short


def _without_results(folder: Path) -> Iterator[Skipped]:
    """Tell of folders in which a run left samples and no results."""
    for parent in sorted({log.parent for log in folder.rglob("samples_*.jsonl")}):
        if not any(parent.glob("results*.json")):
            yield Skipped(parent, "sample logs without a results file: the run was cut off; run it again")


def _read(file: Path) -> tuple[list[Run], list[Skipped]]:
    """Read a results file's tasks."""
    try:
        found = json.loads(read_text(file, REMEDY))
    except json.JSONDecodeError as error:
        raise CalmError(f"is cut off or is not JSON (line {error.lineno}: {error.msg}); {REMEDY}") from None
    if not isinstance(found, dict) or not isinstance(found.get("results"), dict) or "configs" not in found:
        raise CalmError("is no results file of lm-eval (it has no results and configs)")
    runs, skipped = [], []
    for task, config in found["configs"].items():
        try:
            runs.append(_run(file, found, task, config))
        except CalmError as error:
            skipped.append(Skipped(file, str(error)))
        except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
            skipped.append(Skipped(file, f"{task} cannot be read ({error!r}); {REMEDY}"))
    return runs, skipped


def _run(file: Path, found: Mapping[str, Any], task: str, config: Mapping[str, Any]) -> Run:
    known = _TASK.fullmatch(task)
    metadata = config.get("metadata") or {}
    ours = metadata.get("calm") if known else None
    told = found["config"]
    arguments = _arguments(told.get("model_args"))
    row = found["results"][task]
    named = file.with_name(f"samples_{task}{file.name.removeprefix('results').removesuffix('.json')}.jsonl")
    adapters = [str(arguments[name]) for name in _ADAPTERS if arguments.get(name)]
    revision = str(told.get("model_revision") or arguments.get("revision") or "main")
    transductive = ", transductive" if ours and adapters and _transductive(Path(adapters[0]).expanduser()) else ""
    figures = _figures(row, ours) if ours else _accuracy(task, row)
    return Run(
        results=file,
        samples=named if named.is_file() else None,
        task=task,
        model=_printable(
            arguments.get("pretrained") or arguments.get("model") or found.get("model_name") or told["model"]
        ),
        adapter=_printable(adapters[0]) if adapters else None,
        revision="" if revision == "main" else _printable(revision),
        set_name=known["set"] if known and ours else _printable(task),
        split=_printable(ours["split"] if ours else ""),
        format=(known["format"] or "letter") if known and ours else _printable(config.get("output_type", "")),
        mode=_mode(found, task, ours, known is not None and bool(known["rag"])) + transductive,
        settings=_settings(metadata if ours else {}, found),
        date=datetime.fromtimestamp(float(found["date"]), UTC),
        languages=tuple(map(_printable, ours["languages"])) if ours else (),
        questions=int(ours["questions"] if ours else found.get("n-samples", {}).get(task, {}).get("effective", 0)),
        figures=figures,
        pairwise=ours.get("pairwise", {}) if ours else {},
        versions={
            name: _printable(found[f"{name}_version"])
            for name in ("lm_eval", "transformers")
            if found.get(f"{name}_version")
        },
    )


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
        words = [f"RAG {_printable(shown['passage_language'])} k={shown['k']}", *([words[0]] if shots else [])]
    return ", ".join(words)


def _transductive(adapter: Path) -> bool:
    """Whether `trainer.dpo` says that the adapter was trained on questions it may be asked."""
    try:
        return json.loads((adapter / "training.json").read_text(encoding="utf-8"))["transductive"] is True
    except (OSError, ValueError, KeyError, TypeError):
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
    return {name: _printable(value) for name, value in chosen.items()}


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


def _accuracy(task: str, row: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Read a plain task's accuracy; its interval is lm-eval's standard error to either side."""
    for name in _ACCURACIES:
        for key in row:
            metric, _, kind = key.partition(",")
            if metric == name and _number(row[key]) is not None:
                value, error = float(row[key]), _number(row.get(f"{name}_stderr,{kind}"))
                interval = [None, None] if error is None else [value - NORMAL * error, value + NORMAL * error]
                return {"acc": {"value": value, "stderr": error, "interval": interval}}
    raise CalmError(f"{task} has none of {', '.join(_ACCURACIES)}")


def _number(value: Any) -> float | None:
    """Return a number; None where lm-eval wrote N/A, or NaN."""
    if isinstance(value, bool) or not isinstance(value, int | float) or math.isnan(value):
        return None
    return float(value)


def _printable(value: Any) -> str:
    """Show what a terminal or a page would obey (escapes, changes of direction, line ends) as its code instead."""
    return "".join(each if each.isprintable() else f"\\u{ord(each):04x}" for each in str(value))
