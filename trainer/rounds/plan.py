"""What a loop asks whom, worked out before anything is run."""

from __future__ import annotations

import functools
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

from calm_harness import questions
from calm_harness.errors import CalmError
from calm_harness.files import folded, is_portable
from calm_harness.models.engines import engine
from calm_harness.passages.leaks import Question
from calm_harness.report.outcome import UNSEEN
from calm_harness.task.inputs import set_of
from calm_harness.task.options import Options, of_set
from trainer.command import check_kinds
from trainer.preferences.held_out import KNOWN, known, questions_of
from trainer.preferences.same_question import Asked, HeldOut
from trainer.rounds import prompts
from trainer.rounds.arguments import TEXTS, LoopArguments, Method
from trainer.rounds.split import Split, split
from trainer.votes.policies import OF_THE_SUREST, POLICIES

SAMPLE = "sample"  # the evaluation whose samples are trained on
TAKEN = (
    SAMPLE,
    UNSEEN,
    "pairs",
    "questions.txt",
    *get_args(Method),
    *(f"{method}.yaml" for method in get_args(Method)),
)  # what else a round's folder has
VIRTUAL = ("prefix", "prompt")  # kinds of adapters that are no weights
LEAST = {"train_questions": 1, "dev_questions": 0, "test_questions": 0, "rotation": 0, "rounds": 1}


@dataclass(frozen=True)
class Ask:
    """An evaluation: a task with its metadata, on some questions (None: all)."""

    name: str
    task: str
    metadata: dict[str, Any]
    question_ids: tuple[str, ...] | None = None
    gen_kwargs: str | None = None
    num_fewshot: int | None = None


@dataclass(frozen=True)
class Plan:
    """What a loop asks whom, worked out once.

    Attributes:
        split: the questions' parts.
        evaluations: what is evaluated besides.
        held_out: evaluation or test split -> how many questions of the set are in it, and so in no training.
    """

    split: Split
    evaluations: tuple[Ask, ...]
    held_out: dict[str, int]


def plan(args: LoopArguments) -> Plan:
    """Part the questions and lay out the evaluations; what these ask is trained on only where that is wanted.

    Raises:
        CalmError: a task, set or vote is not known or does not fit, evaluations share a name, or there are too few
            questions.
    """
    check_kinds(args)
    _check_numbers(args)
    options = _sampled(args)
    if args.method == "grpo":
        prompts.check(args)
    else:
        _check_vote(args, options.repeats)
    _check_texts(args)
    evaluations = tuple(map(_evaluation, args.evaluate))
    _check_engine(args, [args.task, *(ask.task for ask in evaluations)])
    check_names("evaluate", "evaluation", [ask.name for ask in evaluations], TAKEN)
    names = (*_named("pairs", args.pairs), *_named("texts", args.texts), *_named("training", args.training))
    told = args.task, json.dumps(args.metadata), json.dumps(args.evaluate), names
    held_out = {} if args.transductive else _held_out(*told)
    parted = split(
        load_set(args.task, args.metadata),
        train=args.train_questions,
        dev=args.dev_questions,
        test=args.test_questions,
        rotation=args.rotation,
        held_out=held_out,
    )
    return Plan(parted, evaluations, dict(Counter(held_out.values())))


def _check_numbers(args: LoopArguments) -> None:
    for name, least in LEAST.items():
        number = getattr(args, name)
        if number is not None and number < least:
            raise CalmError(f"{name} is {number}, and has to be {least} or more")


def _named(of: str, settings: Mapping[str, Any]) -> list[str]:
    """Read what else is held out.

    Raises:
        CalmError: it is no list of names.
    """
    names = settings.get("held_out") or []
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise CalmError(f"{of}: held_out has to be a list of names, as in [xcsqa:test]")
    return names


def _evaluation(entry: dict[str, Any]) -> Ask:
    kinds = {"name": str, "task": str, "metadata": dict, "questions": int, "num_fewshot": int}
    if set(entry) - set(kinds) or "task" not in entry:
        raise CalmError(f"evaluate: {entry} must have task, and may have name, metadata, questions and num_fewshot")
    given = {name: value for name, value in entry.items() if value is not None}
    wrong = [name for name, value in given.items() if not isinstance(value, kinds[name])]
    wrong = wrong or [name for name, value in given.items() if kinds[name] is int and value < 0]
    if wrong or not given.get("task"):
        raise CalmError(f"evaluate: {wrong[0] if wrong else 'task'} is not as it has to be in {entry}; correct it")
    metadata = dict(entry.get("metadata") or {})
    question_ids = None
    if entry.get("questions"):
        question_ids = split(load_set(entry["task"], metadata), train=0, dev=0, test=int(entry["questions"])).test
    name = entry["task"] if entry.get("name") is None else entry["name"]
    return Ask(name, entry["task"], metadata, question_ids, num_fewshot=entry.get("num_fewshot"))


def _sampled(args: LoopArguments) -> Options:
    """Read how the training questions are asked.

    Raises:
        CalmError: as a probe (mixed languages, needles), or there is no such option.
    """
    options = Options.from_metadata({"repeats": 1, **of_set(args.metadata, set_of(args.task) or "")})
    for name in (name for name in ("mix", "needle") if getattr(options, name) is not None):
        raise CalmError(f"metadata: {name} is a probe, and never trained on; leave it out, or put it under evaluate")
    return options


