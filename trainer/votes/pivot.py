"""Which language is surest of itself: a pivot that is found without a label (pure numpy).

Of samples, how often two of a language's own samples of a question are equal (`self_agreement`); of scored options, how
far the best is ahead in log-likelihood (`margin`). Both grow with what a model knows in a language, and neither asks
the other languages: where languages err together, their agreement says nothing of who is right. What that is worth, and
where it fails: docs/align/pivot.md.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calm_harness.metrics import Statistic, ratio
from calm_harness.metrics.sums import divide
from trainer.votes.ballots import Ballots, text_votes

CLOSE = 1e-9  # below this, two languages are equally sure


@dataclass(frozen=True)
class Surety:
    """How sure each language is of itself.

    Attributes:
        name: `self_agreement` or `margin`.
        figures: [L] languages' figures by language, over the questions that were asked in all of them.
        questions: how many these are.
        at: [Q, L] how sure it is of a question: the share of its samples that its commonest answer has; of scores, how
            far the best option is ahead, divided by how far the language's options lie apart on average. NaN where that
            is not known.
    """

    name: str
    figures: dict[str, Statistic]
    questions: int
    at: NDArray[np.float64]


def surety(ballots: Ballots) -> Surety:
    """Measure how sure each language is of itself.

    Raises:
        ValueError: it cannot be known, in some language.
    """
    taken = ballots.mass.sum(axis=2) if ballots.taken is None else ballots.taken
    complete = (taken > 0).all(axis=1)
    if not complete.any():
        raise ValueError("no question was asked in all languages; name the --languages that were asked the same ones")
    if ballots.gaps is None:
        name, why = "self_agreement", "no question has two samples with an answer; sample more (repeats, 3 or more)"
        above, below = _agreement(ballots)
        at = np.where(taken > 1, divide(text_votes(ballots).max(axis=2), taken), np.nan)
    else:
        name = "margin"
        why = "no question has three different options with scores that are finite and not all equal"
        above, below = np.moveaxis(np.nan_to_num(ballots.gaps), 2, 0)
        usual = divide(below[complete].sum(axis=0), (below[complete] > 0).sum(axis=0))
        at = divide(ballots.gaps[..., 0], usual)
    above, below = above[complete], below[complete]
    if not below.sum(axis=0).all():
        unknown = [ballots.languages[column] for column in np.flatnonzero(below.sum(axis=0) == 0)]
        raise ValueError(f"how sure {', '.join(unknown)} is of itself cannot be known: {why}")
    figures = {
        language: ratio(above[:, [column]], below[:, [column]]) for column, language in enumerate(ballots.languages)
    }
    return Surety(name, figures, int(complete.sum()), at)


def pivots(found: Surety) -> NDArray[np.bool_]:
    """[L]: the language that is surest of itself; several where they are equally sure."""
    values = np.array([float(figure) for figure in found.figures.values()])
    surest: NDArray[np.bool_] = values >= values.max() - CLOSE
    return surest


def surest(found: Surety) -> NDArray[np.bool_]:
    """[Q, L]: the language that is surest of a question; several that are equally sure, none where none is known."""
    at = np.where(np.isnan(found.at), -np.inf, found.at)
    best = at.max(axis=1, keepdims=True)
    most: NDArray[np.bool_] = (at >= best - CLOSE) & np.isfinite(at)
    return most


def _agreement(ballots: Ballots) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """[Q, L] twice: the share of pairs of a language's samples that are equal, and 1 where it has such pairs.

    Drawn without replacement, so it does not grow or shrink with the number of samples. As in `consistency`, samples
    without an answer are in no pair.
    """
    equal = (ballots.mass * (text_votes(ballots) - 1)).sum(axis=2)
    voted = ballots.mass.sum(axis=2)
    paired = voted > 1
    return np.nan_to_num(divide(equal, voted * (voted - 1))) * paired, paired.astype(np.float64)
