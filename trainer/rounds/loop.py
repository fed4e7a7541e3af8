"""A loop: its arguments, its plan, and where its pieces lie."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any

import yaml

from calm_harness.cache import file_digest
from calm_harness.errors import CalmError
from calm_harness.files import only_writer, write_text
from calm_harness.metrics import Answers
from calm_harness.predictions import newest_log
from calm_harness.predictions.scoring import table_of
from calm_harness.report.outcome import REPORT, REPORT_TEXT, UNSEEN, Best, LoopOutcome, to_json
from calm_harness.report.training import brief
from calm_harness.runtime import versions
from calm_harness.stages import Stages
from trainer.command import check_kinds
from trainer.preferences import samples, summary
from trainer.preferences.arguments import PairArguments
from trainer.preferences.make import check_labels, make_folder
from trainer.rounds import outcome, prompts, report, stopping, texts
from trainer.rounds.arguments import TEXTS, LoopArguments, ShownArguments
from trainer.rounds.evaluate import base_log, called, evaluate, start, training_inputs
from trainer.rounds.plan import SAMPLE, Ask, plan
from trainer.rounds.split import fresh
from trainer.rounds.stopping import Signal, Verdict
from trainer.votes.policies import vote_of_others

LOG = "loop.log"
OURS = {"samples", "output", "questions", "tokenizer", "transductive"}  # settings of pairs that a loop makes itself
PROGRAMS = {"dpo": "dpo", "grpo": "grpo"}  # of methods; all others are SFT


def command(args: LoopArguments, shown: ShownArguments) -> int:
    """Run a loop."""
    prompts.check_named(vars(args), args.method)
    stages = Stages(verbose=shown.verbose)
    with stages.heard():
        loop = Loop(args)
    loop.run(stages)
    return 0


class Loop:
    """A run: its arguments, its plan, and where its pieces lie."""

    def __init__(self, args: LoopArguments) -> None:
        self.plan = plan(args)  # which sees that all are of their kinds: of a study's settings, nothing else does
        self.args = args = replace(args, model=os.path.expanduser(args.model))
        self.folder = Path(args.output).expanduser()
        self.base = Path(args.base).expanduser() if args.base else self.folder / "base"
        self.stages = Stages()

    def run(self, stages: Stages | None = None) -> LoopOutcome:
        """Run what is not done yet, show what came of it, and return it.

        Args:
            stages: on which it is shown; all else that is said goes to `loop.log` in the loop's folder.

        Raises:
            CalmError: another process runs this loop, or a stage cannot be done.
        """
        self.check()
        stages = stages or Stages()
        with only_writer(self.folder), stages.logged(self.folder / LOG):
            stages.say(f"{self.args.model}: {self.args.task}; all that is said is in {self.folder / LOG}")
            loop_outcome = self._run(stages)
            stages.say(brief.loop(loop_outcome, self.folder, LOG))
        return loop_outcome

    def run_in(self, stages: Stages) -> None:
        """Run what is not done yet as a part of something larger, whose stages and log these are; see `run`."""
        self.check()
        with only_writer(self.folder):
            self._run(stages)

    def check(self) -> None:
        """Check what can be known before anything is run.

        Raises:
            CalmError: settings of pairs or texts are not as they have to be.
        """
        self.pair_settings()
        if self.args.method in TEXTS:
            texts.check(self.args, self.plan.split)

    def _run(self, stages: Stages) -> LoopOutcome:
        args, self.stages = self.args, stages
        config = yaml.safe_dump(asdict(args), sort_keys=False, allow_unicode=True)
        write_text(self.folder / "config.yaml", config)
        parts = {**asdict(self.plan.split), "held_out": self.plan.held_out}
        write_text(self.folder / "split.json", json.dumps(parts, indent=1) + "\n")
        for name, count in self.plan.held_out.items():
            stages.say(f"not trained on: {count} questions that are in {name}")
        logs = [self.evaluations(0, None)]
        signals = [self.signal(logs[0][UNSEEN])]
        adapters: list[Path | None] = [None]
        verdict = Verdict(False, 0, "")
        for number in range(1, args.rounds + 1):
            adapter = self.train(number, adapters[-1])
            adapters.append(adapter)
            logs.append(self.evaluations(number, adapter))
            signals.append(self.signal(logs[-1][UNSEEN]))
            if self.plan.split.dev:
                verdict = stopping.judge(signals, args.min_entropy)
            else:
                verdict = Verdict(False, number, "there are no dev questions to judge by")
            stages.say(f"round {number}: {verdict.reason}")
            if verdict.stop:
                break
        with stages.stage("report"):
            return self.report(logs, signals, adapters[verdict.best], verdict)

    # Pieces

    def asks(self, number: int) -> dict[str, Ask]:
        """What is asked after round `number` (0: of the base model), by name."""
        args, split = self.args, self.plan.split
        unseen = split.dev + split.test
        asks: dict[str, Ask] = {}
        train = self.questions(number + 1) if number < args.rounds else ()
        if args.gen_kwargs:
            if train:
                asks[SAMPLE] = Ask(SAMPLE, args.task, args.metadata, train, args.gen_kwargs)
            greedy_metadata = {name: value for name, value in args.metadata.items() if name != "repeats"}
            if unseen:
                asks[UNSEEN] = Ask(UNSEEN, args.task, greedy_metadata, unseen)
        elif train:
            asks[SAMPLE] = Ask(SAMPLE, args.task, args.metadata, train + unseen)
        elif unseen:
            asks[UNSEEN] = Ask(UNSEEN, args.task, args.metadata, unseen)
        return asks | {ask.name: ask for ask in self.plan.evaluations}

    def questions(self, number: int) -> tuple[str, ...]:
        """The questions that round `number` trains on."""
        train = self.plan.split.train
        return fresh(train, self.args.rounds, number) if self.args.fresh else train

    def adapter(self, number: int) -> Path | None:
        """Where round `number` saves its adapter; None for the base model."""
        return self.folder / f"round{number}" / self.args.method if number else None

    def evaluations(self, number: int, adapter: Path | None) -> dict[str, Path]:
        """Evaluate a round's model (0: the base model), and return the logs by name."""
        args = self.args
        folder = self.base if number == 0 else self.folder / f"round{number}"
        logs = {}
        for name, ask in self.asks(number).items():
            if number == 0 and args.base:
                logs[name] = base_log(args, ask, folder / name)
            else:
                once = self.stages.once(f"{called(number)}: {name}")
                logs[name] = evaluate(args, adapter, ask, folder / name, once)
        return {UNSEEN: logs.get(UNSEEN, logs.get(SAMPLE, Path())), **logs}

    def pair_settings(self) -> dict[str, Any]:
        """The settings of trainer.pairs.

        Raises:
            CalmError: there is no such setting.
        """
        given = self.args.pairs
        known_settings = {field.name for field in fields(PairArguments)} - OURS
        unknown = set(given) - known_settings
        if unknown:
            raise CalmError(f"pairs: there is no setting {min(unknown)} (known: {', '.join(sorted(known_settings))})")
        settings = {"seed": self.args.seed, **given, "transductive": self.args.transductive}
        pair_arguments = PairArguments([], "", **settings)
        check_kinds(pair_arguments)
        check_labels(pair_arguments)
        return settings

    def train(self, number: int, adapter: Path | None) -> Path:
        """Make what a round learns and train on it; return the adapter."""
        args = self.args
        folder = self.folder / f"round{number}"
        folder.mkdir(parents=True, exist_ok=True)
        write_text(folder / "questions.txt", "\n".join(self.questions(number)) + "\n")
        evaluated = [str(newest_log(self.base / ask.name, ask.task)) for ask in self.plan.evaluations]
        learned = self.learned(number, evaluated)
        held_out = learned.pop("held_out")
        output_dir = folder / args.method
        config = {
            **learned,
            "model_name_or_path": args.model,
            "output_dir": str(output_dir),
            "seed": args.seed,
            **({"adapter": str(adapter), "reference": args.reference} if adapter and args.go_on else {}),
            **({"objective": "dco"} if args.method == "dpo" and args.pairs.get("objective") == "dco" else {}),
            **args.training,
            "transductive": args.transductive,
            "held_out": [*held_out, *args.training.get("held_out", [])],
        }
        program = PROGRAMS.get(args.method, "sft")
        if program != "dpo":
            config.pop("reference", None)
        output_dir.mkdir(parents=True, exist_ok=True)
        write_text(folder / f"{args.method}.yaml", yaml.safe_dump(config, sort_keys=False))
        self.stages.once(f"{called(number)}: train ({args.method})")(
            output_dir,
            training_inputs(config),
            lambda: start([f"trainer.{program}", "--config", str(folder / f"{args.method}.yaml")], args.launcher),
        )
        return output_dir

    def learned(self, number: int, evaluated: Sequence[str]) -> dict[str, Any]:
        """Make what a round learns; return what its training is told of it: where it lies, and what is held out."""
        args, folder = self.args, self.folder / f"round{number}"
        previous = self.base if number == 1 else self.folder / f"round{number - 1}"
        if args.method == "grpo":
            log = newest_log(previous / SAMPLE, args.task)
            return prompts.settings(args, log, folder / "questions.txt", evaluated)
        (folder / "pairs").mkdir(exist_ok=True)
        if args.method in TEXTS:
            told = texts.settings(args, folder / "pairs", evaluated)
            texts.make_texts(args, told, self.questions(number), self.stages.once(f"{called(number)}: make texts"))
            return {"pairs": told.output, "held_out": told.held_out}
        return {"pairs": str(folder / "pairs"), "held_out": self.make_pairs(number, previous, evaluated)}

    def make_pairs(self, number: int, previous: Path, evaluated: Sequence[str]) -> list[str]:
        """Make a round's pairs of what the `previous` one sampled; return what is held out of them."""
        args = self.args
        folder = self.folder / f"round{number}"
        settings = self.pair_settings()
        sample_log = newest_log(previous / SAMPLE, args.task)
        places = {
            "samples": [str(sample_log)],
            "output": str(folder / "pairs"),
            "questions": str(folder / "questions.txt"),
            "tokenizer": args.model,
        }
        pair_arguments = PairArguments(
            **{**settings, **places, "held_out": [*settings.get("held_out", []), *evaluated]}
        )
        pair_inputs = {
            "samples": file_digest(sample_log),
            "questions": self.questions(number),
            "arguments": settings,
            "versions": versions(["calm-harness"]),
        }
        self.stages.once(f"{called(number)}: vote and pairs")(
            folder / "pairs", pair_inputs, lambda: print(summary.render(make_folder(pair_arguments)))
        )
        return pair_arguments.held_out

    @property
    def reported(self) -> dict[str, Ask]:
        """The evaluations that are reported, by name."""
        args, test = self.args, self.plan.split.test
        unseen = {UNSEEN: Ask(UNSEEN, args.task, args.metadata, test)} if test else {}
        return unseen | {ask.name: ask for ask in self.plan.evaluations}

    def tables(self, logs: Sequence[dict[str, Path]]) -> dict[str, list[Answers]]:
        """Read the answers to each reported evaluation out of the logs of the base model and of rounds."""
        return {
            name: [self.table(round_logs[name], ask.question_ids) for round_logs in logs]
            for name, ask in self.reported.items()
        }

    def table(self, log: Path, question_ids: Sequence[str] | None) -> Answers:
        """Read the answers to some questions out of a log."""
        table = table_of(log)
        return table if question_ids is None else table.only(sorted(question_ids))

    def signal(self, log: Path) -> Signal:
        """Measure a round on the dev questions against what the first round's other languages voted for.

        Raises:
            CalmError: there is nothing to hold answers against.
        """
        split = self.plan.split
        if not split.dev:
            return stopping.NOTHING
        dev_samples = samples.load([str(self.log_of_first_dev())], question_ids=split.dev)
        others = vote_of_others(dev_samples.ballots())
        return stopping.signal(self.table(log, split.dev), others, dev_samples.question_ids, dev_samples.languages)

    def log_of_first_dev(self) -> Path:
        """The base model's log that has the dev questions."""
        return newest_log(self.base / (UNSEEN if self.args.gen_kwargs else SAMPLE), self.args.task)

    def report(
        self, logs: Sequence[dict[str, Path]], signals: Sequence[Signal], adapter: Path | None, verdict: Verdict
    ) -> LoopOutcome:
        """Write report.md and report.json: every round against the base model, paired by question."""
        best = Best(verdict.best, adapter.relative_to(self.folder).as_posix() if adapter else None, verdict.reason)
        loop_outcome = outcome.loop(self.tables(logs), signals, asdict(self.args), best)
        write_text(self.folder / REPORT, to_json(loop_outcome))
        text = report.loop_markdown(loop_outcome)
        write_text(self.folder / REPORT_TEXT, text)
        print(text)
        return loop_outcome
