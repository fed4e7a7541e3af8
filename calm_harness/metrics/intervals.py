"""95% intervals that hold near the ends of a metric's range, where all questions of a sample may be alike (pure).

A percentile bootstrap draws from the questions that were seen: of 60 that are all right it says that none is ever
wrong. So each resample takes in imagined questions, with exponential weights of mean 1: for the lower end of the
interval one that lies at the end of the range below, and one as far above the value, if there is so much room; for the
upper end the other way round. With one at the end alone, and Dirichlet weights for those that were seen, that is
Gaffke's bound for the mean of bounded values, which for values of 0 and 1 is Clopper and Pearson's; shares of questions
have that in closed form. Where many questions lie apart and none of them at the end, one at the end is not to be
expected: the imagined question is drawn towards the outermost that was seen.

Sources: Gaffke, "Three test statistics for a nonparametric one-sided hypothesis on the mean of a nonnegative variable"
(2005); Learned-Miller and Thomas, "A New Confidence Interval for the Mean of a Bounded Random Variable" (2019). The
second question and the drawing together are ours, to keep intervals from being wider than need be; how often they hold
the true value is simulated by `python -m benchmarks.coverage`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from calm_harness.metrics.sums import divide

LEVEL = 0.05  # how often a 95% interval leaves out what holds, and a family of them together
TAIL = LEVEL / 2  # on either side
NORMAL = 1.959963984540054  # standard errors to either side of a 95% interval
SEEN = -np.log(TAIL)  # of so many questions apart not one at the end: then hardly any in all questions there are
STRIDE = 387  # has no divisor in common with the number of resamples
ALIKE = 1e-9  # below this, values differ by rounding alone
FARTHEST = 10.0  # standard errors: a level of 1e-23
HALVINGS = 60  # until a number of standard errors is known to the last digit


@dataclass(frozen=True)
class Draws:
    """A metric, or a difference of two, in resamples of its questions.

    Attributes:
        value: of the questions that were seen.
        resamples: [R] of resamples of these; NaN where undefined.
        contributions: [V, Q] what each question contributes, in one way or several.
        ends: what the questions would that lower and raise the metric most.
        limits: least and greatest value that the metric can have.
    """

    value: float
    resamples: NDArray[np.float64]
    contributions: NDArray[np.float64]
    ends: tuple[float, float]
    limits: tuple[float, float]

    def __sub__(self, before: Draws) -> Draws:
        """Return the difference of two runs of the same questions, in the same order: of the same resamples."""
        return Draws(
            self.value - before.value,
            self.resamples - before.resamples,
            self.contributions - before.contributions,
            (self.ends[0] - before.ends[1], self.ends[1] - before.ends[0]),
            (self.limits[0] - before.limits[1], self.limits[1] - before.limits[0]),
        )

    def interval(self) -> tuple[float, float]:
        """Return the ends of the 95% interval, which holds the value; NaN where there is none.

        A curved metric (alpha, an entropy) lies lower or higher in resamples than in the questions, as it does in these
        than in all questions there are: twice that distance is added to the interval, where it is missing.
        """
        count, defined = self.contributions.shape[1], ~np.isnan(self.resamples)
        if np.isnan(self.value) or defined.sum() < 2 or count < 2:
            return np.nan, np.nan
        resamples, (down, up) = self.resamples[defined], imagined_weights(len(self.resamples))[:, defined]
        below, above = self._apart()
        even = min(below, above)
        lower_draws, upper_draws = (
            (count * resamples + down * (self.value - to_low) + up * (self.value + to_high)) / (count + down + up)
            for to_low, to_high in ((below, even), (even, above))
        )
        missing = 2 * (self.value - float(resamples.mean()))
        lower = float(np.quantile(lower_draws, TAIL)) + min(missing, 0)
        upper = float(np.quantile(upper_draws, 1 - TAIL)) + max(missing, 0)
        wider = expansion(count)
        low, high = (self.value + wider * (end - self.value) for end in (lower, upper))
        return min(max(low, self.limits[0]), self.value), max(min(high, self.limits[1]), self.value)

    def chance(self) -> float:
        """Return the smallest level at which the interval leaves out zero: a p-value, of both sides.

        It is below .05 where the 95% interval leaves out zero, and 1 where there is no interval or no difference.

        Of 1000 resamples the outermost few are too few to read smaller levels off: the third smallest would be the end
        at .006, give or take a fifth of a standard error. So the interval of another level is that of 95% with arms as
        much longer or shorter as Student's t is. What is left at .006 is the error of the 95% interval's own ends, an
        eighth of a standard error. Of a few questions that differ, all in one way, the p-value is from a third of the
        sign test's (with half of what was seen) to all of it.
        """
        low, high = self.interval()
        arm = self.value - low if self.value > 0 else high - self.value
        if np.isnan(arm) or self.value == 0:
            return 1.0
        freedom = self.contributions.shape[1] - 1
        reached = abs(self.value) * student(NORMAL, freedom)
        near, far = 0.0, FARTHEST
        for _ in range(HALVINGS):
            middle = (near + far) / 2
            near, far = (middle, far) if student(middle, freedom) * arm < reached else (near, middle)
        return 2 * NormalDist().cdf(-near)

    def _apart(self) -> tuple[float, float]:
        """Return how far below and above the value the imagined questions lie.

        At the ends; the nearer to the outermost seen ones, the more of these lie apart. So many do as there would be if
        all did, and equally far: the fourth moment tells.
        """
        squares = (self.contributions - self.contributions.mean(axis=1, keepdims=True)) ** 2
        squares[squares < ALIKE**2] = 0
        apart = np.nan_to_num(divide(squares.sum(axis=1) ** 2, (squares**2).sum(axis=1))).min()
        extreme = SEEN / max(apart, SEEN)
        low = extreme * self.ends[0] + (1 - extreme) * self.contributions.min()
        high = extreme * self.ends[1] + (1 - extreme) * self.contributions.max()
        return max(self.value - low, 0.0), max(high - self.value, 0.0)


def expansion(questions: int) -> float:
    """Return how many times too narrow a percentile interval of so many questions is: little beyond a hundred.

    It takes no account of the n - 1 degrees of freedom, nor of Student's t.
    Source: Hesterberg, "What Teachers Should Know About the Bootstrap" (2015), section 4.2 (narrowness bias).
    """
    freedom = questions - 1
    return float(student(NORMAL, freedom) / NORMAL * np.sqrt(questions / freedom))


def student(z: float, freedom: int) -> float:
    """Return the quantile of Student's t where the normal distribution's is z, by its expansion in 1 / freedom."""
    return z + (z**3 + z) / (4 * freedom) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)


def holm(chances: Mapping[str, float]) -> set[str]:
    """Name those of a family that are no chance: of all families of equals one in twenty names any.

    Args:
        chances: name to p-value.

    Source: Holm, "A Simple Sequentially Rejective Multiple Test Procedure" (1979).
    """
    named: set[str] = set()
    for name in sorted(chances, key=chances.__getitem__):
        if chances[name] > LEVEL / (len(chances) - len(named)):
            break
        named.add(name)
    return named


def imagined_weights(resamples: int) -> NDArray[np.float64]:
    """[2, resamples]: the imagined questions' weights, in even steps of the exponential distribution instead of drawn.

    The second are in another order, in which they do not go with the first (a lattice rule).
    """
    steps = np.arange(resamples)
    return -np.log((np.stack([steps, steps * STRIDE % resamples]) + 0.5) / resamples)


def clopper_pearson(successes: int, trials: int) -> tuple[float, float]:
    """Return the 95% interval of a share: the shares for which so few and so many successes are no surprise.

    Source: Clopper and Pearson, "The Use of Confidence or Fiducial Limits Illustrated in the Case of the Binomial"
    (1934), in the form of beta quantiles. Wilson's interval is narrower, and holds a true .002 of 60 questions in 89 of
    100 samples.
    """
    from scipy.special import betaincinv  # takes a while to import

    low = float(betaincinv(successes, trials - successes + 1, TAIL)) if successes else 0.0
    high = float(betaincinv(successes + 1, trials - successes, 1 - TAIL)) if successes < trials else 1.0
    return low, high
