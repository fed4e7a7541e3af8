"""What the making of translations and of mixed texts can be told."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Direction = Literal["en-xx", "xx-en", "both"]
Unit = Literal["sentence", "passage"]


@dataclass
class ParallelArguments:
    """What both can be told.

    Args:
        parallel (`list[str]`): parallel texts: SET:SPLIT, SET:SPLIT@SOURCE, or LANG=FILE (of XQuAD's form).
        output (`str`): folder to write.
    """

    parallel: list[str] = field(
        metadata={
            "help": "The parallel texts: a question set's (SET:SPLIT, SET:SPLIT@SOURCE; a training split), or files of "
            "XQuAD's form, one a language (en=xquad.en.json de=xquad.de.json)."
        }
    )
    output: str = field(metadata={"help": "The folder to write."})
    languages: list[str] | None = field(default=None, metadata={"help": "BCP 47 tags; all by default."})
    questions: str | None = field(
        default=None, metadata={"help": "A file with the ids of the questions to use, one a line; all by default."}
    )
    max_tokens: int | None = field(
        default=None,
        metadata={
            "help": "Draw texts until so many tokens are to be learned (those that loss is taken on, ends included), "
            "and never more: so arms can be compared at equal tokens."
        },
    )
    tokenizer: str | None = field(
        default=None, metadata={"help": "The model to be trained, in whose tokens max_tokens is counted."}
    )
    held_out: list[str] = field(
        default_factory=list,
        metadata={
            "help": "Refuse texts that touch these questions: SET, SET:SPLIT, SET:SPLIT@SOURCE, or a sample log. The "
            "test splits that can be read here are always among them."
        },
    )
    seed: int = field(default=0, metadata={"help": "Seed of everything that is drawn."})


@dataclass
class TranslationArguments(ParallelArguments):
    """What `python -m trainer.translations` can be told."""

    direction: Direction = field(
        default="en-xx",
        metadata={"help": "What is learned: the other languages from English (en-xx), English from them, or both."},
    )
    chat: bool = field(
        default=False, metadata={"help": "Write message lists, to which training applies the model's chat template."}
    )


@dataclass
class MixedArguments(ParallelArguments):
    """What `python -m trainer.mixed` can be told."""

    unit: Unit = field(
        default="sentence",
        metadata={
            "help": "What has one language: each sentence draws its own, or (passage) each passage, whose text then "
            "mixes nothing."
        },
    )
