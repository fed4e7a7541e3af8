"""Where the sentences of a text end, in any script (pure).

Only for parallel passages that are laid side by side: a language in which sentences are found wrongly has another
number of them than the others, and its passage is left out and counted. Thai marks no ends: a text is one sentence.
"""

from __future__ import annotations

import re
import unicodedata

_CLOSING = r"""["'”’»›)）」』】\]]*"""
_END = re.compile(rf"[。！？｡।॥]+{_CLOSING}|[.!?…؟۔።]+{_CLOSING}(?=\s)")
_LAST_WORD = re.compile(r"(\w+)\W*$")


def sentences(text: str) -> list[str]:
    """Split a text into its sentences, without the white space around them.

    A full stop ends none where a small letter goes on, nor behind an initial ("J. R. R. Tolkien") or a day's or a
    king's number ("am 3. Oktober"). Ends of lines are white space.
    """
    text = " ".join(text.split())
    found, start = [], 0
    for end in _END.finditer(text):
        if end[0].startswith(".") and _goes_on(text[start : end.start()], text[end.end() :].lstrip()):
            continue
        found.append(text[start : end.end()].strip())
        start = end.end()
    rest = text[start:].strip()
    return [*found, rest] if rest else found


def _goes_on(before: str, after: str) -> bool:
    last = _LAST_WORD.search(before)
    word = last[1] if last else ""
    return after[:1].islower() or (len(word) == 1 and word.isupper()) or (len(word) <= 2 and word.isdigit())


def joined(found: list[str]) -> str:
    """Join sentences, of whatever languages: with a space, but for two wide characters (Chinese, Japanese)."""
    text = found[0]
    for sentence in found[1:]:
        text += sentence if _wide(text[-1]) and _wide(sentence[0]) else f" {sentence}"
    return text


def _wide(character: str) -> bool:
    return unicodedata.east_asian_width(character) in "WF"
