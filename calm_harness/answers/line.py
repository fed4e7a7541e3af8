"""A response as a line of tokens, each of a kind: what the rules are matched against.

    So      the     correct  answer  is  therefore  ( B      )  florida keys  .
    filler  filler  good     answer  is  filler     ( letter )  text          .

Whatever the language, the kinds are the same (`calm_harness.answers.notation`): a language is a row of words
(`calm_harness.answers.words`), and the options of the question are letters and texts.
"""

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from string import ascii_uppercase

from calm_harness.answers import alphabets
from calm_harness.answers.notation import KINDS, pattern
from calm_harness.answers.tokens import SUFFIXED, apart, clean, is_unspaced, tokens, words
from calm_harness.answers.vocabulary import vocabulary
from calm_harness.prompts.answer_words import Words

NOTHING = frozenset[int]()
_LETTER, _TEXT, _FILLER, _WORD = (KINDS[name] for name in ("letter", "text", "filler", "word"))
_MAYBE_LETTER, _MAYBE_TEXT, _MAYBE_WORD = (KINDS[f"maybe_{name}"] for name in ("letter", "text", "word"))
_RATHER_TEXT = _WORD + KINDS["refusal"]  # what gives way to the text of an option
_MARKS = {
    **dict.fromkeys("(<[「『【〈《“„«‹‘", "("),
    **dict.fromkeys(")>]」』】〉》”»›", ")"),
    **dict.fromkeys("\"'", '"'),
    **dict.fromkeys(":=→⇒➔፦፡", ":"),
    **dict.fromkeys(",、،፣", ","),
    **dict.fromkeys("/&+|", "J"),
    **dict.fromkeys("!?;。…।۔؟؛።፤", "!"),
    ".": ".",
}


# Where a word of another use is the text of an option ("no"), or a letter of another alphabet is one.
_SAID_TEXTS = (
    pattern(r"letter [)\".:(-]{1,3} (?P<said> maybe_text )"),  # B) No
    pattern(  # the answer is no
        r"[ answer option good ][^ newline . ! letter : ]{0,6}[ is : ] newline?[ filler (\"]{0,3}"
        r"(?P<said> maybe_text ) (?= [)\".!, newline ]|$ )"
    ),
    pattern(r"(?m) ^[(\"]? (?P<said> maybe_text )[)\"]?[.!]?$"),  # a line of its own
    pattern(r"\A [(\"]? (?P<said> maybe_text )[)\"]?(?= [,.!])"),  # No, it does not
    pattern(r"is filler{0,2} (?P<said> maybe_text ) (?= [.!]| newline |$ )"),  # it is false.
)
_SAID_LETTERS = (
    pattern(r"\( (?P<said> maybe_letter ) (?= \) )"),  # (ب)
    pattern(  # the answer is ب
        r"(?:[ answer option is choose :\"]| (?<= [ answer option is ])[ filler (-]| (?<= [ answer option ] filler )- )"
        r"(?P<said> maybe_letter ) (?= [).,:!\" newline -]|[ is text good not (]|$ )"
    ),
    pattern(r"(?: ^| newline )-? (?P<said> maybe_letter ) (?= [).:]| - text | newline |$ )"),  # a line that it leads
    pattern(
        r"(?: [ answer option ][ filler is ]?[:(-]{0,2} ) (?P<said> number ) (?= [).,:!\" newline ]| is | text |$ )"
    ),
    pattern(r"\A \(? (?P<said> number ) (?= [).:]{0,2} text [.)]{0,2} \Z | \) \Z )"),  # 4. text; ④
)
_ARTICLE = pattern(r"(?: ^| (?<= [ newline :.!(\"] )) maybe_word (?= \"?[ word text good option answer filler ])")
_OF_OPTIONS = pattern(  # A、B都不正确: said of these alone
    r"(?:(?<= [ letter text ] )|(?<= [ letter text ] option )|(?<= [ letter text ] filler )) refusal"
)
_UNSPACED = re.compile("[\u0e00-\u109f\u1780-\u17ff]")
_NAMED = pattern(r"[ answer option is choose : ] filler?[(\"]?$|[(\" newline ]$|^$")
_ECHO = pattern(r"(?: letter [)\".:-]*+ text [)(\".,! newline and -]*+ ){2,}")


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """A response as tokens.

    Attributes:
        kinds: One character a token.
        options: The options that a token stands for, where it is a letter or a text.
        moods: Places of words such as "would": what is said with them of an option is not said of it.
        conditions: Places of words such as "if", likewise.
        text: What the tokens were cut from.
        spans: Where each token begins in that text.
    """

    kinds: str
    options: list[frozenset[int]]
    moods: list[int]
    conditions: list[int]
    text: str
    spans: list[int]

    def is_supposed(self, start: int, end: int) -> bool:
        """Whether a word of supposition stands there."""
        return _any_between(self.moods, start, end) or self.is_conditional(start, end)

    def is_part_of_word(self, at: int) -> bool:
        """Whether another word follows a single character of a script without spaces: they may be one (热, 热情)."""
        start, end = self.spans[at], self.spans[at + 1] if at + 1 < len(self.spans) else len(self.text)
        return end - start == 1 and is_unspaced(self.text[start]) and self.kinds[at + 1 : at + 2] == _WORD

    def is_conditional(self, start: int, end: int) -> bool:
        """Whether a word that begins a condition stands there."""
        return _any_between(self.conditions, start, end)


