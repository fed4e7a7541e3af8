"""The options of a task: what `lm_eval --metadata '{"languages": ["en", "zh"]}'` may say."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Literal, get_args

from calm_harness.answers.thoughts import LONGEST
from calm_harness.errors import CalmError
from calm_harness.metadata import check, is_whole
from calm_harness.passages.choice import GLOSSARY, PASSAGE_CHOICES, PassageChoice
from calm_harness.passages.needle import settings as needle
from calm_harness.passages.needle.settings import Kind as Haystack
from calm_harness.passages.needle.settings import Needle
from calm_harness.questions import SETS
from calm_harness.questions.mixing import KINDS, Kind
from calm_harness.questions.schema import Mix

OF_NEEDLE = (
    *("needle", "needle_position", "needle_language", "haystack", "haystack_language"),
    *("haystack_tokens", "haystack_passages", "haystack_seed"),
)
Score = Literal["sum", "bytes", "pmi"]
Prompt = Literal["release"]
Fewshot = Literal["leave_one_out"]


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
        repeats: samples a question (`_cot` and `_open`); metrics score the first, votes read all.
        thinking: what opens and what closes a model's thoughts (`_cot` only), where it is none of the marks that are
            known (`calm_harness.answers.thoughts`).
        fewshot: `leave_one_out` draws few-shot examples from the evaluated split itself, never the question that is
            asked; by default they come from another split.
        mix: mixes the languages of each question: what of it is in the row's own one, while the rest is in `mix_with`
            (`calm_harness.questions.mixing`).
        mix_with: the language of the rest, `en` by default.
        mix_seed: of what is drawn: the odd option of `one_wrong`, the languages of `mixup`.
        mix_note: say in the prompt that question and answers may be in different languages.
        index: folder of the index that passages come from (this and what follows: `_rag` only).
        k: passages a question.
        passage_language: `same` as the question's, `any`, a BCP 47 tag; or `oracle` (the passages that the set names as
            answering the question) or `distractor` (the nearest ones without these).
        passage_budget: the most tokens of passages, or characters where `--model_args` name no tokenizer; by default
            what the model's context leaves (2000 characters).
        keep_leaks: show passages that contain a question of the set nearly word for word.
        glossary: of `passage_language=glossary` the table of what things are called (`calm_harness.passages.glossary`):
            a file, or `titles` for those of the set's own passages.
        pivot: the language that a glossary explains things in, `en` by default.
        needle: true shows the passage that answers (what `oracle` shows) among others, its haystack; false these alone,
            as a control (`calm_harness.passages.needle`; instead of `k` and the three before this one).
        needle_position: where it stands among the haystack's tokens: `start`, `middle` (default), `end`, or 0 to 1.
        needle_language: a tag, or `same` (default) as the question's.
        haystack: `near` (default), the passages nearest to the question, or `random`, drawn by `haystack_seed`.
        haystack_language: a tag, `same` (default), or `mixed`: each passage in one of the run's languages, by hash.
        haystack_tokens: as many whole passages as take no more of the model's tokens.
        haystack_passages: so many passages, instead; 0 for the needle alone.
        haystack_seed: of all that is drawn.
    """

    languages: tuple[str, ...] | None = None
    split: str | None = None
    source: str | None = None
    option_seed: int | None = None
    score: Score | None = None
    prompt: Prompt | None = None
    repeats: int = 1
    thinking: tuple[str, ...] = ()
    fewshot: Fewshot | None = None
    mix: Kind | None = None
    mix_with: str | None = None
    mix_seed: int = 0
    mix_note: bool = False
    index: str | None = None
    k: int = 3
    passage_language: PassageChoice | str = "same"
    passage_budget: int | None = None
    keep_leaks: bool = False
    glossary: str | None = None
    pivot: str | None = None
    needle: bool | None = None
    needle_position: str | float | None = None
    needle_language: str | None = None
    haystack: Haystack | None = None
    haystack_language: str | None = None
    haystack_tokens: int | None = None
    haystack_passages: int | None = None
    haystack_seed: int | None = None

    def __post_init__(self) -> None:
        tags = self.languages
        if isinstance(tags, str):
            tags = tuple(tag.strip() for tag in tags.split(","))
        listed = isinstance(tags, list | tuple) and len(tags) > 0 and all(isinstance(tag, str) and tag for tag in tags)
        check("languages", tags is None or listed, 'tags: ["en", "zh"] or "en,zh"')
        object.__setattr__(self, "languages", tags and tuple(tags))
        check("split", isinstance(self.split, str | None), "a split's name")
        check("source", isinstance(self.source, str | None), "a folder, a Hub data set or a YAML file")
        check("option_seed", self.option_seed is None or is_whole(self.option_seed), "a whole number")
        scores, prompts = get_args(Score), get_args(Prompt)
        check("score", self.score in (None, *scores), f"one of {', '.join(scores)}")
        check("prompt", self.prompt in (None, *prompts), f"one of {', '.join(prompts)}, or left out")
        check("repeats", is_whole(self.repeats) and self.repeats >= 1, "a whole number from 1")
        marks = self.thinking
        pair = isinstance(marks, list | tuple) and len(marks) in (0, 2) and all(map(_is_mark, marks))
        check("thinking", pair, 'two texts: ["<think>", "</think>"]')
        object.__setattr__(self, "thinking", tuple(marks))
        fewshots = get_args(Fewshot)
        check("fewshot", self.fewshot in (None, *fewshots), f"one of {', '.join(fewshots)}, or left out")
        check("mix", self.mix in (None, *KINDS), f"one of {', '.join(KINDS)}, or left out")
        check(
            "mix_with", self.mix_with is None or (isinstance(self.mix_with, str) and self.mix_with != ""), "a tag: en"
        )
        check("mix_seed", is_whole(self.mix_seed), "a whole number")
        check("mix_note", isinstance(self.mix_note, bool), "true or false")
        for name in ("mix_with", "mix_seed", "mix_note"):
            if self.mix is None and getattr(self, name):
                raise CalmError(f"--metadata: {name} is for mixed languages; give mix, too, or leave it out")
        check("index", isinstance(self.index, str | None), "a folder")
        check("k", is_whole(self.k) and self.k >= 1, "a whole number from 1")
        tag = self.passage_language
        check("passage_language", isinstance(tag, str) and tag != "", f"{', '.join(PASSAGE_CHOICES)} or a tag: en")
        budget = self.passage_budget
        check("passage_budget", budget is None or (is_whole(budget) and budget >= 1), "a whole number from 1")
        check("keep_leaks", isinstance(self.keep_leaks, bool), "true or false")
        for name, what in (("glossary", "a file of labels, or titles"), ("pivot", "a tag: en")):
            value = getattr(self, name)
            check(name, value is None or (isinstance(value, str) and value != ""), what)
            if value is not None and tag != GLOSSARY:
                raise CalmError(f"--metadata: {name} is for passage_language=glossary; give that, or leave it out")
        if tag == GLOSSARY and self.glossary is None:
            raise CalmError("--metadata: passage_language=glossary needs a table; give glossary: labels.csv, or titles")
        if self.hidden is not None:
            plain = {"k": Options.k, "passage_language": "same", "passage_budget": None, "keep_leaks": False}
            for name, value in plain.items():
                if getattr(self, name) != value:
                    raise CalmError(f"--metadata: {name} is of passages that a search finds; leave it or needle out")

    @property
    def hidden(self) -> Needle | None:
        """The needle and its haystack; None where passages are shown as a search finds them."""
        return needle.read({name: getattr(self, name) for name in OF_NEEDLE})

    @property
    def mixing(self) -> Mix | None:
        """How languages are mixed; None where they are not."""
        return None if self.mix is None else Mix(self.mix, self.mix_with or "en", self.mix_seed, self.mix_note)

    @classmethod
    def from_metadata(cls, metadata: Mapping[str, Any]) -> Options:
        """Pick our options out of lm-eval's metadata, where the model's arguments lie too.

        Raises:
            CalmError: a value is of the wrong kind, or a name is almost one of ours (`langauges`).
        """
        names = _names()
        for name in metadata:
            if name not in names and (similar := difflib.get_close_matches(str(name), names, n=1, cutoff=0.8)):
                raise CalmError(f"--metadata: there is no option {name!r}; did you mean {similar[0]!r}?")
        return cls(**{name: metadata[name] for name in names if name in metadata})


