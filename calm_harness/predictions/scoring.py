"""The metrics of predictions: tables of their answers, scores, and how far two runs are apart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from calm_harness import metrics
from calm_harness.errors import CalmError
from calm_harness.metrics import Answer, Answers, twins
from calm_harness.metrics.bootstrap import estimate
from calm_harness.metrics.compare import differences, estimates, to_json
from calm_harness.predictions.identity import identify
from calm_harness.predictions.prediction import Prediction


def tabulate(predictions: Sequence[Prediction]) -> Answers:
    """Put the first answers of predictions into a table of the questions that are there in all their languages.

    Raises:
        CalmError: there is no such question.
    """
    languages = list(dict.fromkeys(prediction.language for prediction in predictions))
    table = Answers.collect([answer(prediction, 0) for prediction in predictions], languages)
    if not table.question_ids:
        raise CalmError(f"no question is there in all of {', '.join(languages)}; are the files parallel?")
    return table


def score(files: list[list[Prediction]], baseline: list[list[Prediction]] | None = None) -> dict[str, Any]:
    """Score predictions.

    Args:
        files: the predictions of each file.
        baseline: those of another run of the same questions.

    Returns:
        `languages`, `questions`, what was left out, `metrics` and `votes` (name -> value, stderr and 95% interval; None
        where undefined), and `pairwise` tables (language -> language -> share). With a baseline also `difference`, like
        `metrics`, of the `difference_questions` that both have.

    Raises:
        CalmError: predictions do not fit together, or no question has an answer in every language.
    """
    predictions, unaligned = identify(files)
    table = tabulate(predictions)
    parts = {
        "metrics": estimates(table),
        "votes": estimate({name: metrics.majority_acc(vote) for name, vote in _votes(predictions, table).items()}),
    }
    compared: dict[str, Any] = {}
    if baseline is not None:
        if any(prediction.question_id is None for rows in (*files, *baseline) for prediction in rows):
            raise CalmError("--baseline needs question ids in both runs, as lm-eval's sample logs have them")
        baseline_table = tabulate(identify(baseline)[0])
        parts["difference"] = differences(table, baseline_table)
        compared["difference_questions"] = len(set(table.question_ids) & set(baseline_table.question_ids))
    return {
        "languages": list(table.languages),
        "questions": len(table.question_ids),
        "incomplete_questions": table.incomplete,
        "unaligned_rows": unaligned,
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
        truncated=prediction.truncated,
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