def _any_between(places: Sequence[int], start: int, end: int) -> bool:
    at = bisect_left(places, start)
    return at < len(places) and places[at] < end


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


def read(response: str, options: Sequence[str], language: str, own: Words | None = None) -> Line:
    """Cuts a response into tokens of a kind; a phrase is one token, and the longest wins."""
    vocab = vocabulary(language, own)
    texts = _texts(tuple(options), vocab.articles)
    text = apart(
        clean(response), vocab.nouns.union(phrase[-1] for each in texts.values() for phrase, _ in each), vocab.phrases
    )
    matches = tokens(text)
    lowered = [match[0].lower() for match in matches]

    def starts(phrase: tuple[str, ...], at: int) -> bool:
        return tuple(lowered[at : at + len(phrase)]) == phrase

    kinds: list[str] = []
    spans: list[int] = []
    stands_for: list[frozenset[int]] = []
    has_numbers = any(char.isdigit() for option in options for char in option)
    native: dict[int, str] = {}
    also_text: dict[int, frozenset[int]] = {}
    moods: dict[str, list[int]] = {"would": [], "condition": []}
    at = 0
    while at < len(matches):
        match, size, indexes = matches[at], 1, NOTHING
        kind = {"newline": "\n", "mark": _MARKS.get(match[0], "-")}.get(match.lastgroup or "", _WORD)
        for phrase, phrase_kind in vocab.phrases.get(lowered[at], ()):
            if starts(phrase, at):
                size, kind = len(phrase), phrase_kind
                break
        if mood := vocab.moods.get(lowered[at]):
            moods[mood].append(len(kinds))
        for phrase, places in texts.get(lowered[at], ()):
            if len(phrase) >= size and starts(phrase, at):
                if len(phrase) > size or kind in _RATHER_TEXT:
                    size, kind, indexes = len(phrase), _TEXT, places
                else:
                    also_text[len(kinds)] = places
                break
        place = ascii_uppercase.find(match[0].upper(), 0, len(options)) if len(match[0]) == size == 1 else -1
        if place >= 0 and (letter := _letter(text, match, "".join(kinds[-3:]), vocab.single)):
            kind, indexes = letter, frozenset({place})
            also_text.pop(len(kinds), None)
        elif kind != _TEXT and size == 1 and _is_native(text, match, lowered[at], has_numbers):
            native[len(kinds)] = lowered[at]
        kinds.append(kind)
        spans.append(match.start())
        stands_for.append(indexes)
        at += size
    line = _with_texts("".join(kinds), also_text, stands_for)
    line = _with_letters(line, native, stands_for, len(options))
    # A sentence that begins "A hospital" begins with an article; in "the answer is A because" A is a letter.
    line = _ARTICLE.sub(_FILLER, line).replace(_MAYBE_WORD, _LETTER)
    line = _OF_OPTIONS.sub(KINDS["not"], line)
    kinds_line = _without_echo(line, stands_for, len(options))
    return Line(kinds_line, stands_for, moods["would"], moods["condition"], text, spans)