def check_fit(options: Options, settings: Mapping[str, Any]) -> None:
    """See that a task can be asked in mixed languages, and has passages, if it is told to mix or to show a needle.

    Args:
        options: of the task.
        settings: lm-eval's of the task: `task`, `dataset_path` (the set), `dataset_name` (the format) and
            `dataset_kwargs` are read.

    Raises:
        CalmError: it cannot; says why.
    """
    _check_mix(options, settings)
    if options.hidden is not None and not (settings.get("dataset_kwargs") or {}).get("passages"):
        raise CalmError(f"--metadata: needle is for the _rag tasks, which show passages; {settings['task']} shows none")


def _check_mix(options: Options, settings: Mapping[str, Any]) -> None:
    if options.mix is None:
        return
    task, form = settings["task"], settings["dataset_name"]
    reasons = {
        "the candidates stand within its sentences, which are of one language": settings["dataset_path"] == "bmlama",
        "it shows no options that could be in another language": form == "open",
        "its passages would be in a third language": bool((settings.get("dataset_kwargs") or {}).get("passages")),
        "prompt=release is a text of one language": options.prompt == "release",
        f"score={options.score} compares how common words of different languages are; take score=pmi": (
            form == "cloze" and options.score != "pmi"
        ),
    }
    for reason, holds in reasons.items():
        if holds:
            raise CalmError(f"--metadata: mix is not for {task}: {reason}")


def of_set(metadata: Mapping[str, Any], set_name: str) -> dict[str, Any]:
    """Lay a set's own options over the general ones, as in `{"medqa": {"languages": "en,zh"}, "languages": "en"}`.

    Args:
        metadata: of lm-eval, where the model's arguments lie too.
        set_name: one of `SETS`.

    Returns:
        The metadata with the set's options, and without the entries of any set.

    Raises:
        CalmError: a set's entry is no object of our options, or there is no such set.
    """
    names = _names()
    for name, value in metadata.items():
        if name in SETS:
            if not isinstance(value, Mapping):
                raise CalmError(f'--metadata: {name} must be the options of that set, as in {{"languages": "en"}}')
            for option in value:
                if option not in names:
                    raise CalmError(f"--metadata: {name}: there is no option {option!r}{_similar(option, names)}")
        elif isinstance(value, Mapping) and (
            difflib.get_close_matches(str(name), SETS, n=1, cutoff=0.7) or (value and set(value) <= set(names))
        ):
            raise CalmError(f"--metadata: there is no question set {name!r}{_similar(name, list(SETS))}")
    general = {name: value for name, value in metadata.items() if name not in SETS}
    return {**general, **metadata.get(set_name, {})}


def _names() -> list[str]:
    return [field.name for field in fields(Options)]


def _similar(name: object, names: Sequence[str]) -> str:
    """Say which name was meant, or all that there are."""
    similar = difflib.get_close_matches(str(name), names, n=1)
    return f"; did you mean {similar[0]!r}?" if similar else f" (known: {', '.join(names)})"


def _is_mark(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= LONGEST
