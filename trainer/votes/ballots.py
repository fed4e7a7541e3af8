"""The samples of a run as ballots, and what a ballot counts for where options share a text (pure numpy)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

BLOCK = 1 << 15  # questions that are worked on at once, where each takes K × K numbers a language


@dataclass(frozen=True)
class Ballots:
    """The samples of Q questions in L languages, at most K options a question.

    Attributes:
        question_ids: Q ids.
        languages: L BCP 47 tags.
        mass: [Q, L, K] how many samples chose the option, or how probable it is; 0 where a language is missing.
        twins: [Q, L, K] for each option the first one with the same text in that language.
        size: [Q] number of options.
        gold: [Q] position of the right option, -1 where it is hidden.
        sensitivity: [L] see the function of that name; None where responses were written.
        taken: [Q, L] how many samples there are, those without an answer among them; None where all have one.
        gaps: [Q, L, 2] of scored options how far the best is ahead of the next and of the last
            (`calm_harness.metrics.gaps`); None where responses were written.
        scores: [Q, L, K] the scores that decide between options, NaN beyond a question's own and where a language is
            missing; None where responses were written, or nobody asked for them.
    """

    question_ids: tuple[str, ...]
    languages: tuple[str, ...]
    mass: NDArray[np.float64]
    twins: NDArray[np.integer[Any]]
    size: NDArray[np.int64]
    gold: NDArray[np.int64]
    sensitivity: NDArray[np.float64] | None = None
    taken: NDArray[np.float64] | None = None
    gaps: NDArray[np.float64] | None = None
    scores: NDArray[np.float64] | None = None


def blocks(questions: int) -> Iterator[slice]:
    """Go through questions block by block."""
    return (slice(start, min(start + BLOCK, questions)) for start in range(0, questions, BLOCK))


def resolve(ballots: Ballots) -> NDArray[np.float64]:
    """Let a text that stands for several options of a language count for the one that has the most votes.

    Returns:
        [Q, L, K] votes, each counted once; of several options with as many votes the first gets them.
    """
    resolved = np.zeros_like(ballots.mass)
    for block in blocks(len(resolved)):
        resolved[block] = _resolved(ballots.mass[block], ballots.twins[block])
    return resolved


def _resolved(mass: NDArray[np.float64], twins: NDArray[np.integer[Any]]) -> NDArray[np.float64]:
    same = _same(twins)
    support = _text_votes(mass, same).sum(axis=1)
    resolved = np.zeros_like(mass)
    best = np.where(same, support[:, None, None, :], -1).argmax(axis=3)  # [Q, L, K] the option that a text counts for
    q, language, option = np.nonzero(mass)
    np.add.at(resolved, (q, language, best[q, language, option]), mass[q, language, option])
    return resolved


def text_votes(ballots: Ballots) -> NDArray[np.float64]:
    """[Q, L, K]: the votes of a language for each option's text, whichever option of that text they were for."""
    votes = np.empty_like(ballots.mass)
    for block in blocks(len(votes)):
        votes[block] = _text_votes(ballots.mass[block], _same(ballots.twins[block]))
    return votes


def _text_votes(mass: NDArray[np.float64], same: NDArray[np.bool_]) -> NDArray[np.float64]:
    votes: NDArray[np.float64] = np.einsum("qlk,qlkj->qlj", mass, same)
    return votes


def _same(twins: NDArray[np.integer[Any]]) -> NDArray[np.bool_]:
    """[Q, L, K, K]: whether two options have the same text."""
    same: NDArray[np.bool_] = twins[:, :, :, None] == twins[:, :, None, :]
    return same
