"""A study: its arms' loops."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from calm_harness.errors import CalmError
from calm_harness.files import write_text
from calm_harness.metrics import Answers, stack
from calm_harness.report.outcome import REPORT, UNSEEN, StudyOutcome, to_json
from trainer.rounds import outcome, report
from trainer.rounds.arguments import LoopArguments, StudyArguments
from trainer.rounds.evaluate import evaluate
from trainer.rounds.loop import Loop
from trainer.rounds.plan import SAMPLE, Ask

NESTED = ("metadata", "pairs", "training")


def merged(shared: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Change settings; where a setting is a table, change what is named in it."""
    settings = {**shared, **changes}
    for name in NESTED:
        if name in shared and name in changes:
            settings[name] = {**shared[name], **changes[name]}
    return settings


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
        if args.against is not None and args.against not in args.arms:
            raise CalmError(f"against: there is no arm {args.against!r} (arms: {', '.join(args.arms)})")
        missing = set(args.arms_only or ()) - set(args.arms)
        if missing:
            raise CalmError(f"arms_only: there is no arm {min(missing)!r} (arms: {', '.join(args.arms)})")

    def loop(self, arm: str, seed: int) -> Loop:
        """Return an arm's loop."""
        settings = merged(self.args.loop, self.args.arms[arm])
        output, base = str(self.folder / arm / f"seed{seed}"), str(self.folder / "base")
        return Loop(LoopArguments(output=output, base=base, seed=seed, rotation=seed, **settings))

    def run(self) -> StudyOutcome:
        """Run what is not done yet, and return what came of it."""
        args = self.args
        self.folder.mkdir(parents=True, exist_ok=True)
        self.base()
        for seed in args.seeds:  # all arms of a seed first, so that a study cut off compares what it has
            for arm in args.arms_only or args.arms:
                print(f"== {arm}, seed {seed}", flush=True)
                self.loop(arm, seed).run()
        study_outcome = self.report()
        write_text(self.folder / REPORT, to_json(study_outcome))
        text = report.study_markdown(study_outcome)
        write_text(self.folder / "report.md", text)
        print(text)
        return study_outcome

    def base(self) -> None:
        """Ask the base model all that any arm will want to know of it."""
        first_loop = self.loop(next(iter(self.args.arms)), self.args.seeds[0])
        loop_args = first_loop.args
        if loop_args.gen_kwargs:
            raise CalmError("a study shares what the base model scored, so its task is a _cloze, without gen_kwargs")
        asks = {SAMPLE: Ask(SAMPLE, loop_args.task, loop_args.metadata)}
        asks |= {ask.name: ask for ask in first_loop.plan.evaluations}
        for name, ask in asks.items():
            evaluate(loop_args, None, ask, self.folder / "base" / name)

    def report(self) -> StudyOutcome:
        """Pool the arms that are done for all seeds."""
        args = self.args
        before: dict[str, Answers] = {}
        after: dict[str, dict[str, Answers]] = {}
        for arm in args.arms:
            loops = [self.loop(arm, seed) for seed in args.seeds]
            if all((loop.folder / REPORT).is_file() for loop in loops):
                for name in self.names(loops[0]):
                    tables = [self.tables(loop, name) for loop in loops]
                    before.setdefault(name, stack([table for table, _ in tables]))
                    after.setdefault(name, {})[arm] = stack([table for _, table in tables])
        if not after:
            raise CalmError(f"no arm is done for all of the seeds {args.seeds}; run the study again")
        against = args.against or next(iter(args.arms))
        return StudyOutcome(
            title=args.title,
            seeds=args.seeds,
            transductive=bool(args.loop.get("transductive")),
            against=against,
            evaluations=outcome.study(before, after, against),
            arms=args.arms,
        )

    @staticmethod
    def names(loop: Loop) -> list[str]:
        """The evaluations that a loop reports."""
        return [*([UNSEEN] if loop.plan.split.test else []), *(ask.name for ask in loop.plan.evaluations)]

    @staticmethod
    def tables(loop: Loop, name: str) -> tuple[Answers, Answers]:
        """The answers of the base model and of the last round."""
        last_round = loop.args.rounds
        while last_round > 1 and not (loop.folder / f"round{last_round}" / SAMPLE).exists():
            last_round -= 1
        question_ids = {ask.name: ask.question_ids for ask in loop.plan.evaluations}.get(name, loop.plan.split.test)
        logs = [loop.evaluations(number, loop.adapter(number)) for number in (0, last_round)]
        before, after = (loop.table(log[name], question_ids) for log in logs)
        return before, after
