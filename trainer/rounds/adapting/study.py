"""Adaptation: what a few questions of a language do for a model, by what it has learned from other languages before.

After X-METRA-ADA (arXiv 2104.09696), without labels: a model starts as it is (base), trained on English pairs alone
(english), or meta-learned on all languages but the target (meta, `trainer.methods.meta`); it is trained on the target's
pairs of k questions, and asked the test questions in the target language. Meta-training, adaptation and test have no
question in common; a seed decides which k questions are taken, and a larger k has those of a smaller one.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from calm_harness.cache import file_digest
from calm_harness.errors import CalmError
from calm_harness.files import iterate_jsonl_rows, only_writer, write_text
from calm_harness.metrics import Answers
from calm_harness.predictions import newest_log
from calm_harness.predictions.scoring import table_of
from calm_harness.report.outcome import REPORT, REPORT_TEXT, StudyOutcome, to_json
from calm_harness.report.training import brief
from calm_harness.runtime import versions
from calm_harness.stages import Once, Stages
from trainer.preferences.arguments import PairArguments
from trainer.preferences.make import make_folder
from trainer.preferences.write import JSONL, SUMMARY
from trainer.rounds import outcome
from trainer.rounds.adapting.report import markdown
from trainer.rounds.adapting.settings import (
    BASE,
    ENGLISH,
    META,
    STARTS,
    check,
    check_questions,
    check_target,
    filled,
    touching,
)
from trainer.rounds.arguments import AdaptArguments, LoopArguments, StudyArguments
from trainer.rounds.evaluate import evaluate, start, training_inputs
from trainer.rounds.loop import Loop
from trainer.rounds.outcome import ArmAnswers
from trainer.rounds.plan import SAMPLE, Ask, load_set

OF_ENGLISH = {"languages": ["en"], "vote": "own", "min_languages": 0}  # settings of pairs that know no other language
DPO, OF_META = "trainer.dpo", "trainer.meta"


class Adaptation:
    """A study of adaptation: a cell is a target language, a seed, a number of questions and a start."""

    def __init__(self, args: StudyArguments) -> None:
        self.args = args
        self.folder = Path(args.output).expanduser()
        self.adapt: AdaptArguments = filled(AdaptArguments, "adapt", args.adapt or {})
        settings: LoopArguments = filled(LoopArguments, "loop", {**args.loop, "output": str(self.folder)})
        check(args, self.adapt, settings)
        self.loop = Loop(settings)
        question_set = load_set(settings.task, settings.metadata)
        self.languages = question_set.languages
        for target in self.adapt.targets:
            check_target(target, self.languages)
        split = self.loop.plan.split
        self.test = split.test
        self.touching = touching(question_set.rows, set(self.test))
        self.train, self.support = (
            tuple(question_id for question_id in part if question_id not in self.touching)
            for part in (split.train, split.dev)
        )
        check_questions(self.train, self.support, self.test, self.adapt.questions)
        self.stages = Stages()

    def run(self, stages: Stages | None = None) -> StudyOutcome:
        """Run what is not done yet, show what came of it, and return it; see `trainer.rounds.study.Study.run`."""
        self.stages = stages = stages or Stages()
        log = brief.log_of(None)
        with only_writer(self.folder), stages.logged(self.folder / log):
            stages.say(f"{self.args.title}; all that is said is in {self.folder / log}")
            if self.touching:
                stages.say(f"not trained on: {len(self.touching)} questions that ask nearly what a test question asks")
            study_outcome = self._run()
            stages.say(brief.study(study_outcome, self.folder, log))
        return study_outcome

    def _run(self) -> StudyOutcome:
        self.ask(SAMPLE, None, self.folder / BASE / SAMPLE)
        for target in self.adapt.targets:
            self.ask(target, None, self.folder / BASE / target)
        cells: dict[str, dict[str, list[Answers]]] = {}
        for seed in self.args.seeds:
            for target, count in self.asked():
                for begun in STARTS:
                    cell = self.cell(target, seed, count, begun)
                    cells.setdefault(evaluation(target, count), {}).setdefault(begun, []).append(cell)
        with self.stages.stage("report"):
            return self.report(cells)

    def asked(self) -> list[tuple[str, int]]:
        """The targets and numbers of questions that are reported."""
        return [(target, count) for target in self.adapt.targets for count in self.adapt.questions]

    # Stages

    def once(self, folder: Path) -> Once:
        """Return what does once what a folder will hold; where it lies says what it is: seed0/fr/k8/base/test."""
        return self.stages.once(folder.relative_to(self.folder).as_posix())

    def ask(self, name: str, adapter: Path | None, folder: Path) -> Path:
        """Ask a model the test questions in a language, or (`SAMPLE`) those that pairs are made of in all languages."""
        args = self.loop.args
        if name == SAMPLE:
            asked = Ask(SAMPLE, args.task, args.metadata, self.train + self.support, args.gen_kwargs)
        else:
            greedy = {setting: value for setting, value in args.metadata.items() if setting != "repeats"}
            asked = Ask(name, args.task, {**greedy, "languages": [name]}, self.test)
        return evaluate(args, adapter, asked, folder, self.once(folder))

    def cell(self, target: str, seed: int, count: int, begun: str) -> Answers:
        """Train and ask for a cell of the table, unless that is done; return the answers to the test."""
        adapter = self.begin(begun, target, seed)
        folder = self.folder / f"seed{seed}" / target / f"k{count}" / begun
        if count:
            few = self.few(target, seed, count)
            adapter = self.dpo(folder / "dpo", few, seed, adapter, self.adapt.training)
        log = self.ask(target, adapter, folder / "test" if adapter else self.folder / BASE / target)
        return table_of(log).only(sorted(self.test))

    def begin(self, begun: str, target: str, seed: int) -> Path | None:
        """Train what adaptation starts from; None for the base model."""
        folder = self.folder / f"seed{seed}"
        if begun == ENGLISH:
            pairs = self.pairs(folder / ENGLISH / "pairs", self.train, seed, OF_ENGLISH)
            return self.dpo(folder / ENGLISH / "dpo", pairs, seed, None, {})
        if begun == META:
            others = {"languages": [tag for tag in self.languages if tag != target]}
            pairs = self.pairs(folder / target / META / "pairs", self.train, seed, others)
            return self.dpo(folder / target / META / "dpo", pairs, seed, None, self.adapt.meta, module=OF_META)
        return None

    def pairs(self, folder: Path, question_ids: Sequence[str], seed: int, changes: Mapping[str, Any]) -> Path:
        """Make pairs of what the base model answered to some questions; none may touch a test question."""
        log = newest_log(self.folder / BASE / SAMPLE, self.loop.args.task)
        settings = {**self.loop.pair_settings(), "seed": seed, **changes}
        folder.mkdir(parents=True, exist_ok=True)
        write_text(folder.with_suffix(".txt"), "\n".join(question_ids) + "\n")
        places = {
            "samples": [str(log)],
            "output": str(folder),
            "questions": str(folder.with_suffix(".txt")),
            "tokenizer": self.loop.args.model,
            "held_out": [*settings.get("held_out", []), *self.tests()],
        }
        inputs = {
            "samples": file_digest(log),
            "questions": list(question_ids),
            "arguments": settings,
            "versions": versions(["calm-harness"]),
        }
        self.once(folder)(folder, inputs, lambda: make_folder(PairArguments(**{**settings, **places})))
        return folder

    def few(self, target: str, seed: int, count: int) -> Path:
        """Write the target's pairs of k questions, which are the same for every start."""
        of_all = self.pairs(self.folder / f"seed{seed}" / "support" / "pairs", self.support, seed, {})
        rows = [row for row in iterate_jsonl_rows(of_all / JSONL, f"remove {of_all}") if row["language"] == target]
        taken = drawn((str(row["question_id"]) for row in rows), count, f"{seed} {target}")
        if len(taken) < count:
            raise CalmError(
                f"adapt: {len(taken)} of {len(self.support)} questions have a pair in {target}, and {count} are to be "
                "adapted with; raise dev_questions, or keep more pairs"
            )
        folder = self.folder / f"seed{seed}" / target / f"k{count}" / "pairs"
        folder.mkdir(parents=True, exist_ok=True)
        lines = [json.dumps(row, ensure_ascii=False) for row in rows if row["question_id"] in taken]
        write_text(folder / JSONL, "".join(f"{line}\n" for line in lines))
        write_text(folder / SUMMARY, (of_all / SUMMARY).read_text(encoding="utf-8"))
        return folder / JSONL

    def dpo(
        self,
        folder: Path,
        pairs: Path,
        seed: int,
        adapter: Path | None,
        changes: Mapping[str, Any],
        *,
        module: str = DPO,
    ) -> Path:
        """Train on pairs, unless that is done, and return the adapter."""
        args = self.loop.args
        config = {
            "pairs": str(pairs),
            "model_name_or_path": args.model,
            "output_dir": str(folder),
            "seed": seed,
            **({"adapter": str(adapter)} if adapter else {}),
            **args.training,
            **changes,
            "held_out": [*args.training.get("held_out", []), *self.tests()],
        }
        folder.mkdir(parents=True, exist_ok=True)
        write_text(folder.with_suffix(".yaml"), yaml.safe_dump(config, sort_keys=False))
        command_line = [module, "--config", str(folder.with_suffix(".yaml"))]
        inputs = {**training_inputs(config), "command": module}
        self.once(folder)(folder, inputs, lambda: start(command_line, args.launcher))
        return folder

    def tests(self) -> list[str]:
        """The base model's logs of the test, whose questions no pair may touch."""
        return [str(newest_log(self.folder / BASE / target, self.loop.args.task)) for target in self.adapt.targets]

    def report(self, cells: Mapping[str, Mapping[str, Sequence[Answers]]]) -> StudyOutcome:
        """Lay cells out as a study whose evaluations are targets and numbers of questions, and its arms starts.

        Args:
            cells: evaluation -> start -> answers, by seed.
        """
        seeds = self.args.seeds
        kept = [1] * len(seeds)
        evaluations = {}
        for target, count in self.asked():
            log = newest_log(self.folder / BASE / target, self.loop.args.task)
            base = table_of(log).only(sorted(self.test))
            evaluations[evaluation(target, count)] = {
                begun: ArmAnswers(
                    model=self.loop.args.model,
                    base=BASE,
                    asked=[target] * len(seeds),
                    rounds=[[base, cell] for cell in of_seeds],
                    kept=kept,
                )
                for begun, of_seeds in cells[evaluation(target, count)].items()
            }
        found = StudyOutcome(
            title=self.args.title,
            seeds=seeds,
            transductive=False,
            against=BASE,
            evaluations=outcome.study(evaluations, seeds, BASE),
            kept=dict.fromkeys(STARTS, kept),
            arms={begun: {} for begun in STARTS},
        )
        write_text(self.folder / REPORT, to_json(found))
        named = {
            target: {count: evaluation(target, count) for count in self.adapt.questions}
            for target in self.adapt.targets
        }
        text = markdown(found, named)
        write_text(self.folder / REPORT_TEXT, text)
        print(text)
        return found


def evaluation(target: str, count: int) -> str:
    """Name what a target's cells of one number of questions are reported under."""
    return f"{target}, {count} questions"


def drawn(question_ids: Iterable[str], count: int, seed: str) -> set[str]:
    """Draw questions; what is drawn for a smaller count is among what is drawn for a larger one."""

    def place(question_id: str) -> str:
        return hashlib.sha256(f"{seed} {question_id}".encode()).hexdigest()

    return set(sorted(set(question_ids), key=place)[:count])
