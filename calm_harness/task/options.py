"""The options of a task: what `lm_eval --metadata '{"languages": ["en", "zh"]}'` may say."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal, get_args

from calm_harness.errors import CalmError
from calm_harness.passages.choice import PASSAGE_CHOICES, PassageChoice

Score = Literal["sum", "bytes", "pmi"]
Prompt = Literal["release"]


@dataclass(frozen=True)
class Options:
    """Options of a task, all by lm-eval's `--metadata` (a JSON object); a task file gives its own defaults.

    Attributes:
        languages: BCP 47 tags, as a list or as "en,zh"; all of the set's by default.
        split: the split that is evaluated.
        source: where the set is read from: a folder, a Hub data set, a YAML file; see `calm data list`.
        option_seed: permutes each question's options, equally in all languages.
        score: how a cloze option is scored: `sum`, `bytes` or `pmi`.
        prompt: `release` asks in the words of the CALM release instead of ours (`_cot` only).
        repeats: samples a question (`_cot` only); metrics score the first, votes read all.
        index: folder of the index that passages come from (this and what follows: `_rag` only).
        k: passages a question.
        passage_language: `same` as the question's, `any`, a BCP 47 tag; or `oracle` (the passages that the set names as
            answering the question) or `distractor` (the nearest ones without these).
        passage_budget: the most tokens of passages, or characters where `--model_args` name no tokenizer; by default
            what the model's context leaves (2000 characters).
        keep_leaks: show passages that contain a question of the set nearly word for word.
    """

    languages: tuple[str, ...] | None = None
    split: str | None = None
    source: str | None = None
    option_seed: int | None = None
    score: Score | None = None
    prompt: Prompt | None = None
    repeats: int = 1
    index: str | None = None
    k: int = 3
    passage_language: PassageChoice | str = "same"
    passage_budget: int | None = None
    keep_leaks: bool = False

    def __post_init__(self) -> None:
        tags = self.languages
        if isinstance(tags, str):
            tags = tuple(tag.strip() for tag in tags.split(","))
        listed = isinstance(tags, list | tuple) and len(tags) > 0 and all(isinstance(tag, str) and tag for tag in tags)
        _check("languages", tags is None or listed, 'tags: ["en", "zh"] or "en,zh"')
        object.__setattr__(self, "languages", tags and tuple(tags))
        _check("split", isinstance(self.split, str | None), "a split's name")
        _check("source", isinstance(self.source, str | None), "a folder, a Hub data set or a YAML file")
        _check("option_seed", self.option_seed is None or _whole(self.option_seed), "a whole number")
        scores, prompts = get_args(Score), get_args(Prompt)
        _check("score", self.score in (None, *scores), f"one of {', '.join(scores)}")
        _check("prompt", self.prompt in (None, *prompts), f"one of {', '.join(prompts)}, or left out")
        _check("repeats", _whole(self.repeats) and self.repeats >= 1, "a whole number from 1")
        _check("index", isinstance(self.index, str | None), "a folder")
        _check("k", _whole(self.k) and self.k >= 1, "a whole number from 1")
        tag = self.passage_language
        _check("passage_language", isinstance(tag, str) and tag != "", f"{', '.join(PASSAGE_CHOICES)} or a tag: en")
        budget = self.passage_budget
        _check("passage_budget", budget is None or (_whole(budget) and budget >= 1), "a whole number from 1")
        _check("keep_leaks", isinstance(self.keep_leaks, bool), "true or false")

    @classmethod
    def from_metadata(cls, metadata: Mapping[str, Any]) -> Options:
        """Pick our options out of lm-eval's metadata, where the model's arguments lie too.

        Raises:
            CalmError: a value is of the wrong kind, or a name is almost one of ours (`langauges`).
        """
        names = [field.name for field in fields(cls)]
        for name in metadata:
            if name not in names and (similar := difflib.get_close_matches(str(name), names, n=1, cutoff=0.8)):
                raise CalmError(f"--metadata: there is no option {name!r}; did you mean {similar[0]!r}?")
        return cls(**{name: metadata[name] for name in names if name in metadata})


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _check(name: str, holds: bool, expected: str) -> None:
    if not holds:
        raise CalmError(f"--metadata: {name} must be {expected}")
