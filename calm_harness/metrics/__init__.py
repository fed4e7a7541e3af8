"""Accuracy and cross-lingual consistency: one function a metric (needs numpy, neither torch nor lm-eval).

A metric is a `Statistic`: what it sums over questions, and how those sums become its value. `float(consistency(table))`
is that value, and the same sums make its question bootstrap cheap (`calm_harness.metrics.bootstrap`). All metrics read
`Answers`, a table of complete questions only.
"""

from calm_harness.metrics.accuracy import (
    PIVOT,
    acc,
    correct_all,
    correct_any,
    em,
    invalid,
    majority_acc,
    other_language,
    pivot_gap,
    potential,
    potential_chance,
    tied,
    truncated,
    unfinished,
)
from calm_harness.metrics.agreement import (
    alpha,
    consistency,
    consistency_all,
    consistency_strict,
    kappa_strict,
    position_entropy,
)
from calm_harness.metrics.by_pair import (
    PairTable,
    lift,
    overlap,
    pairwise,
    pairwise_report,
    related,
    tables_of_right,
    transfer,
)
from calm_harness.metrics.catalogue import BY_LANGUAGE, HIGHER_IS_BETTER, METRICS, Metric, names, parted, statistic
from calm_harness.metrics.margin import gaps, margin, ratio
from calm_harness.metrics.ranking import rankc, rankc_chance, ranks
from calm_harness.metrics.sums import Statistic
from calm_harness.metrics.table import MAX_OPTIONS, Answer, Answers, Ledger
from calm_harness.twins import twins

__all__ = [
    "BY_LANGUAGE",
    "HIGHER_IS_BETTER",
    "MAX_OPTIONS",
    "METRICS",
    "PIVOT",
    "Answer",
    "Answers",
    "Ledger",
    "Metric",
    "PairTable",
    "Statistic",
    "acc",
    "alpha",
    "consistency",
    "consistency_all",
    "consistency_strict",
    "correct_all",
    "correct_any",
    "em",
    "gaps",
    "invalid",
    "kappa_strict",
    "lift",
    "majority_acc",
    "margin",
    "names",
    "other_language",
    "overlap",
    "pairwise",
    "pairwise_report",
    "parted",
    "pivot_gap",
    "position_entropy",
    "potential",
    "potential_chance",
    "rankc",
    "rankc_chance",
    "ranks",
    "ratio",
    "related",
    "statistic",
    "tables_of_right",
    "tied",
    "transfer",
    "truncated",
    "twins",
    "unfinished",
]
