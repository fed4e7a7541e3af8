r"""Reads which option a free-text response gives as its answer, or that it gives none.

    >>> extract("Explanation: ...\n\nAnswer: B. florida keys", ["maine", "florida keys", "texas"], "en")
    1

The rule, as careful readers labelled by: a letter stated as the answer counts, in any wording or language, also when
the text beside it is another option's; without a letter the exact text of exactly one option counts; of separate
commitments the last counts; several letters in one commitment, a refusal, or text that is no option are no answer.

It is read as a compiler reads. First the response, whatever its language, becomes a string with one character a token,
then patterns over these kinds find the commitments, then the last one decides:

    So  the  correct  answer  is  therefore  ( B )  florida keys  .
    F   F    G        N       I   F          ( L )  T             .

A language is thus a row of words (`calm_harness.answers.words`), and no pattern knows one. The kinds are

    L letter   N "answer"   I "is"         V "I choose"           F words without weight   ( ) brackets   : arrows too
    T text of  O "option"   X "not"        R "none of the above"  B "because", "but"       " quotes       J also / & +
      option   G "correct"  E "wrong",     Q "question"           J "and", "or"            - dashes       ! ? ; too
    w other                   "other"

Repetitions in the patterns are bounded or possessive, so that the time grows linearly with the response.
"""

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from string import ascii_uppercase

from calm_harness.answers.thoughts import spoken
from calm_harness.answers.tokens import clean, tokens, words
from calm_harness.answers.vocabulary import vocabulary

_NOTHING = frozenset[int]()
_MARKS = {
    **dict.fromkeys("(<[「『【〈《“„«‹‘", "("),
    **dict.fromkeys(")>]」』】〉》”»›", ")"),
    **dict.fromkeys("\"'", '"'),
    **dict.fromkeys(":=→⇒➔", ":"),
    **dict.fromkeys(",、،", ","),
    **dict.fromkeys("/&+|", "J"),
    **dict.fromkeys("!?;。…।۔؟؛", "!"),
    ".": ".",
}


@dataclass(frozen=True, slots=True)
class _Line:
    """A response as tokens: one character of `kinds` each, and the options that a letter or a text stands for."""

    kinds: str
    options: list[frozenset[int]]


_Texts = dict[str, list[tuple[tuple[str, ...], frozenset[int]]]]


@lru_cache(maxsize=256)  # the responses to a question come one after the other
def _texts(options: tuple[str, ...], articles: frozenset[tuple[str, ...]]) -> _Texts:
    """Returns the options' texts and the indexes they stand for by first word, the longest first."""
    places = defaultdict[tuple[str, ...], set[int]](set)
    for index, option in enumerate(options):
        text = words(option)
        text = text[: len(text) - (text[-1:] == (".",))]
        places[text[1:] if len(text) > 1 and text[:1] in articles else text].add(index)
    places.pop((), None)
    texts: _Texts = defaultdict(list)
    for text in sorted(places, key=len, reverse=True):
        texts[text[0]].append((text, frozenset(places[text])))
    return texts


