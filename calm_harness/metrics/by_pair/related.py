"""Whether languages of one script, or of one family, go together more than others: means over pairs of languages.

The languages are those that were asked; an interval is over questions, and says nothing of other languages.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calm_harness.metrics.bootstrap import difference, estimate
from calm_harness.metrics.by_pair.tables import Cells, cells
from calm_harness.metrics.compare import to_json
from calm_harness.metrics.sums import Statistic, divide
from calm_harness.metrics.table import Answers
from calm_harness.prompts.families import TRAITS, Kind, kind_of

MEASURES = ("consistency", "transfer", "lift")


def related(answers: Answers) -> dict[str, dict[str, dict[str, dict[str, Any]]]]:
    """Compare pairs of languages that share a script, or a family, with pairs that do not.

    Returns:
        `script` and `family` -> `consistency`, `transfer` and `lift` (as far as the run has them) -> `same`, `other`
        and `difference` (same minus other, paired by question) -> value, stderr, 95% interval and, of the first two,
        the number of pairs that the value is the mean of: of transfer and lift in both directions. A pair without a
        value is left out, and so is one with a language whose script or family is not known.
    """
    kinds, tables = [kind_of(language) for language in answers.languages], cells(answers)
    return {
        trait: {name: _compared(tables[name], kinds, trait) for name in MEASURES if name in tables} for trait in TRAITS
    }


def _compared(table: Cells, kinds: Sequence[Kind], trait: str) -> dict[str, dict[str, Any]]:
    sides: dict[str, list[Statistic]] = {"same": [], "other": []}
    for (one, other), cell in table.items():
        values = [getattr(kinds[language], trait) for language in (one, other)]
        if None not in values and not np.isnan(float(cell.statistic)):
            sides["same" if values[0] == values[1] else "other"].append(cell.statistic)
    means = {side: mean_of(statistics) for side, statistics in sides.items() if statistics}
    if len(means) == 2:
        means["difference"] = difference(means["same"], means["other"])
    nothing = {"value": None, "stderr": None, "interval": [None, None]}
    found = dict.fromkeys(("same", "other", "difference"), nothing) | to_json(estimate(means))
    return {side: {**cell, **({"pairs": len(sides[side])} if side in sides else {})} for side, cell in found.items()}


def mean_of(statistics: Sequence[Statistic]) -> Statistic:
    """Return the mean of statistics of the same questions; of those that are defined, in every resample.

    The imagined questions lower, or raise, every one of them most, which no single question may do: intervals of few
    questions are rather too wide than too narrow.
    """
    ends = np.cumsum([each.parts.shape[1] for each in statistics])[:-1]

    def finish(sums: NDArray[np.float64]) -> NDArray[np.float64]:
        parts = np.split(sums, ends, axis=-1)
        values = np.stack([each.finish(part) for each, part in zip(statistics, parts, strict=True)])
        return divide(np.nansum(values, axis=0), (~np.isnan(values)).sum(axis=0))

    def joined(imagined: Sequence[NDArray[np.float64] | None]) -> NDArray[np.float64] | None:
        known = [each for each in imagined if each is not None]
        return np.concatenate(known) if len(known) == len(imagined) else None

    return Statistic(
        np.concatenate([each.parts for each in statistics], axis=1),
        finish,
        joined([each.least for each in statistics]),
        joined([each.most for each in statistics]),
        (
            float(np.mean([each.limits[0] for each in statistics])),
            float(np.mean([each.limits[1] for each in statistics])),
        ),
    )
