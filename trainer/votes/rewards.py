"""What a sampled answer is worth, by the answers of all languages to its question (pure; labels for `gold` alone).

GRPO samples a question G times in each of L languages, and learns what is worth more than the other samples of the same
prompt. `vote` is CALM's target, counted anew at every step: what all languages' samples agree on (with one language it
is TTRL's, arXiv 2504.16084). `agree` asks how many samples of the *other* languages say the same. `gold` is PolyFact's
("Lost in Mistranslation", arXiv 2606.06586): the g-th samples in all languages are one rollout, which is worth how many
of them are right. Both without labels are at their best where one answer is given to everything, so they are for
trainings that stop when the answers' positions collapse (`trainer.rollouts.positions`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from typing import Literal

import numpy as np

from trainer.votes.policies import decide

Reward = Literal["vote", "agree", "gold", "gold+all"]
LABELLED: tuple[Reward, ...] = ("gold", "gold+all")

NO_OPTION, EMPTY = -1, -2  # what is said without naming an option: something, nothing at all
PENALTIES = {NO_OPTION: -0.5, EMPTY: -1.0}
"""Of PolyFact's trainer. Silence costs most: were it free, one end-of-sequence token would be the way out of a penalty,
and a model that says nothing anywhere has no reward that differs from another, and so learns nothing any more."""
BONUS = 1.0
"""For a rollout that is right in all languages: `--all_correct_bonus` of PolyFact's trainer, its default."""

Said = Sequence[Sequence[int]]
"""[L][G]: the options that are named, or `NO_OPTION`, or `EMPTY`."""
Rewards = list[list[float]]
"""[L][G]"""


def rewards(reward: Reward, said: Said, right: Sequence[Collection[int]] = ()) -> Rewards:
    """Reward the answers to a question.

    Args:
        reward: what they are worth.
        said: the answers.
        right: [L] the options that are right, of which one may have another's text; read for `LABELLED` alone.
    """
    if reward == "vote":
        return vote(said)
    if reward == "agree":
        return agree(said)
    return gold(said, right, BONUS if reward == "gold+all" else 0.0)


def vote(said: Said) -> Rewards:
    """1 for the answer of the majority of all languages' samples, 0 for others; in a tie nobody wins.

    The winner is that of `trainer.votes.policies.vote`, policy `crosslingual`, over the same samples.
    """
    winner = majority(said)
    return _each(said, lambda _, answer: float(answer == winner))


def majority(said: Said) -> int:
    """Return the answer that most samples of all languages give; -1 for a tie, or where none names an option."""
    given = np.array([answer for answers in said for answer in answers if answer >= 0], dtype=np.int64)
    return int(decide(np.bincount(given, minlength=2).astype(np.float64)).winner)


def agree(said: Said) -> Rewards:
    """Give the share of the other languages' samples with the same answer; its own language does not count.

    Samples that name no option are among the others: they agree with nobody.
    """
    counts = [Counter(answers) for answers in said]
    everywhere = sum(counts, Counter[int]())

    def share(language: int, answer: int) -> float:
        others = everywhere.total() - counts[language].total()
        return (everywhere[answer] - counts[language][answer]) / others

    return _each(said, share)


def gold(said: Said, right: Sequence[Collection[int]], bonus: float = 0.0) -> Rewards:
    """Give the g-th sample of every language what the g-th samples of all languages are worth together.

    R(g) = Σ_l s(l, g), where s is 1 for a right answer, 0 for a wrong one, and a penalty where no option is named; and
    the bonus, if all are right (`compute_group_reward` of PolyFact's trainer).
    """
    scores = _each(said, lambda language, answer: float(answer in right[language]))
    rollouts = [sum(column) + bonus * all(score == 1 for score in column) for column in zip(*scores, strict=True)]
    return [list(rollouts) for _ in said]


def _each(said: Said, worth: Callable[[int, int], float]) -> Rewards:
    """Give what names no option its penalty, and anything else what it is worth in its language."""
    return [
        [PENALTIES[answer] if answer in PENALTIES else worth(language, answer) for answer in answers]
        for language, answers in enumerate(said)
    ]
