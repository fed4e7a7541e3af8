"""Reads which option a free-text response gives as its answer, or that it gives none.

    >>> extract("Explanation: ...\n\nAnswer: B. florida keys", ["maine", "florida keys", "texas"], "en")
    1

The rule, as careful readers labelled by: a letter stated as the answer counts, in any wording or language, also when the
text beside it is another option's; without a letter the exact text of exactly one option counts; of separate
commitments the last counts; several letters in one commitment, a refusal, or text that is no option are no answer.

It is done in the way a compiler reads: the response becomes a string with one character a token (`_lex`: "L" a letter,
"N" the word "answer", "I" a copula, ...), whatever its language, and the patterns below are written over these kinds:

    the   correct  answer  is  therefore  ( B )  florida keys
    F     G        N       I   F          ( L )  T

So a language is a row of words (`calm_harness.answer_words`), and no pattern knows one. All repetitions are bounded or
possessive, so that the time grows linearly with the response.
"""

import re
import unicodedata
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from string import ascii_uppercase

from calm_harness.answer_words import WORDS
from calm_harness.languages import LANGUAGES

# Text -----------------------------------------------------------------------------------------------------------------

# Invisible characters, Arabic vowel signs and tatweel, and the marks of Markdown, LaTeX and JSON around a word.
_NOISE = re.compile(r"[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\u0640\u064b-\u065f\u0670*_`#$~\\{}]+")
_BOXED = re.compile(r"\\boxed\s*\{")
_STYLE = re.compile(r"\\(?:text|mathrm|mathbf|textbf|mathsf|bf|rm)\b\s*|</?(?:strong|em|br|p)\s*/?>")
_BOLD_TAG = re.compile(r"<([biu])>([^<>\n]{0,200})</\1>")
_ANSWER_TAG = re.compile(r"<(/?)(?:answer|final_answer)>", re.IGNORECASE)

_CJK = "\u3005-\u3007\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
_TOKEN = re.compile(
    rf"""(?P<break>\s*\n\s*)
    |(?P<initials>(?:[A-Z]\.){{2,}})              # "U.S.", which states no letters
    |(?P<elision>\b(?:[ldLD]|[Uu]n|[DdNn]ell|[AaSsDd]all|[Aa]ll|[Ss]ull)['’])(?=\w|$)
    |(?P<character>[{_CJK}])                      # a token each: these scripts have no word spaces
    |(?P<word>[^\W_{_CJK}][^\W_{_CJK}\u0300-\u036f\u0900-\u0903\u093a-\u094f\u0962-\u0963]*+
        (?:[\u0300-\u036f\u0900-\u0903\u093a-\u094f\u0962-\u0963][^\W_{_CJK}]*+)*+
        (?:['’-][^\W_{_CJK}]+[\u0900-\u0903\u093a-\u094f]*)*+)
    |(?P<mark>\S)""",
    re.VERBOSE,
)
_MARKS = {
    **dict.fromkeys("(<[「『【〈《“„«‹‘", "("),
    **dict.fromkeys(")>]」』】〉》”»›’", ")"),
    **dict.fromkeys("\"'", '"'),
    **dict.fromkeys(":=→⇒➔", ":"),
    **dict.fromkeys(",、،", ","),
    **dict.fromkeys("/&+|", "J"),
    **dict.fromkeys("-–—−‐•·・", "-"),
    **dict.fromkeys("!?;。…।۔؟؛", "!"),
    ".": ".",
}


def _clean(text: str) -> str:
    """Brings width, markup and invisible characters of a response or an option to one form."""
    text = _ANSWER_TAG.sub(lambda tag: "\n" if tag[1] else "\nanswer: ", text)
    text = _BOLD_TAG.sub(r"\2", _STYLE.sub("", _BOXED.sub("\nboxed: ", text)))
    return _NOISE.sub("", unicodedata.normalize("NFKC", text).replace("\r", "\n")).replace("\u2019", "'")


def _words(text: str) -> tuple[str, ...]:
    return tuple(match[0].lower() for match in _TOKEN.finditer(_clean(text)) if match.lastgroup != "break")


# Tokens ---------------------------------------------------------------------------------------------------------------

_FIELDS = {
    "F": "articles filler",
    "J": "join",
    "B": "clause",
    "E": "aside",
    "X": "negation",
    "I": "copula",
    "G": "good",
    "O": "option",
    "N": "answer",
    "V": "choose",
    "R": "refusal",
}
_Phrases = dict[str, list[tuple[tuple[str, ...], str]]]


def _split(words: str) -> Iterator[tuple[str, ...]]:
    return (_words(phrase) for phrase in words.split(",") if phrase.strip())