def _letter(text: str, match: re.Match[str], before: str, single: frozenset[str]) -> str | None:
    """Returns the kind of an option's letter, of one that may be a word, or None for what is a word."""
    after = text[match.end() : match.end() + 2]
    if match[0].islower():  # "a", "e" and "o" are words: they count as letters only where they are set off as one
        is_alone = after[:1] in ("", *'.,;)>]:\n"')
        return _LETTER if after[:1] == ")" or (is_alone and _NAMED.search(before)) else None
    if after[:1] == "'" and before[-1:] != '"' and not SUFFIXED.match(text, match.end()):  # Italian "E' vero"
        return None
    return _MAYBE_WORD if match[0] in single and re.match(r" [^\W\dA-Z]| \"", after) else _LETTER


def _is_native(text: str, match: re.Match[str], word: str, has_numbers: bool) -> bool:
    """Whether a word can be a letter of another alphabet, or the number of an option where no option has numbers."""
    if word.isdigit():
        return len(word) == 1 and not has_numbers
    if word not in alphabets.LETTERS:
        return False
    stands_alone = text[match.end() : match.end() + 1].strip(" .,:;!?()\"'\n") == ""
    return stands_alone or not _UNSPACED.match(word)


def _with_texts(line: str, also_text: Mapping[int, frozenset[int]], stands_for: list[frozenset[int]]) -> str:
    """Takes words of another use ("no") for the text of an option, where they are set off as one."""
    if not also_text:
        return line
    result = list(line)
    for at in also_text:
        result[at] = _MAYBE_TEXT
    marked = "".join(result)
    said = {match.start("said") for pattern in _SAID_TEXTS for match in pattern.finditer(marked)}
    for at, places in also_text.items():
        result[at] = _TEXT if at in said else line[at]
        if at in said:
            stands_for[at] = places
    return "".join(result)


def _with_letters(line: str, native: Mapping[int, str], stands_for: list[frozenset[int]], count: int) -> str:
    """Takes letters of another alphabet, and numbers, for those of options, where they are set off as such."""
    if not native:
        return line
    result = list(line)
    for at, word in native.items():
        result[at] = KINDS["number"] if word.isdigit() else _MAYBE_LETTER
    marked = "".join(result)
    said = sorted({match.start("said") for pattern in _SAID_LETTERS for match in pattern.finditer(marked)})
    used = {native[at] for at in said}
    table = alphabets.places(
        iroha=not used.isdisjoint("ロハニ"), latin=_LETTER in line or not used.isdisjoint(alphabets.LOOKALIKES)
    )
    result = list(line)
    for at in said:
        word = native[at]
        place = int(word) - 1 if word.isdigit() else table.get(word, count)
        if 0 <= place < count:
            result[at], stands_for[at] = _LETTER, frozenset({place})
    return "".join(result)


def _without_echo(kinds: str, stands_for: list[frozenset[int]], count: int) -> str:
    """Blanks out the options where the response repeats them all in order before it chooses."""
    for echo in _ECHO.finditer(kinds):
        letters = [stands_for[at] for at in range(*echo.span()) if kinds[at] == _LETTER]
        if letters == [{place} for place in range(count)]:
            kinds = kinds[: echo.start()] + "\n" * len(echo[0]) + kinds[echo.end() :]
    return kinds
