"""Make preference pairs out of samples, by a vote over languages."""

from __future__ import annotations

import logging
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, get_args

import numpy as np

from calm_harness.errors import CalmError
from calm_harness.files import only_writer, read_text
from trainer.preferences import held_out, lengths, sides, summary, texts
from trainer.preferences.arguments import PairArguments
from trainer.preferences.rows import Pair, lay_out
from trainer.preferences.samples import Cell, Samples, load
from trainer.preferences.texts import Rejection, Source
from trainer.preferences.write import write
from trainer.votes.agreement import agreement
from trainer.votes.policies import Vote, vote

log = logging.getLogger(__name__)


def make(samples: Samples, args: PairArguments) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Make pairs.

    Returns:
        The rows (TRL's preference columns and provenance), and the summary.

    Raises:
        CalmError: the arguments do not fit the samples, or no pair is left.
    """
    rejection = _rejection(args, samples)
    check_labels(args)
    check_sources(args)
    ballots = samples.ballots(args.score, probabilities=args.probabilities)
    try:
        outcome = vote(ballots, args.vote, ties=args.ties, seed=args.seed)
    except ValueError as error:
        raise CalmError(str(error)) from None
    if args.vote == "gold" and not (ballots.gold >= 0).any():
        raise CalmError("vote=gold needs labels, and these samples have none; take another vote")
    agreeing = agreement(ballots)
    dropped: Counter[str] = Counter()
    cells: list[Cell] = []
    for cell in samples.cells:
        reason = _reason(cell, outcome, agreeing, args)
        if reason is None:
            cells.append(cell)
        else:
            dropped[reason] += 1
    found = sides.find(samples, {cell: int(outcome.winner[cell]) for cell in cells}, args, rejection)
    dropped.update(found.dropped)
    measure = lengths.measure(args.tokenizer)
    length = measure.length if args.balance_length else None
    pairs: list[Pair] = []
    for cell, rejected in found.rejected.items():
        matched = texts.paired(found.chosen[cell], rejected, length, one=rejection == "one")
        dropped["thoughts on one side alone"] += not matched
        won_by = float(outcome.share[cell]), float(outcome.margin[cell])
        pairs += [Pair(samples.cells[cell], *pair, *won_by) for pair in matched]
    if args.balance_length:
        pairs = _levelled(pairs, measure, dropped)
    pairs = _capped(pairs, args, dropped)
    dropped = +dropped
    if not pairs:
        reasons = ", ".join(f"{reason}: {count}" for reason, count in dropped.most_common())
        raise CalmError(f"no pair is left ({reasons}); relax the limits, sample more, or name more --chosen")
    rows = [lay_out(pair, chat=args.chat) for pair in pairs]
    foreign = Counter(
        pair.cell.language
        for pair in pairs
        if pair.cell.responses and not texts.in_own_language(pair.cell, pair.rejected)
    )
    counts = summary.Counts(dropped, found.left_out, foreign, lengths.compare(rows, measure))
    return rows, summary.summarise(rows, samples, (ballots, outcome), counts, asdict(args))


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


def _reason(cell: Cell, outcome: Vote, agreeing: np.ndarray, args: PairArguments) -> str | None:
    """Say why a question gives no pair in a language, or None."""
    if outcome.tied[cell] and args.ties == "drop":
        return "tie"
    if outcome.winner[cell] < 0:
        return "no vote"
    if agreeing[cell[0]] < args.min_languages:
        return f"fewer than {args.min_languages} languages agree"
    if outcome.votes[cell] < args.min_votes and args.vote not in ("gold", "random"):
        return f"fewer than {args.min_votes:g} votes"
    if outcome.margin[cell] < args.min_margin:
        return f"margin below {args.min_margin:g}"
    return None


def _levelled(pairs: Sequence[Pair], measure: lengths.Measure, dropped: Counter[str]) -> list[Pair]:
    """Leave out, language by language, the pairs by which the mean lengths of the sides differ, in the old order."""
    kept: list[int] = []
    for numbers in _by_language(pairs).values():
        wholes = [(pairs[number].chosen.whole, pairs[number].rejected.whole) for number in numbers]
        gaps = [measure.length(chosen) - measure.length(rejected) for chosen, rejected in wholes]
        kept += [numbers[place] for place in lengths.levelled(gaps)]
    dropped["to balance lengths (pairs)"] = len(pairs) - len(kept)
    return [pairs[number] for number in sorted(kept)]


def _capped(pairs: Sequence[Pair], args: PairArguments, dropped: Counter[str]) -> list[Pair]:
    """Keep what the caps allow, drawn at random and in the old order."""
    by_language = _by_language(pairs)
    cap = args.max_pairs_per_language
    if args.balance and by_language:
        fewest = min(map(len, by_language.values()))
        cap = fewest if cap is None else min(cap, fewest)
    drawn = [
        number
        for language, numbers in by_language.items()
        for number in _drawn(numbers, cap, f"{args.seed}/{language}")
    ]
    drawn = sorted(_drawn(drawn, args.max_pairs, f"{args.seed}/all"))
    dropped["beyond the cap (pairs)"] = len(pairs) - len(drawn)
    return [pairs[number] for number in drawn]


def _by_language(pairs: Sequence[Pair]) -> dict[str, list[int]]:
    numbers: dict[str, list[int]] = {}
    for number, pair in enumerate(pairs):
        numbers.setdefault(pair.cell.language, []).append(number)
    return numbers


def _drawn(numbers: list[int], cap: int | None, seed: str) -> list[int]:
    return numbers if cap is None or cap >= len(numbers) else random.Random(seed).sample(numbers, cap)


def make_folder(args: PairArguments) -> dict[str, Any]:
    """Read samples, make pairs and write them; return their summary.

    Raises:
        CalmError: samples cannot be read or do not fit the arguments, or pairs touch a question that is held out.
    """
    samples = load(args.samples, args.languages, _ids(args.questions), args.model)
    rows, figures = make(samples, args)
    for warning in figures["warnings"]:
        log.warning("%s", warning)
    figures["held_out"] = held_out.check(rows, args.held_out, transductive=args.transductive)
    write(Path(args.output).expanduser(), rows, figures)
    return figures


def command(args: PairArguments) -> int:
    """Make pairs, write them, and say what they are."""
    with only_writer(Path(args.output).expanduser()):
        print(summary.render(make_folder(args)))
    return 0


def _ids(file: str | None) -> list[str] | None:
    return None if file is None else read_text(Path(file).expanduser(), "write one question id a line").split()
