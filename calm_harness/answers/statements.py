"""What is stated in a line of tokens, and how it is found: what the rules of `calm_harness.answers.rules` are made of.

Patterns are written in the names of `calm_harness.answers.notation`; their repetitions are bounded, or give nothing
back, so that the time grows linearly with the response. A group that repeats is atomic, (?>(?:…)*): what CPython before
3.11.5 makes of a possessive one may never end.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from calm_harness.answers.line import NOTHING, Line
from calm_harness.answers.notation import KINDS, pattern


@dataclass(frozen=True, slots=True)
class Statement:
    """The options stated at one place.

    Attributes:
        at: Token where they are said.
        options: Several or none of them are no answer.
        denied: Whether it is "the answer is not B".
        outright: Whether it counts in any case; what is said in passing ("A is the answer of a child") counts only
            where nothing is stated outright.
        rule: The rule's name.
        start: Token where the words begin that say so.
    """

    at: int
    options: frozenset[int]
    denied: bool = False
    outright: bool = True
    rule: str = ""
    start: int = -1


Find = Callable[..., Iterator[Statement]]  # from a line; "Answer: this text" also takes the places already found


# What several are made of

OPEN = r"[(\" filler option ]{0,4}"
# A letter, and the text of an option beside it
_UNIT = r"letter [)\".:-]*+(?>(?: filler?[(\"]*+ filler? text [)\"]*+)*)"
_GROUP = pattern(  # the letters of one statement
    rf"{_UNIT}(?>(?:(?:"
    rf"[,.]?+ and [, and ]*+{OPEN}(?= letter (?! is? filler* not | is? word ))"  # A or B; but not: A, and B is not
    r"|[, and ]{1,2} text \( (?= letter \) )"  # something (A) or something else (B)
    rf"|,{OPEN}(?= letter (?:[)\"., and ! text ( newline ]|$ "  # A, B
    r"| filler good | option? filler? not [.! newline ,]| is [.! newline ]))"  # A、B都正确
    r"| and newline answer : \"? (?= letter )"
    r"| (?<! [.] ) (?= letter (?:[).]|,? letter | and | newline |$ ))"  # A B
    r"| (?<= [.)] ) word [ word filler is because answer option good not text ]{0,5}[, and ]+[(\"]*+ (?= letter [.)] )"
    rf"){_UNIT})*)"
)
_DENIED = pattern(  # Bではない; A wrong, B right
    r"[ is \"(]{0,3} not (?= [).!, newline is ]|$ )| is? other ,? (?= [ filler option (\"]{0,3} letter )"
    r"| is{1,2} filler? other (?= [).! newline ]|$ )"  # 选A是错误的
)
_INSTEAD = pattern(r",?[ because other ],?[ filler is option (\"]{0,4} (?= letter )")  # not A but B
_IS_LAST = pattern(r"is (?= [)\".,!: newline -])")  # what is cut off there ("Option B is") says nothing
_OPTION_ALONE = pattern(r"[^ answer good ]*")
_ANSWER_IS_LAST = pattern(r"(?: is (?: text is)?| option )(?= [)\".,!: newline because -]|$ )")
_ITEM = pattern(r"(?m) ^[-( filler option ]{0,3} (?P<said> letter )(?:[).:-]|(?P<broken_off> \Z ))")
_NOT, _LETTER, _ANSWER = KINDS["not"], KINDS["letter"], KINDS["answer"]
_SETS_ASIDE = frozenset(KINDS[name] for name in ("not", "other", "refusal"))


class _Groups:
    """The letters of a line, those of one statement together."""

    def __init__(self, line: Line) -> None:
        self.line = line
        self.ends = {match.start(): match.end() for match in _GROUP.finditer(line.kinds)}
        self.starts = list(self.ends)
        self.found: dict[int, frozenset[int]] = {}

    def options(self, at: int) -> frozenset[int]:
        """Returns the options of the letters that the letter there is one of."""
        kinds, options = self.line.kinds, self.line.options
        before = bisect_right(self.starts, at) - 1
        if before >= 0 and at < self.ends[self.starts[before]]:
            at = self.starts[before]
        if at not in self.found:
            self.found[at] = NOTHING.union(*(options[i] for i in range(at, self.end(at)) if kinds[i] == _LETTER))
        return self.found[at]

    def end(self, at: int) -> int:
        """Returns the place after the letters that begin there."""
        return self.ends.get(at, at + 1)

    def ends_sentence(self, at: int) -> bool:
        """Whether a sentence or line ends with the letters that begin there."""
        end = self.end(at)
        return self.line.kinds[end - 1] == "." or self.line.kinds[end : end + 1] in ("", *"\n.!")

    def stated(self, at: int, link: str, start: int, *, outright: bool = True) -> Iterator[Statement]:
        """Yields what is stated by the letters that begin there, and what is stated instead of them.

        Args:
            at: The first letter.
            link: The tokens that link it to what it is said of.
            start: Where the statement begins.
            outright: See `Statement`.
        """
        kinds, end = self.line.kinds, self.end(at)
        denied = _NOT in link or (kinds[end - 1] != "." and _DENIED.match(kinds, end) is not None)
        yield Statement(at, self.options(at), denied, outright, start=start)
        if denied and (instead := _INSTEAD.match(kinds, end)):
            yield Statement(instead.end(), self.options(instead.end()), start=start)


# A letter

_THE_ANSWER_IS = pattern(
    r"(?<! [ not other refusal ])[ answer option good ] good*+[^ newline . ! letter : refusal not ]{0,10}?"
    r"(?P<link> (?: not?[ is : ]| not | (?<= [ answer filler good ])-|\) )"
    r"(?:[ filler option good is not choose ,(\"':)-]| (?<= : ) newline | text (?= \( )){0,12}) (?= letter )"
)
_I_CHOOSE = pattern(r"(?P<link> not? ) choose [ filler option answer good is : (\"]{0,6} (?= letter )")


@lru_cache(maxsize=1)  # the rules read one line after the other
def _groups(line: Line) -> _Groups:
    return _Groups(line)


def linked(line: Line) -> Iterator[Statement]:
    """Yields letters that are linked to an answer word, or chosen."""
    groups = _groups(line)
    for each in (_THE_ANSWER_IS, _I_CHOOSE):
        for match in each.finditer(line.kinds):
            is_list = "\n" in match["link"] and opens_list(line, match.end(), repeated=_ANSWER in match[0])
            if not is_list and not line.is_supposed(match.start() - 2, match.start("link")):
                yield from groups.stated(match.end(), match["link"].rpartition(",")[2], match.start())


_ANSWER_B = pattern(
    r"(?:(?P<line> (?: ^| (?<= newline ))[-(\" filler good ,]{0,4})"
    r"|(?P<copula> is [ filler good ]{0,4}|[ good : ](?= answer )))?"
    r"[ answer option ] (?:[ option filler )\"(]{0,3}| (?<= answer )\. ) (?= letter )"
)


def _clause_before(kinds: str, end: int) -> str:
    start = max(0, end - 8)
    return kinds[max(start, *(kinds.rfind(mark, start, end) + 1 for mark in ",.!\n")) : end]


def unlinked(line: Line) -> Iterator[Statement]:
    """Yields letters right after the answer word."""
    groups, kinds = _groups(line), line.kinds
    for match in _ANSWER_B.finditer(kinds):
        at, end = match.end(), groups.end(match.end())
        after = kinds[end : end + 1]
        is_item = _ANSWER not in match[0] and at in listed(line)
        whole_line = match["line"] is not None and after in ("", "\n") and not is_item
        sentence_end = match["copula"] and ("." in kinds[at:end] or after in ("", *"\n.!,", KINDS["because"]))
        before = _clause_before(kinds, match.start())
        last = _IS_LAST if _OPTION_ALONE.fullmatch(before[-1:] + match[0]) else _ANSWER_IS_LAST
        is_last = last.match(kinds, end) and not line.is_supposed(end, end + 4)
        bracketed = match[0].endswith((_ANSWER + "(", _ANSWER + '"')) and after in ("", *"\n.!")
        plain = match[0].endswith(_ANSWER) and groups.ends_sentence(at) and _SETS_ASIDE.isdisjoint(before)
        if whole_line or sentence_end or is_last or bracketed or plain:
            yield from groups.stated(at, before if match["copula"] else "", match.start())


B_FIRST = pattern(
    r"\A [-(\":) newline ]{0,4} (?: filler{0,3} is [ filler good is ]{0,3}| filler{0,2})"
    r"[ answer option ]{0,2}[ filler (\"]{0,2}"
    r"(?! letter ! filler? not | letter , letter is )"  # A? No. B? Yes; A, B are drugs
    r"(?:(?= letter (?:[).:,! newline -]| text (?= [)\".,!: newline -]| \Z )| because (?! letter )| \Z "
    r"| (?:[(\"]? filler? text [)\"]?)? is{1,2} [.! newline ]))"  # Bです。
    r"| (?<! option )(?= letter is{1,2} \Z ))"
)
SO_B = pattern(
    r"(?: ^| (?<= [ newline . ! , ]))(?! is filler{0,3} letter ! )"  # Is it B?
    r"(?: filler{1,4}[,:]? good? [ answer option ]?| because? [ filler ,]{0,4} is [ filler is good ]{0,3}"
    r"| (?<= because , )(?= letter is)"  # ので、Dです。
    r"| [ filler word ]? not [ filler word ,]{0,3} , because? [ filler is good option ]{0,4})[(\"]?"  # no wait, C
    r"(?= letter [)]?(?:[(]? text [)]?)?(?: is{1,2} (?= [.!]))?[.!]?(?: newline | \Z ))"
)
B_LAST = pattern(
    r"newline [-\": filler good option ,]{0,4} (?= letter [)\"]*(?:[.:)-]?[(\"]? text [)\"]?)?(?: is{1,2} (?= [.!]))?"
    r"[.!\"]* \Z )"
)


_NOT_A = (
    pattern(  # not A but B
        r"not is? [ filler option (\"]{0,4} letter [)\",]{0,3} because ,? [ filler is option (\"]{0,4}"
        r"(?= letter (?! [)\"]? is ))"
    ),
    pattern(  # not A, it is B
        r"not is? [ filler option (\"]{0,4} letter [)\"]{0,2} , filler? is [ filler option (\"]{0,4}"
        r"(?= letter [)\"]{0,2}(?:[.!]| newline | \Z ))"
    ),
    pattern(  # A değil, B; B가 아니라 A입니다
        r"letter [)\"]{0,2} is? (?: not (?: ,? because | , )| other )[ filler is option (\"]{0,4}"
        r"(?= letter [)\"]{0,2}(?: is? (?:[.!]|, (?! letter ))| newline | is? \Z ))"
    ),
)


def instead(line: Line) -> Iterator[Statement]:
    """Yields the second of two letters, in the place of the first."""
    groups = _groups(line)
    for each in _NOT_A:
        for match in each.finditer(line.kinds):
            yield from groups.stated(match.end(), "", match.start())


def set_off(each: re.Pattern[str]) -> Find:
    """Returns what finds letters that a pattern sets off; not those of a list of all options."""

    def find(line: Line) -> Iterator[Statement]:
        groups, in_list = _groups(line), listed(line)
        for match in each.finditer(line.kinds):
            at = match.end()
            are_subject = len(groups.options(at)) > 1 and not groups.ends_sentence(at)  # A and B are drugs
            if at not in in_list and not are_subject and not line.is_conditional(match.start(), at):
                yield from groups.stated(at, "", match.start())

    return find


@lru_cache(maxsize=1)
def listed(line: Line) -> frozenset[int]:
    """Returns the places of the letters that lead the lines of a list of options: two or more, from the first on."""
    return frozenset(_items(line))


@lru_cache(maxsize=1)
def _items(line: Line) -> list[int]:
    """Returns the same, in order; a letter at the very end leads a broken-off line where it is the next of the list."""
    found = list(_ITEM.finditer(line.kinds))
    places = [match.start("said") for match in found]
    if [line.options[place] for place in places[:2]] != [frozenset({0}), frozenset({1})]:
        return []
    in_order = [line.options[place] for place in places] == [frozenset({number}) for number in range(len(places))]
    return places[:-1] if found[-1]["broken_off"] is not None and not in_order else places


def opens_list(line: Line, at: int, *, repeated: bool) -> bool:
    """Whether the letter there leads the first of several items of a list; `repeated`: of three lines in a row."""
    places, items = _items(line), 3 if repeated else 2
    run = places[bisect_left(places, at) :][:items]
    first = min(line.options[at], default=0)
    in_order = [line.options[place] for place in run] == [frozenset({first + number}) for number in range(items)]
    return in_order and run[0] == at and (not repeated or line.kinds.count("\n", at, run[-1]) == items - 1)


_IS_RIGHT = pattern(
    r"option?[,)\"]{0,3}(?:"
    r"not? is [ filler not is and option ,(\"]{0,6}(?: good+[ filler answer option ]?| answer )"  # B is the best choice
    r"|[-(:]? good [ filler answer option ]?+ (?= [).! newline ]|- newline | -?$ )"  # B (correct)
    r"| good+ [ answer option ] (?= ,? (?: because | is ))"  # B সঠিক উত্তর, কারণ
    # Bが正解; is (B) the right answer; B सही उत्तर है
    r"| (?<! [.:,] )(?: filler{0,2} good | good* answer (?= is [.! newline ]| is $ ))"
    r"| filler is (?= [.! newline ])"  # C it is.
    r")"
)


_ONE_MORE = pattern(
    r"(?: ^| (?<= [ newline . ! ]))"
    r"(?P<other> [ filler option (\"]{0,3} letter (?= , )|[ filler option word and ]{0,3} letter (?= is | because ))"
    r"(?:,|[ is because ],? and?)[ filler option ]{0,2} \Z"
)


def judged(line: Line) -> Iterator[Statement]:
    """Yields letters that are said to be right."""
    groups, kinds = _groups(line), line.kinds
    for at, end in groups.ends.items():
        if (match := _IS_RIGHT.match(kinds, end)) and not line.is_conditional(at - 2, at):  # whether A is right
            denial = (_DENIED.match(kinds, match.end()) or [""])[0]
            one_more = _ONE_MORE.search(kinds, max(0, at - 8), at)  # A, B are correct
            others = groups.options(one_more.end("other") - 1) if one_more else NOTHING
            for said in groups.stated(at, match[0] + denial, at, outright=not _in_passing(line, end, match.end())):
                yield replace(said, options=said.options | others)


def _in_passing(line: Line, start: int, end: int) -> bool:
    """Whether "is the answer" goes on ("is the answer of a child"), or is supposed ("would be the best if")."""
    said, after = line.kinds[start:end], line.kinds[end : end + 1]
    goes_on = said.endswith(KINDS["answer"]) and KINDS["good"] not in said and after not in ("", *".!,\n:", KINDS["is"])
    return goes_on or line.is_supposed(start, end + 2)
