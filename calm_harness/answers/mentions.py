"""What a text says of options beside its answer: the letters that it names, a refusal, the head of the answer line."""

from __future__ import annotations

from collections.abc import Sequence

from calm_harness.answers.line import NOTHING, read
from calm_harness.answers.notation import pattern
from calm_harness.prompts.answer_words import Words

_LETTER = pattern(r"letter (?=[).:\"])|(?<=[(\": answer option ]) letter")
_REFUSAL = pattern(r"[^.! newline ]* refusal ")
_HEADED = pattern(r"[-(\"]{0,3}[ good filler ]{0,2} answer [ good filler option ]{0,2}[)\"]{0,2} :")


def letters(text: str, options: Sequence[str], language: str, own: Words | None = None) -> frozenset[int]:
    """Return the options that a text names by their letters; a letter that is not set off may be a word.

    Args:
        text: a response, or a part of one.
        options: the options' texts.
        language: BCP 47 tag of its language.
        own: the words that the question's set brought for it.
    """
    line = read(text, options, language, own)
    return NOTHING.union(*(line.options[match.start()] for match in _LETTER.finditer(line.kinds)))


def refuses(text: str, options: Sequence[str], language: str, own: Words | None = None) -> bool:
    """Whether the first sentence of a text has words of refusal; arguments as for `letters`."""
    return _REFUSAL.match(read(text, options, language, own).kinds) is not None


def is_answer_line(text: str, options: Sequence[str], language: str, own: Words | None = None) -> bool:
    """Whether a line begins with the answer word and a colon ("Correct answer:"); arguments as for `letters`."""
    return _HEADED.match(read(text, options, language, own).kinds) is not None