def _check_vote(args: LoopArguments, repeats: int) -> None:
    """Check that the vote can be held on what will be sampled, `repeats` samples a question.

    Raises:
        CalmError: there is no such vote, or nothing to vote on, or it needs several samples of a question and there
            will be one.
    """
    if args.pairs.get("objective") == "dco" and (args.method != "dpo" or "_cloze" not in args.task):
        raise CalmError("pairs: objective dco is for method dpo and the scored options of a _cloze task; take these")
    if "open" in args.task.split("_"):
        raise CalmError(f"task {args.task} shows no options, of which votes are; take a _cot or _cloze task")
    policy = args.pairs.get("vote", POLICIES[0])
    if policy not in POLICIES:
        raise CalmError(f"pairs: there is no vote {policy!r} (known: {', '.join(POLICIES)})")
    if policy in OF_THE_SUREST and "_cot" in args.task and repeats < 2:
        raise CalmError(
            f"vote {policy} compares a language's own samples, and metadata asks for one a question; "
            "set metadata: {repeats: 3} or more, and gen_kwargs: do_sample=True,temperature=0.7"
        )


def _check_texts(args: LoopArguments) -> None:
    """Check that a training on texts, which no vote chooses, is one of a single round and of no evaluated question.

    Raises:
        CalmError: it is not.
    """
    if args.method not in TEXTS:
        return
    if args.rounds > 1:
        raise CalmError(f"method {args.method}: a later round would learn the same texts again; set rounds: 1")
    if args.transductive:
        raise CalmError(f"method {args.method} trains on no question that is evaluated; leave transductive out")


def _check_engine(args: LoopArguments, tasks: Sequence[str]) -> None:
    """Check that the engine can do what it will be asked.

    Raises:
        CalmError: it takes no adapter, or scores no options, or is to be asked in parts.
    """
    if any(word.partition("=")[0] == "--shard" for word in args.eval_args):
        raise CalmError(
            "eval_args: a loop reads whole runs; --shard is for calm eval, and calm merge joins what it wrote"
        )
    kind = args.training.get("peft_type")
    if kind in VIRTUAL and (engine(args.backend).adapter != "peft" or args.training.get("merge")):
        raise CalmError(
            f"training: peft_type {kind} learns virtual tokens, which only hf-prefix and hf read, and merge cannot put "
            "into weights; leave merge out, and take one of these backends"
        )
    unscored = [task for task in tasks if set_of(task) and not {"cot", "open"} & set(task.split("_"))]
    if not engine(args.backend).scores and unscored:
        raise CalmError(
            f"backend {args.backend} gives no log-likelihoods, which {unscored[0]} needs; take a _cot task, or another "
            "backend (local-completions, vllm-prefix, hf-prefix)"
        )


def check_names(setting: str, kind: str, names: Sequence[str], taken: Sequence[str]) -> None:
    """Check that each can have a folder of its own, on whatever system the folder will lie.

    Args:
        setting: where the names stand.
        kind: what they are of.
        names: the names.
        taken: what else lies where the folders will.

    Raises:
        CalmError: two share a name, or one has that of another folder, or none that every system takes.
    """
    first: dict[str, str] = {}
    for name in names:
        if folded(name) in first:
            raise CalmError(
                f"{setting}: two {kind}s are called {first[folded(name)]!r}; give each a name of its own, in which "
                "capitals do not count"
            )
        first[folded(name)] = name
        if folded(name) in taken or not is_portable(name) or name.startswith("."):
            raise CalmError(
                f"{setting}: {name!r} is no name for an {kind} (taken: {', '.join(taken)}); give another, "
                "which every system takes for a folder (no CON, no : or /, no dot or space around it)"
            )


@functools.lru_cache(maxsize=32)
def _held_out(task: str, metadata: str, evaluate: str, names: tuple[str, ...]) -> dict[str, str]:
    """Find the questions of a set that are evaluated: id -> name of the evaluation, or of a test split.

    Args:
        task: that samples for training.
        metadata: of it, as JSON.
        evaluate: the evaluations, as JSON.
        names: what else is held out.

    Raises:
        CalmError: one of these cannot be read.
    """
    asked = [
        Asked(
            row.question_id, row.question_id, row.language, row.stem, "\n".join([row.stem, *row.options]), row.options
        )
        for row in load_set(task, json.loads(metadata)).rows
    ]
    held_out: dict[str, str] = {}
    for name, evaluated in _evaluated(list(map(_evaluation, json.loads(evaluate))), names):
        hits = (evaluated.hit(question) for question in asked if question.name not in held_out)
        held_out |= {hit.asked.name: name for hit in hits if hit is not None}
    return held_out


def _evaluated(evaluations: Sequence[Ask], names: Sequence[str]) -> Iterator[tuple[str, HeldOut]]:
    """Yield what evaluations ask, what is named, and the test splits that can be read here."""
    for ask in evaluations:
        rows = load_set(ask.task, ask.metadata).rows
        chosen = None if ask.question_ids is None else set(ask.question_ids)
        yield ask.name, HeldOut(Question.of(row) for row in rows if chosen is None or row.question_id in chosen)
    yield from ((name, HeldOut(questions_of(name))) for name in names)
    for name in KNOWN:
        try:
            yield name, known(name)
        except CalmError:  # which the making of pairs says
            continue


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
