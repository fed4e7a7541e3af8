"""How far each language can be trusted, estimated without a label: what its votes weigh (pure numpy)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trainer.votes.ballots import Ballots

ROUNDS = 50  # of the estimate of reliability; it settles in about ten


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
    wrong_options = np.maximum(ballots.size - 1, 1)
    right = np.full(votes.shape[1], 0.5)
    for _ in range(ROUNDS):
        right = (np.einsum("qlk,qk->l", share, truth) + 1) / (voted.sum(axis=0) + 2)  # one right, one wrong to begin
        odds = np.log(right)[:, None] - np.log((1 - right)[:, None] / wrong_options)  # [L, Q]
        evidence = np.where(exists, np.einsum("qlk,lq->qk", share, odds), -np.inf)
        truth = _normalised(np.exp(evidence - evidence.max(axis=1, keepdims=True)))
    return log_odds(right, ballots)


def log_odds(p: NDArray[np.float64], ballots: Ballots) -> NDArray[np.float64]:
    """Turn the chance [L] to be right into what a vote weighs: 1 on average, never less than nothing."""
    wrong_options = np.maximum(ballots.size - 1, 1).mean()
    odds = np.maximum(np.log(p * wrong_options / (1 - p)), 0)
    return odds / odds.mean() if odds.any() else np.ones_like(odds)


def sensitivity(after: NDArray[np.float64], null: NDArray[np.float64]) -> float:
    """How much of what a language's scores say of a question's options depends on the question: 1 - r².

    r is the correlation, over options, of the log-likelihoods after the question with those after the answer word
    alone, both less their question's mean. A language in which the model hardly understands the questions scores
    options by how common their words are, whatever is asked: r is near 1. Our own measure; no label enters.

    Args:
        after: [N, K] after the question, NaN beyond a question's own options; what is not finite is left out.
        null: [N, K] after the answer word alone.

    Returns:
        From 0 (the question changes nothing) to 1.
    """
    scored = np.isfinite(after) & np.isfinite(null)
    count = np.maximum(scored.sum(axis=1, keepdims=True), 1)
    of_question, of_word = (
        values - np.where(scored, values, 0).sum(axis=1, keepdims=True) / count for values in (after, null)
    )
    of_question, of_word = of_question[scored], of_word[scored]
    spread = np.sqrt((of_question**2).sum() * (of_word**2).sum())
    return float(np.clip(1 - ((of_question * of_word).sum() / spread) ** 2, 1e-3, 1 - 1e-3)) if spread > 0 else 0.5


def _normalised(values: NDArray[np.float64]) -> NDArray[np.float64]:
    total = values.sum(axis=1, keepdims=True)
    shares: NDArray[np.float64] = np.divide(values, total, out=np.zeros_like(values), where=total > 0)
    return shares
