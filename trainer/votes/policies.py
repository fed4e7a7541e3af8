"""Which answer the samples of a question vote for, by policy (pure numpy; reads labels for `gold` alone).

A vote pools all samples of a question. CALM (arXiv 2501.18457, section 3) pools them over all languages and takes the
answer of the majority as the target in every language: `crosslingual`. The other policies are what it has to be
compared with.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from calm_harness.metrics import PIVOT
from trainer.votes.ballots import Ballots, resolve
from trainer.votes.pivot import pivots, surest, surety
from trainer.votes.pools import Pool, pooled
from trainer.votes.reliability import log_odds, weights

Policy = Literal[
    "crosslingual", "weighted", "sensitive", "pooled", "pivot", "confident", "english", "own", "gold", "random"
]
"""Of whom the answer is the target: all languages; all, `weighted` by how far each can be trusted, estimated from their
agreement alone, or by how `sensitive` its scores are to the question; all, by their options' scores rather than their
best options (`pooled`); the language that is surest of itself, over all questions (`pivot`) or on each (`confident`),
or all that are equally sure; English for all; each language for itself; the label (an upper bound); nobody (a
control)."""
POLICIES: tuple[Policy, ...] = get_args(Policy)
OF_THE_SUREST: tuple[Policy, ...] = ("pivot", "confident")
Ties = Literal["drop", "random"]

NOBODY = -1


@dataclass(frozen=True)
class Vote:
    """The outcome for each question and language.

    Attributes:
        winner: [Q, L] position of the option, -1 for a tie or where nobody voted.
        share: [Q, L] of all votes that the winner has; 0 where nobody voted, 1 without a vote (`gold`, `random`).
        margin: [Q, L] that share minus the runner-up's.
        votes: [Q, L] the winner's votes.
        tied: [Q, L] whether there was a tie.
    """

    winner: NDArray[np.int64]
    share: NDArray[np.float64]
    margin: NDArray[np.float64]
    votes: NDArray[np.float64]
    tied: NDArray[np.bool_]


def decide(votes: NDArray[np.float64], draw: np.random.Generator | None = None) -> Vote:
    """Count votes.

    Args:
        votes: [..., K]; equal counts at the top (within a billionth of all) are a tie.
        draw: decides ties among the options at the top; None leaves them without a winner.
    """
    total = votes.sum(axis=-1)
    ranked = np.sort(votes, axis=-1)
    first, second = ranked[..., -1], ranked[..., -2]
    share, runner_up = (np.divide(x, total, out=np.zeros_like(total), where=total > 0) for x in (first, second))
    tied = (total > 0) & (share - runner_up < 1e-9)
    winner = np.where((total > 0) & ~tied, votes.argmax(axis=-1), NOBODY)
    if draw is not None:
        top = np.where(votes >= first[..., None] - 1e-9 * total[..., None], draw.random(votes.shape), -1)
        winner = np.where(tied, top.argmax(axis=-1), winner)
    return Vote(winner, share, share - runner_up, first, tied)


def vote(ballots: Ballots, policy: Policy, *, ties: Ties = "drop", seed: int = 0, pool: Pool = "log") -> Vote:
    """Hold the vote.

    Args:
        ballots: the samples.
        policy: one of `POLICIES`.
        ties: `drop` leaves a tie without a winner, `random` draws one.
        seed: of the policy `random`, and of ties.
        pool: how the policy `pooled` pools; its shares and votes are the pool's probabilities (softmax).

    Raises:
        ValueError: there is no such policy, English is to decide and is not among the languages, scores are to and
            there are none, or the surest language is to and cannot be known.
    """
    shape = ballots.mass.shape[:2]
    if policy in ("gold", "random"):
        target = ballots.gold if policy == "gold" else _drawn(ballots, seed)
        has_target = (target >= 0).astype(np.float64)
        return _everywhere(Vote(target, has_target, has_target, has_target, np.zeros(len(target), np.bool_)), shape)
    votes = resolve(ballots)
    draw = np.random.default_rng(seed) if ties == "random" else None
    if policy == "own":
        return decide(votes, draw)
    if policy == "english":
        if PIVOT not in ballots.languages:
            raise ValueError(f"vote=english needs samples in {PIVOT}, not only {', '.join(ballots.languages)}")
        return _everywhere(decide(votes[:, ballots.languages.index(PIVOT)], draw), shape)
    if policy == "weighted":
        votes = votes * weights(ballots, votes)[:, None]
    elif policy == "sensitive":
        if ballots.sensitivity is None:
            raise ValueError(
                "vote=sensitive needs scored options (a _cloze run with score=pmi); take weighted for others"
            )
        votes = votes * log_odds(ballots.sensitivity, ballots)[:, None]
    elif policy == "pooled":
        if ballots.scores is None:
            raise ValueError("vote=pooled needs scored options (a _cloze run); take crosslingual for responses")
        return _everywhere(decide(_shares(pooled(ballots.scores, pool, ballots.twins, ballots.size)), draw), shape)
    elif policy == "pivot":
        votes = votes * pivots(surety(ballots))[:, None]
    elif policy == "confident":
        votes = votes * surest(surety(ballots))[:, :, None]
    elif policy != "crosslingual":
        raise ValueError(f"there is no vote {policy!r} (known: {', '.join(POLICIES)})")
    return _everywhere(decide(votes.sum(axis=1), draw), shape)


def vote_of_others(ballots: Ballots) -> Vote:
    """Hold a vote for each language in which the others alone take part; a tie leaves it without a winner."""
    taking_part = 1 - np.eye(len(ballots.languages))
    return decide(np.einsum("qmk,lm->qlk", resolve(ballots), taking_part))


def _shares(logarithms: NDArray[np.float64]) -> NDArray[np.float64]:
    """[Q, K]: softmax; 0 where there is nothing."""
    known = ~np.isnan(logarithms)
    top = np.where(known, logarithms, -np.inf).max(axis=1, keepdims=True, initial=-np.inf)
    weights_of = np.exp(np.where(known, logarithms - np.where(np.isfinite(top), top, 0), -np.inf))
    total = weights_of.sum(axis=1, keepdims=True)
    shares: NDArray[np.float64] = np.divide(weights_of, total, out=np.zeros_like(weights_of), where=total > 0)
    return shares


def _everywhere(outcome: Vote, shape: tuple[int, ...]) -> Vote:
    """Give the outcome [Q] of one vote to all languages: [Q, L]."""

    def spread(part: NDArray[Any]) -> NDArray[Any]:
        return np.broadcast_to(part[:, None], shape)

    return Vote(
        spread(outcome.winner),
        spread(outcome.share),
        spread(outcome.margin),
        spread(outcome.votes),
        spread(outcome.tied),
    )


def _drawn(ballots: Ballots, seed: int) -> NDArray[np.int64]:
    """[Q]: an option of each question, by hash(seed, question_id)."""
    return np.array(
        [
            random.Random(f"{seed}/{question_id}").randrange(size)
            for question_id, size in zip(ballots.question_ids, ballots.size, strict=True)
        ],
        dtype=np.int64,
    )