@lru_cache
def _vocabulary(language: str) -> tuple[_Phrases, frozenset[tuple[str, ...]], frozenset[str]]:
    """Returns the phrases by first word, longest first, the articles, and the one-letter words in upper case.

    Models answer in English and other languages than the asked one, so the words of all count; where languages differ
    about a word, the asked one wins, then English.
    """
    known: dict[tuple[str, ...], str] = {}
    for code in (*WORDS, "en", language):
        for kind, fields in _FIELDS.items():
            for field in fields.split():
                known |= dict.fromkeys(_split(getattr(WORDS[code], field)) if code in WORDS else (), kind)
    known |= {phrase: "Q" for row in LANGUAGES.values() for phrase in _split(row.question)}
    phrases: _Phrases = defaultdict(list)
    for phrase, kind in sorted(known.items(), key=lambda item: -len(item[0])):
        phrases[phrase[0]].append((phrase, kind))
    own = [WORDS[code] for code in ("en", language) if code in WORDS]
    return (
        dict(phrases),
        frozenset(phrase for row in own for phrase in _split(row.articles)),
        frozenset(word.upper() for row in own for (word,) in _split(row.single)),
    )


@dataclass(frozen=True, slots=True)
class _Tokens:
    """A response as tokens: one character of `kinds` each, and the options that letters and texts stand for."""

    kinds: str
    options: list[frozenset[int]]


def _lex(response: str, options: Sequence[str], language: str) -> _Tokens:
    """Cuts a response into tokens; what is no known word is "w"."""
    phrases, articles, single = _vocabulary(language)
    texts: dict[tuple[str, ...], set[int]] = defaultdict(set)
    for index, option in enumerate(options):
        words = _words(option)
        while words[-1:] == (".",):
            words = words[:-1]
        if len(words) > 1 and words[:1] in articles:
            words = words[1:]
        if words:
            texts[words].add(index)
    text_by_first = defaultdict(list)
    for words in sorted(texts, key=len, reverse=True):
        text_by_first[words[0]].append(words)

    text = _clean(response)
    found = list(_TOKEN.finditer(text))
    lowered = [match[0].lower() for match in found]
    kinds: list[str] = []
    standing: list[frozenset[int]] = []
    at = 0
    while at < len(found):
        size, kind, option = 1, "w", frozenset[int]()
        match = found[at]
        for phrase, phrase_kind in phrases.get(lowered[at], ()):
            if tuple(lowered[at : at + len(phrase)]) == phrase:
                size, kind = len(phrase), phrase_kind
                break
        else:
            if match.lastgroup == "break":
                kind = "\n"
            elif match.lastgroup == "mark":
                kind = _MARKS.get(match[0], "-")
        for words in text_by_first.get(lowered[at], ()):
            if (len(words) > size or kind == "w") and tuple(lowered[at : at + len(words)]) == words:
                size, kind, option = len(words), "T", frozenset(texts[words])
                break
        if size == 1 and len(match[0]) == 1 and match[0].upper() in ascii_uppercase[: len(options)]:
            kind = _letter_kind(text, match, kinds[-1] if kinds else "\n", single) or kind
            option = frozenset({ascii_uppercase.index(match[0].upper())})
        kinds.append(kind)
        standing.append(option)
        at += size
    # A sentence that begins "A hospital" begins with an article; in "the answer is A because" A is a letter.
    line = re.sub(r"(?:^|(?<=[\n:.!(\"]))l(?=[wT])", "F", "".join(kinds)).replace("l", "L")
    return _Tokens(_without_echo(line, standing), standing)


def _letter_kind(text: str, match: re.Match[str], before: str, single: frozenset[str]) -> str | None:
    """Returns "L" for an option letter, "l" for one that may be a word, None for a word of one letter."""
    after = text[match.end() : match.end() + 2]
    if match[0].islower():  # "a" and "e" are words: they count as letters only where they are set off as one
        set_off = after[:1] in ("", *".)>]:\n") and (before in ':("\nIO' or after[:1] == ")")
        return "L" if set_off else None
    if after[:1] == "'" and before != '"':  # Italian "E' vero"
        return None
    return "l" if match[0] in single and after[:1] == " " and after[1:].islower() else "L"


def _without_echo(kinds: str, standing: list[frozenset[int]]) -> str:
    """Blanks out the options where the response repeats them all in order before it chooses."""
    for echo in re.finditer(r"(?:L[)\".:-]*+T[)\".,!\n-]*+){2,}", kinds):
        said = [standing[at] for at in range(*echo.span()) if kinds[at] in "LT"]
        if all(letter == {place} and letter <= text for place, (letter, text) in enumerate(zip(said[::2], said[1::2]))):
            kinds = kinds[: echo.start()] + "\n" * len(echo[0]) + kinds[echo.end() :]
    return kinds


