"""What another question could add to a share, which the ends of its interval rest on."""

import numpy as np

from calm_harness.metrics.bootstrap import estimate
from calm_harness.metrics.sums import share


def test_columns_in_which_nothing_ever_stands_weigh_nothing():
    """The diagonal of a table: of 16 cells four can have a value."""
    draws = np.random.default_rng(0)
    values, there = np.zeros((10, 16)), np.zeros((10, 16), dtype=bool)
    values[:, ::5] = draws.integers(0, 2, (10, 4))
    there[:, ::5] = True
    laid_out = estimate({"": share(values, there)})[""]
    alone = estimate({"": share(values[:, ::5], there[:, ::5])})[""]
    assert (laid_out.low, laid_out.high) == (alone.low, alone.high)
    assert alone.low > alone.value - 0.35  # an eleventh question that is all wrong, and the bootstrap


def test_an_imagined_question_is_as_heavy_as_one_that_has_a_value_everywhere():
    there = np.array([[True, True, True], [True, False, False]])
    statistic = share(np.array([[1, 0, 1], [1, 0, 0]]), there, low=-1)
    assert statistic.least.tolist() == [-3, 3]
    assert statistic.most.tolist() == [3, 3]
    assert float(statistic) == 0.75
