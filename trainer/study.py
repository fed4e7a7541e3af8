"""Studies: the same loop with one thing changed at a time, over several seeds, tests pooled.

python -m trainer.study --config recipes/studies/votes.yaml
python -m trainer.study --config recipes/studies/votes.yaml --arms_only crosslingual english

A study is a loop's settings, the arms that change them, and seeds; every seed tests on other questions (rotation). The
base model is asked once for all arms. Run again, it goes on with the arm where it was. The output folder has base/, a
folder an arm and seed, report.md and report.json.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from calm_harness.errors import CalmError
from calm_harness.metrics import Answers, stack
from calm_harness.questions.files import write_text
from trainer import report
from trainer.command import run
from trainer.loop import SAMPLE, UNSEEN, Ask, Loop, LoopArguments, evaluate

NESTED = ("metadata", "pairs", "training")


@dataclass
class StudyArguments:
    """What a study can be told; usually a YAML file."""

    output: str = field(metadata={"help": "The study's folder."})
    loop: dict[str, Any] = field(metadata={"help": "Settings of trainer.loop that all arms share."})
    arms: dict[str, Any] = field(
        metadata={"help": "Name of an arm to the settings that it changes; pairs and training are merged."}
    )
    title: str = field(default="Study", metadata={"help": "What the report is called."})
    seeds: list[int] = field(
        default_factory=lambda: [0, 1, 2], metadata={"help": "A run an arm and seed; tests are disjoint."}
    )
    against: str | None = field(
        default=None, metadata={"help": "The arm that is compared with all others; the first by default."}
    )
    arms_only: list[str] | None = field(
        default=None, metadata={"help": "Run these arms only; report all that are done."}
    )


def merged(shared: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Change settings; where a setting is a table, change what is named in it."""
    result = {**shared, **changes}
    for name in NESTED:
        if name in shared and name in changes:
            result[name] = {**shared[name], **changes[name]}
    return result


class Study:
    """A study: its arms' loops."""

    def __init__(self, args: StudyArguments) -> None:
        self.args = args
        self.folder = Path(args.output).expanduser()
        known = {each.name for each in fields(LoopArguments)} - {"output", "base", "seed", "rotation"}
        for name, settings in {"loop": args.loop, **args.arms}.items():
            unknown = set(settings) - known
            if unknown:
                raise CalmError(f"{name}: there is no setting {min(unknown)} (known: {', '.join(sorted(known))})")
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

    def run(self) -> dict[str, Any]:
        """Run what is not done yet, and return the report."""
        args = self.args
        self.folder.mkdir(parents=True, exist_ok=True)
        self.base()
        runs: dict[str, dict[int, dict[str, Any]]] = {}
        for seed in args.seeds:  # all arms of a seed first, so that a study cut off compares what it has
            for arm in args.arms_only or args.arms:
                print(f"== {arm}, seed {seed}", flush=True)
                runs.setdefault(arm, {})[seed] = self.loop(arm, seed).run()
        found = self.report()
        write_text(self.folder / "report.json", json.dumps(found, indent=1, ensure_ascii=False) + "\n")
        text = report.study_markdown(found)
        write_text(self.folder / "report.md", text)
        print(text)
        return found

    def base(self) -> None:
        """Ask the base model all that any arm will want to know of it."""
        first = self.loop(next(iter(self.args.arms)), self.args.seeds[0])
        shared = first.args
        if shared.gen_kwargs:
            raise CalmError("a study shares what the base model scored, so its task is a _cloze, without gen_kwargs")
        asks = {SAMPLE: Ask(SAMPLE, shared.task, shared.metadata)}
        asks |= {ask.name: ask for ask in first.plan.evaluations}
        for name, ask in asks.items():
            evaluate(shared, None, ask, self.folder / "base" / name)

    def report(self) -> dict[str, Any]:
        """Pool the arms that are done for all seeds."""
        args = self.args
        before: dict[str, Answers] = {}
        after: dict[str, dict[str, Answers]] = {}
        for arm in args.arms:
            loops = [self.loop(arm, seed) for seed in args.seeds]
            if all((loop.folder / "report.json").is_file() for loop in loops):
                for name in self.names(loops[0]):
                    tables = [self.tables(loop, name) for loop in loops]
                    before.setdefault(name, stack([table for table, _ in tables]))
                    after.setdefault(name, {})[arm] = stack([table for _, table in tables])
        if not after:
            raise CalmError(f"no arm is done for all of the seeds {args.seeds}; run the study again")
        against = args.against or next(iter(args.arms))
        found = report.study(before, after, against)
        transductive = bool(args.loop.get("transductive"))
        return {"title": args.title, "seeds": args.seeds, "transductive": transductive, **found, "arms": args.arms}

    @staticmethod
    def names(loop: Loop) -> list[str]:
        """The evaluations that a loop reports."""
        return [*([UNSEEN] if loop.plan.split.test else []), *(ask.name for ask in loop.plan.evaluations)]

    @staticmethod
    def tables(loop: Loop, name: str) -> tuple[Answers, Answers]:
        """The answers of the base model and of the last round."""
        last = loop.args.rounds
        while last > 1 and not (loop.folder / f"round{last}" / SAMPLE).exists():
            last -= 1
        ids = {ask.name: ask.question_ids for ask in loop.plan.evaluations}.get(name, loop.plan.split.test)
        logs = [loop.evaluations(number, loop.adapter(number)) for number in (0, last)]
        before, later = (loop.table(log[name], ids) for log in logs)
        return before, later


def command(args: StudyArguments) -> int:
    """Run the study."""
    Study(args).run()
    return 0


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command."""
    return run("trainer.study", __doc__, [StudyArguments], command, argv)


if __name__ == "__main__":
    sys.exit(main())