# Patterns over the kinds of tokens ------------------------------------------------------------------------------------

_END = r"(?=[)\".,!;:\nIBJ-]|$)"  # what may follow a text for it to be exactly an option's
_UNIT = r"L[)\".:-]*+(?:F?[(\"]*+F?T[)\"]*+)*+"  # a letter, and an option's text beside it
_GROUP = re.compile(
    rf"{_UNIT}(?:(?:"
    r"[,.]?+J[,JFO(\"]*+(?=L(?!I?F*X|I?w))"  # A or B, A and option B
    r"|,[FO(\"]*+(?=L(?:[).,J!T(\n]|$))"  # A, B
    r"|(?<![.])(?=L(?:[).]|,?L|J|\n|$))"  # A B
    r"|(?<=[.)])w[wFIBNOGXT]{0,5}[,J]+[(\"]*+(?=L[.)])"  # A. something and E. something else
    rf"){_UNIT})*+"
)
_CUE = r"(?<![XEWR])[NOG]G*+"
_LINK = r"(?:X?[I:]|X|(?<=N)-|\))"
_FILL = r"(?:[FOGIXV,(\"':)-]|(?<=:)\n|T(?=\()){0,12}"
_FORWARD = re.compile(rf"{_CUE}(?P<bridge>[^\n.!L:RX]{{0,10}}?)(?P<link>{_LINK}{_FILL})(?=L)")
_CHOOSE = re.compile(r"(?P<link>X?)V[FOGI:(\"]{0,6}(?=L)")
_LINKLESS = re.compile(r"(?:(?P<line>(?:^|(?<=\n))[-(\"FG]{0,4})|(?P<copula>I[FG]{0,4}))?[NO][OF)\"(]{0,3}(?=L)")  # "उत्तर B है"; "Answer B" as a line
_COPULA_LAST = re.compile(rf"I{_END}")
_BACKWARD = re.compile(
    r"O?[,)\"]{0,3}(?:(?P<link>X?I[FXIJO,(\"]{0,6})(?:G+[FNO]?|N)|(?:[-(:]?G[FNO]?+(?=[).!\n]|$))|(?<![.:,])(?:F{0,2}G|G*N(?=I[.!\n]|I$)))"
)
_DENIED_AFTER = re.compile(r"[I\"(]{0,3}X(?=[).!,\nI]|$)|E,?(?=[FO(\"]{0,3}L)")
_INSTEAD = re.compile(r",?[BE],?[FIO(\"]{0,4}(?=L)")  # not A but B
_REFUSED = re.compile(r"[FG(\"]{0,4}R(?!w?E)")
_REFUSAL = re.compile(r"R(?!w?E)")
_LABEL = re.compile(r"(?:^|(?<=\n))[-(\".FG]{0,4}N[GFO)\"]{0,4}(?:\([^()\n]{0,20}\))?:\n?(?P<payload>[^\n]*)")
_LEADING_TEXT = re.compile(rf"[FGI(\"]{{0,6}}(?P<text>T){_END}(?:[)\",J]{{1,3}}[FO(\"]{{0,3}}(?P<second>T))?")
_MARKED_LETTER = re.compile(r"(?<=\()L(?=\))|L(?=[.)]T)")
_STATED_TEXT = re.compile(rf"{_CUE}[^\n.!L:RX]{{0,10}}?[I:][FOGI,(\"]{{0,8}}(?P<text>T){_END}|(?P<subject>T)[\"),]*I[F]{{0,4}}G*N")
_NEXT_QUESTION = re.compile(r"\n[-(\"F]{0,2}Q:")
_LETTER_LINE = re.compile(r"(?m)^(?:[^\n.!:L]{1,6}:)?[-(\"FGO,]{0,4}(?P<letter>L)(?:[.):]|(?=[T\"]|$))")
_LAST_LINE = re.compile(r"\n[-(\"FGO,]{0,4}(?P<letter>L)[).\"!]*$")
_BARE_TEXT = re.compile(r"(?m)^[-(\"F]{0,3}(?P<text>T)[).\"!]*$")

_NOTHING = frozenset[int]()


@dataclass(frozen=True, slots=True)
class _Commitment:
    """The options stated at one place: several or none of them are no answer; `denied` is "the answer is not B"."""

    at: int
    options: frozenset[int]
    denied: bool = False


