"""The metrics of predictions: tables of their answers, scores, and how far two runs are apart."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from calm_harness import metrics
from calm_harness.errors import CalmError
from calm_harness.metrics import Answer, Answers, Ledger, twins
from calm_harness.metrics.bootstrap import estimate
from calm_harness.metrics.compare import differences, estimates, to_json
from calm_harness.predictions import asked_languages
from calm_harness.predictions.identity import Identified, identify_runs, with_first_gold
from calm_harness.predictions.prediction import Prediction
from calm_harness.predictions.reading import read
from calm_harness.predictions.rows.log import TaskLog
from calm_harness.prompts import families
from calm_harness.questions.schema import Mix

File = list[Prediction] | TaskLog


def tabulate(predictions: Iterable[Prediction], asked: Sequence[str] = ()) -> Answers:
    """Put the first answers of predictions into a table of the questions that are there in all languages.

    Args:
        predictions: with ids.
        asked: the languages that the questions were to be asked in, as far as it is known; those of the predictions
            are added to them.

    Raises:
        CalmError: there is no such question.
    """
    return _table(_ledger(predictions), asked)


def _ledger(predictions: Iterable[Prediction]) -> Ledger:
    ledger = Ledger()
    for prediction in predictions:
        ledger.add(*(answer(prediction, sample) for sample in range(max(1, len(prediction.choices)))))
    return ledger


def _table(ledger: Ledger, asked: Sequence[str]) -> Answers:
    answered = list(ledger.languages)
    languages = list(dict.fromkeys([*answered, *asked]))
    table = ledger.table(languages)
    if table.question_ids:
        return table
    if set(languages) > set(answered):
        missing = [language for language in languages if language not in answered]
        raise CalmError(
            f"no question is there in all {len(languages)} languages of the run's results: the log has rows in "
            f"{', '.join(answered)}, and none in {', '.join(missing)}; evaluate more rows (--limit and --samples count "
            "rows, not questions), or copy the log away from the results to score the languages that it has"
        )
    raise CalmError(f"no question is there in all of {', '.join(languages)}; are the files parallel?")


def table_of(log: Path) -> Answers:
    """Read the answers of a sample log of ours, in the languages in which its questions were to be asked.

    Raises:
        CalmError: it cannot be read, or no question is there in all of them.
    """
    return tabulate(read(log), asked_languages.of_results(log))


def score(
    files: Sequence[File],
    baseline: Sequence[File] | None = None,
    *,
    id_fields: Sequence[str] = (),
    asked: Sequence[str] = (),
) -> dict[str, Any]:
    """Score predictions.

    Args:
        files: the predictions of each file; a log of our own tasks is read row by row.
        baseline: those of another run of the same questions.
        id_fields: the fields of the documents of other people's logs that are the id; empty finds them.
        asked: the languages that the questions were to be asked in, as far as it is known.

    Returns:
        `languages`, `questions`, what was left out, what other people's logs were `joined_by`, `metrics` and `votes`
        (name -> value, stderr and 95% interval; None where undefined), the languages' `kinds` (script and family),
        `pairwise` tables (language -> language -> value, interval, number of questions), and `related`: the means over
        pairs of one script or family, and over others; and, where languages are mixed, how (`mixed`). With a baseline
        also its `baseline_mixed`, and `difference`, like `metrics`, of the `difference_questions` that both have.

    Raises:
        CalmError: predictions do not fit together, or no question has an answer in every language.
    """
    run, *other_runs = _identified([files] if baseline is None else [files, baseline], id_fields)
    kinds: dict[str, None] = {}
    ledger = _ledger(_noting(run.predictions, kinds))
    table = _table(ledger, asked)
    votes = {} if ledger.samples == 1 or table.hidden else ledger.votes(table.languages)
    parts = {
        "metrics": estimates(table),
        "votes": estimate({f"vote_acc_{name}": metrics.majority_acc(vote) for name, vote in votes.items()}),
    }
    compared: dict[str, Any] = {}
    for other_run in other_runs:
        other_kinds: dict[str, None] = {}
        baseline_table = tabulate(_noting(other_run.predictions, other_kinds), asked)
        compared |= {"baseline_mixed": list(other_kinds)} if other_kinds else {}
        parts["difference"] = differences(table, baseline_table)
        compared["difference_questions"] = len(set(table.question_ids) & set(baseline_table.question_ids))
    return {
        "languages": list(table.languages),
        "questions": len(table.question_ids),
        "incomplete_questions": table.incomplete,
        "unaligned_rows": run.left_out,
        **({"joined_by": run.by} if run.by else {}),
        **({"mixed": list(kinds)} if kinds else {}),
        "samples": ledger.samples,
        **{part: to_json(estimated) for part, estimated in parts.items()},
        **compared,
        "kinds": families.told(table.languages),
        "pairwise": metrics.pairwise_report(table),
        "related": metrics.related(table),
    }


def lacking(result: Mapping[str, Any], asked: Sequence[str]) -> str:
    """Say in one line what a log that was cut off lacks; "" where nothing is lacking.

    Args:
        result: of `score`.
        asked: the languages in which the task was asked, as the log's rows name them.
    """
    missing = [language for language in dict.fromkeys(asked) if language not in result["languages"]]
    incomplete = result["incomplete_questions"]
    if not missing and not incomplete:
        return ""
    languages, total = ", ".join(result["languages"]), incomplete + result["questions"]
    left_out = f"{incomplete} of {total} questions are incomplete, as they are not in all of these, and are left out"
    if not missing:
        return f"the rows are in {languages}; {left_out}"
    none = (
        f"the rows are in {languages}, and none are in {', '.join(missing)}, in which the task was asked as well, so "
        f"that all {total} questions are incomplete; the figures are of the rows' languages alone"
    )
    return f"{none}; {left_out}" if incomplete else none


def _noting(rows: Iterable[Prediction], kinds: dict[str, None]) -> Iterator[Prediction]:
    """Go through rows, and note how their languages are mixed, where they are."""
    for row in rows:
        if row.mix:
            kinds[how_mixed(row.mix)] = None
        yield row


def how_mixed(mix: Mapping[str, Any]) -> str:
    """Say how languages are mixed, as a row of a log or a run's results have it."""
    return str(Mix(str(mix["kind"]), str(mix["language"]), note=bool(mix.get("note"))))


def _identified(runs: Sequence[Sequence[File]], id_fields: Sequence[str]) -> list[Identified]:
    """Give the rows of runs the ids of their questions; logs of our own tasks have some, and are gone through."""
    if not id_fields and all(isinstance(file, TaskLog) for files in runs for file in files):
        return [Identified(with_first_gold(itertools.chain.from_iterable(files)), 0, "") for files in runs]
    lists = [[list(file) for file in files] for files in runs]
    if len(lists) > 1 and any(row.question_id is None for files in lists for rows in files for row in rows):
        raise CalmError("--baseline needs question ids in both runs, as lm-eval's sample logs have them")
    return identify_runs(lists, id_fields)


def answer(prediction: Prediction, sample: int, language: str | None = None) -> Answer:
    """Turn one sample of a prediction into an answer, no answer where there are not so many."""
    return Answer(
        question_id=str(prediction.question_id),
        language=language or prediction.language,
        choice=prediction.choices[sample] if sample < len(prediction.choices) else None,
        gold=prediction.gold,
        twins=twins(prediction.options),
        scores=prediction.scores,
        totals=tuple(prediction.likelihoods["sum"]) if "sum" in prediction.likelihoods else None,
        truncated=prediction.truncated,
        unfinished=prediction.unfinished if sample == 0 else None,
        own_language=prediction.own_language,
    )
