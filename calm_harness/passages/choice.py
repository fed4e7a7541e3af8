"""Which passages a question may be shown (no heavy import)."""

from __future__ import annotations

from typing import Literal, get_args

PassageChoice = Literal["same", "any", "oracle", "distractor", "glossary"]
"""Those in the question's own language, in any; those that the set names as answering it, or the nearest without these;
or, instead of passages, what the things that the question names are called. Besides, there is the tag of any one
language."""
PASSAGE_CHOICES: tuple[PassageChoice, ...] = get_args(PassageChoice)
GLOSSARY: PassageChoice = "glossary"
NONE = "none"  # no passages: zero-shot
REFERENCES: tuple[PassageChoice, ...] = ("oracle", "distractor")  # what only a set that names such passages has
