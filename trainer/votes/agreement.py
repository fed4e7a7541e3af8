"""How far languages' own votes agree, and how often a vote is right, which is only reported (pure numpy)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from trainer.votes.ballots import Ballots, blocks, resolve
from trainer.votes.policies import decide


def agreement(ballots: Ballots) -> NDArray[np.int64]:
    """[Q]: how many languages' own vote is the answer that most languages have; 0 where none has a vote."""
    votes = resolve(ballots)
    agreeing = np.zeros(len(votes), dtype=np.int64)
    for block in blocks(len(votes)):
        winner = decide(votes[block]).winner
        counts = np.zeros((len(winner), votes.shape[2]), dtype=np.int64)
        q, language = np.nonzero(winner >= 0)
        np.add.at(counts, (q, winner[q, language]), 1)
        agreeing[block] = counts.max(axis=1)
    return agreeing


def right(answers: NDArray[np.int64], ballots: Ballots, languages: Sequence[int] | None = None) -> NDArray[np.bool_]:
    """[Q, L]: whether an answer is the gold one, or has its text; only for reporting."""
    columns = list(range(len(ballots.languages))) if languages is None else list(languages)
    rows = np.arange(len(answers))[:, None]
    twins = ballots.twins[:, columns]
    place = np.arange(len(columns))
    of_answer = twins[rows, place, np.maximum(answers[:, columns], 0)]
    of_gold = twins[rows, place, np.maximum(ballots.gold, 0)[:, None]]
    labelled = (ballots.gold >= 0)[:, None]
    is_right: NDArray[np.bool_] = (of_answer == of_gold) & (answers[:, columns] >= 0) & labelled
    return is_right
