"""The metrics of predictions: tables of their answers, scores, and how far two runs are apart."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from calm_harness import metrics
from calm_harness.errors import CalmError
from calm_harness.metrics import Answer, Answers, twins
from calm_harness.metrics.bootstrap import estimate
from calm_harness.metrics.compare import differences, estimates, to_json
from calm_harness.predictions import asked_languages
from calm_harness.predictions.identity import identify_runs
from calm_harness.predictions.prediction import Prediction
from calm_harness.predictions.reading import read


def tabulate(predictions: Sequence[Prediction], asked: Sequence[str] = ()) -> Answers:
    """Put the first answers of predictions into a table of the questions that are there in all languages.

    Args:
        predictions: with ids.
        asked: the languages that the questions were to be asked in, as far as it is known; those of the predictions
            are added to them.

    Raises:
        CalmError: there is no such question.
    """
    answered = list(dict.fromkeys(prediction.language for prediction in predictions))
    languages = list(dict.fromkeys([*answered, *asked]))
    table = Answers.collect([answer(prediction, 0) for prediction in predictions], languages)
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
    files: list[list[Prediction]],
    baseline: list[list[Prediction]] | None = None,
    *,
    id_fields: Sequence[str] = (),
    asked: Sequence[str] = (),
) -> dict[str, Any]:
    """Score predictions.

    Args:
        files: the predictions of each file.
        baseline: those of another run of the same questions.
        id_fields: the fields of the documents of other people's logs that are the id; empty finds them.
        asked: the languages that the questions were to be asked in, as far as it is known.

    Returns:
        `languages`, `questions`, what was left out, what other people's logs were `joined_by`, `metrics` and `votes`
        (name -> value, stderr and 95% interval; None where undefined), and `pairwise` tables (language -> language ->
        share). With a baseline also `difference`, like `metrics`, of the `difference_questions` that both have.

    Raises:
        CalmError: predictions do not fit together, or no question has an answer in every language.
    """
    runs = [files] if baseline is None else [files, baseline]
    if len(runs) > 1 and any(row.question_id is None for run_files in runs for rows in run_files for row in rows):
        raise CalmError("--baseline needs question ids in both runs, as lm-eval's sample logs have them")
    run, *other_runs = identify_runs(runs, id_fields)
    predictions = run.predictions
    table = tabulate(predictions, asked)
    parts = {
        "metrics": estimates(table),
        "votes": estimate({name: metrics.majority_acc(vote) for name, vote in _votes(predictions, table).items()}),
    }
    compared: dict[str, Any] = {}
    for other_run in other_runs:
        baseline_table = tabulate(other_run.predictions, asked)
        parts["difference"] = differences(table, baseline_table)
        compared["difference_questions"] = len(set(table.question_ids) & set(baseline_table.question_ids))
    return {
        "languages": list(table.languages),
        "questions": len(table.question_ids),
        "incomplete_questions": table.incomplete,
        "unaligned_rows": run.left_out,
        **({"joined_by": run.by} if run.by else {}),
        "samples": max(len(prediction.choices) for prediction in predictions),
        **{part: to_json(estimated) for part, estimated in parts.items()},
        **compared,
        "pairwise": metrics.pairwise_report(table),
    }


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
    )


def _votes(predictions: Sequence[Prediction], table: Answers) -> dict[str, Answers]:
    """Tables in which every sample is a voter: each language's own, and all together. Empty for single samples."""
    samples = max(len(prediction.choices) for prediction in predictions)
    if samples == 1 or table.hidden:
        return {}
    question_ids = set(table.question_ids)
    voters = [
        answer(prediction, sample, f"{prediction.language}/{sample}")
        for prediction in predictions
        if prediction.question_id in question_ids
        for sample in range(samples)
    ]
    voter_names = {language: [f"{language}/{sample}" for sample in range(samples)] for language in table.languages}
    voter_names["all"] = [name for names in voter_names.values() for name in names]
    return {
        f"vote_acc_{vote}": Answers.collect((voter for voter in voters if voter.language in names), names)
        for vote, names in voter_names.items()
    }
