"""The loop: sample, vote, train, evaluate, again.

python -m trainer.loop --config recipes/loop/mini.yaml
python -m trainer.loop --config recipes/loop/xcsqa.yaml --output runs/xcsqa --rounds 3

Each stage is a command of its own (calm eval, trainer.pairs, trainer.dpo), whose settings stand in the folder that it
writes. Run again, the loop goes on where it was: finished stages are not repeated. The output folder has base/, a
folder a round, split.json (which questions are trained on), report.md and report.json.

The loop stops by a rule without labels, on questions of the training split that are not trained on (dev): when the
answers no longer come closer to the first round's vote and to each other, or at once when their positions collapse. The
best round's adapter is named in the report.
"""

from __future__ import annotations

import functools
import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

import yaml

from calm_harness import questions
from calm_harness.errors import CalmError
from calm_harness.metrics import Answers
from calm_harness.predictions import read
from calm_harness.questions.files import read_text, write_text
from calm_harness.scoring import tabulate
from calm_harness.stages import stage, versions
from trainer import pairs, report, samples, stopping, votes
from trainer.command import run
from trainer.pairs import PairArguments
from trainer.split import Split, fresh, split
from trainer.stopping import Signal, Verdict

SAMPLE, UNSEEN = "sample", "unseen"
METHODS = ("dpo", "sft")


@dataclass
class LoopArguments:
    """What a loop can be told; usually a YAML file."""

    output: str = field(metadata={"help": "The run's folder."})
    model: str = field(metadata={"help": "The base model: a folder, or a name on the Hub."})
    task: str = field(metadata={"help": "The calm_* task that samples for training: _cloze or _cot."})
    metadata: dict[str, Any] = field(
        default_factory=dict, metadata={"help": "The sampling task's --metadata; its split is a training split."}
    )
    gen_kwargs: str | None = field(
        default=None, metadata={"help": "How to sample, as lm-eval has it: do_sample=True,temperature=0.7 (_cot)."}
    )
    backend: str = field(default="hf-prefix", metadata={"help": "lm-eval's name of the model class."})
    model_args: str = field(default="", metadata={"help": "More of lm-eval's --model_args: dtype=bfloat16."})
    eval_args: list[str] = field(
        default_factory=list, metadata={"help": "More of lm-eval's flags: --device cpu --apply_chat_template."}
    )
    launcher: list[str] = field(
        default_factory=list,
        metadata={"help": "How to start training; this Python by default: accelerate launch --config_file FILE."},
    )
    train_questions: int | None = field(default=None, metadata={"help": "Questions to train on; all by default."})
    dev_questions: int = field(
        default=100,
        metadata={"help": "Questions that tell when to stop; without any, all rounds are run and the last is kept."},
    )
    test_questions: int = field(
        default=0, metadata={"help": "Questions of the same split that are only tested on (no setting may see them)."}
    )
    rotation: int = field(default=0, metadata={"help": "Which questions are the test: 0, 1, 2, ... are disjoint."})
    rounds: int = field(default=1, metadata={"help": "The most rounds."})
    fresh: bool = field(default=False, metadata={"help": "Give every round questions of its own."})
    go_on: bool = field(
        default=True, metadata={"help": "A later round goes on with the adapter; otherwise it starts a new one."}
    )
    reference: str = field(
        default="start",
        metadata={
            "help": "DPO's reference in later rounds: what the round starts from, or the base model.",
            "choices": ["start", "base"],
        },
    )
    min_entropy: float = field(
        default=0.8,
        metadata={"help": "Stop where the entropy of answer positions falls below this part of the base's."},
    )
    method: str = field(default="dpo", metadata={"help": "How to train.", "choices": list(METHODS)})
    pairs: dict[str, Any] = field(default_factory=dict, metadata={"help": "Settings of trainer.pairs."})
    training: dict[str, Any] = field(default_factory=dict, metadata={"help": "Settings of trainer.dpo (or sft)."})
    evaluate: list[dict[str, Any]] = field(
        default_factory=list,
        metadata={"help": "What to evaluate besides: a list of {name, task, metadata, questions}."},
    )
    transductive: bool = field(
        default=False, metadata={"help": "Train on the very questions that are evaluated, and say so in the report."}
    )
    base: str | None = field(
        default=None, metadata={"help": "A folder with the base model's runs, where another loop made them."}
    )
    seed: int = field(default=0, metadata={"help": "Seed of pairs and training."})


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
    return Plan(parted, tuple(_evaluation(each) for each in args.evaluate))


def _evaluation(each: dict[str, Any]) -> Ask:
    unknown = set(each) - {"name", "task", "metadata", "questions"}
    if unknown or "task" not in each:
        raise CalmError(f"evaluate: {each} must have task, and may have name, metadata and questions")
    metadata = dict(each.get("metadata", {}))
    ids = None
    if each.get("questions"):
        ids = split(load_set(each["task"], metadata), train=None, dev=0, test=int(each["questions"])).test
    return Ask(each.get("name", each["task"]), each["task"], metadata, ids)