def _lex(response: str, options: Sequence[str], language: str) -> _Line:
    """Cuts a response into tokens of a kind; a phrase is one token, and the longest wins."""
    vocab = vocabulary(language)
    texts = _texts(tuple(options), vocab.articles)
    text = clean(response)
    matches = tokens(text)
    lowered = [match[0].lower() for match in matches]

    def starts(phrase: tuple[str, ...], at: int) -> bool:
        return tuple(lowered[at : at + len(phrase)]) == phrase

    kinds: list[str] = []
    stands_for: list[frozenset[int]] = []
    at = 0
    while at < len(matches):
        match, size, indexes = matches[at], 1, _NOTHING
        kind = {"newline": "\n", "mark": _MARKS.get(match[0], "-")}.get(match.lastgroup or "", "w")
        for phrase, phrase_kind in vocab.phrases.get(lowered[at], ()):
            if starts(phrase, at):
                size, kind = len(phrase), phrase_kind
                break
        for phrase, places in texts.get(lowered[at], ()):
            if (len(phrase) > size or kind == "w") and starts(phrase, at):
                size, kind, indexes = len(phrase), "T", places
                break
        place = ascii_uppercase.find(match[0].upper(), 0, len(options)) if len(match[0]) == size == 1 else -1
        if place >= 0 and (letter := _letter(text, match, kinds[-1] if kinds else "\n", vocab.single)):
            kind, indexes = letter, frozenset({place})
        kinds.append(kind)
        stands_for.append(indexes)
        at += size
    # A sentence that begins "A hospital" begins with an article; in "the answer is A because" A is a letter.
    line = re.sub(r"(?:^|(?<=[\n:.!(\"]))l(?=\"?[wT])", "F", "".join(kinds)).replace("l", "L")
    return _Line(_without_echo(line, stands_for, len(options)), stands_for)


def _letter(text: str, match: re.Match[str], before: str, single: frozenset[str]) -> str | None:
    """Returns "L" for an option's letter, "l" for one that may be a word, None for what is a word."""
    after = text[match.end() : match.end() + 2]
    if match[0].islower():  # "a", "e" and "o" are words: they count as letters only where they are set off as one
        set_off = after[:1] in ("", *".)>]:\n") and (before in ':("\nIO' or after[:1] == ")")
        return "L" if set_off else None
    if after[:1] == "'" and before != '"':  # Italian "E' vero"
        return None
    return "l" if match[0] in single and re.match(r" [^\W\dA-Z]| \"", after) else "L"


def _without_echo(kinds: str, stands_for: list[frozenset[int]], count: int) -> str:
    """Blanks out the options where the response repeats them all in order before it chooses."""
    for echo in re.finditer(r"(?:L[)\".:-]*+T[)\".,!\n-]*+){2,}", kinds):
        letters = [stands_for[at] for at in range(*echo.span()) if kinds[at] == "L"]
        if letters == [{place} for place in range(count)]:
            kinds = kinds[: echo.start()] + "\n" * len(echo[0]) + kinds[echo.end() :]
    return kinds


# Patterns over the kinds of tokens ------------------------------------------------------------------------------------

