"""Read a run's sample log: its table of answers, the sheet of questions that it answered, and all that was said.

What the page needs to know of a run is laid out here as plain JSON, small enough for hundreds of runs in one file.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calm_harness import metrics
from calm_harness.errors import CalmError
from calm_harness.metrics import Answers, twins
from calm_harness.metrics.bootstrap import resampled
from calm_harness.metrics.compare import names_of
from calm_harness.metrics.intervals import Draws
from calm_harness.predictions import Prediction, read
from calm_harness.predictions.identity import Cell, by_cell
from calm_harness.predictions.scoring import answer
from calm_harness.report.packed import pack
from calm_harness.report.run import Run, Skipped

WITHOUT_TAG = "und"  # BCP 47: undetermined, the language of a plain task
NOBODY = "-"
CLOSE = 1e-6  # what a figure may differ from the same figure of its own sample log
RANKED = (
    *("acc", "em", "other_language", "consistency", "correct_all", "alpha", "rankc", "majority_acc", "pivot_gap"),
    *("invalid", "unfinished"),
)
"""The metrics of the ranking, in its order."""


@dataclass(frozen=True)
class Sheet:
    """Questions in their languages, as several runs may have answered them.

    Attributes:
        key: a hash of all that follows.
        question_ids: Q ids, sorted.
        languages: L tags.
        texts: Q × L: stem and options, in the set's own order.
    """

    key: str
    question_ids: tuple[str, ...]
    languages: tuple[str, ...]
    texts: tuple[tuple[tuple[str, tuple[str, ...]], ...], ...]


@dataclass(frozen=True)
class Answered:
    """A run's answers as the page reads them.

    Attributes:
        sheet: the key of the sheet.
        asked: a hash of the questions' ids, and of the languages.
        samples: the metrics of the ranking in resamples of the questions, by name.
        core: packed: what paired differences are computed from.
        details: packed: likelihoods or responses, and passages.
    """

    sheet: str
    asked: str
    samples: Mapping[str, Draws]
    core: str
    details: str


def answered(run: Run) -> Answered:
    """Read a run's sample log.

    Raises:
        CalmError: the log is damaged, is no log of options or of our tasks, or is not the one that the results are of.
    """
    rows = _rows(run)
    table = _table(rows, run.languages or (WITHOUT_TAG,))
    check(run, table)
    question_sheet = _sheet(table, rows)
    ranked = [name for name in names_of(table) if name in RANKED]
    return Answered(
        sheet=question_sheet.key,
        asked=_hash([question_sheet.question_ids, question_sheet.languages]),
        samples=resampled({name: metrics.statistic(name, table) for name in ranked}),
        core=pack(core(table, rows)),
        details=pack(details(table, rows)),
    )


def set_apart(runs: Sequence[Run], outcomes: Sequence[Answered | str]) -> tuple[list[Answered | str], list[Skipped]]:
    """Keep runs from being compared whose questions differ though set, split and ids are the same.

    Where only what a sheet does not show differs, as a gold answer, each content gets a sheet of its own. Older results
    do not say what they were asked: they are compared as ever, unless there are two contents that it may have been.

    Returns:
        The outcomes, and a line for each run that is not compared with the first of its questions.
    """
    first: dict[tuple[str, str, str, str], Run] = {}  # who was asked questions of these ids, and said which they were
    contents: dict[str, set[str]] = {}  # sheet -> digests of its questions
    for run, outcome in zip(runs, outcomes, strict=True):
        if isinstance(outcome, Answered) and "questions" in run.contents:
            first.setdefault((run.set_name, run.split, run.mix, outcome.asked), run)
            contents.setdefault(outcome.sheet, set()).add(run.contents["questions"])
    result: list[Answered | str] = []
    apart = []
    for run, outcome in zip(runs, outcomes, strict=True):
        result.append(outcome)
        if not isinstance(outcome, Answered):
            continue
        other = first.get((run.set_name, run.split, run.mix, outcome.asked), run)
        several = len(contents.get(outcome.sheet, ())) > 1
        digest = run.contents.get("questions")
        if several and digest is not None:
            result[-1] = replace(outcome, sheet=_hash([outcome.sheet, digest]))
        if not run.agrees(other, "questions"):
            why = f"its questions (digest {digest}) are not those of {other.results}, though set, split and ids are"
            apart.append(Skipped(run.results, f"{why}; evaluate one of the two anew"))
        elif several and digest is None:
            why = "it does not say against which gold answers it was held, and other runs were against different ones"
            apart.append(Skipped(run.results, f"{why}; evaluate anew"))
    return result, apart


def check(run: Run, table: Answers) -> None:
    """Hold a sample log against the results: what is shown of a run comes from either, and must be of one piece.

    Raises:
        CalmError: the log has another number of questions than the results, or another value of a metric.
    """
    if len(table.question_ids) != run.questions:
        raise CalmError(
            f"{run.samples} has {len(table.question_ids)} whole questions, the results are of {run.questions}"
        )
    for name in names_of(table):
        reported = run.figures.get(name, {}).get("value")
        computed = float(metrics.statistic(name, table))
        if reported is not None and not abs(computed - reported) <= CLOSE:
            raise CalmError(f"{run.samples} gives {name} {computed:.4f}, the results say {reported:.4f}")


def sheet(run: Run) -> Sheet:
    """Read the questions of a run's sample log."""
    rows = _rows(run)
    return _sheet(_table(rows, run.languages or (WITHOUT_TAG,)), rows)


