"""What the model reads and what it is scored on, from a row of a question set; the task files name these functions."""

from calm_harness.prompts.render import (
    MASK,
    cloze_choices,
    cloze_null,
    cloze_text,
    context,
    cot_ends,
    cot_target,
    cot_text,
    letters_choices,
    letters_text,
    passage_text,
    release_text,
    target,
)

__all__ = [
    "MASK",
    "cloze_choices",
    "cloze_null",
    "cloze_text",
    "context",
    "cot_ends",
    "cot_target",
    "cot_text",
    "letters_choices",
    "letters_text",
    "passage_text",
    "release_text",
    "target",
]
