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
from calm_harness.metrics.sums import mean

ALL = "all"  # languages of the questions
FOUND = "found"
FARTHEST = 30  # times the step from a share is doubled, in search of where its interval ends
FINER = 5  # times the steps are made finer, to a sixteenth each
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
        gain, room = hidden - nothing, bare - nothing
        estimates = estimate({"acc": mean(hidden), "gain": mean(gain, low=-1), "room": mean(room, low=-1)})
        known = estimates["room"].low > 0  # False of NaN, too
        figures[tag] = {**estimates, FOUND: share(gain, room) if known else UNKNOWN}
    return figures


def share(gain: np.ndarray, room: np.ndarray) -> Estimate:
    """Estimate what [Q] gains come to, as a share of the sum of [Q] rooms: a ratio of sums over the same questions.

    Its interval is Fieller's (1954): all shares r for which that of the mean of gain − r·room holds 0, here with our
    interval of a mean. A bootstrap of the ratio itself has no end where some resamples have hardly any room. It has an
    end where room is surely above 0; NaN where none is found.
    """
    value = float(gain.sum() / room.sum())
    stderr = estimate({"rest": _rest(gain, room, value)})["rest"].stderr / float(room.mean())
    low, high = (_end(gain, room, value, side * stderr) for side in (-1, 1))
    return Estimate(value, stderr, low, high) if np.isfinite([low, high]).all() else UNKNOWN


def _rest(gain: np.ndarray, room: np.ndarray, found: float) -> Statistic:
    """Return the mean of what gains are beyond a share of the rooms: 0 for the true one.

    The most extreme questions are those that are answered all right or all wrong in each of the three runs.
    """
    extremes = [(hidden - nothing) - found * (alone - nothing) for hidden, alone, nothing in product((0, 1), repeat=3)]
    return mean(gain - found * room, min(extremes), max(extremes))


def _end(gain: np.ndarray, room: np.ndarray, value: float, step: float) -> float:
    """Return the last share, away from the value in steps that grow and are then parted, whose rest may be 0."""
    ends = value + step * np.concatenate([[0.0], 2.0 ** np.arange(FARTHEST)])
    for _ in range(FINER):
        rests = estimate({end: _rest(gain, room, end) for end in map(float, ends)})
        inside = [rest.low <= 0 <= rest.high for rest in rests.values()]
        if all(inside):
            return np.inf
        last = inside.index(False)
        ends = np.linspace(ends[max(last - 1, 0)], ends[last], 17)
    return float(ends[0])


def _right(run: Answers) -> dict[str, np.ndarray]:
    """[Q] of each language, and of all of them the mean."""
    if run.hidden:
        raise CalmError("labels are hidden, and a needle is found or not by accuracy; take a labelled split")
    by_language = {tag: run.right[:, place].astype(float) for place, tag in enumerate(run.languages)}
    return {**by_language, ALL: run.right.astype(float).mean(axis=1)}
