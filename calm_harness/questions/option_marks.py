"""Split "stem and options" strings into stem and options, and read gold answers (pure functions).

Options are found by looking for the *whole sequence* of marks, A B C D ..., read from the end of the text: marks also
occur in running text (`V(D)J recombination`, `Rh(D)`, "vitamin (A)" in a stem) and machine translation has bent some of
them: `( D)`, `（D）`, `(D)text`, `(UNE) UNE` for `(A) A`, `(Cage` for `(C) Age`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from string import ascii_uppercase

from calm_harness.prompts.languages import LANGUAGES
from calm_harness.questions.schema import normalise

_QUESTION_WORDS = {row.question for row in LANGUAGES.values()} | {"質問", "問", "问"}
_ANSWER_WORDS = {row.answer for row in LANGUAGES.values()} | {"回答", "答", "解答"}


def _any_of(words: set[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


_HEAD = re.compile(rf"^\s*(?:(?:{_any_of(_QUESTION_WORDS)})\s*[:：]\s*)*", re.IGNORECASE)
_TAIL = re.compile(rf"(?:(?:^|\s)\s*(?:{_any_of(_ANSWER_WORDS)})\s*[:：])*\s*$", re.IGNORECASE)
_TAIL_LENGTH = 100  # characters in which the words after a question stand
_DEBRIS = re.compile(r"(?:\n[^\w\n]*)+$")  # lines without a letter or digit after the last option, such as a lone quote

_LETTER = r"[A-Za-z]"
_BRACKETED = rf"[(（]\s*(?P<bracketed>{_LETTER})\s*[)）]"
_BENT = r"[(（]\s*(?:[A-Z](?=[a-z])|[^\W\d_]{1,4}\s*[)）])?"  # `(Cage` keeps "age", `(UNE) UNE` the second UNE
_LINE = rf"^[ \t]*(?:{_BRACKETED}|(?P<plain>[A-Z])\s*[.．)）、:：])"
_INLINE = rf"(?<![\w\-])(?:{_BRACKETED})"
_PLACES = {  # from the most to the least certain kind of mark
    "lines": re.compile(_LINE, re.MULTILINE),
    "lines, some bent": re.compile(rf"{_LINE}|^[ \t]*{_BENT}", re.MULTILINE),
    "inline": re.compile(_INLINE),
    "inline, some bent": re.compile(rf"{_INLINE}|(?<=\s){_BENT}\s*(?=\S)"),
}
_FULL_WIDTH = {code + 0xFEE0: code for code in (*range(ord("A"), ord("Z") + 1), *range(ord("a"), ord("z") + 1))}
_GOLD = re.compile(rf"\s*(?:{_BRACKETED}|(?P<plain>{_LETTER})(?:\s*[.．)）、:：]|\s*$))\s*(?P<text>.*)", re.DOTALL)


@dataclass(frozen=True)
class Parsed:
    """A question that was read from one string.

    Attributes:
        stem: without the language's word for "Question:".
        options: without marks, and without the word for "Answer:" that follows the last.
        bent: the marks that had to be guessed from their place in the sequence.
    """

    stem: str
    options: tuple[str, ...]
    bent: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Mark:
    start: int
    end: int
    letter: str | None


def strip_words(text: str) -> str:
    """Remove "Question:" from the start and "Answer:" from the end, in any language and however often."""
    text = _HEAD.sub("", text, count=1)
    tail = _TAIL.search(text, max(0, len(text) - _TAIL_LENGTH))
    return _DEBRIS.sub("", text[: tail.start()].rstrip()) if tail else text


def split_options(text: str, count: int | None = None) -> Parsed:
    """Split a question's text.

    Args:
        text: stem and options, as the release has them.
        count: how many options there are; None takes the longest sequence of the most certain kind of mark.

    Raises:
        ValueError: there is no such sequence of marks, or an option is empty. The message says which.
    """
    text = strip_words(text)
    plain = text.translate(_FULL_WIDTH)
    counts = range(len(ascii_uppercase), 1, -1) if count is None else [count]
    for pattern in _PLACES.values():
        marks = [_Mark(match.start(), match.end(), _letter(match)) for match in pattern.finditer(plain)]
        for size in counts:
            chain = _last_sequence(marks, ascii_uppercase[:size])
            if chain is not None and 2 * sum(mark.letter is None for mark in chain) <= size:
                return _cut(text, chain)
    letters = f"A to {ascii_uppercase[count - 1]}" if count else "A, B, ..."
    raise ValueError(f"no complete sequence of option marks {letters}")


def split_all(texts: Sequence[str]) -> list[Parsed | str]:
    """Split all texts of a file, in which questions have as many options as most of them have.

    Returns:
        For each text what was read, or the reason why it could not be.
    """
    first_try = [_try_to_split(text, None) for text in texts]
    sizes = Counter(len(parsed.options) for parsed in first_try if isinstance(parsed, Parsed))
    usual_size = sizes.most_common(1)[0][0] if sizes else None
    return [
        parsed if isinstance(parsed, Parsed) and len(parsed.options) == usual_size else _try_to_split(text, usual_size)
        for text, parsed in zip(texts, first_try, strict=True)
    ]


def _try_to_split(text: str, count: int | None) -> Parsed | str:
    try:
        return split_options(text, count)
    except ValueError as error:
        return str(error)


def parse_gold(output: str, options: Sequence[str]) -> tuple[int, str]:
    """Read a gold answer: `C`, `(D) text`, `(d) text`, `D. text`, or an option's text alone.

    Returns:
        The option's 0-based index, and the text that stands with the letter ("" where there is none).

    Raises:
        ValueError: it names no option.
    """
    match = _GOLD.match(output.translate(_FULL_WIDTH))
    if match:
        index = ascii_uppercase.index(_letter(match) or "")
        if index < len(options):
            return index, strip_words(output[match.start("text") :]).strip()
    else:
        indexes = [index for index, option in enumerate(options) if normalise(option) == normalise(output)]
        if len(indexes) == 1:
            return indexes[0], output.strip()
    raise ValueError(f"the gold answer {output.strip()[:40]!r} is none of the {len(options)} options")


def _letter(match: re.Match[str]) -> str | None:
    groups = match.groupdict()
    letter = groups.get("bracketed") or groups.get("plain")
    return letter.upper() if letter else None


def _last_sequence(marks: Sequence[_Mark], letters: str) -> list[_Mark] | None:
    """The last marks that spell `letters`; a bent mark stands in for a letter that is not found."""
    least = [0]  # the fewest of the first marks that spell the first letters: none of them, one, two, ...
    for letter in letters:
        place = next((at for at in range(least[-1], len(marks)) if marks[at].letter in (letter, None)), None)
        if place is None:
            return None
        least.append(place + 1)
    chain, end = [], len(marks)
    for letter, start in reversed(list(zip(letters, least, strict=False))):
        named = [at for at in range(start, end) if marks[at].letter == letter]
        end = (named or [at for at in range(start, end) if marks[at].letter is None])[-1]
        chain.append(marks[end])
    return chain[::-1]


def _cut(text: str, chain: Sequence[_Mark]) -> Parsed:
    ends = [*(mark.start for mark in chain[1:]), len(text)]
    options = tuple(text[mark.end : end].strip() for mark, end in zip(chain, ends, strict=True))
    stem = text[: chain[0].start].strip()
    if not stem or not all(options):
        raise ValueError("the stem is empty" if not stem else f"option {ascii_uppercase[options.index('')]} is empty")
    bent = tuple(text[mark.start :].split(maxsplit=1)[0] for mark in chain if mark.letter is None)
    return Parsed(stem, options, bent)
