"""The metrics of a table of answers with their errors, and how far two tables are apart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from calm_harness.errors import CalmError
from calm_harness.metrics.bootstrap import Estimate, difference, estimate
from calm_harness.metrics.catalogue import names, statistic
from calm_harness.metrics.table import Answers


def names_of(table: Answers) -> list[str]:
    """Name the metrics that make sense for a table."""
    return names(
        table.languages,
        labelled=not table.hidden,
        scored=table.scores is not None,
        truncation=table.truncated is not None,
        responses=table.unfinished is not None,
        free=table.own_language is not None,
    )


def estimates(table: Answers) -> dict[str, Estimate]:
    """Estimate all metrics of a table."""
    return estimate({name: statistic(name, table) for name in names_of(table)})


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
    shared_ids = sorted(set(after.question_ids) & set(before.question_ids))
    if not shared_ids:
        raise CalmError("the runs have no question in common; take runs of the same set and split")
    tables = after.only(shared_ids), before.only(shared_ids)
    shared_metrics = [name for name in names_of(tables[0]) if name in names_of(tables[1])]
    return estimate({name: difference(*(statistic(name, table) for table in tables)) for name in shared_metrics})


def to_json(estimates: Mapping[str, Estimate]) -> dict[str, dict[str, Any]]:
    """Lay estimates out for JSON: name -> value, stderr and 95% interval; None where undefined."""

    def number(value: float) -> float | None:
        return None if np.isnan(value) else float(value)

    return {
        name: {
            "value": number(estimate.value),
            "stderr": number(estimate.stderr),
            "interval": [number(estimate.low), number(estimate.high)],
        }
        for name, estimate in estimates.items()
    }
