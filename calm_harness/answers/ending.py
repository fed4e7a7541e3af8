"""Whether a response ends, or breaks off where a token limit cut it (pure)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from calm_harness.answers import line as lines
from calm_harness.answers.notation import pattern
from calm_harness.answers.reader import explain
from calm_harness.answers.tokens import words
from calm_harness.prompts.answer_words import Words

STOPS = ".!?…。．｡！？।॥۔؟።፧։။།;\u037e"  # a semicolon is the question mark of Greek
_CLOSERS = "*_`\"'”’»›)）]］}>〉》」』】"
_ENDED = re.compile(rf"[{re.escape(STOPS)}](?:[\s{re.escape(_CLOSERS)}]|</\w+>)*\Z")
_ITEM = re.compile(r"\W*\w{1,3}[.)]\W*")  # "2." of a list, whose text is missing
_LAST_WORD = re.compile(r"\w(?=\W*\Z)")
_BRACKETS = "()（）[]【】"
_REMARK = re.compile(rf"[(（\[【][^{re.escape(_BRACKETS)}]*[)）\]】]")
_STATED = pattern(  # the answer is B) florida keys
    r"(?:^|[ answer option choose good is :-])[ filler option (\"]{0,3}(?: letter | text )[)\".:!>(-]*"
    r"(?P<beside> [ word filler text number and not question good option answer - ]*)[)\"]*\Z"
)
_SLACK = 2  # words that an option's text may have more than its own, in the wording of a response


def ends(text: str) -> bool:
    """Whether a text ends in the last mark of a sentence, whatever brackets and quotes close after it."""
    last = text.strip().rpartition("\n")[2]
    return _ENDED.search(last) is not None and _ITEM.fullmatch(last) is None


def is_whole(response: str, options: Sequence[str], language: str, own: Words | None = None) -> bool:
    """Whether a response can be seen to end: with a sentence, or with the answer and no more than an option's text.

    A remark in brackets may stand behind either. A response that was cut where a sentence ends cannot be told from one
    that ends there, and one in a script without full stops (Thai) is seen to end only with the answer.

    Args:
        response: what the model wrote.
        options: the options' texts.
        language: BCP 47 tag of the language asked for.
        own: the words that the question's set brought for it.
    """
    texts = response.strip(), without_remark(response)
    return any(ends(text) or _ends_in_answer(text, options, language, own) for text in texts)


def without_remark(text: str) -> str:
    """Return a text without the remark in brackets that it ends in, and without what stands behind that.

    What may be one is looked for from the last word on, so that the time does not grow with the square of a text's
    length.
    """
    last = _LAST_WORD.search(text)
    end = last.end() if last else 0
    opened = max(text.rfind(bracket, 0, end) for bracket in _BRACKETS)
    remark = _REMARK.search(text, max(opened, 0))
    return text if remark is None else text[: remark.start()].rstrip()


def _ends_in_answer(text: str, options: Sequence[str], language: str, own: Words | None) -> bool:
    last = text.strip().rpartition("\n")[2]
    stated = _STATED.search(lines.read(last, options, language, own).kinds)
    if stated is None or len(stated["beside"]) > _SLACK + max(len(words(option)) for option in options):
        return False
    return explain(last, options, language, own).is_stated
