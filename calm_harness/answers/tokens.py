"""How text is cut into words, whatever its language and its markup."""

import re
import unicodedata
from collections.abc import Container
from functools import lru_cache

# Hebrew points and geresh, invisible characters, Arabic vowel signs and tatweel, and the marks of Markdown, LaTeX and
# JSON around a word.
_NOISE = re.compile(
    r"[\u05b0-\u05bd\u05bf\u05c1\u05c2\u05f3\u05f4\ufe0e\ufe0f"
    r"\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\u0640\u064b-\u065f\u0670*_`#$~\\{}]+"
)
_BOXED = re.compile(r"\\boxed\s*\{(?:([^{}\n]*)\})?")
_STYLE = re.compile(r"\\(?:text|mathrm|mathbf|textbf|mathsf|bf|rm)\b|</?(?:strong|em|br|p)\s?/?>")
_CIRCLED = {0x2460 + place: f"({place + 1})" for place in range(9)}
_SNAKE = re.compile(r"(?<=[^\W_])_(?=[^\W_])")  # "answer_choice"
_SPECIAL = re.compile(r"<\|\w{1,40}\|>|</?s>|<(?:eos|end_of_turn)>")  # what ends a turn, where it is not skipped
_ROW = re.compile(r"^[ \t]*\|.*\|[ \t]*$", re.MULTILINE)  # of a table
_BOLD_TAG = re.compile(r"<([biu])>([^<>\n]{0,200})</\1>")
_ANSWER_TAG = re.compile(r"<(/?)(?:final_)?answer>", re.IGNORECASE)
# No word spaces: a character is a word here, of Chinese and Japanese, Thai, Lao, Burmese and Khmer.
_CJK = "\u3005-\u3007\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
_UNSPACED = re.compile(f"[{_CJK}]")
_SIGN = "\u0300-\u036f\u0900-\u0963\u0966-\u0dff"  # accents, and the vowel signs of India, which \w leaves out
_WORD = rf"[^\W_{_CJK}](?>(?:[^\W_{_CJK}]|[{_SIGN}])*)"
_HANGUL = "\uac00-\ud7a3"
_KOREAN = "[가나다라마]|[\u1100\u1102\u1103\u1105\u1106]"  # as options are marked; what is said of them sticks to them
_PARTICLE = "(?:입니다|이다|이에요|예요|이라고|라고|번|임|가 정답|이 정답|가 맞|이 맞)"
_SUFFIX = "(?:d[iıuü]r|t[iıuü]r|y[eaiı]|n[iı]n)"  # of Turkish
# What is written onto a noun: the articles of Arabic and Hebrew before it, Korean and Turkish endings behind it
_BEFORE = "ال|ה"
_BEHIND = "입니다|이다|이에요|예요|이며|이고|이라고|라고|은|는|이|가|을|를|의|에|에서|로|으로|과|와|도|인|'?[dt][iıuü]r"
_MAY_GROW = re.compile(rf"[{_HANGUL}\u0590-\u06ff]|[dt][iıuü]r\b", re.IGNORECASE)
SUFFIXED = re.compile(rf"'{_SUFFIX}\b")
_TOKEN = re.compile(
    rf"""(?P<newline>\s*\n\s*)
    |(?P<initials>(?:[A-Z]\.){{2,}})  # "U.S." states no letters
    |(?P<elided>\b(?i:l|d|un|[dn]ell|[ds]?all|sull)')(?=\w|$)(?!{_SUFFIX}\b)
    |(?P<word>[{_CJK}]|[A-Z](?=[{_HANGUL}]|'{_SUFFIX}\b)|\d(?=번)|(?:{_KOREAN})(?={_PARTICLE})|{_WORD}(?>(?:['-](?![{_HANGUL}]){_WORD})*))
    |(?P<mark>\S)""",
    re.VERBOSE,
)


def _boxed(match: re.Match[str]) -> str:
    return "\nboxed: " if match[1] is None else f'\nboxed: "{match[1]}" '


def clean(text: str) -> str:
    """Brings width, white space, markup and invisible characters to one form."""
    text = _ROW.sub(lambda row: row[0].replace("|", " - "), _SPECIAL.sub(" ", text))
    text = _ANSWER_TAG.sub(lambda tag: "\n" if tag[1] else "\nanswer: ", text)
    text = _BOLD_TAG.sub(r"\2", _STYLE.sub("", _BOXED.sub(_boxed, text)))
    text = _SNAKE.sub(" ", unicodedata.normalize("NFKC", text.translate(_CIRCLED)))
    text = _NOISE.sub("", text).replace("\u2019", "'")
    return re.sub(r"[^\S\n]+", " ", text.replace("\r", "\n")).strip()


@lru_cache(maxsize=256)
def _grown(nouns: frozenset[str]) -> re.Pattern[str]:
    longest_first = "|".join(re.escape(noun) for noun in sorted(nouns, key=len, reverse=True))
    return re.compile(rf"(?<!\w)(?:{_BEFORE})?(?P<noun>{longest_first})(?P<behind>{_BEHIND})?(?!\w)", re.IGNORECASE)


def apart(text: str, nouns: frozenset[str], known: Container[str]) -> str:
    """Frees nouns in a clean text of what is written onto them: 은행 입니다, kütüphane dir; بنك, not البنك.

    Args:
        text: Clean text.
        nouns: What may stand alone, in lower case.
        known: Words that stay whole.
    """

    def free(match: re.Match[str]) -> str:
        whole = match[0].lower()
        return match[0] if whole in nouns or whole in known else f"{match['noun']} {match['behind'] or ''}"

    return _grown(nouns).sub(free, text) if nouns and _MAY_GROW.search(text) else text


def is_unspaced(char: str) -> bool:
    """Whether a character is of a script that has no spaces between words."""
    return _UNSPACED.match(char) is not None


def tokens(text: str) -> list[re.Match[str]]:
    """Cuts clean text into words, marks and line ends; a match's `lastgroup` says which."""
    return list(_TOKEN.finditer(text))


def words(text: str) -> tuple[str, ...]:
    """Returns the lower-case tokens of a text that is not clean yet, without line ends."""
    return tuple(match[0].lower() for match in tokens(clean(text)) if match.lastgroup != "newline")
