"""How much of what a passage is worth is left of it among others (needs numpy alone).

The needle is the passage that answers. Alone it raises accuracy from that of the haystack alone by so much; among the
haystack's passages it raises it by a share of that. The share is our own figure: the original (MLNeedle, arXiv
2408.10151) reports accuracy, in which what a model knows without reading is not told from what it read.
"""

from __future__ import annotations

from itertools import product

import numpy as np

from calm_harness.errors import CalmError
from calm_harness.metrics import Answers, Statistic
from calm_harness.metrics.bootstrap import Estimate, estimate
from calm_harness.metrics.sums import bounded, divide, mean

ALL = "all"  # languages of the questions
FOUND = "found"
UNKNOWN = Estimate(np.nan, np.nan, np.nan, np.nan)


def accuracy(run: Answers) -> dict[str, dict[str, Estimate]]:
    """Estimate a run's accuracy, of each language and of `all`: a question counts with its mean over languages.

    Raises:
        CalmError: labels are hidden.
    """
    return {tag: estimate({"acc": mean(right)}) for tag, right in _right(run).items()}


def compared(run: Answers, alone: Answers, without: Answers) -> dict[str, dict[str, Estimate]]:
    """Compare a run with those that show only the needle, and only the haystack, question by question.

    Args:
        run: the needle in the haystack.
        alone: the needle, of the same language.
        without: the haystack.

    Returns:
        Of each language of the questions, and of `all` of them:
        `acc`: accuracy;
        `gain`: `acc` minus the accuracy of the haystack alone;
        `room`: the accuracy of the needle alone, minus that of the haystack alone;
        `found`: gain ÷ room, NaN where room is not surely above 0: then there is no knowing.

    Raises:
        CalmError: the runs are of different questions, or labels are hidden.
    """
    for other in (alone, without):
        if (run.question_ids, run.languages) != (other.question_ids, other.languages):
            raise CalmError("the runs with and without needle are of different questions; run both anew")
    rights = zip(_right(run).items(), _right(alone).values(), _right(without).values(), strict=True)
    figures = {}
    for (tag, hidden), bare, nothing in rights:
        estimates = estimate(
            {
                "acc": mean(hidden),
                "gain": mean(hidden - nothing, low=-1),
                "room": mean(bare - nothing, low=-1),
                FOUND: share(hidden - nothing, bare - nothing),
            }
        )
        known = estimates["room"].low > 0  # False of NaN, too
        figures[tag] = estimates if known else {**estimates, FOUND: UNKNOWN}
    return figures


def share(gain: np.ndarray, room: np.ndarray) -> Statistic:
    """Return what [Q] gains come to, as a share of the sum of [Q] rooms: a ratio of sums over the same questions.

    The most extreme questions are those that are answered all right or all wrong in each of the three runs.
    """
    extremes = np.array(
        [(hidden - nothing, alone - nothing) for hidden, alone, nothing in product((0.0, 1.0), repeat=3)]
    )
    parts = np.stack([gain.astype(float), room.astype(float)], axis=1)
    return bounded(parts, lambda sums: divide(sums[..., 0], sums[..., 1]), extremes, (-np.inf, np.inf))


def _right(run: Answers) -> dict[str, np.ndarray]:
    """[Q] of each language, and of all of them the mean."""
    if run.hidden:
        raise CalmError("labels are hidden, and a needle is found or not by accuracy; take a labelled split")
    by_language = {tag: run.right[:, place].astype(float) for place, tag in enumerate(run.languages)}
    return {**by_language, ALL: run.right.astype(float).mean(axis=1)}