def _lettered(tokens: _Tokens) -> Iterator[_Commitment]:
    """Yields the commitments made by letter, in no order."""
    kinds = tokens.kinds
    ends = {match.start(): match.end() for match in _GROUP.finditer(kinds)}

    def group(at: int) -> tuple[int, frozenset[int]]:
        end = ends.get(at, at + 1)
        return end, _NOTHING.union(*(tokens.options[i] for i in range(at, end) if kinds[i] == "L"))

    def stated(at: int, link: str) -> Iterator[_Commitment]:
        end, options = group(at)
        denied = "X" in link or (kinds[end - 1] != "." and _DENIED_AFTER.match(kinds, end) is not None)
        yield _Commitment(at, options, denied)
        if denied and (instead := _INSTEAD.match(kinds, end)):
            yield _Commitment(instead.end(), group(instead.end())[1])

    for pattern in (_FORWARD, _CHOOSE):
        for match in pattern.finditer(kinds):
            yield from stated(match.end(), match["link"].rpartition(",")[2])
    for match in _LINKLESS.finditer(kinds):
        end = ends.get(match.end(), match.end() + 1)
        bounded = kinds[end - 1] == "." or kinds[end : end + 1] in ("", *"\n.!,B")
        line = match["line"] is not None and kinds[end : end + 1] in ("", "\n")
        if line or (match["copula"] and bounded) or _COPULA_LAST.match(kinds, end):
            yield from stated(match.end(), "")
    for at, end in ends.items():
        if match := _BACKWARD.match(kinds, end):
            yield from stated(at, "X" if "X" in match[0] or _DENIED_AFTER.match(kinds, match.end()) else "")


def _refusals(tokens: _Tokens) -> Iterator[_Commitment]:
    """Yields "none of the above" and its like, but not in a remark in brackets beside an answer."""
    for match in _REFUSAL.finditer(tokens.kinds):
        line = tokens.kinds[max(0, match.start() - 100) : match.start()].rpartition("\n")[2]
        if line.count("(") <= line.count(")"):
            yield _Commitment(match.start(), _NOTHING)


def _labelled(tokens: _Tokens, known: Sequence[int]) -> Iterator[_Commitment]:
    """Yields what stands after "Answer:" at the start of a line, where none of the `known` commitments is made."""
    kinds = tokens.kinds
    for match in _LABEL.finditer(kinds):
        start, end = match.span("payload")
        payload = match["payload"]
        if _REFUSED.match(payload):  # what is said of single options on the rest of the line does not undo it
            yield _Commitment(end, _NOTHING)
            continue
        after = bisect_left(known, start)
        if (after < len(known) and known[after] < end) or not payload.strip('FGONI().,!:-"'):
            continue
        if text := _LEADING_TEXT.match(payload):
            places = [text.start(name) for name in ("text", "second") if text[name]]
        else:
            places = [letter.start() for letter in _MARKED_LETTER.finditer(payload)]
        yield _Commitment(start, _NOTHING.union(*(tokens.options[start + place] for place in places)))


def _fallback(tokens: _Tokens) -> frozenset[int]:
    """Returns the options of a response that commits itself nowhere: a bare letter, or an option's text."""
    kinds = tokens.kinds.strip("\n")
    shift = tokens.kinds.find(kinds)
    for pattern in (_LETTER_LINE, _LAST_LINE, _STATED_TEXT, _BARE_TEXT):
        stated = [tokens.options[shift + match.start(match.lastgroup or 0)] for match in pattern.finditer(kinds)]
        if len(set(stated)) == 1:
            return stated[0]
    return _NOTHING


def extract(response: str, options: Sequence[str], language: str) -> int | None:
    """Returns the index of the option that a response gives as its answer, or None if it gives none.

    Args:
        response: What the model wrote, the prompt not included (repeated, it does no harm).
        options: The options' texts, 2 to 26 of them; their letters are A, B, C, ... in this order.
        language: BCP 47 tag of the language asked for. It decides what a word means that several languages have; all
            languages' words count. For a language without a row English decides.
    """
    tokens = _lex(response, options, language)
    said = [*_lettered(tokens), *_refusals(tokens)]
    said += _labelled(tokens, sorted(commitment.at for commitment in said))
    said.sort(key=lambda commitment: commitment.at)
    if not said:
        return _only(_fallback(tokens))
    next_question = _NEXT_QUESTION.search(tokens.kinds, said[0].at)  # base models go on with questions of their own
    answer = _NOTHING
    for commitment in said:
        if next_question and commitment.at > next_question.start():
            break
        if not commitment.denied:
            answer = commitment.options
        elif answer == commitment.options:
            answer = _NOTHING
    return _only(answer)


def _only(options: frozenset[int]) -> int | None:
    return next(iter(options)) if len(options) == 1 else None
