"""Answers by `pmi` whose null context is the base model's: what the options' likelihoods themselves came to (pure)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from calm_harness.metrics import Answers
from calm_harness.report.outcome import StudyEvaluation
from calm_harness.report.tables import markdown, number

SHOWN = ("acc", "consistency")
HEAD = (
    "Calibrated by the base model: `pmi` with each option's log-likelihood after the answer word alone under the base "
    "model, for arms as for the base. A gain above that is not here is one of that likelihood alone; a gain here that "
    "is not above, one of texts that became likelier whatever is asked:"
)


def calibrated(answers: Answers, base: Answers) -> Answers:
    """Let `pmi` with the base model's log-likelihoods after the null context decide.

    Args:
        answers: by `pmi`, with log-likelihoods.
        base: the base model's, of the same questions, languages and options.

    Raises:
        ValueError: there are no scores, or no log-likelihoods beside them.
    """
    if answers.scores is None:
        raise ValueError("calibration needs the options' scores")
    columns = [base.languages.index(language) for language in answers.languages]
    # What is added is exactly nothing where both are the same model, so that no tie is broken.
    return answers.decided(answers.scores + (_null(answers) - _null(base.only(answers.question_ids))[:, columns]))


def _null(answers: Answers) -> NDArray[np.float64]:
    """[Q, L, K]: log-likelihoods after the null context, 0 beyond a question's own options."""
    if answers.scores is None or answers.totals is None:
        raise ValueError("calibration needs the options' log-likelihoods beside their scores")
    there = np.broadcast_to(np.arange(answers.scores.shape[2]) < answers.size[:, None, None], answers.scores.shape)
    null: NDArray[np.float64] = np.subtract(
        answers.totals, answers.scores, out=np.zeros(answers.scores.shape), where=there
    )
    return null


def lines(evaluation: StudyEvaluation) -> list[str]:
    """Lay out an evaluation's arms and base models; nothing where no options were scored by `pmi`."""
    rows = []
    for base in evaluation.bases:
        told = {arm: evaluation.arms[arm].measured.calibrated for arm in base.arms}
        if any(each is not None for each in told.values()):
            name = "base" if len(evaluation.bases) == 1 else f"base of {', '.join(f'`{arm}`' for arm in base.arms)}"
            rows.append([name, *(number(base.measured.metrics.get(metric)) for metric in SHOWN), *[""] * len(SHOWN)])
        rows += [
            [arm, *(number(each.metrics.get(metric)) for metric in SHOWN)]
            + [number(each.difference.get(metric), sign="+") for metric in SHOWN]
            for arm, each in told.items()
            if each is not None
        ]
    return ["", HEAD, "", *markdown(["", *SHOWN, *(f"{metric} − base" for metric in SHOWN)], rows)] if rows else []
