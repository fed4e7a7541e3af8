"""A run: one task of one results file, of whatever model and machine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from retrieval.text import one_line


@dataclass(frozen=True)
class Skipped:
    """A file that is not on the leaderboard, and why."""

    path: Path
    why: str

    def __str__(self) -> str:
        return one_line(f"{self.path}: {self.why}")


@dataclass(frozen=True)
class Run:
    """One task of one results file.

    Attributes:
        results: the results file.
        samples: its sample log, None where there is none.
        task: lm-eval's name of it.
        model: name or path, as it was given to the backend.
        adapter: name or path of what was put on top of the model.
        revision: of the model, "" where it is the main one.
        set_name: `mini`, `xcsqa`, ...; of a plain task its name.
        split: "" where it is not known.
        format: `letter`, `cloze`, `cot` or `open`; of a plain task lm-eval's output type.
        mode: `zero-shot`, `5-shot`, `RAG same k=3`, ...
        transductive: whether the adapter was aligned, without labels, on questions that it may be asked.
        settings: what else decides the figures and is worth showing, by name.
        inputs: what else decides them: task version, index, hashes of templates.
        arguments: of the backend, but for model, adapter and what decides no figure.
        date: when the run began.
        languages: BCP 47 tags; none for a plain task.
        questions: how many the figures are of; rows for a plain task.
        figures: metric -> value, stderr and 95% interval, as `calm_harness.metrics.compare.to_json` lays them out.
        pairwise: table -> language -> language -> value, interval and number of questions, which older results lack.
        related: `script` and `family` -> measure -> `same`, `other`, `difference` -> figure, with the number of pairs.
        versions: of what ran.
        contents: digests of what names and paths stand for: `questions` (as asked, with their gold answers), `model`,
            `adapter`; and `passages`, the budget they were cut to. Older results say none of them.
        mix: how languages are mixed within a question, `mixed gold with en`; "" where they are not.
    """

    results: Path
    samples: Path | None
    task: str
    model: str
    adapter: str | None
    revision: str
    set_name: str
    split: str
    format: str
    mode: str
    transductive: bool
    settings: Mapping[str, str]
    inputs: str
    arguments: str
    date: datetime
    languages: tuple[str, ...]
    questions: int
    figures: Mapping[str, Mapping[str, Any]]
    pairwise: Mapping[str, Any] = field(default_factory=dict)
    related: Mapping[str, Any] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    contents: Mapping[str, str] = field(default_factory=dict)
    mix: str = ""

    @property
    def ours(self) -> bool:
        """Whether the task is one of calm-harness."""
        return bool(self.languages)

    @property
    def who(self) -> str:
        """The model, with its revision and the adapter on top of it."""
        revision = f" @ {self.revision}" if self.revision else ""
        return f"{self.model}{revision}" + (f" + {self.adapter}" if self.adapter else "")

    @property
    def how(self) -> str:
        """The mode, with what sets apart mixed languages, and what was aligned on the questions themselves."""
        return ", ".join(filter(None, [self.mode, self.mix, "transductive" if self.transductive else ""]))

    @property
    def asked(self) -> tuple[Any, ...]:
        """What was asked and how, whoever answered."""
        settings = tuple(sorted(self.settings.items()))
        return (self.set_name, self.split, self.languages, self.format, self.mode, self.mix, settings, self.inputs)

    @property
    def identity(self) -> tuple[Any, ...]:
        """Everything but the date: two runs with the same identity, of the same questions, are the same run twice."""
        who = (self.model, self.adapter or "", self.revision, self.arguments, self.transductive)
        return (*who, self.task, self.questions, self.asked, tuple(sorted(self.contents.items())))

    def agrees(self, other: Run, *names: str) -> bool:
        """Whether two runs have the same contents of these names, as far as both say what they have."""
        return all(
            self.contents[name] == other.contents[name]
            for name in names
            if name in self.contents and name in other.contents
        )
