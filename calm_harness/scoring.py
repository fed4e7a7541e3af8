"""The metrics of predictions, with their errors, and how far two runs are apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from calm_harness import metrics
from calm_harness.errors import CalmError
from calm_harness.intervals import Estimate, difference, estimate
from calm_harness.metrics import Answer, Answers, twins
from calm_harness.predictions import Prediction, identify


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


def names(table: Answers) -> list[str]:
    """Name the metrics that make sense for a table."""
    return metrics.names(
        table.languages,
        labelled=not table.hidden,
        scored=table.scores is not None,
        responses=table.truncated is not None,
    )


def estimates(table: Answers) -> dict[str, Estimate]:
    """Estimate all metrics of a table."""
    return estimate({name: metrics.statistic(name, table) for name in names(table)})


def differences(after: Answers, before: Answers) -> dict[str, Estimate]:
    """Estimate how far the metrics of two runs are apart (after minus before), paired by question.

    Only questions that both runs have are compared.

    Raises:
        CalmError: the runs have other languages, or no question in common.
    """
    if set(after.languages) != set(before.languages):
        raise CalmError(
            f"runs in {', '.join(after.languages)} and in {', '.join(before.languages)} cannot be compared; "
            "take runs in the same languages"
        )
    shared = sorted(set(after.question_ids) & set(before.question_ids))
    if not shared:
        raise CalmError("the runs have no question in common; take runs of the same set and split")
    pair = after.only(shared), before.only(shared)
    common = [name for name in names(pair[0]) if name in names(pair[1])]
    return estimate({name: difference(*(metrics.statistic(name, table) for table in pair)) for name in common})


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
        before = tabulate(identify(baseline)[0])
        parts["difference"] = differences(table, before)
        compared["difference_questions"] = len(set(table.question_ids) & set(before.question_ids))
    return {
        "languages": list(table.languages),
        "questions": len(table.question_ids),
        "incomplete_questions": table.incomplete,
        "unaligned_rows": unaligned,
        "samples": max(len(prediction.choices) for prediction in predictions),
        **{part: report(found) for part, found in parts.items()},
        **compared,
        "pairwise": metrics.pairwise_report(table),
    }


def report(found: Mapping[str, Estimate]) -> dict[str, dict[str, Any]]:
    """Lay estimates out for JSON: name -> value, stderr and 95% interval; None where undefined."""

    def number(value: float) -> float | None:
        return None if np.isnan(value) else float(value)

    return {
        name: {
            "value": number(one.value),
            "stderr": number(one.stderr),
            "interval": [number(one.low), number(one.high)],
        }
        for name, one in found.items()
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
    complete = set(table.question_ids)
    voters = [
        answer(prediction, sample, f"{prediction.language}/{sample}")
        for prediction in predictions
        if prediction.question_id in complete
        for sample in range(samples)
    ]
    columns = {language: [f"{language}/{sample}" for sample in range(samples)] for language in table.languages}
    columns["all"] = [column for own in columns.values() for column in own]
    return {
        f"vote_acc_{name}": Answers.collect((voter for voter in voters if voter.language in own), own)
        for name, own in columns.items()
    }
