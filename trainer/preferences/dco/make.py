"""Make pairs for DCO out of a cloze log: no vote is held, and no label read."""

from __future__ import annotations

import itertools
from array import array
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from calm_harness.errors import CalmError
from calm_harness.predictions import Prediction
from trainer.logs.cells import Cell
from trainer.preferences import lengths, select, summary
from trainer.preferences.arguments import PairArguments
from trainer.preferences.dco.draws import pairs_of_languages, two_options
from trainer.preferences.rows import Pair, lay_out
from trainer.preferences.samples import Samples
from trainer.preferences.sides import Sides
from trainer.preferences.texts import Text
from trainer.preferences.write import TARGET, Row
from trainer.votes import expected
from trainer.votes.agreement import agreement
from trainer.votes.ballots import Ballots
from trainer.votes.fixed_point import partners_of
from trainer.votes.pools import takes_part

OF_VOTES = (
    "vote", "pool", "score", "probabilities", "ties", "min_votes", "min_margin", "chosen", "rejected", "thoughts",
    "balance_length", "chat", "translator", "translator_args",
)  # fmt: skip
"""Settings of votes and of responses, which make nothing of pairs for DCO."""


def make_each(samples: Samples, args: PairArguments, take: Callable[[Row], object]) -> dict[str, Any]:
    """Make pairs one after the other, and return their summary.

    Each row is of a question in a language: two of its options, and as `target` the log-odds of these two in its
    partner under the base model, which the language's own are to change by. (DCO's loss of a pair of languages is
    |Δ₁ - o₂| + |Δ₂ - o₁| where its β, the authors' weight of a direction, is 1; o is the log-odds before training, a
    constant, so each row stands for itself.)

    Args:
        samples: scored options.
        args: what to make.
        take: is given each row.

    Raises:
        CalmError: the arguments do not fit the samples, or no pair is left.
    """
    check(samples, args)
    ballots = samples.ballots("sum", with_scores=True)
    drawn, dropped = draw(ballots, args)
    kept = select.capped(drawn.language, samples.languages, args) if select.is_needed(args) else slice(None)
    dropped["beyond the cap (pairs)"] = len(drawn.language) - len(drawn.language[kept])
    tally = summary.Tally(samples, lengths.measure(args.tokenizer))
    for sides, row in _rows(samples, ballots, Drawn(*(column[kept] for column in drawn)), args):
        tally.add(row, sides, sides.rejected[0])
        take(row)
    if not tally.pairs:
        reasons = ", ".join(f"{reason}: {count}" for reason, count in (+dropped).most_common())
        raise CalmError(f"no pair is left ({reasons}); take other questions, or more languages")
    figures = summary.counted(tally, ballots, (+dropped, Counter()), asdict(args))
    return {**figures, "fixed_point": expected.summarise(samples.cells.values(), args.partners)}


def check(samples: Samples, args: PairArguments) -> None:
    """Check that DCO can be made of samples.

    Raises:
        CalmError: they are responses or letters, a setting of votes is set, or English is to be a partner and is
            not there.
    """
    if not samples.scored:
        raise CalmError("objective=dco needs scored options (a _cloze run); these samples are responses")
    defaults = vars(PairArguments([], ""))
    for name in OF_VOTES:
        if getattr(args, name) != defaults[name]:
            raise CalmError(f"objective=dco holds no vote and takes options as they are: leave {name} out")
    try:
        partners_of(samples.languages, args.partners)
    except ValueError as error:
        raise CalmError(str(error)) from None


class Drawn(NamedTuple):
    """The rows to be made, [N] each: numbers of questions, languages and partners, question by question."""

    question: NDArray[np.int64]
    language: NDArray[np.int64]
    partner: NDArray[np.int64]


def draw(ballots: Ballots, args: PairArguments) -> tuple[Drawn, Counter[str]]:
    """Draw the rows, and count the questions in a language that have none, by the reason."""
    assert ballots.scores is not None and ballots.taken is not None  # noqa: PT018  (of scored samples both are known)
    asked = np.greater(ballots.taken, 0)
    finite = np.asarray(takes_part(ballots.scores, ballots.size).any(axis=2))
    agreeing = agreement(ballots)
    number = {language: place for place, language in enumerate(ballots.languages)}
    dropped, columns = Counter[str](), [array("q"), array("q"), array("q")]
    for question, question_id in enumerate(ballots.question_ids):
        if agreeing[question] < args.min_languages:
            dropped[f"fewer than {args.min_languages} languages agree"] += int(asked[question].sum())
            continue
        chosen, rejected = two_options(question_id, int(ballots.size[question]), args.seed)
        of_chosen, of_rejected = (ballots.twins[question, :, option] for option in (chosen, rejected))
        differ = np.not_equal(of_chosen, of_rejected)
        usable = finite[question] & differ
        tags = [ballots.languages[language] for language in np.flatnonzero(usable)]
        pairs = pairs_of_languages(question_id, tags, args.partners, args.seed)
        rows = sorted((number[one], number[other]) for pair in pairs for one, other in (pair, pair[::-1]))
        dropped["a score is no finite number"] += int((asked[question] & ~finite[question]).sum())
        dropped["both options have the same text"] += int((finite[question] & ~differ).sum())
        dropped["no partner"] += len(set(tags) - {ballots.languages[language] for language, _ in rows})
        for language, partner in rows:
            for column, value in zip(columns, (question, language, partner), strict=True):
                column.append(value)
    return Drawn(*(np.array(column, dtype=np.int64) for column in columns)), dropped


def _rows(samples: Samples, ballots: Ballots, drawn: Drawn, args: PairArguments) -> Iterator[tuple[Sides, Row]]:
    """Lay rows out; a question in a language is read once for all its partners."""
    assert ballots.scores is not None
    rows = zip(*(column.tolist() for column in drawn), strict=True)
    for number, (cell, of_cell) in enumerate(itertools.groupby(rows, key=lambda row: (row[0], row[1]))):
        samples_of = samples.cells[cell]
        if samples_of.lettered:
            raise CalmError(
                f"objective=dco is for options' texts (a _cloze run); of question {samples_of.question_id} letters "
                "were scored"
            )
        chosen, rejected = two_options(samples.question_ids[cell[0]], len(samples_of.options), args.seed)
        sides = _sides(number, cell, samples_of, chosen, rejected)
        for question, _, partner in of_cell:
            odds = ballots.scores[question, partner, chosen] - ballots.scores[question, partner, rejected]
            row = lay_out(Pair(samples_of, sides.chosen[0], sides.rejected[0], 0, 0), chat=False)
            row = {name: value for name, value in row.items() if name not in ("vote_share", "margin")}
            yield sides, {**row, "partner": samples.languages[partner], TARGET: float(odds)}


def _sides(number: int, cell: Cell, samples: Prediction, chosen: int, rejected: int) -> Sides:
    texts = (Text(samples.continuations[option], option, "option") for option in (chosen, rejected))
    return Sides(number, cell, samples, *([text] for text in texts))
