"""Read a file of predictions, whichever of the formats it is in."""

from __future__ import annotations

import os
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple

from calm_harness import answers
from calm_harness.errors import CalmError
from calm_harness.files import below, check_file, iterate_jsonl_rows, read_json_rows
from calm_harness.predictions import asked_languages, foreign_log, llama_factory, task_log
from calm_harness.predictions.prediction import Prediction
from calm_harness.prompts.answer_words import Words
from calm_harness.prompts.languages import own_words
from calm_harness.questions.sets.release import read_samples
from calm_harness.runtime import workers

REMEDY = (
    "give an lm-eval sample log, LLaMA-Factory's generated_predictions.jsonl, or a samples file of the CALM release"
)
_LOG_FIELDS = {"doc", "resps", "filtered_resps"}
_FACTORY_FIELDS = {"prompt", "predict", "label"}
MANY = 20_000  # responses from which it pays to read their answers in several processes


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
    is_array = _first_character(path) == "["
    rows = read_json_rows(path, REMEDY) if is_array else iterate_jsonl_rows(path, REMEDY)
    if is_array and _is_of_release(path, rows):
        tag = _named(path, language)
        return _answered(
            Prediction(tag, s.stem, s.options, s.answer, (), prompt=s.prompt, user=s.prompt, responses=s.preds)
            for s in read_samples(path)
        )
    predictions: list[Prediction] = []
    drafts: list[foreign_log.Draft] = []
    for number, row in enumerate(rows):
        read_row = _of_row(path, number, row, language)
        if isinstance(read_row, foreign_log.Draft):
            drafts.append(replace(read_row, prediction=_first(read_row.prediction)) if first else read_row)
        else:
            predictions.append(_first(read_row) if first else read_row)
    if drafts and predictions:
        raise CalmError(f"{path} has rows of several kinds; take them apart into a file of each")
    return _answered(predictions or foreign_log.finish(path, drafts))


def _first(prediction: Prediction) -> Prediction:
    return replace(prediction, responses=prediction.responses[:1])


def _is_of_release(path: Path, rows: Iterable[dict[str, Any]]) -> bool:
    """Tell whether the rows of a JSON array are samples of the CALM release, rather than rows of a log.

    lm-eval wrote its sample logs as one array up to 0.4.2, by the name of .jsonl all the same.

    Raises:
        CalmError: they are neither.
    """
    fields = next(iter(rows)).keys()
    if fields >= _LOG_FIELDS or fields >= _FACTORY_FIELDS:
        return False
    if fields & {"instruction", "input"}:
        return True
    raise CalmError(
        f"{path} is a list whose rows have the fields {', '.join(sorted(fields))}; a sample log needs doc, resps and "
        f"filtered_resps, a samples file of the CALM release instruction, input and pred; {REMEDY}"
    )


def _of_row(path: Path, number: int, row: dict[str, Any], language: str | None) -> Prediction | foreign_log.Draft:
    """Read a row: its fields say of what format it is."""
    if row.keys() >= _LOG_FIELDS:
        if why := task_log.shard_of(row):
            raise CalmError(f"{path} {why}")
        try:
            if isinstance(row.get("answers"), dict):
                return task_log.read_row(row)
            return foreign_log.read_row(row, _named(path, language), path, number)
        except ValueError as error:
            raise CalmError(f"{path} row {number}: {error}; {REMEDY}") from None
        except (KeyError, IndexError, TypeError, AttributeError, OverflowError, RecursionError) as error:
            raise CalmError(f"{path} row {number} is no row of an lm-eval sample log ({error!r}); {REMEDY}") from None
    if row.keys() >= _FACTORY_FIELDS:
        try:
            return llama_factory.read_row(row, _named(path, language))
        except ValueError as error:
            raise CalmError(f"{path} row {number}: {error}; correct the row or take it out") from None
    raise CalmError(f"{path} row {number} has only the fields {', '.join(sorted(row))}; {REMEDY}")


def _first_character(path: Path) -> str:
    """Return the first character that is no white space; "" of a file that cannot be read, which reading will say."""
    try:
        with path.open(encoding="utf-8-sig", errors="replace") as file:
            return file.read(1000).lstrip()[:1]
    except OSError:
        return ""


def _answered(predictions: Iterable[Prediction]) -> list[Prediction]:
    """Read the answers out of the responses that `choices` do not cover yet."""
    rows = _begun(list(predictions))
    unread = [_unread(row) for row in rows]
    count = workers()
    if count > 1 and sum(len(row.responses) for row in unread) >= MANY:
        with ProcessPoolExecutor(count, mp_context=get_context("spawn")) as pool:
            added = list(pool.map(_answers, unread, chunksize=256))
    else:
        added = list(map(_answers, unread))
    return [_with(row, *more) if more[0] else row for row, more in zip(rows, added, strict=True)]


def _begun(rows: list[Prediction]) -> list[Prediction]:
    """Say which responses begin within thoughts that their prompt opened, where the log does not say it of any.

    Where none of a file's responses closes them, lm-eval was told to take thoughts off (`think_end_token`).
    """
    begun = [
        replace(row, in_thoughts=(True,) * len(row.responses))
        if row.responses and not row.in_thoughts and answers.opened(row.prompt or "", row.thinking)
        else row
        for row in rows
    ]
    changed = [row for row, before in zip(begun, rows, strict=True) if row is not before]
    logged = any(row.spoken(number).finished for row in changed for number in range(len(row.responses)))
    return begun if logged else rows


class _Unread(NamedTuple):
    responses: tuple[str, ...]
    options: tuple[str, ...]
    language: str
    thinking: tuple[str, ...]
    begun: tuple[bool, ...]
    own: Words | None


def _unread(row: Prediction) -> _Unread:
    own = own_words({"language": row.language, "words": row.words})
    done = len(row.choices)
    return _Unread(row.responses[done:], row.options, row.language, row.thinking, row.begun[done:], own)


def _answers(row: _Unread) -> tuple[tuple[int | None, ...], bool]:
    """Read what responses answer, and whether the thoughts of the first one never end."""
    said = [
        answers.read(response, row.options, row.language, thinking=row.thinking, in_thoughts=begun, own=row.own)
        for response, begun in zip(row.responses, row.begun, strict=True)
    ]
    return tuple(choice for choice, _ in said), bool(said) and not said[0][1]


def _with(row: Prediction, choices: tuple[int | None, ...], unfinished: bool) -> Prediction:
    is_first = not row.choices
    return replace(row, choices=(*row.choices, *choices), unfinished=unfinished if is_first else row.unfinished)


def _named(path: Path, language: str | None) -> str:
    if language is None:
        raise CalmError(f"{path} does not say its language; name it in front: en={path}")
    return language
