"""What a loop asks whom, worked out before anything is run."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

from calm_harness import questions
from calm_harness.errors import CalmError
from calm_harness.task.inputs import set_of
from calm_harness.task.options import Options, of_set
from trainer.rounds.arguments import LoopArguments
from trainer.rounds.split import Split, split

SAMPLE = "sample"  # the evaluation whose samples are trained on


@dataclass(frozen=True)
class Ask:
    """An evaluation: a task with its metadata, on some questions (None: all)."""

    name: str
    task: str
    metadata: dict[str, Any]
    question_ids: tuple[str, ...] | None = None
    gen_kwargs: str | None = None


@dataclass(frozen=True)
class Plan:
    """What a loop asks whom, worked out once."""

    split: Split
    evaluations: tuple[Ask, ...]


def plan(args: LoopArguments) -> Plan:
    """Part the questions and lay out the evaluations.

    Raises:
        CalmError: a task or set is not known, or there are too few questions.
    """
    parted = split(
        load_set(args.task, args.metadata),
        train=args.train_questions,
        dev=args.dev_questions,
        test=args.test_questions,
        rotation=args.rotation,
    )
    return Plan(parted, tuple(_evaluation(entry) for entry in args.evaluate))


def _evaluation(entry: dict[str, Any]) -> Ask:
    unknown = set(entry) - {"name", "task", "metadata", "questions"}
    if unknown or "task" not in entry:
        raise CalmError(f"evaluate: {entry} must have task, and may have name, metadata and questions")
    metadata = dict(entry.get("metadata", {}))
    question_ids = None
    if entry.get("questions"):
        question_ids = split(load_set(entry["task"], metadata), train=None, dev=0, test=int(entry["questions"])).test
    return Ask(entry.get("name", entry["task"]), entry["task"], metadata, question_ids)


def load_set(task: str, metadata: dict[str, Any]) -> questions.QuestionSet:
    """Read the questions of a `calm_<set>_xl…` task.

    Raises:
        CalmError: it is no such task, or its set cannot be read.
    """
    set_name = set_of(task)
    if set_name is None:
        raise CalmError(f"{task} is no task of a question set (calm_SET_xl...); sets: {', '.join(questions.SETS)}")
    return read_once(set_name, Options.from_metadata(of_set(metadata, set_name)))


def read_once(set_name: str, options: Options) -> questions.QuestionSet:
    """Read what options ask for, unless this process has: a loop reads its questions once."""
    return _read_once(set_name, options.split, options.source, options.languages, options.option_seed)


@functools.lru_cache(maxsize=8)
def _read_once(
    set_name: str,
    split: str | None,
    source: str | None,
    languages: tuple[str, ...] | None,
    option_seed: int | None,
) -> questions.QuestionSet:
    return questions.load(set_name, split=split, source=source, languages=languages, option_seed=option_seed)
