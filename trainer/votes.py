"""Which answer the samples of a question vote for, by policy (pure numpy; reads labels for `gold` alone).

A vote pools all samples of a question. CALM (arXiv 2501.18457, section 3) pools them over all languages and takes the
answer of the majority as the target in every language: `crosslingual`. The other policies are what it has to be
compared with.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calm_harness.metrics import PIVOT

POLICIES = ("crosslingual", "weighted", "sensitive", "english", "own", "gold", "random")
"""Of whom the answer is the target: all languages; all, `weighted` by how far each can be trusted, estimated from their
agreement alone, or by how `sensitive` its scores are to the question; English for all; each language for itself; the
label (an upper bound); nobody (a control)."""

NOBODY = -1
ROUNDS = 50  # of the estimate of reliability; it settles in about ten


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
    """

    question_ids: tuple[str, ...]
    languages: tuple[str, ...]
    mass: NDArray[np.float64]
    twins: NDArray[np.int64]
    size: NDArray[np.int64]
    gold: NDArray[np.int64]
    sensitivity: NDArray[np.float64] | None = None


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


def resolve(ballots: Ballots) -> NDArray[np.float64]:
    """Let a text that stands for several options of a language count for the one that has the most votes.

    Returns:
        [Q, L, K] votes, each counted once; of several options with as many votes the first gets them.
    """
    same = ballots.twins[:, :, :, None] == ballots.twins[:, :, None, :]
    of_text = np.einsum("qlk,qlkj->qlj", ballots.mass, same)  # the votes for an option's text
    support = of_text.sum(axis=1)
    resolved = np.zeros_like(ballots.mass)
    best = np.where(same, support[:, None, None, :], -1).argmax(axis=3)  # [Q, L, K] the option that a text counts for
    q, language, option = np.nonzero(ballots.mass)
    np.add.at(resolved, (q, language, best[q, language, option]), ballots.mass[q, language, option])
    return resolved


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


def vote(ballots: Ballots, policy: str, *, ties: str = "drop", seed: int = 0) -> Vote:
    """Hold the vote.

    Args:
        ballots: the samples.
        policy: one of `POLICIES`.
        ties: `drop` leaves a tie without a winner, `random` draws one.
        seed: of the policy `random`, and of ties.

    Raises:
        ValueError: there is no such policy, English is to decide and is not among the languages, or scores are to and
            there are none.
    """
    shape = ballots.mass.shape[:2]
    if policy in ("gold", "random"):
        target = ballots.gold if policy == "gold" else _drawn(ballots, seed)
        known = (target >= 0).astype(np.float64)
        return _everywhere(Vote(target, known, known, known, np.zeros(len(target), np.bool_)), shape)
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
            raise ValueError("vote=sensitive needs scored options (a _cloze run); take weighted for responses")
        votes = votes * _log_odds(ballots.sensitivity, ballots)[:, None]
    elif policy != "crosslingual":
        raise ValueError(f"there is no vote {policy!r} (known: {', '.join(POLICIES)})")
    return _everywhere(decide(votes.sum(axis=1), draw), shape)


def _everywhere(outcome: Vote, shape: tuple[int, ...]) -> Vote:
    """Give the outcome [Q] of one vote to all languages: [Q, L]."""

    def spread(part: NDArray) -> NDArray:
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


