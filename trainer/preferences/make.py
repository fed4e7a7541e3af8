"""Make preference pairs out of samples, by a vote over languages."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from calm_harness.errors import CalmError
from calm_harness.files import only_writer
from trainer.logs.cells import NONE, Cell
from trainer.preferences import held_out, lengths, select, summary, texts
from trainer.preferences.arguments import PairArguments
from trainer.preferences.dco import make as dco
from trainer.preferences.rows import Pair, lay_out
from trainer.preferences.samples import Samples, load, named_questions
from trainer.preferences.select import Pairs, Selection
from trainer.preferences.sides import Finder, Why
from trainer.preferences.texts import Rejection, Source
from trainer.preferences.write import Row, writing
from trainer.votes.agreement import agreement
from trainer.votes.policies import Vote, vote

log = logging.getLogger(__name__)


def make(samples: Samples, args: PairArguments) -> tuple[list[Row], dict[str, Any]]:
    """Make pairs, and keep them in memory.

    Returns:
        The rows (TRL's preference columns and provenance), and the summary.

    Raises:
        CalmError: the arguments do not fit the samples, or no pair is left.
    """
    rows: list[Row] = []
    return rows, make_each(samples, args, rows.append)


def make_each(samples: Samples, args: PairArguments, take: Callable[[Row], object]) -> dict[str, Any]:
    """Make pairs one after the other.

    Args:
        samples: of which texts are read as pairs are made of them.
        args: what to make.
        take: is given each row.

    Returns:
        The summary.

    Raises:
        CalmError: the arguments do not fit the samples, or no pair is left.
    """
    if args.objective == "dco":
        return dco.make_each(samples, args, take)
    rejection = _rejection(args, samples)
    check_labels(args)
    check_sources(args)
    _check_settings(args)
    ballots = samples.ballots(args.score, probabilities=args.probabilities, with_scores=args.vote == "pooled")
    try:
        outcome = vote(ballots, args.vote, ties=args.ties, seed=args.seed, pool=args.pool)
    except ValueError as error:
        raise CalmError(str(error)) from None
    if args.vote == "gold" and not (ballots.gold >= 0).any():
        raise CalmError("vote=gold needs labels, and these samples have none; take another vote")
    places = samples.places()
    answers, dropped = _answers(places, outcome, agreement(ballots), args)
    finder, measure, why = Finder(samples, answers, args, rejection), lengths.measure(args.tokenizer), Why()
    translated, faults = _translated(samples, finder, args)
    dropped.update(faults)

    def pairs(numbers: NDArray[np.int64], why: Why) -> Iterator[Pairs]:
        length = measure.length if args.balance_length else None
        for sides in finder.find(numbers, why, translated):
            matched = texts.paired(sides.chosen, sides.rejected, length, one=rejection == "one")
            why.one_sided += not matched
            yield sides, matched

    numbers = np.flatnonzero(answers != NONE) if samples.scored else np.arange(len(places))
    found, left_out = pairs(numbers, why), Counter[str]()
    if select.is_needed(args):
        selection = Selection(found, samples.languages, measure.length, args)
        found, left_out = selection.of(pairs(selection.numbers, Why())), selection.dropped
    tally = summary.Tally(samples, measure)
    for sides, matched in found:
        won_by = float(outcome.share[sides.cell]), float(outcome.margin[sides.cell])
        for chosen, rejected in matched:
            row = lay_out(Pair(sides.samples, chosen, rejected, *won_by), chat=args.chat)
            tally.add(row, sides, rejected)
            take(row)
    dropped.update(why.dropped())
    dropped.update(left_out)
    if not tally.pairs:
        reasons = ", ".join(f"{reason}: {count}" for reason, count in (+dropped).most_common())
        raise CalmError(f"no pair is left ({reasons}); relax the limits, sample more, or name more --chosen")
    figures = summary.counted(tally, ballots, (+dropped, why.left_out()), asdict(args))
    return {**figures, **summary.of_vote(ballots, outcome, samples)}


def check_labels(args: PairArguments) -> None:
    """Check that no label of a question that is evaluated is trained on.

    Raises:
        CalmError: it would be.
    """
    if args.vote == "gold" and args.transductive:
        raise CalmError(
            "vote=gold would train on the labels of questions that are evaluated; take another vote, or other questions"
        )


def check_sources(args: PairArguments) -> None:
    """Check that a text that was made stands behind the model's own.

    Raises:
        CalmError: it does not; from `template` on nothing else would ever be taken.
    """
    order = [source for source in get_args(Source) if source in args.chosen]
    if args.chosen != order:
        raise CalmError(f"chosen={' '.join(args.chosen)}: the first that there is is taken; write {' '.join(order)}")


def _check_settings(args: PairArguments) -> None:
    """Check that settings are for this vote and objective."""
    if args.vote == "pooled" and args.min_votes:
        raise CalmError("vote=pooled counts no votes; leave min_votes out, or take min_margin or min_languages")
    for name, default, needs in (("pool", "log", "vote=pooled"), ("partners", "english", "objective=dco")):
        value = getattr(args, name)
        if value != default and needs not in (f"vote={args.vote}", f"objective={args.objective}"):
            raise CalmError(f"{name}={value} is for {needs}; leave it out, or take that")


def _rejection(args: PairArguments, samples: Samples) -> Rejection:
    """Tell which policy of rejection fits the samples."""
    fitting: tuple[Rejection, ...] = ("random", "top", "all") if samples.scored else ("all", "one")
    rejection = args.rejected or fitting[0]
    if rejection not in fitting:
        kind = "scored options" if samples.scored else "responses"
        raise CalmError(f"rejected={rejection} is not for {kind}; take one of {', '.join(fitting)}")
    if samples.scored and args.chat:
        raise CalmError("chat is for responses; scored options carry the prompt as the model read it")
    if samples.scored and (args.balance_length or args.thoughts):
        raise CalmError("balance_length and thoughts are for responses; leave them out for scored options")
    return rejection


def _answers(
    places: NDArray[np.int64], outcome: Vote, agreeing: NDArray[np.int64], args: PairArguments
) -> tuple[NDArray[np.int64], Counter[str]]:
    """Tell the winning option of each question in a language, and why some give no pair.

    Args:
        places: [C, 2] the questions in languages, by number.
        outcome: of the vote.
        agreeing: [Q] languages that agree.
        args: the limits.

    Returns:
        [C] the winning options, `NONE` where there are to be no pairs; and how many these are, by the first reason.
    """
    questions, languages = places.T

    def here(values: NDArray[Any]) -> NDArray[Any]:
        return values[questions, languages]

    winners = here(outcome.winner)
    reasons = {
        "tie": here(outcome.tied) & (args.ties == "drop"),
        "no vote": winners < 0,
        f"fewer than {args.min_languages} languages agree": agreeing[questions] < args.min_languages,
        f"fewer than {args.min_votes:g} votes": (here(outcome.votes) < args.min_votes)
        & (args.vote not in ("gold", "random")),
        f"margin below {args.min_margin:g}": here(outcome.margin) < args.min_margin,
    }
    first = np.select(list(reasons.values()), range(len(reasons)), NONE)
    told = {reason: np.flatnonzero(first == number) for number, reason in enumerate(reasons)}
    met = sorted((cells[0], reason) for reason, cells in told.items() if len(cells))  # as they are met in the logs
    return np.where(first == NONE, winners, NONE), Counter({reason: len(told[reason]) for _, reason in met})


def _translated(samples: Samples, finder: Finder, args: PairArguments) -> tuple[dict[Cell, texts.Text], Counter[str]]:
    """Translate, where that is wanted, what languages have no text of their own for; count what is none for a fault."""
    if samples.scored or "translate" not in args.chosen:
        return {}, Counter()
    from trainer.preferences.translation.originals import translated

    return translated(samples, finder.without_native(np.arange(len(samples.places()))), args)


def make_folder(args: PairArguments) -> dict[str, Any]:
    """Read samples, make pairs and write them; return their summary.

    Raises:
        CalmError: samples cannot be read or do not fit the arguments, or pairs touch a question that is held out.
    """
    samples = load(args.samples, args.languages, named_questions(args.questions), args.model)
    with writing(Path(args.output).expanduser()) as folder:
        figures = make_each(samples, args, folder.add)
        for warning in figures["warnings"]:
            log.warning("%s", warning)
        figures["held_out"] = held_out.check_in_order(folder.rows(), args.held_out, transductive=args.transductive)
        folder.finish(figures)
    return figures


def command(args: PairArguments) -> int:
    """Make pairs, write them, and say what they are."""
    with only_writer(Path(args.output).expanduser()):
        print(summary.render(make_folder(args)))
    return 0