_OPEN = r"[(\"FO]{0,4}"
_UNIT = r"L[)\".:-]*+(?:F?[(\"]*+F?T[)\"]*+)*+"  # a letter, and the text of an option beside it
_GROUP = re.compile(  # the letters of one commitment
    rf"{_UNIT}(?:(?:"
    rf"[,.]?+J[,J]*+{_OPEN}(?=L(?!I?F*X|I?w))"  # A or B; but not: A, and B is not
    r"|[,J]{1,2}T\((?=L\))"  # something (A) or something else (B)
    rf"|,{_OPEN}(?=L(?:[).,J!T(\n]|$))"  # A, B
    r"|(?<![.])(?=L(?:[).]|,?L|J|\n|$))"  # A B
    r"|(?<=[.)])w[wFIBNOGXT]{0,5}[,J]+[(\"]*+(?=L[.)])"  # A. something and E. something else
    rf"){_UNIT})*+"
)
_CUE = r"(?<![XER])[NOG]G*+"
_FILL = r"(?:[FOGIXV,(\"':)-]|(?<=:)\n|T(?=\()){0,12}"
_FORWARD = re.compile(rf"{_CUE}[^\n.!L:RX]{{0,10}}?(?P<link>(?:X?[I:]|X|(?<=N)-|\)){_FILL})(?=L)")  # the answer is B
_CHOOSE = re.compile(r"(?P<link>X?)V[FOGI:(\"]{0,6}(?=L)")  # I choose B
_UNLINKED = re.compile(  # "Answer B" on a line; "it is answer B"; "उत्तर B है"
    r"(?:(?P<line>(?:^|(?<=\n))[-(\"FG]{0,4})|(?P<copula>I[FG]{0,4}))?[NO][OF)\"(]{0,3}(?=L)"
)
_BACKWARD = re.compile(
    r"O?[,)\"]{0,3}(?:"
    r"X?I[FXIJO,(\"]{0,6}(?:G+[FNO]?|N)"  # B is the best choice
    r"|[-(:]?G[FNO]?+(?=[).!\n]|$)"  # B (correct)
    r"|(?<![.:,])(?:F{0,2}G|G*N(?=I[.!\n]|I$))"  # Bが正解; is (B) the right answer; B सही उत्तर है
    r")"
)
_DENIED = re.compile(r"[I\"(]{0,3}X(?=[).!,\nI]|$)|E,?(?=[FO(\"]{0,3}L)")  # Bではない; A wrong, B right
_INSTEAD = re.compile(r",?[BE],?[FIO(\"]{0,4}(?=L)")  # not A but B
_REFUSAL = re.compile(r"R(?!w?E)")
_LABEL = re.compile(r"(?:^|(?<=\n))[-(\".FG]{0,4}N[GFO)\"]{0,4}(?:\([^()\n]{0,20}\))?:\n?(?P<payload>[^\n]*)")
_REFUSED = re.compile(rf"[FG(\"]{{0,4}}{_REFUSAL.pattern}")
_EXACT = r"(?=[)\".,!:\nIB-]|$)"  # what may follow the text of an option for it to be the whole text
_LEADING_TEXT = re.compile(rf"[FGI(\"]{{0,6}}(?P<text>T)(?:[)\",J]{{1,3}}{_OPEN}(?P<second>T)|{_EXACT})")
_MARKED_LETTER = re.compile(r"(?<=\()L(?=\))|L(?=[.)]T)")
_IS_LAST = re.compile(rf"I{_EXACT}")
_LONE = (  # the least explicit ways to answer, most explicit first
    re.compile(
        r"(?m)^(?:[^\n.!:L]{1,6}:)?[-(\"FGO,]{0,4}(?P<said>L)(?:[.):]|(?=[(\"]*T?[)\".!]*$))"
    ),  # lines led by it
    re.compile(r"\n[-(\"FGO,]{0,4}(?P<said>L)[).\"!]*$"),
    re.compile(
        rf"(?<![XER])(?:N|GO)G*+[^\n.!L:RX]{{0,10}}?[I:][FOGI,(\"]{{0,8}}(?P<said>T){_EXACT}"
    ),  # the answer is florida keys
    re.compile(r"(?P<said>T)[\"),]{0,3}IF{0,4}G*N"),  # florida keys is the answer
    re.compile(r"(?m)^[-(\"F]{0,3}(?P<said>T)[).\"!]*$"),
)
_NEXT_QUESTION = re.compile(r"\n[-(\"F]{0,2}Q:")


@dataclass(frozen=True, slots=True)
class _Commitment:
    """The options stated at one place: several or none of them are no answer; `denied` is "the answer is not B"."""

    at: int
    options: frozenset[int]
    denied: bool = False


