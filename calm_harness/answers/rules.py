r"""The rules by which an answer is found: each with what it is for, and examples that a test walks.

A rule finds statements in a line of tokens; of all statements the last one counts (`calm_harness.answers.reader`). Its
patterns are written in the names of `calm_harness.answers.notation`, and their repetitions are bounded or possessive,
so that the time grows linearly with the response. To change one, change its examples first.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from calm_harness.answers.line import NOTHING, Line
from calm_harness.answers.notation import KINDS, pattern

OPTIONS = {  # of the examples
    "en": ("hospital", "florida keys", "city", "movie theater", "own home"),
    "de": ("Krankenhaus", "der Wald", "Großstadt", "Kino", "zu Hause"),
    "es": ("hospital", "el bosque", "ciudad", "cine", "casa"),
    "pt": ("hospital", "a floresta", "cidade", "cinema", "casa própria"),
    "ru": ("больница", "лес", "город", "кинотеатр", "собственный дом"),
    "ar": ("مستشفى", "غابة", "مدينة", "سينما", "منزل"),
    "hi": ("अस्पताल", "जंगल", "शहर", "सिनेमाघर", "अपना घर"),
    "ja": ("病院", "森", "都市", "映画館", "自宅"),
    "yes": ("Yes", "No", "Maybe"),
}


class Example(NamedTuple):
    """A response and the letter that it states, "-" for none; the options are those of the language."""

    language: str
    response: str
    letter: str
    options: str = ""  # which of `OPTIONS`, where not the language's

    @property
    def texts(self) -> tuple[str, ...]:
        """The options' texts."""
        return OPTIONS[self.options or self.language]


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


