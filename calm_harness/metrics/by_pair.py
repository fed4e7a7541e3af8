"""Language × language tables."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from calm_harness.metrics.ranking import rankc_by_pair
from calm_harness.metrics.sums import divide, mean
from calm_harness.metrics.table import Answers


def pairwise(answers: Answers) -> dict[str, NDArray[np.float64]]:
    """Language × language tables, [L, L]: `consistency` (over valid pairs) and, with scores, `rankc`."""
    valid = answers.valid
    shape = (len(answers.languages), len(answers.languages))
    tables = {"consistency": np.full(shape, np.nan)}
    for first, second in combinations(range(len(answers.languages)), 2):
        both_valid = valid[:, first] & valid[:, second]
        equal = answers.chosen[:, first] & answers.chosen[:, second] != 0
        tables["consistency"][[first, second], [second, first]] = divide(equal.sum(), both_valid.sum())
    if answers.scores is not None:
        tables["rankc"] = np.full(shape, np.nan)
        for first, second, similarity in rankc_by_pair(answers):
            both_valid = valid[:, first] & valid[:, second]
            tables["rankc"][[first, second], [second, first]] = float(mean(similarity[both_valid]))
    return tables


def pairwise_report(answers: Answers) -> dict[str, dict[str, dict[str, float | None]]]:
    """The pairwise tables by name and language, for JSON: None where undefined, the diagonal included."""
    return {
        name: {
            first: {
                second: None if np.isnan(value) else float(value)
                for second, value in zip(answers.languages, row, strict=True)
            }
            for first, row in zip(answers.languages, table, strict=True)
        }
        for name, table in pairwise(answers).items()
    }