def load_set(task: str, metadata: dict[str, Any]) -> questions.QuestionSet:
    """Read the questions of a `calm_<set>_xl…` task.

    Raises:
        CalmError: it is no such task, or its set cannot be read.
    """
    return _load_set(task, json.dumps(metadata, sort_keys=True))


@functools.lru_cache(maxsize=8)
def _load_set(task: str, told: str) -> questions.QuestionSet:
    metadata = json.loads(told)
    parts = task.split("_")
    if len(parts) < 3 or parts[0] != "calm" or parts[2] != "xl" or parts[1] not in questions.SETS:
        raise CalmError(f"{task} is no task of a question set (calm_SET_xl...); sets: {', '.join(questions.SETS)}")
    chosen = {name: metadata[name] for name in ("split", "source", "languages", "option_seed") if name in metadata}
    if isinstance(chosen.get("languages"), str):
        chosen["languages"] = [tag.strip() for tag in chosen["languages"].split(",")]
    return questions.load(parts[1], **chosen)


def evaluate(args: LoopArguments, adapter: Path | None, ask: Ask, folder: Path) -> Path:
    """Run an evaluation, unless it was, and return its sample log."""
    model = f"pretrained={args.model}" + (f",{args.model_args}" if args.model_args else "")
    words = ["--model", args.backend, "--model_args", model + (f",peft={adapter}" if adapter else "")]
    words += ["--tasks", ask.task, "--metadata", json.dumps(ask.metadata, ensure_ascii=False), *args.eval_args]
    words += ["--gen_kwargs", ask.gen_kwargs] if ask.gen_kwargs else []
    words += [] if "--batch_size" in args.eval_args else ["--batch_size", "auto"]
    trained = json.loads(read_text(adapter / "training.json", "train again"))["identity"] if adapter else None
    inputs = {"arguments": words, "adapter": trained, "questions": ask.question_ids, "versions": versions()}

    def work() -> None:
        folder.mkdir(parents=True, exist_ok=True)
        chosen = []
        if ask.question_ids is not None:
            wanted = set(ask.question_ids)
            rows = load_set(ask.task, ask.metadata).rows
            places = [number for number, row in enumerate(rows) if row.question_id in wanted]
            write_text(folder / "samples.json", json.dumps({ask.task: places}))
            chosen = ["--samples", str(folder / "samples.json")]
        _start(["calm_harness", "eval", *words, *chosen, "--output_path", str(folder), "--log_samples"], [])

    stage(folder, inputs, work)
    return log_of(folder, ask.task)


def log_of(folder: Path, task: str) -> Path:
    """Return the newest sample log of a task in a folder.

    Raises:
        CalmError: there is none.
    """
    found = sorted(folder.rglob(f"samples_{task}_2*.jsonl"), key=lambda path: path.name)  # 2*: the year
    if not found:
        raise CalmError(f"{folder} has no sample log of {task}; remove the folder and run it again")
    return found[-1]


def _start(words: Sequence[str], launcher: Sequence[str]) -> None:
    """Run a command of ours as a process of its own, which gives its memory back."""
    command = [*(launcher or [sys.executable]), "-m", *words]
    status = subprocess.run(command, check=False).returncode
    if status == -2:  # SIGINT, which its user meant for us as well
        raise KeyboardInterrupt
    if status:
        raise CalmError(
            f"{words[0]} ended with status {status}; what it says is above. The command: {' '.join(command)}"
        )


