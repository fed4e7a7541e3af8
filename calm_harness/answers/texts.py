"""Statements without a letter, and responses that state nothing outright: texts of options, refusals, lone letters."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Collection, Iterator, Sequence

from calm_harness.answers.line import NOTHING, Line
from calm_harness.answers.notation import KINDS, pattern
from calm_harness.answers.statements import OPEN, Find, Statement, listed, opens_list

_EXACT = r"(?= [)(\".,!: newline is because -]|$ )"  # what may follow the text of an option for it to be the whole text
_SENTENCE_END = KINDS["newline"].replace(r"\n", "\n") + ".!"
_LETTER = KINDS["letter"]
_TEXTS = (
    pattern(  # the answer is florida keys
        r"(?<! [ not other refusal ])(?: answer | good+ option | option (?= good )) good*+"
        r"[^ newline . ! letter : refusal not ]{0,10}?[ is : ][ filler option good is ,(\"]{0,8}"
        rf"(?P<said> text ) (?! [(\"]? letter ){_EXACT}"
    ),
    pattern(  # सही उत्तर सोना है।
        r"(?<! [ not other refusal ])(?: answer | good option ) good*+[ filler option \"]{0,3} (?P<said> text )[\"]?"
        r"(?= is (?:[.! newline ]|$ ))"
    ),
    pattern(r"(?P<said> text )[\"),]{0,3} is filler{0,4} good* answer"),  # florida keys is the answer
)


def text_is(line: Line) -> Iterator[Statement]:
    """Yields texts that are said to be the answer."""
    for each in _TEXTS:
        for match in each.finditer(line.kinds):
            at = match.start("said")
            if _LETTER not in line.kinds[_begin(line, at, _SENTENCE_END) : at]:  # else the letter counts
                yield Statement(at, line.options[at], start=match.start())


def _begin(line: Line, at: int, ends: str) -> int:
    """Returns the place after the last of the marks that end what stood before."""
    return max(line.kinds.rfind(end, 0, at) for end in ends) + 1


_REFUSAL = r"refusal (?! word? other )"
_NONE = pattern(_REFUSAL)


def refusals(line: Line) -> Iterator[Statement]:
    """Yields refusals."""
    for match in _NONE.finditer(line.kinds):
        before = line.kinds[max(0, match.start() - 100) : match.start()].rpartition("\n")[2]
        if before.count("(") <= before.count(")"):  # no remark in brackets beside an answer
            yield Statement(match.start(), NOTHING, start=match.start())


_HEADED = pattern(
    r"(?: ^| (?<= newline ))[-(\". filler good ]{0,4} answer [ good filler option )\"]{0,4}"
    r"(?:\([^() newline ]{0,20}\))?: newline?(?P<payload>[^ newline ]*)"
)
_HEADED_NONE = pattern(rf"[ filler good (\"]{{0,4}} {_REFUSAL}")
_HEADED_TEXT = pattern(
    rf"[ filler good is (\"]{{0,6}} (?P<first> text )(?:[)\", and ]{{1,3}}{OPEN}(?P<second> text )|{_EXACT})"
)
_MARKED_LETTER = pattern(r"(?<= \( ) letter (?= \) )| letter (?= [.)] text )")
_EMPTY = "".join(KINDS[name] for name in ("filler", "good", "option", "answer", "is")) + '().,:!-"'


def headed(line: Line, stated: Sequence[int]) -> Iterator[Statement]:
    """Yields what stands after "Answer:" at the start of a line, unless one of the `stated` places is there."""
    for match in _HEADED.finditer(line.kinds):
        start, end = match.span("payload")
        payload = match["payload"]
        if _HEADED_NONE.match(payload):  # what is said of single options on the rest of the line does not undo it
            yield Statement(end, NOTHING, start=match.start())
            continue
        following = bisect_left(stated, start)
        if (following < len(stated) and stated[following] < end) or not payload.strip(_EMPTY):
            continue
        if leading := _HEADED_TEXT.match(payload):
            places = [leading.start(name) for name in ("first", "second") if leading[name]]
        else:
            places = [letter.start() for letter in _MARKED_LETTER.finditer(payload)]
            if any(opens_list(line, start + place, repeated=True) for place in places):
                continue
        options = NOTHING.union(*(line.options[start + place] for place in places))
        yield Statement(start, options, start=match.start())


# Of responses that state nothing


def _is_hint(match: re.Match[str]) -> bool:
    groups = match.groupdict()
    return groups.get("after_colon") is not None or groups.get("broken_off") is not None


def alone(text: str) -> Find:
    """Returns what finds a letter or text by a pattern, if it finds one alone.

    What the pattern's groups `after_colon` and `broken_off` mark is no answer, but may stand against one.
    """
    each = pattern(text)

    def find(line: Line) -> Iterator[Statement]:
        kinds = line.kinds.strip("\n")
        shift = line.kinds.find(kinds)
        found = {shift + match.start("said"): match for match in each.finditer(kinds)}
        found = {place: match for place, match in found.items() if place not in listed(line)}
        own = [place for place, match in found.items() if not _is_hint(match)]
        if own and len({line.options[place] for place in found}) == 1:
            yield Statement(own[0], line.options[own[0]], start=own[0])

    return find


_OPTION_B = pattern(
    r"(?<= [ word filler text is and because good ])[(\"]? option [ filler (\":]{0,2} (?P<said> letter )"
    r"(?= [)\"]{0,2}(?:[:,.-]?[(\"]? text [)\"]{0,2})?(?:[.!,]| newline | \Z ))"
)


def option_named(line: Line) -> Iterator[Statement]:
    """Yields the one letter that a response names, where a sentence leads to it: this is in line with option B."""
    letters = {line.options[at] for at, kind in enumerate(line.kinds) if kind == _LETTER}
    for match in _OPTION_B.finditer(line.kinds) if len(letters) == 1 else ():
        at = match.start("said")
        start = _begin(line, at, f"{_SENTENCE_END},")
        if (_VOID | _DENIES).isdisjoint(line.kinds[start:at]) and not line.is_supposed(start, at):
            yield Statement(at, line.options[at], start=start)
            return


_SENTENCE_ENDS = pattern(r"[.!]+| newline+| \Z")
_CLAUSES = pattern(r"[^, because ]*? text is? other |[^, because ]+")  # 산이 아니라 | 강입니다
_TEXT = KINDS["text"]
_VOID = frozenset(KINDS[name] for name in ("refusal", "question"))  # what takes all sense from a sentence
_DENIES = frozenset(KINDS[name] for name in ("not", "other"))  # and what takes it from a clause


def only_text(line: Line) -> Iterator[Statement]:
    """Yields the text of one option that stands in sentences of its own; behind a list of all options, where one is."""
    start = line.kinds.find("\n", max(listed(line), default=-1)) if listed(line) else 0
    if start < 0 or _LETTER in line.kinds[start:]:
        return
    found: dict[frozenset[int], int] = {}
    under_discussion: set[frozenset[int]] = set()  # where the response breaks off
    for end in _SENTENCE_ENDS.finditer(line.kinds, start):
        sentence = line.kinds[start : end.start()]
        is_whole = end[0] != "" or sentence.rstrip(')"').endswith(_TEXT)
        if not is_whole:
            under_discussion = set(_asserted(line, start, end.start(), KINDS["not"]))
        elif _VOID.isdisjoint(sentence) and not line.is_conditional(start, end.start()):
            asserted = _asserted(line, start, end.start())
            if len(asserted) == 1:
                found |= asserted
        start = end.end()
    if len(found) == 1 and (not under_discussion or found.keys() <= under_discussion):
        ((options, at),) = found.items()
        yield Statement(at, options, start=at)


def _asserted(line: Line, start: int, end: int, denials: Collection[str] = _DENIES) -> dict[frozenset[int], int]:
    """Returns the options whose texts stand in a sentence, and where; none that one of its clauses denies."""
    asserted: dict[frozenset[int], int] = {}
    denied = set()
    for clause in _CLAUSES.finditer(line.kinds, start, end):
        denies = any(kind in clause[0] for kind in denials)
        for place, kind in enumerate(clause[0], clause.start()):
            if kind == _TEXT and denies:
                denied.add(line.options[place])
            elif kind == _TEXT and not line.is_part_of_word(place):
                asserted.setdefault(line.options[place], place)
    return {options: place for options, place in asserted.items() if options not in denied}