Find = Callable[[Line], Iterator[Statement]]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule.

    Attributes:
        name: Short, as `calm data explain` prints it.
        about: What it is for.
        find: Finds its statements.
        examples: What it decides.
    """

    name: str
    about: str
    find: Find
    examples: tuple[Example, ...]


# What several rules are made of

_OPEN = r"[(\" filler option ]{0,4}"
_UNIT = r"letter [)\".:-]*+(?: filler?[(\"]*+ filler? text [)\"]*+)*+"  # a letter, and the text of an option beside it
_GROUP = pattern(  # the letters of one statement
    rf"{_UNIT}(?:(?:"
    rf"[,.]?+ and [, and ]*+{_OPEN}(?= letter (?! is? filler* not | is? word ))"  # A or B; but not: A, and B is not
    r"|[, and ]{1,2} text \( (?= letter \) )"  # something (A) or something else (B)
    rf"|,{_OPEN}(?= letter (?:[)., and ! text ( newline ]|$ ))"  # A, B
    r"| (?<! [.] ) (?= letter (?:[).]|,? letter | and | newline |$ ))"  # A B
    r"| (?<= [.)] ) word [ word filler is because answer option good not text ]{0,5}[, and ]+[(\"]*+ (?= letter [.)] )"
    rf"){_UNIT})*+"
)
_DENIED = pattern(  # Bではない; A wrong, B right
    r"[ is \"(]{0,3} not (?= [).!, newline is ]|$ )| other ,? (?= [ filler option (\"]{0,3} letter )"
)
_INSTEAD = pattern(r",?[ because other ],?[ filler is option (\"]{0,4} (?= letter )")  # not A but B
_EXACT = r"(?= [)\".,!: newline is because -]|$ )"  # what may follow the text of an option for it to be the whole text
_IS_LAST = pattern(r"is (?= [)\".,!: newline -]|$ )")
_ITEM = pattern(r"(?m) ^[-( filler ]{0,3} (?P<said> letter )[).:-]")
_SENTENCE_END = KINDS["newline"].replace(r"\n", "\n") + ".!"
_NOT, _LETTER = KINDS["not"], KINDS["letter"]


class _Groups:
    """The letters of a line, those of one statement together."""

    def __init__(self, line: Line) -> None:
        self.line = line
        self.ends = {match.start(): match.end() for match in _GROUP.finditer(line.kinds)}

    def options(self, at: int) -> frozenset[int]:
        """Returns the options of the letters that begin there."""
        kinds, options = self.line.kinds, self.line.options
        return NOTHING.union(*(options[i] for i in range(at, self.end(at)) if kinds[i] == _LETTER))

    def end(self, at: int) -> int:
        """Returns the place after the letters that begin there."""
        return self.ends.get(at, at + 1)

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


# Rules: a letter

_THE_ANSWER_IS = pattern(
    r"(?<! [ not other refusal ])[ answer option good ] good*+[^ newline . ! letter : refusal not ]{0,10}?"
    r"(?P<link> (?: not?[ is : ]| not | (?<= [ answer filler good ])-|\) )"
    r"(?:[ filler option good is not choose ,(\"':)-]| (?<= : ) newline | text (?= \( )){0,12}) (?= letter )"
)
_I_CHOOSE = pattern(r"(?P<link> not? ) choose [ filler option good is : (\"]{0,6} (?= letter )")


def _linked(line: Line) -> Iterator[Statement]:
    groups = _Groups(line)
    for each in (_THE_ANSWER_IS, _I_CHOOSE):
        for match in each.finditer(line.kinds):
            if not line.is_supposed(match.start() - 2, match.start("link")):
                yield from groups.stated(match.end(), match["link"].rpartition(",")[2], match.start())


_ANSWER_B = pattern(
    r"(?:(?P<line> (?: ^| (?<= newline ))[-(\" filler good ]{0,4})|(?P<copula> is [ filler good ]{0,4}))?"
    r"[ answer option ] (?:[ option filler )\"(]{0,3}| (?<= answer )\. ) (?= letter )"
)


def _unlinked(line: Line) -> Iterator[Statement]:
    groups, kinds = _Groups(line), line.kinds
    for match in _ANSWER_B.finditer(kinds):
        at, end = match.end(), groups.end(match.end())
        after = kinds[end : end + 1]
        whole_line = match["line"] is not None and after in ("", "\n")
        sentence_end = match["copula"] and ("." in kinds[at:end] or after in ("", *"\n.!,", KINDS["because"]))
        is_last = _IS_LAST.match(kinds, end) and not line.is_supposed(end, end + 4)
        if whole_line or sentence_end or is_last:
            yield from groups.stated(at, "", match.start())


_B_FIRST = pattern(
    r"\A [-(\":) newline ]{0,4} (?: filler{0,3} is [ filler good ]{0,3}| filler{0,2})"
    r"[ answer option ]{0,2}[ filler (\"]{0,2}"
    r"(?= letter (?:[).:,! newline -]| text (?= [)\".,!: newline -]| \Z )| because (?! letter )| \Z ))"
)
_SO_B = pattern(
    r"(?: ^| (?<= [ newline . ! ])) filler{1,4}[(\"]? (?= letter [)]?(?:[(]? text [)]?)?[.!]?(?: newline | \Z ))"
)
_B_LAST = pattern(
    r"newline [-\": filler good option ,]{0,4} (?= letter [)\"]*(?:[.:)-]?[(\"]? text [)\"]?)?[.!\"]* \Z )"
)


def _set_off(each: re.Pattern[str]) -> Find:
    def find(line: Line) -> Iterator[Statement]:
        groups, listed = _Groups(line), _listed(line)
        for match in each.finditer(line.kinds):
            if match.end() not in listed:
                yield from groups.stated(match.end(), "", match.start())

    return find


def _listed(line: Line) -> frozenset[int]:
    """Returns the places of the letters that lead the lines of a list of options: two or more, from the first on."""
    places = [match.start("said") for match in _ITEM.finditer(line.kinds)]
    is_list = [line.options[place] for place in places[:2]] == [frozenset({0}), frozenset({1})]
    return frozenset(places) if is_list else NOTHING


_IS_RIGHT = pattern(
    r"option?[,)\"]{0,3}(?:"
    r"not? is [ filler not is and option ,(\"]{0,6}(?: good+[ filler answer option ]?| answer )"  # B is the best choice
    r"|[-(:]? good [ filler answer option ]?+ (?= [).! newline ]|$ )"  # B (correct)
    # Bが正解; is (B) the right answer; B सही उत्तर है
    r"| (?<! [.:,] )(?: filler{0,2} good | good* answer (?= is [.! newline ]| is $ ))"
    r")"
)


def _judged(line: Line) -> Iterator[Statement]:
    groups, kinds = _Groups(line), line.kinds
    for at, end in groups.ends.items():
        if match := _IS_RIGHT.match(kinds, end):
            denial = (_DENIED.match(kinds, match.end()) or [""])[0]
            yield from groups.stated(at, match[0] + denial, at, outright=not _in_passing(line, end, match.end()))


def _in_passing(line: Line, start: int, end: int) -> bool:
    """Whether "is the answer" goes on ("is the answer of a child"), or is supposed ("would be the best if")."""
    said, after = line.kinds[start:end], line.kinds[end : end + 1]
    goes_on = said.endswith(KINDS["answer"]) and KINDS["good"] not in said and after not in ("", *".!,\n:", KINDS["is"])
    return goes_on or line.is_supposed(start, end + 2)


# Rules: a text, a refusal

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


def _text_is(line: Line) -> Iterator[Statement]:
    for each in _TEXTS:
        for match in each.finditer(line.kinds):
            at = match.start("said")
            sentence = max(line.kinds.rfind(end, 0, at) for end in _SENTENCE_END)
            if _LETTER not in line.kinds[sentence + 1 : at]:  # else the letter counts
                yield Statement(at, line.options[at], start=match.start())


_REFUSAL = r"refusal (?! word? other )"
_NONE = pattern(_REFUSAL)


def _refusals(line: Line) -> Iterator[Statement]:
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
    rf"[ filler good is (\"]{{0,6}} (?P<first> text )(?:[)\", and ]{{1,3}}{_OPEN}(?P<second> text )|{_EXACT})"
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
        options = NOTHING.union(*(line.options[start + place] for place in places))
        yield Statement(start, options, start=match.start())


# Rules for responses that state nothing, the most explicit first


def _alone(text: str) -> Find:
    each = pattern(text)

    def find(line: Line) -> Iterator[Statement]:
        kinds = line.kinds.strip("\n")
        shift = line.kinds.find(kinds)
        places = [shift + match.start("said") for match in each.finditer(kinds)]
        if len({line.options[place] for place in places}) == 1:
            yield Statement(places[0], line.options[places[0]], start=places[0])

    return find


_SENTENCE_ENDS = pattern(r"[.!]+| newline+| \Z")
_DENIES = frozenset(KINDS[name] for name in ("not", "refusal", "other", "question"))


def _only_text(line: Line) -> Iterator[Statement]:
    if _LETTER in line.kinds:
        return
    found: dict[frozenset[int], int] = {}
    start = 0
    for end in _SENTENCE_ENDS.finditer(line.kinds):
        sentence = line.kinds[start : end.start()]
        places = [start + place for place, kind in enumerate(sentence) if kind == KINDS["text"]]
        says = _DENIES.isdisjoint(sentence) and not line.is_conditional(start, end.start())
        is_whole = end[0] != "" or sentence.rstrip(')"').endswith(KINDS["text"])
        if len({line.options[place] for place in places}) == 1 and says and is_whole:
            found.setdefault(line.options[places[0]], places[0])
        start = end.end()
    if len(found) == 1:
        ((options, at),) = found.items()
        yield Statement(at, options, start=at)


def _e(language: str, response: str, letter: str, options: str = "") -> Example:
    return Example(language, response, letter, options)


STATING = (
    Rule(
        "the answer is B",
        "A letter linked to an answer word, a good word or an option word, or chosen in the first person.",
        _linked,
        (
            _e("en", "The best answer to this question is most likely C.", "C"),
            _e("en", "Answer:<B>", "B"),
            _e("en", "I'd go with option D, since films are shown there.", "D"),
            _e("en", "The answer is not A but B.", "B"),
            _e("en", "The answer is A or C.", "-"),
            _e("es", "La respuesta correcta es la letra d, el cine.", "D"),
            _e("ru", "Правильный ответ — Б.", "B"),
            _e("ar", "الإجابة: **(د)**", "D"),
        ),
    ),
    Rule(
        "answer B",
        "A letter right after the answer or option word: alone on its line, or at a sentence's end before the verb.",
        _unlinked,
        (
            _e("en", "Explanation: It is by the sea.\nAnswer B", "B"),
            _e("hi", "उत्तर B है।", "B"),
            _e("en", "Option A is for the sick.", "-"),
        ),
    ),
    Rule(
        "B first",
        "A response that begins with a letter, set off by a mark or followed by its own text or a reason.",
        _set_off(_B_FIRST),
        (
            _e("en", "B - florida keys", "B"),
            _e("en", "**B**\n\nHere is why the others are less suitable:\n* **A. hospital** is for the sick.", "B"),
            _e("en", "It's B.", "B"),
            _e("es", "Es la C, no la D.", "C"),
            _e("en", "A. hospital: no\nB. florida keys: no\nC. city: perhaps", "-"),
            _e("en", "A hospital is no place to swim.", "-"),
        ),
    ),
    Rule("so B", "A sentence that is nothing but a conclusion.", _set_off(_SO_B), (_e("en", "They swim. So B.", "B"),)),
    Rule(
        "B last",
        "A last line that is a letter.",
        _set_off(_B_LAST),
        (_e("en", "The answer could be D. But they swim.\n\n**B**", "B"),),
    ),
    Rule(
        "B is right",
        "A letter that is said to be right, best, or the answer; if only in passing, where nothing else is stated.",
        _judged,
        (
            _e("en", "B is the best choice here.", "B"),
            _e("ja", "Bが正解です。", "B"),
            _e("en", "Answer: B. A would be right if they were ill.", "B"),
            _e("en", "A is wrong, B is correct.", "B"),
        ),
    ),
    Rule(
        "the answer is this text",
        "The text of an option, linked to an answer word; a letter in the same sentence counts before it.",
        _text_is,
        (
            _e("en", "The answer is florida keys.", "B"),
            _e("pt", "A alternativa correta é cinema.", "D"),
            _e("hi", "सही उत्तर शहर है।", "C"),
            _e("en", "The answer is no.", "B", "yes"),
        ),
    ),
    Rule(
        "none of them",
        "A refusal: what was stated before it no longer counts.",
        _refusals,
        (_e("en", "None of the above is correct.", "-"), _e("en", "It cannot be determined.", "-")),
    ),
)
"""Rules that find statements; the last statement counts."""

HEADED = Rule(
    "Answer: this text",
    "What stands after the answer word at the start of a line, where no other rule finds anything there.",
    lambda line: headed(line, ()),
    (
        _e("en", "Answer: florida keys, by the sea", "B"),
        _e("en", "Answer: hospital or city", "-"),
        _e("en", "No, it does not show that.\nAnswer: (B) No", "B", "yes"),
    ),
)

LEAST = (
    Rule(
        "lines led by one letter",
        "Lines that begin with a letter, if it is the same in all of them.",
        _alone(
            r"(?m) ^(?:[^ newline . ! : letter ]{1,6}:)?[-(\" filler good option ,:]{0,4} (?P<said> letter )"
            r"(?:[.):]| (?= [(\"]* text?[)\".!]*$ ))"
        ),
        (_e("en", "They swim there\nB. florida keys\nwhich is by the sea", "B"),),
    ),
    Rule(
        "a line that is a text",
        "A line that is nothing but the text of an option, if it is the same in all such lines.",
        _alone(r"(?m) ^[-(\" filler :]{0,3} (?P<said> text )[).\"!]*$"),
        (_e("en", "They swim there.\nflorida keys", "B"), _e("en", "No.", "B", "yes")),
    ),
    Rule(
        "one letter in brackets",
        "A letter in brackets, if there is no other one.",
        _alone(r"\( (?P<said> letter ) \)"),
        (_e("en", "They may be glad to swim (B) by the sea.", "B"),),
    ),
    Rule(
        "one text in a sentence",
        "A sentence with the text of one option and no letter, which denies, asks and supposes nothing.",
        _only_text,
        (
            _e("en", "I would send them to the hospital.", "A"),
            _e("de", "Eine Möglichkeit ist das Kino, das dunkel ist.", "D"),
            _e("en", "They may go to a hospital. They may go to a city.", "-"),
            _e("en", "They would not go to a hospital.", "-"),
        ),
    ),
)
"""Rules for responses in which the others find nothing: the first that finds something decides."""

RULES = (*STATING, HEADED, *LEAST)
