"""What a study of adaptation can be told, and what of it does not go together."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import fields
from typing import Any

from calm_harness.errors import CalmError
from calm_harness.passages.leaks import Question
from calm_harness.questions.schema import Row
from trainer.command import check_kinds
from trainer.preferences.same_question import Asked, HeldOut
from trainer.rounds.arguments import AdaptArguments, LoopArguments, StudyArguments

BASE, ENGLISH, META = "base", "english", "meta"
STARTS = (BASE, ENGLISH, META)


def check(args: StudyArguments, adapt: AdaptArguments, loop: LoopArguments) -> None:
    """See that settings are those of a study of adaptation.

    Raises:
        CalmError: one is of another kind of study, uses labels or tests, or is missing.
    """
    if args.arms or args.against or args.arms_only:
        raise CalmError(f"adapt: its arms are {', '.join(STARTS)}; leave arms, against and arms_only out")
    if not args.seeds or len(set(args.seeds)) < len(args.seeds):
        raise CalmError(f"seeds: {args.seeds} must be one or more, each of them once")
    counts = adapt.questions
    if not adapt.targets or not counts or min(counts) < 0 or counts != sorted(set(counts)):
        raise CalmError(f"adapt: name targets, and questions in ascending order, each once ({counts})")
    if loop.transductive or loop.pairs.get("transductive"):
        raise CalmError("adapt: transductive trains on the test, which says nothing about adaptation; leave it out")
    if loop.pairs.get("vote") == "gold":
        raise CalmError("adapt: vote gold uses labels; take another vote")
    if loop.method != "dpo" or loop.rounds != 1 or loop.evaluate:
        raise CalmError("adapt: method is dpo, rounds 1, and nothing else is evaluated; leave these settings out")
    for name, settings in (("training", adapt.training), ("meta", adapt.meta)):
        if fixed := {"pairs", "output_dir", "adapter", "seed", "merge", "transductive"} & set(settings):
            raise CalmError(f"adapt: {name}: {min(fixed)} is not to be changed here; leave it out")


def check_target(target: str, languages: Sequence[str]) -> None:
    """See that a language can be adapted to.

    Raises:
        CalmError: it is English, or not one of the task's; or too few others are left to learn from.
    """
    others = [tag for tag in languages if tag != target]
    if target not in languages or target == "en" or len(others) < 2:
        raise CalmError(
            f"adapt: targets: {target} has to be another language than English, of {', '.join(languages)} (metadata: "
            "languages), and there have to be two more to meta-learn from"
        )


def check_questions(train: Sequence[str], support: Sequence[str], test: Sequence[str], counts: Sequence[int]) -> None:
    """See that there are questions of each kind, and none of two.

    Raises:
        CalmError: there are too few, or a question is of two kinds.
    """
    if shared := (set(train) & set(support)) | (set(train) & set(test)) | (set(support) & set(test)):
        raise CalmError(
            f"adapt: {min(shared)} and {len(shared) - 1} more questions are in two of training, adaptation and test"
        )
    if not test:
        raise CalmError("adapt: test_questions is 0; say how many are to be tested on")
    if len(support) < max(counts):
        raise CalmError(
            f"adapt: {max(counts)} questions are to be adapted with, and dev_questions are {len(support)}; raise these"
        )


def touching(rows: Iterable[Row], test: Collection[str]) -> set[str]:
    """Find the questions that ask nearly what a test question asks, in some language: nothing is trained on them."""
    rows = list(rows)
    tested = HeldOut(Question.of(row) for row in rows if row.question_id in test)
    asked = (
        Asked(
            row.question_id, row.question_id, row.language, row.stem, "\n".join([row.stem, *row.options]), row.options
        )
        for row in rows
        if row.question_id not in test
    )
    return {question.name for question in asked if tested.hit(question)}


def filled(kind: Any, name: str, settings: Mapping[str, Any]) -> Any:
    """Fill a dataclass with settings.

    Raises:
        CalmError: one is not known, missing, or of another kind.
    """
    known = [field.name for field in fields(kind)]
    if unknown := set(settings) - set(known):
        raise CalmError(f"{name}: there is no setting {min(unknown)} (known: {', '.join(sorted(known))})")
    try:
        found = kind(**settings)
    except TypeError as error:
        raise CalmError(f"{name}: {str(error).partition('() ')[2]}; say it") from None
    check_kinds(found)
    return found