def _lettered(line: _Line) -> Iterator[_Commitment]:
    """Yields the commitments made by letter, in no order."""
    kinds = line.kinds
    ends = {match.start(): match.end() for match in _GROUP.finditer(kinds)}

    def group(at: int) -> tuple[int, frozenset[int]]:
        end = ends.get(at, at + 1)
        return end, _NOTHING.union(*(line.options[i] for i in range(at, end) if kinds[i] == "L"))

    def stated(at: int, link: str) -> Iterator[_Commitment]:
        end, options = group(at)
        denied = "X" in link or (kinds[end - 1] != "." and _DENIED.match(kinds, end) is not None)
        yield _Commitment(at, options, denied)
        if denied and (instead := _INSTEAD.match(kinds, end)):
            yield _Commitment(instead.end(), group(instead.end())[1])

    for pattern in (_FORWARD, _CHOOSE):
        for match in pattern.finditer(kinds):
            yield from stated(match.end(), match["link"].rpartition(",")[2])
    for match in _UNLINKED.finditer(kinds):
        end = ends.get(match.end(), match.end() + 1)
        after = kinds[end : end + 1]
        whole_line = match["line"] is not None and after in ("", "\n")
        sentence_end = match["copula"] and (kinds[end - 1] == "." or after in ("", *"\n.!,B"))
        if whole_line or sentence_end or _IS_LAST.match(kinds, end):
            yield from stated(match.end(), "")
    for at, end in ends.items():
        if backward := _BACKWARD.match(kinds, end):
            yield from stated(at, backward[0] + (_DENIED.match(kinds, backward.end()) or [""])[0])


def _refusals(line: _Line) -> Iterator[_Commitment]:
    """Yields "none of the above" and its like, but not in a remark in brackets beside an answer."""
    for match in _REFUSAL.finditer(line.kinds):
        before = line.kinds[max(0, match.start() - 100) : match.start()].rpartition("\n")[2]
        if before.count("(") <= before.count(")"):
            yield _Commitment(match.start(), _NOTHING)


def _labelled(line: _Line, committed: Sequence[int]) -> Iterator[_Commitment]:
    """Yields what stands after "Answer:" at the start of a line, unless one of the `committed` places is there."""
    kinds = line.kinds
    for match in _LABEL.finditer(kinds):
        start, end = match.span("payload")
        payload = match["payload"]
        if _REFUSED.match(payload):  # what is said of single options on the rest of the line does not undo it
            yield _Commitment(end, _NOTHING)
            continue
        following = bisect_left(committed, start)
        if (following < len(committed) and committed[following] < end) or not payload.strip('FGONI().,!:-"'):
            continue
        if leading := _LEADING_TEXT.match(payload):
            places = [leading.start(name) for name in ("text", "second") if leading[name]]
        else:
            places = [letter.start() for letter in _MARKED_LETTER.finditer(payload)]
        yield _Commitment(start, _NOTHING.union(*(line.options[start + place] for place in places)))


def _fallback(line: _Line) -> frozenset[int]:
    """Returns the options of a response that commits itself nowhere: a bare letter, or an option's text."""
    kinds = line.kinds.strip("\n")
    shift = line.kinds.find(kinds)
    for pattern in _LONE:
        option_sets = {line.options[shift + match.start("said")] for match in pattern.finditer(kinds)}
        if len(option_sets) == 1:
            return option_sets.pop()
    return _NOTHING


def extract(response: str, options: Sequence[str], language: str) -> int | None:
    """Returns the index of the option that a response gives as its answer, or None if it gives none.

    Args:
        response: What the model wrote, the prompt not included (repeated, it does no harm).
        options: The options' texts, 2 to 26 of them; their letters are A, B, C, ... in this order.
        language: BCP 47 tag of the language asked for. It decides what a word means that several languages have; all
            languages' words count. For a language without a row English decides.
    """
    text, finished = spoken(response)
    if not finished:
        return None
    line = _lex(text, options, language)
    commitments = [*_lettered(line), *_refusals(line)]
    commitments += _labelled(line, sorted(commitment.at for commitment in commitments))
    commitments.sort(key=lambda commitment: commitment.at)
    if not commitments:
        return _only(_fallback(line))
    # Base models go on with questions of their own.
    next_question = _NEXT_QUESTION.search(line.kinds, commitments[0].at)
    answer = _NOTHING
    for commitment in commitments:
        if next_question and commitment.at > next_question.start():
            break
        if not commitment.denied:
            answer = commitment.options
        elif answer == commitment.options:
            answer = _NOTHING
    return _only(answer)


def _only(options: frozenset[int]) -> int | None:
    return next(iter(options)) if len(options) == 1 else None