def _rows(run: Run) -> dict[Cell, Prediction]:
    if run.samples is None:
        raise CalmError(f"{run.results} has no sample log beside it; evaluate with --log_samples")
    cells = by_cell(read(run.samples, None if run.ours else WITHOUT_TAG, first=True))
    for (question_id, language), rows in cells.items():
        if len(rows) > 1:
            raise CalmError(f"{run.samples} answers question {question_id} twice in {language}")
    return {cell: row for cell, (row,) in cells.items()}


def _table(rows: Mapping[Cell, Prediction], languages: Sequence[str]) -> Answers:
    return Answers.collect([answer(row, 0) for row in rows.values()], languages)


def _sheet(table: Answers, rows: Mapping[Cell, Prediction]) -> Sheet:
    texts = tuple(
        tuple(text_of(rows[question_id, language]) for language in table.languages)
        for question_id in table.question_ids
    )
    # What a plain task's question is, its document tells; its prompt is another in each chat template.
    questions = [
        [rows[question_id, language].digest or rows[question_id, language].stem for language in table.languages]
        for question_id in table.question_ids
    ]
    options = [[options for _, options in line] for line in texts]
    key = _hash([table.question_ids, table.languages, questions, options])
    return Sheet(key, table.question_ids, table.languages, texts)


def _hash(content: Sequence[Any]) -> str:
    text = json.dumps(content, ensure_ascii=False)
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def text_of(row: Prediction) -> tuple[str, tuple[str, ...]]:
    """Return stem and options in the set's own order."""
    places = row.order or range(len(row.options))
    options = dict(zip(places, row.options, strict=True))
    return row.stem or row.prompt or "", tuple(options[i] for i in sorted(options))


def core(table: Answers, rows: Mapping[Cell, Prediction]) -> dict[str, Any]:
    """Lay out what metrics are computed from.

    Returns:
        `choice` (Q · L characters: "0" for the first option that was shown, "-" for no answer), `unfinished` (Q · L
        characters: "1" where thoughts never end; "" where there are no responses), `own` (likewise: "1" where a free
        answer is in the language asked for; "" where options were shown), `gold` and `size` (Q characters), `ranks`
        (Q · L · K characters: the rank of each option by its score; "" without scores) and, only where they say
        something, `twins` (place in `choice` -> for each option the first with the same text) and `order` (question ->
        for each option its place in the set's own order).
    """
    twins_by_place, orders = {}, {}
    width = len(table.languages)
    for question, question_id in enumerate(table.question_ids):
        for column, language in enumerate(table.languages):
            row = rows[question_id, language]
            first_twins = twins(row.options)
            if len(set(first_twins)) < len(first_twins):
                twins_by_place[question * width + column] = first_twins
        if row.order and list(row.order) != sorted(row.order):
            orders[question] = row.order
    return {
        "choice": "".join(map(_character, table.position.ravel().tolist())),
        "unfinished": _marks(table.unfinished),
        "own": _marks(table.own_language),
        "gold": "".join(map(_character, table.gold.tolist())),
        "size": "".join(map(_character, table.size.tolist())),
        "ranks": "" if table.scores is None else "".join(map(_character, metrics.ranks(table).ravel().tolist())),
        "twins": twins_by_place,
        "order": orders,
    }


def _marks(marks: NDArray[np.bool_] | None) -> str:
    return "" if marks is None else "".join(map(_character, marks.ravel().tolist()))


def _character(number: int) -> str:
    return NOBODY if number < 0 else chr(ord("0") + number)


def details(table: Answers, rows: Mapping[Cell, Prediction]) -> dict[str, Any]:
    """Lay out what was said: for each question and language, in the order of `core`'s `choice`.

    Returns:
        `scores` (in hundredths, in the order shown) or `responses` (the first of each), `cut` (places of responses that
        were cut at the token limit), and `passages` (texts) with `shown` (numbers of texts and the scores they had).
    """
    predictions = [rows[question_id, language] for question_id in table.question_ids for language in table.languages]
    content: dict[str, Any] = {}
    if table.scores is not None:
        content["scores"] = [[_hundredths(score) for score in row.scores or ()] for row in predictions]
    else:
        content["responses"] = [row.responses[0] if row.responses else "" for row in predictions]
        content["cut"] = [place for place, row in enumerate(predictions) if row.truncated]
    if any(row.passages for row in predictions):
        texts: dict[tuple[str, str, str, str], int] = {}
        content["shown"] = [
            [
                [texts.setdefault(_passage(passage), len(texts)), _hundredths(passage.get("score"))]
                for passage in row.passages
            ]
            for row in predictions
        ]
        content["passages"] = list(texts)
    return content


def _passage(passage: Mapping[str, Any]) -> tuple[str, str, str, str]:
    return (
        str(passage.get("passage_id", "")),
        str(passage.get("language", "")),
        str(passage.get("title") or ""),
        str(passage.get("text", "")),
    )


def _hundredths(score: float | None) -> int | None:
    return None if score is None or not np.isfinite(score) else round(score * 100)
