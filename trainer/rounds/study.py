"""A study: its arms' loops."""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from calm_harness.errors import CalmError
from calm_harness.files import read_json, write_text
from calm_harness.models.trained import RECORD
from calm_harness.predictions.rows.log import task_log_of
from calm_harness.questions.digest import digest
from calm_harness.report.outcome import REPORT, REPORT_TEXT, UNSEEN, Cost, LoopOutcome, StudyOutcome, read, to_json
from calm_harness.report.training import brief
from calm_harness.stages import Stages
from trainer.rounds import outcome, prompts, report
from trainer.rounds.adapting.study import Adaptation
from trainer.rounds.arguments import LoopArguments, ShownArguments, StudyArguments
from trainer.rounds.evaluate import base_content, evaluate
from trainer.rounds.foretold import partners_in
from trainer.rounds.loop import Loop
from trainer.rounds.outcome import ArmAnswers
from trainer.rounds.plan import SAMPLE, Ask, check_names, load_set

BASE = "base"  # folder of the first arm's base model
OF_BASE = ("model", "backend", "model_args", "eval_args", "task", "metadata", "gen_kwargs", "evaluate")
NESTED = ("metadata", "pairs", "texts", "training")


def merged(shared: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Change settings; where a setting is a table, change what is named in it."""
    settings = {**shared, **changes}
    for name in NESTED:
        if name in shared and name in changes:
            settings[name] = {**shared[name], **changes[name]}
    return settings


def command(args: StudyArguments, shown: ShownArguments) -> int:
    """Run a study: of arms, or of adaptation."""
    stages = Stages(verbose=shown.verbose)
    with stages.heard():
        study = Study(args) if args.adapt is None else Adaptation(args)
    study.run(stages)
    return 0


class Study:
    """A study: its arms' loops."""

    def __init__(self, args: StudyArguments) -> None:
        self.args = args
        self.folder = Path(args.output).expanduser()
        known_settings = {field.name for field in fields(LoopArguments)} - {"output", "base", "seed", "rotation"}
        for name, settings in {"loop": args.loop, **args.arms}.items():
            unknown = set(settings) - known_settings
            if unknown:
                raise CalmError(
                    f"{name}: there is no setting {min(unknown)} (known: {', '.join(sorted(known_settings))})"
                )
            if flat := [part for part in NESTED if not isinstance(settings.get(part, {}), dict)]:
                raise CalmError(
                    f"{name}: {flat[0]} has to be a table of settings, as in {{{flat[0]}: {{name: value}}}}"
                )
        if not args.arms:
            raise CalmError("arms is empty; name at least one, as in {all: {}}")
        check_names("arms", "arm", list(args.arms), (BASE, REPORT, REPORT_TEXT, brief.log_of(None)))
        for arm, settings in args.arms.items():
            if needed := [part for part in ("model", "task") if part not in {**args.loop, **settings}]:
                raise CalmError(f"{arm}: {needed[0]} is missing; say it in loop, for all arms, or in the arm")
            method = {**args.loop, **settings}.get("method", "dpo")
            prompts.check_named(settings, method, f"{arm}: ")
        if not args.seeds or len(set(args.seeds)) < len(args.seeds):
            raise CalmError(f"seeds: {args.seeds} must be one or more, each of them once")
        if args.against is not None and args.against not in args.arms:
            raise CalmError(f"against: there is no arm {args.against!r} (arms: {', '.join(args.arms)})")
        missing = set(args.arms_only or ()) - set(args.arms)
        if missing:
            raise CalmError(f"arms_only: there is no arm {min(missing)!r} (arms: {', '.join(args.arms)})")

    def loop(self, arm: str, seed: int) -> Loop:
        """Return an arm's loop."""
        return self._loop(arm, seed, self.bases[arm])

    def _loop(self, arm: str, seed: int, base: str) -> Loop:
        settings = merged(self.args.loop, self.args.arms[arm])
        output, base = str(self.folder / arm / f"seed{seed}"), str(self.folder / base)
        return Loop(LoopArguments(output=output, base=base, seed=seed, rotation=seed, **settings))

    @functools.cached_property
    def bases(self) -> dict[str, str]:
        """Each arm's folder of its base model: one for arms whose model, questions and way of asking are the same."""
        loops = {arm: self._loop(arm, self.args.seeds[0], BASE) for arm in self.args.arms}
        told = {arm: str([getattr(loop.args, name) for name in OF_BASE]) for arm, loop in loops.items()}
        first = next(iter(told))
        if set(told.values()) == {told[first]}:
            return dict.fromkeys(told, BASE)
        digests = {words: base_digest(loops[arm]) for arm, words in told.items()}
        return {
            arm: BASE if digests[words] == digests[told[first]] else f"{BASE}-{digests[words]}"
            for arm, words in told.items()
        }

    def run(self, stages: Stages | None = None) -> StudyOutcome:
        """Run what is not done yet, show what came of it, and return it.

        Args:
            stages: on which it is shown; all else that is said goes to `study.log` in the study's folder.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        stages, log = stages or Stages(), brief.log_of(self.args.arms_only)
        with stages.logged(self.folder / log):
            stages.say(f"{self.args.title}; all that is said is in {self.folder / log}")
            study_outcome = self._run(stages)
            verdicts = [line for name in study_outcome.evaluations for line in report.verdict(study_outcome, name)]
            stages.say("\n".join([*verdicts, brief.study(study_outcome, self.folder, log)]))
        return study_outcome

    def _run(self, stages: Stages) -> StudyOutcome:
        args = self.args
        arms = list(args.arms_only or args.arms)
        for arm in arms:
            self.base(arm, stages)
        for seed in args.seeds:  # all arms of a seed first, so that a study cut off compares what it has
            for arm in arms:
                stages.say(f"== {arm}, seed {seed}")
                self.loop(arm, seed).run_in(stages)
        with stages.stage("report"):
            study_outcome = self.report()
            write_text(self.folder / REPORT, to_json(study_outcome))
            text = report.study_markdown(study_outcome)
            write_text(self.folder / REPORT_TEXT, text)
            print(text)
        return study_outcome

    def base(self, arm: str, stages: Stages) -> None:
        """Ask an arm's base model all that any seed, and any arm with this base, will want to know of it."""
        loop = self.loop(arm, self.args.seeds[0])
        for name, ask in loop.asks(0).items():
            shared = replace(ask, question_ids=self._wanted(arm, name)) if name in (SAMPLE, UNSEEN) else ask
            once = stages.once(f"{loop.base.name}: {name}")
            evaluate(loop.args, None, shared, loop.base / name, once)

    def _wanted(self, arm: str, name: str) -> tuple[str, ...] | None:
        """The questions that an evaluation of a base has to have, for all seeds and arms; None for all there are."""
        asks = [
            self.loop(other, seed).asks(0).get(name)
            for other, base in self.bases.items()
            for seed in self.args.seeds
            if base == self.bases[arm]
        ]
        wanted = {question_id for ask in asks if ask is not None for question_id in ask.question_ids or ()}
        first = next(ask for ask in asks if ask is not None)
        known = dict.fromkeys(row.question_id for row in load_set(first.task, first.metadata).rows)
        return None if wanted >= known.keys() else tuple(question_id for question_id in known if question_id in wanted)

    def report(self) -> StudyOutcome:
        """Pool the arms that are done for all seeds."""
        args = self.args
        evaluations: dict[str, dict[str, ArmAnswers]] = {}
        kept: dict[str, list[int]] = {}
        costs: dict[str, list[Cost]] = {}
        transductive = False
        for arm in args.arms:
            loops = [self.loop(arm, seed) for seed in args.seeds]
            if not all((loop.folder / REPORT).is_file() for loop in loops):
                continue
            outcomes = [loop_outcome(loop.folder / REPORT) for loop in loops]
            kept[arm] = [found.best.round for found in outcomes]
            transductive |= any(loop.args.transductive for loop in loops)
            logs = [logs_of(loop, len(found.signals)) for loop, found in zip(loops, outcomes, strict=True)]
            answers = [loop.tables(of_loop) for loop, of_loop in zip(loops, logs, strict=True)]
            costs[arm] = [cost(loop, len(of_loop) - 1) for loop, of_loop in zip(loops, logs, strict=True)]
            for name in answers[0]:
                evaluations.setdefault(name, {})[arm] = ArmAnswers(
                    model=loops[0].args.model,
                    base=self.bases[arm],
                    asked=[asked(loop, name) for loop in loops],
                    rounds=[by_name[name] for by_name in answers],
                    kept=kept[arm],
                    partners=partners_in(vars(loops[0].args)),
                    by_pmi=by_pmi(logs[0][0][name]),
                )
        if not kept:
            raise CalmError(f"no arm is done for all of the seeds {args.seeds}; run the study again")
        against = args.against or next(iter(args.arms))
        return StudyOutcome(
            title=args.title,
            seeds=args.seeds,
            transductive=transductive,
            against=against,
            evaluations=outcome.study(evaluations, args.seeds, against),
            kept=kept,
            arms=args.arms,
            costs=costs,
        )


def base_digest(loop: Loop) -> str:
    """Hash all that decides what a loop's base model answers (8 hexadecimal digits)."""
    asks = [Ask(SAMPLE, loop.args.task, loop.args.metadata, None, loop.args.gen_kwargs), *loop.plan.evaluations]
    contents = [[ask.name, ask.question_ids, base_content(loop.args, ask)] for ask in asks]
    return hashlib.sha256(json.dumps(contents, sort_keys=True, default=str).encode()).hexdigest()[:8]


def loop_outcome(path: Path) -> LoopOutcome:
    """Read a loop's report.

    Raises:
        CalmError: it is damaged.
    """
    try:
        found = read(path)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        found = None
    if not isinstance(found, LoopOutcome):
        raise CalmError(f"{path} is damaged; remove it, and run the study again")
    return found


def logs_of(loop: Loop, count: int) -> list[dict[str, Path]]:
    """Return the logs of each evaluation, of the base model and of each round; `count` with the base model."""
    return [loop.evaluations(number, loop.adapter(number)) for number in range(count)]


def by_pmi(log: Path) -> bool:
    """Whether the options in a log are scored by `pmi`: log-likelihoods less those after the null context."""
    rows = task_log_of(log)
    first = None if rows is None else next(iter(rows), None)
    return first is not None and first.scores is not None and first.scores == first.likelihoods.get("pmi")


def cost(loop: Loop, rounds: int) -> Cost:
    """Add up what a loop's trainings took; what one of them does not say, as those of earlier versions, is not known.

    Raises:
        CalmError: the record of one is damaged.
    """
    records = [loop.folder / f"round{number}" / loop.args.method / RECORD for number in range(1, rounds + 1)]
    told = [read_json(path, "remove it, and run the study again").get("cost", {}) for path in records]

    def total(name: str) -> float | None:
        parts = [spent.get(name) for spent in told]
        return None if None in parts else sum(parts)

    return Cost(total("seconds"), total("tokens"))


def asked(loop: Loop, name: str) -> str:
    """Hash an evaluation's questions exactly as they are asked: texts, gold answers, languages, order of options."""
    ask = loop.reported[name]
    question_set = load_set(ask.task, ask.metadata)
    if ask.question_ids is not None:
        chosen_ids = set(ask.question_ids)
        question_set = replace(question_set, rows=[row for row in question_set.rows if row.question_id in chosen_ids])
    return digest(question_set)