class Loop:
    """A run: its arguments, its plan, and where its pieces lie."""

    def __init__(self, args: LoopArguments) -> None:
        self.args = args
        self.folder = Path(args.output).expanduser()
        self.base = Path(args.base).expanduser() if args.base else self.folder / "base"
        self.plan = plan(args)

    def run(self) -> dict[str, Any]:
        """Run what is not done yet, and return the report."""
        args = self.args
        self.pair_settings()
        self.folder.mkdir(parents=True, exist_ok=True)
        settings = yaml.safe_dump(asdict(args), sort_keys=False, allow_unicode=True)
        write_text(self.folder / "config.yaml", settings)
        write_text(self.folder / "split.json", json.dumps(asdict(self.plan.split), indent=1) + "\n")
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
            print(f"round {number}: {verdict.reason}", flush=True)
            if verdict.stop:
                break
        return self.report(logs, signals, adapters[verdict.best], verdict)

    # Pieces

    def asks(self, number: int) -> dict[str, Ask]:
        """What is asked after round `number` (0: of the base model), by name."""
        args, parted = self.args, self.plan.split
        tested = parted.dev + parted.test
        own: dict[str, Ask] = {}
        train = self.questions(number + 1) if number < args.rounds else ()
        if args.gen_kwargs:
            if train:
                own[SAMPLE] = Ask(SAMPLE, args.task, args.metadata, train, args.gen_kwargs)
            greedy = {name: value for name, value in args.metadata.items() if name != "repeats"}
            if tested:
                own[UNSEEN] = Ask(UNSEEN, args.task, greedy, tested)
        elif train or tested:
            own[SAMPLE] = Ask(SAMPLE, args.task, args.metadata, train + tested)
        return own | {ask.name: ask for ask in self.plan.evaluations}

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
                logs[name] = log_of(folder / name, ask.task)
            else:
                logs[name] = evaluate(args, adapter, ask, folder / name)
        return {UNSEEN: logs.get(UNSEEN, logs.get(SAMPLE, Path())), **logs}

    def pair_settings(self) -> dict[str, Any]:
        """The settings of trainer.pairs.

        Raises:
            CalmError: there is no such setting.
        """
        settings = {"seed": self.args.seed, "transductive": self.args.transductive, **self.args.pairs}
        known = {each.name for each in fields(PairArguments)} - {"samples", "output", "questions"}
        unknown = set(settings) - known
        if unknown:
            raise CalmError(f"pairs: there is no setting {min(unknown)} (known: {', '.join(sorted(known))})")
        return settings

    def train(self, number: int, adapter: Path | None) -> Path:
        """Make a round's pairs and train on them; return the adapter."""
        args = self.args
        folder = self.folder / f"round{number}"
        before = self.base if number == 1 else self.folder / f"round{number - 1}"
        chosen = self.questions(number)
        made = folder / "pairs"
        made.mkdir(parents=True, exist_ok=True)
        write_text(folder / "questions.txt", "\n".join(chosen) + "\n")
        settings = self.pair_settings()
        log = log_of(before / SAMPLE, args.task)
        arguments = PairArguments(
            samples=[str(log)], output=str(made), questions=str(folder / "questions.txt"), **settings
        )
        inputs = {
            "samples": log.name,
            "questions": chosen,
            "settings": settings,
            "versions": versions(["calm-harness"]),
        }
        stage(made, inputs, lambda: pairs.command(arguments))
        target = folder / args.method
        config = {
            "pairs": str(made),
            "model_name_or_path": args.model,
            "output_dir": str(target),
            "seed": args.seed,
            "transductive": args.transductive,
            **({"adapter": str(adapter), "reference": args.reference} if adapter and args.go_on else {}),
            **args.training,
        }
        if args.method == "sft":
            config.pop("reference", None)
        target.mkdir(parents=True, exist_ok=True)
        write_text(folder / f"{args.method}.yaml", yaml.safe_dump(config, sort_keys=False, allow_unicode=True))
        stage(
            target,
            {"config": config, "pairs": inputs, "versions": versions(["torch", "transformers", "trl", "peft"])},
            lambda: _start([f"trainer.{args.method}", "--config", str(folder / f"{args.method}.yaml")], args.launcher),
        )
        return target

    def table(self, log: Path, question_ids: Sequence[str] | None) -> Answers:
        """Read the answers to some questions out of a log."""
        table = tabulate(read(log))
        return table if question_ids is None else table.only(sorted(question_ids))

    def signal(self, log: Path) -> Signal:
        """Measure a round on the dev questions against the first round's vote on them."""
        parted = self.plan.split
        if not parted.dev:
            return Signal(0.0, 0.0, 1.0)
        first = samples.load([str(self.log_of_first_dev())], question_ids=parted.dev)
        outcome = votes.vote(first.ballots(), "crosslingual")
        return stopping.signal(self.table(log, parted.dev), outcome, first.question_ids, first.languages)

    def log_of_first_dev(self) -> Path:
        """The base model's log that has the dev questions."""
        return log_of(self.base / (UNSEEN if self.args.gen_kwargs else SAMPLE), self.args.task)

    def report(
        self, logs: Sequence[dict[str, Path]], signals: Sequence[Signal], adapter: Path | None, verdict: Verdict
    ) -> dict[str, Any]:
        """Write report.md and report.json: every round against the base model, paired by question."""
        parted = self.plan.split
        tables: dict[str, list[Answers]] = {}
        if parted.test:
            tables[UNSEEN] = [self.table(each[UNSEEN], parted.test) for each in logs]
        for ask in self.plan.evaluations:
            tables[ask.name] = [self.table(each[ask.name], ask.question_ids) for each in logs]
        found = report.loop(tables, signals, asdict(self.args))
        found["best"] = {"round": verdict.best, "adapter": str(adapter) if adapter else None, "reason": verdict.reason}
        write_text(self.folder / "report.json", json.dumps(found, indent=1, ensure_ascii=False) + "\n")
        text = report.loop_markdown(found)
        write_text(self.folder / "report.md", text)
        print(text)
        return found


def command(args: LoopArguments) -> int:
    """Run the loop."""
    Loop(args).run()
    return 0


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command."""
    return run("trainer.loop", __doc__, [LoopArguments], command, argv)


if __name__ == "__main__":
    sys.exit(main())
