"""The arms that learn texts, which need no vote: translations, and passages whose sentences change language."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, fields, replace
from pathlib import Path

from calm_harness.errors import CalmError
from calm_harness.models.digest import named_digest
from calm_harness.passages.leaks import Question
from calm_harness.runtime import versions
from calm_harness.stages import Once
from trainer.command import check_kinds
from trainer.parallel import make
from trainer.parallel.arguments import ParallelArguments
from trainer.parallel.texts import Parallel, of_set, read
from trainer.preferences.same_question import HeldOut, asked_in
from trainer.rounds.arguments import TEXTS, LoopArguments
from trainer.rounds.plan import load_set
from trainer.rounds.split import Split

OURS = {"output", "questions", "tokenizer"}  # settings that a loop makes itself
PLACES = ("output", "tokenizer", "held_out")  # of which what lies there counts, or nothing


def settings(args: LoopArguments, folder: Path, held_out: Sequence[str]) -> ParallelArguments:
    """Return what the making of a round's texts is told.

    Args:
        args: the loop's.
        folder: where the texts will lie.
        held_out: what is evaluated.

    Raises:
        CalmError: there is no such setting.
    """
    kind = TEXTS[args.method]
    known = {field.name for field in fields(kind)} - OURS
    if unknown := set(args.texts) - known:
        raise CalmError(f"texts: there is no setting {min(unknown)} (known: {', '.join(sorted(known))})")
    told = kind(**{"parallel": [], "seed": args.seed, **args.texts, "output": str(folder), "tokenizer": args.model})
    check_kinds(told)
    return replace(told, held_out=[*told.held_out, *held_out])


def parallel(args: LoopArguments, told: ParallelArguments, question_ids: Sequence[str]) -> list[Parallel]:
    """Read the parallel texts: those that are named, or those of the questions that are trained on."""
    if told.parallel:
        return read(told.parallel, told.languages)
    return list(of_set(load_set(args.task, args.metadata), set(question_ids), told.languages))


def check(args: LoopArguments, split: Split) -> None:
    """See, before anything is run, that texts can be made, and that no question is in them that the loop is judged by.

    Args:
        args: the loop's.
        split: the questions' parts.

    Raises:
        CalmError: there is no such setting, no text comes of these (see `trainer.parallel.make`), or texts that are
            named hold questions of the loop's own dev or test part.
    """
    told = replace(settings(args, Path(args.output), []), max_tokens=None)
    rows, _ = make.make(parallel(args, told, split.train), told)
    if not told.parallel:
        return  # no part has a stem of another
    unseen = {*split.dev, *split.test}
    asked = load_set(args.task, args.metadata).rows
    held_out = HeldOut(Question.of(row) for row in asked if row.question_id in unseen)
    found = (held_out.hit(each) for number, row in enumerate(rows) for each in asked_in(row, number))
    if hits := dict.fromkeys(hit.held_out.question_id for hit in found if hit is not None):
        raise CalmError(
            f"texts: {len(hits)} questions that this loop is judged by are in {' '.join(told.parallel)}, such as "
            f"{next(iter(hits))}; leave parallel out, for the texts of the questions that it trains on"
        )


def make_texts(args: LoopArguments, told: ParallelArguments, question_ids: Sequence[str], once: Once) -> None:
    """Make a round's texts, unless they were.

    Args:
        args: the loop's.
        told: what to make, of `settings`.
        question_ids: that the round trains on.
        once: makes them unless they were.

    Raises:
        CalmError: see `trainer.parallel.make`.
    """
    texts = parallel(args, told, question_ids)
    inputs = {
        "texts": hashlib.sha256(json.dumps([asdict(text) for text in texts]).encode()).hexdigest()[:16],
        "tokenizer": None if told.max_tokens is None else named_digest(args.model),
        "arguments": {name: value for name, value in asdict(told).items() if name not in PLACES},
        "versions": versions(["calm-harness"]),
    }
    once(Path(told.output), inputs, lambda: print(make.render(make.make_folder(told, texts))))
