"""Language × language tables, every cell with its interval and the number of questions that it is of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations, permutations
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from calm_harness.metrics.bootstrap import estimate
from calm_harness.metrics.by_pair.transfer import lift, overlap, share_of, transfer
from calm_harness.metrics.ranking import rankc_by_pair
from calm_harness.metrics.sums import Statistic
from calm_harness.metrics.table import Answers


class Cell(NamedTuple):
    """What two languages have of a table, and how many questions it is a share of."""

    statistic: Statistic
    questions: int


Cells = dict[tuple[int, int], Cell]
"""The cells of a table by the numbers of row and column; of a table that is the same both ways only the upper ones."""


@dataclass(frozen=True)
class PairTable:
    """A table, [L, L] each; NaN where undefined, as all of the diagonal.

    Attributes:
        value: of the row's language and the column's.
        low: the lower end of its 95% interval, over questions.
        high: the upper end.
        questions: how many it is a share of, 0 on the diagonal.
    """

    value: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    questions: NDArray[np.int64]


def cells(answers: Answers) -> dict[str, Cells]:
    """Lay out the tables that make sense for a run.

    Returns:
        `consistency` (equal ÷ valid pairs); with scores `rankc` (mean over valid pairs); where right answers are known
        `transfer`, `lift` and `overlap`.
    """
    valid, pairs = answers.valid, list(combinations(range(len(answers.languages)), 2))
    both = {(one, other): valid[:, one] & valid[:, other] for one, other in pairs}
    equal = {(one, other): answers.chosen[:, one] & answers.chosen[:, other] != 0 for one, other in pairs}
    tables = {"consistency": {pair: _cell(share_of(equal[pair], both[pair])) for pair in pairs}}
    if answers.scores is not None:
        alike = {(one, other): similarity for one, other, similarity in rankc_by_pair(answers)}
        tables["rankc"] = {pair: _cell(share_of(np.where(both[pair], alike[pair], 0), both[pair])) for pair in pairs}
    return tables if answers.hidden else tables | cells_of_right(answers.right.T)


def cells_of_right(right: NDArray[np.bool_]) -> dict[str, Cells]:
    """Lay out `transfer`, `lift` (from the row's language to the column's) and `overlap` of right answers [L, Q]."""
    each = range(len(right))
    tables: dict[str, Cells] = {"transfer": {}, "lift": {}, "overlap": {}}
    for one, other in permutations(each, 2):
        tables["transfer"][one, other] = _cell(transfer(right[one], right[other]))
        tables["lift"][one, other] = _cell(lift(right[one], right[other]))
    for one, other in combinations(each, 2):
        tables["overlap"][one, other] = _cell(overlap(right[one], right[other]))
    return tables


def _cell(statistic: Statistic) -> Cell:
    return Cell(statistic, int(statistic.parts[:, 1].sum()))


def pairwise(answers: Answers) -> dict[str, PairTable]:
    """Return the tables of `cells`, with intervals."""
    return {name: _table(found, len(answers.languages)) for name, found in cells(answers).items()}


def tables_of_right(right: ArrayLike) -> dict[str, PairTable]:
    """Return `transfer`, `lift` and `overlap` of right answers that come from anywhere.

    Args:
        right: [L, Q], a row a language: whether its answer to each question is right.

    Raises:
        ValueError: it is no such array.
    """
    array = np.asarray(right)
    if array.ndim != 2 or array.dtype != np.bool_:
        raise ValueError(f"right answers are booleans [languages, questions], not {array.dtype} {list(array.shape)}")
    return {name: _table(found, len(array)) for name, found in cells_of_right(array).items()}


def _table(found: Cells, languages: int) -> PairTable:
    values, lows, highs = (np.full((languages, languages), np.nan) for _ in range(3))
    questions = np.zeros((languages, languages), dtype=np.int64)
    estimates = estimate({pair: cell.statistic for pair, cell in found.items()})
    for (one, other), estimated in estimates.items():
        places = [(one, other)] if (other, one) in found else [(one, other), (other, one)]
        for place in places:
            values[place], lows[place], highs[place] = estimated.value, estimated.low, estimated.high
            questions[place] = found[one, other].questions
    return PairTable(values, lows, highs, questions)


def pairwise_report(answers: Answers) -> dict[str, dict[str, dict[str, Any]]]:
    """Lay the tables out for JSON, by name, row and column: value, interval and number of questions.

    An undefined value or end of an interval is None, and so is all of the diagonal.
    """
    return {
        name: {row: dict(line) for row, line in _lines(table, answers.languages)}
        for name, table in pairwise(answers).items()
    }


def _lines(table: PairTable, languages: tuple[str, ...]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    def number(value: float) -> float | None:
        return None if np.isnan(value) else float(value)

    for one, row in enumerate(languages):
        yield (
            row,
            {
                column: None
                if one == other
                else {
                    "value": number(table.value[one, other]),
                    "interval": [number(table.low[one, other]), number(table.high[one, other])],
                    "questions": int(table.questions[one, other]),
                }
                for other, column in enumerate(languages)
            },
        )
