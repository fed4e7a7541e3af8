"""How often intervals hold the true value, in a few of the worlds of `benchmarks.coverage`."""

import pytest

from benchmarks.coverage import World, simulate

# 400 samples: two standard errors of a true .95 are .022.
LEAST = 0.925


@pytest.mark.slow
@pytest.mark.parametrize(
    "world",
    [
        World(1, 0.998, 1.0, ("acc",)),
        World(8, 0.95, 2.0, ("acc", "correct_any", "correct_all", "consistency")),
        World(8, 0.998, 5.0, ("acc", "acc_en", "correct_all", "majority_acc")),
        World(8, 0.05, 2.0, ("acc", "correct_any", "tied")),
        World(4, 0.6, 2.0, ("consistency", "alpha", "rankc", "tied"), knowing=0.5, strays="any"),
        World(4, 0.98, 2.0, ("consistency", "alpha", "rankc"), knowing=0.5, strays="any"),
        World(8, 0.6, 2.0, ("invalid", "consistency", "kappa_strict"), knowing=0.5, strays="any", invalid=0.01),
        World(4, 0.6, 2.0, ("position_entropy",), knowing=0.5, strays="any"),
        World(4, 0.6, 2.0, ("position_entropy", "alpha"), knowing=0.5, strays="any", first=0.9),
        World(4, 0.6, 2.0, ("pivot_gap",), ahead=0.1),
        World(
            8, 0.6, 2.0, ("potential", "potential_chance"), ahead=0.05
        ),  # of equally good languages it holds less often
        World(4, 0.95, 2.0, ("acc", "correct_any", "consistency", "alpha"), step=0.02, alike=0.8),
        World(4, 0.6, 2.0, ("acc", "correct_all", "consistency", "alpha"), step=0.0, alike=0.8),
    ],
    ids=str,
)
def test_intervals_hold_the_true_value(world):
    for row in simulate(("", world, [60, 200], 400)):
        assert row["holds"] >= LEAST, row