def weights(ballots: Ballots, votes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Weigh languages by how often each is right, estimated without a label from how they agree.

    A language is taken to be right with a probability of its own, and to spread its errors evenly; truth and
    probabilities are estimated together, beginning with the vote in which all count alike. A vote then weighs as much
    as its log-odds: log(p (k - 1) / (1 - p)), for k options, and not less than nothing.

    Source: the one-coin model of Dawid and Skene, "Maximum Likelihood Estimation of Observer Error-Rates Using the EM
    Algorithm" (1979).

    Args:
        ballots: the samples, for the number of options.
        votes: [Q, L, K] resolved.

    Returns:
        [L] weights, 1 on average.
    """
    total = votes.sum(axis=2, keepdims=True)
    share = np.divide(votes, total, out=np.zeros_like(votes), where=total > 0)
    voted = total[:, :, 0] > 0
    exists = np.arange(votes.shape[2]) < ballots.size[:, None]
    truth = _normalised(share.sum(axis=1) * exists)
    others = np.maximum(ballots.size - 1, 1)
    right = np.full(votes.shape[1], 0.5)
    for _ in range(ROUNDS):
        right = (np.einsum("qlk,qk->l", share, truth) + 1) / (voted.sum(axis=0) + 2)  # one right, one wrong to begin
        odds = np.log(right)[:, None] - np.log((1 - right)[:, None] / others)  # [L, Q]
        evidence = np.where(exists, np.einsum("qlk,lq->qk", share, odds), -np.inf)
        truth = _normalised(np.exp(evidence - evidence.max(axis=1, keepdims=True)))
    return _log_odds(right, ballots)


def _log_odds(p: NDArray[np.float64], ballots: Ballots) -> NDArray[np.float64]:
    """Turn the chance [L] to be right into what a vote weighs: 1 on average, never less than nothing."""
    others = np.maximum(ballots.size - 1, 1).mean()
    found = np.maximum(np.log(p * others / (1 - p)), 0)
    return found / found.mean() if found.any() else np.ones_like(found)


def sensitivity(after: NDArray[np.float64], null: NDArray[np.float64]) -> float:
    """How much of what a language's scores say of a question's options depends on the question: 1 - r².

    r is the correlation, over options, of the log-likelihoods after the question with those after the answer word
    alone, both less their question's mean. A language in which the model hardly understands the questions scores
    options by how common their words are, whatever is asked: r is near 1. Our own measure; no label enters.

    Args:
        after: [N, K] after the question, NaN beyond a question's own options.
        null: [N, K] after the answer word alone.

    Returns:
        From 0 (the question changes nothing) to 1.
    """
    one, other = (values - np.nanmean(values, axis=1, keepdims=True) for values in (after, null))
    known = ~np.isnan(one) & ~np.isnan(other)
    one, other = one[known], other[known]
    spread = np.sqrt((one**2).sum() * (other**2).sum())
    return float(np.clip(1 - ((one * other).sum() / spread) ** 2, 1e-3, 1 - 1e-3)) if spread > 0 else 0.5


def _normalised(values: NDArray[np.float64]) -> NDArray[np.float64]:
    total = values.sum(axis=1, keepdims=True)
    return np.divide(values, total, out=np.zeros_like(values), where=total > 0)


def agreement(ballots: Ballots) -> NDArray[np.int64]:
    """[Q]: how many languages' own vote is the answer that most languages have; 0 where none has a vote."""
    winner = decide(resolve(ballots)).winner
    counts = np.zeros((len(winner), ballots.mass.shape[2]), dtype=np.int64)
    q, language = np.nonzero(winner >= 0)
    np.add.at(counts, (q, winner[q, language]), 1)
    most: NDArray[np.int64] = counts.max(axis=1)
    return most


def right(answers: NDArray[np.int64], ballots: Ballots, languages: Sequence[int] | None = None) -> NDArray[np.bool_]:
    """[Q, L]: whether an answer is the gold one, or has its text; only for reporting."""
    columns = list(range(len(ballots.languages))) if languages is None else list(languages)
    rows = np.arange(len(answers))[:, None]
    twins = ballots.twins[:, columns]
    place = np.arange(len(columns))
    of_answer = twins[rows, place, np.maximum(answers[:, columns], 0)]
    of_gold = twins[rows, place, np.maximum(ballots.gold, 0)[:, None]]
    return (of_answer == of_gold) & (answers[:, columns] >= 0) & (ballots.gold >= 0)[:, None]
