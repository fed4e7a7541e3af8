"""Options that carry marks of their own: `(A) 6`, `B. eight`, `3) ten` (pure functions).

Shown beside ours they are two marks, and once options are permuted they contradict each other. Whether a file has them
is decided for the whole file: one row proves nothing, since `A. niger` and `B. subtilis` may be options as well.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from string import ascii_uppercase

from calm_harness.questions.assemble import Entry
from calm_harness.questions.schema import Finding

Options = tuple[str, ...]

_FULL_WIDTH = {
    code: code - 0xFEE0 for span in ("Ａ-Ｚ", "ａ-ｚ", "０-９") for code in range(ord(span[0]), ord(span[2]) + 1)
}
_MARK = r"(?:[A-Za-z]|\d{1,2})"
_OWN = re.compile(
    rf"""\s*(?:
        [(（\[［【〔]\s*(?P<bracketed>{_MARK})\s*[)）\]］】〕]        # (A) 6
        | (?P<plain>{_MARK})\s*(?:
            [)）、．：]                                             # A) 6
            | (?<=[A-Za-z])[.:] | (?<=[A-Za-z]\s)[.:]              # A.6
            | [.:](?=\s)                                           # 1. 6, but not 1.5 or 1:2
        )
    )\s*(?P<text>\S.*)""",
    re.VERBOSE | re.DOTALL,
)


def without_marks(options: Sequence[str]) -> Options | None:
    """Options without their marks, where each has its own, A B C ... or 1 2 3 ..., and a text beside it; else None."""
    pairs = [_split(option) for option in options]
    if _in_order([mark for mark, _ in pairs]):
        return tuple(text for _, text in pairs)
    return None


def take_marks_off(entries: Sequence[Entry], source: str, language: str) -> tuple[list[Options], list[Finding]]:
    """Take marks off, where all rows of a file have them in order.

    Args:
        entries: all rows of a file in a language.
        source: the file.
        language: BCP 47 tag.

    Returns:
        The options, and a finding: what was taken off, or that only some rows have marks, and nothing was.
    """
    rows = [entry.options for entry in entries]
    plain = [without_marks(options) for options in rows]
    first = next((options[0] for options, texts in zip(rows, plain, strict=True) if texts), None)
    complete = [texts for texts in plain if texts is not None]
    if len(complete) == len(rows) and first is not None:
        message = f"the options of all {len(rows)} rows carry marks of their own, as in {first!r}; read without them"
        return complete, [Finding("repaired", message, language, source)]
    bent = [place for place, texts in enumerate(plain) if texts is None and _seems_marked(rows[place])]
    if not complete and not bent:
        return list(rows), []
    odd = next(place for place, texts in enumerate(plain) if texts is None)
    message = (
        f"the options of {len(complete)} of {len(rows)} rows carry marks of their own"
        + (f", as in {first!r}" if first is not None else "")
        + (
            f"; those of {len(bent)} do so in part or in another order (first: {entries[bent[0]].where})"
            if bent
            else ""
        )
        + f"; nothing was changed, since {entries[odd].where} has none in order"
    )
    return list(rows), [Finding("option_marks", message, language, source)]


def _split(option: str) -> tuple[str, str]:
    """An option's mark, as A or 1, and the text beside it; "" and all of it where there is none."""
    match = _OWN.fullmatch(option.translate(_FULL_WIDTH))
    if match is None:
        return "", option
    return (match["bracketed"] or match["plain"]).upper(), option[match.start("text") :].strip()


def _in_order(marks: Sequence[str]) -> bool:
    return list(marks) in (list(ascii_uppercase[: len(marks)]), [str(place + 1) for place in range(len(marks))])


def _seems_marked(options: Sequence[str]) -> bool:
    """Whether all options have marks in some order, or two at least the mark of their own place."""
    marks = [_split(option)[0] for option in options]
    size = len(marks)
    alphabets = (ascii_uppercase[:size], [str(place + 1) for place in range(size)])
    return any(
        sorted(marks) == sorted(alphabet) or sum(mark == own for mark, own in zip(marks, alphabet, strict=False)) >= 2
        for alphabet in alphabets
    )
