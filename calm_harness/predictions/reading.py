"""Read a file of predictions, whichever of the formats it is in."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from calm_harness.errors import CalmError, first_of
from calm_harness.files import below, check_file, is_array, iterate_jsonl_rows, read_json_rows
from calm_harness.predictions import asked_languages, foreign_log
from calm_harness.predictions.prediction import Prediction
from calm_harness.predictions.rows.answering import answered
from calm_harness.predictions.rows.kinds import FACTORY_FIELDS, LOG_FIELDS, REMEDY, SEVERAL_KINDS, named, read_row
from calm_harness.questions.sets.release import read_samples

ORIGIN_CODES = {"cn": "zh", "jap": "ja"}  # as the CALM release and X-CSQA write them


def named_file(name: str, flag: str = "--predictions") -> tuple[Path, str | None]:
    """Split `LANG=FILE` into file and language; None where none is named, as of a file that has = in its name.

    Raises:
        CalmError: one of them is empty; the message names the flag.
    """
    language, equals, path = name.partition("=")
    if not equals or {"/", "\\"} & set(language) or (_is_there(name) and not _is_there(path)):
        return Path(name).expanduser(), None
    if not language or not path:
        raise CalmError(f"{flag} {name}: write LANG=FILE, as in en=predictions.jsonl")
    return Path(path).expanduser(), ORIGIN_CODES.get(language, language)


def _is_there(path: str) -> bool:
    return os.path.exists(os.path.expanduser(path))


def one_log(path: Path) -> Path:
    """Return a file as it is; of a folder of lm-eval's output, the one sample log in it, at any depth.

    Raises:
        CalmError: it holds none, or several.
    """
    if not os.path.isdir(path):  # of a name that no file can have, too
        return path
    logs = logs_below(path)
    if len(logs) > 1:
        shown = first_of([str(log.relative_to(path)) for log in logs])
        raise CalmError(f"{path} has {len(logs)} sample logs; give the path of one: {shown}")
    return logs[0]


def logs_below(folder: Path) -> list[Path]:
    """List the sample logs in a folder of lm-eval's output, at any depth.

    Raises:
        CalmError: there is none.
    """
    logs = below(folder, "samples_*.jsonl")
    if not logs:
        raise CalmError(f"{folder} has no samples_*.jsonl; evaluate with --log_samples, or name another folder")
    return logs


def newest_log(folder: Path, task: str) -> Path:
    """Return the newest sample log of a task in a folder of lm-eval's output.

    Raises:
        CalmError: there is none.
    """
    logs = below(folder, f"samples_{task}_2*.jsonl")  # 2*: the year, not _rag
    if not logs:
        raise CalmError(f"{folder} has no sample log of {task}; remove the folder and run it again")
    return logs[0] if len(logs) == 1 else max(logs, key=lambda log: (asked_languages.began(log), log.name))


def read(path: Path, language: str | None = None, *, first: bool = False) -> list[Prediction]:
    """Read a file of predictions, whichever of the formats it is in.

    Args:
        path: the file.
        language: its language; None where the rows name it themselves (logs of our own tasks).
        first: read the first sample of each alone, which is the one that metrics score.

    Raises:
        CalmError: the file is missing, damaged or of no known format, or does not say its language.
    """
    check_file(path, REMEDY)
    array = is_array(path)
    rows = read_json_rows(path, REMEDY) if array else iterate_jsonl_rows(path, REMEDY)
    if array and _is_of_release(path, rows):
        tag = named(path, language)
        return answered(
            Prediction(tag, s.stem, s.options, s.answer, (), prompt=s.prompt, user=s.prompt, responses=s.preds)
            for s in read_samples(path)
        )
    predictions: list[Prediction] = []
    drafts: list[foreign_log.Draft] = []
    for number, row in enumerate(rows):
        found = read_row(path, number, row, language)
        if isinstance(found, foreign_log.Draft):
            drafts.append(replace(found, prediction=_first(found.prediction)) if first else found)
        else:
            predictions.append(_first(found) if first else found)
    if drafts and predictions:
        raise CalmError(f"{path} {SEVERAL_KINDS}")
    return answered(predictions or foreign_log.finish(path, drafts))


def _first(prediction: Prediction) -> Prediction:
    return replace(prediction, responses=prediction.responses[:1])


def _is_of_release(path: Path, rows: Iterable[dict[str, Any]]) -> bool:
    """Tell whether the rows of a JSON array are samples of the CALM release, rather than rows of a log.

    lm-eval wrote its sample logs as one array up to 0.4.2, by the name of .jsonl all the same.

    Raises:
        CalmError: they are neither.
    """
    fields = next(iter(rows)).keys()
    if fields >= LOG_FIELDS or fields >= FACTORY_FIELDS:
        return False
    if fields & {"instruction", "input"}:
        return True
    raise CalmError(
        f"{path} is a list whose rows have the fields {', '.join(sorted(fields))}; a sample log needs doc, resps and "
        f"filtered_resps, a samples file of the CALM release instruction, input and pred; {REMEDY}"
    )
