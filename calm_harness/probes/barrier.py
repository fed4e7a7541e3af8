"""What it costs a model that languages are mixed within a question, and the control of it (needs numpy alone).

The barrier is that of *Crosslingual knowledge barriers* (arXiv 2406.16135): how much of the accuracy is lost. The
control is our own: an option in a language of its own is odd, and a model may choose it, or shun it, for that alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calm_harness.errors import CalmError
from calm_harness.metrics import Answers, Statistic
from calm_harness.metrics.sums import mean, share

ALL = "all"  # languages but the one that the rest is in
NO_PLACE = -1


@dataclass(frozen=True)
class Asked:
    """What a run asked and was answered.

    Attributes:
        answers: [Q, L].
        odd: [Q, L] position of the one option that is in the row's language while all else is in another, where the
            texts differ; -1 where there is none.
    """

    answers: Answers
    odd: NDArray[np.int64]


def compared(run: Asked, plain: Answers, language: str) -> dict[str, dict[str, Statistic]]:
    """Compare a run with one whose languages are not mixed, question by question.

    Args:
        run: the mixed run; or `plain` itself, whose differences from itself are left out.
        plain: the same questions in the same languages.
        language: of the rest, in which nothing is mixed.

    Returns:
        Of each other language, and of `all` of them (each question with its mean over them):
        `acc`: accuracy, where no label is hidden;
        `barrier`: accuracy all in the row's language, minus `acc`;
        `behind`: accuracy all in `language`, minus `acc`;
        `flipped`: share of answers that are other ones than all in the row's language;
        `apart`: share of answers that are other ones than all in `language`;
        `odd`, `odd_plain` and `attraction`: how often the odd option is chosen, how often the same option is with all
        in `language`, and the first minus the second. Where the texts are the same in both languages none is odd.

    Raises:
        CalmError: the runs are of different questions, or lack what they are compared by.
    """
    mixed = run.answers
    if (mixed.question_ids, mixed.languages) != (plain.question_ids, plain.languages):
        raise CalmError("the runs with and without mix are of different questions; run both anew")
    if language not in plain.languages or len(plain.languages) < 2:
        raise CalmError(f"the runs are in {', '.join(plain.languages)}; ask {language} and other languages")
    rest = plain.languages.index(language)
    columns = {tag: [place] for place, tag in enumerate(plain.languages) if place != rest}
    columns[ALL] = [place for (place,) in columns.values()]
    return {tag: _compared(run, plain, rest, places) for tag, places in columns.items()}


def _compared(run: Asked, plain: Answers, rest: int, places: list[int]) -> dict[str, Statistic]:
    """Compare some languages, by their places, with themselves and with that of the rest."""
    mixed = run.answers
    is_plain = mixed is plain
    figures: dict[str, Statistic] = {}
    if not plain.hidden:
        right, own = mixed.right[:, places].astype(float), plain.right[:, places].astype(float)
        figures["acc"] = mean(right.mean(axis=1))
        if not is_plain:
            figures["barrier"] = mean((own - right).mean(axis=1), low=-1)
        figures["behind"] = mean(plain.right[:, rest] - right.mean(axis=1), low=-1)
    chosen, of_rest = mixed.chosen[:, places], plain.chosen[:, [rest]]
    if not is_plain:
        figures["flipped"] = mean(_differ(chosen, plain.chosen[:, places]).mean(axis=1))
    figures["apart"] = mean(_differ(chosen, of_rest).mean(axis=1))
    odd = run.odd[:, places]
    there = odd != NO_PLACE
    if there.any():
        with_odd, without = (
            (sets >> np.maximum(odd, 0) & 1).astype(float) * there
            for sets in (chosen, np.broadcast_to(of_rest, odd.shape))
        )
        figures["odd"] = share(with_odd, there)
        figures["odd_plain"] = share(without, there)
        figures["attraction"] = share(with_odd - without, there, low=-1)
    return figures


def _differ(one: NDArray[np.int64], other: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Tell answers apart, as sets of options: no answer equals no answer alone."""
    return ((one & other) == 0) & ((one | other) != 0)


def chance(answers: Answers) -> float:
    """Return the accuracy of guessing."""
    return float((1 / answers.size).mean())
