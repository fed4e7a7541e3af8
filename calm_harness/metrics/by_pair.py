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
    for one, other in combinations(range(len(answers.languages)), 2):
        both = valid[:, one] & valid[:, other]
        equal = answers.chosen[:, one] & answers.chosen[:, other] != 0
        tables["consistency"][[one, other], [other, one]] = divide(equal.sum(), both.sum())
    if answers.scores is not None:
        tables["rankc"] = np.full(shape, np.nan)
        for one, other, alike in rankc_by_pair(answers):
            tables["rankc"][[one, other], [other, one]] = float(mean(alike))
    return tables


def pairwise_report(answers: Answers) -> dict[str, dict[str, dict[str, float | None]]]:
    """The pairwise tables by name and language, for JSON: None where undefined, the diagonal included."""
    return {
        name: {
            one: {
                other: None if np.isnan(value) else float(value)
                for other, value in zip(answers.languages, row, strict=True)
            }
            for one, row in zip(answers.languages, table, strict=True)
        }
        for name, table in pairwise(answers).items()
    }
