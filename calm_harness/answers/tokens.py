"""How text is cut into words, whatever its language and its markup."""

import re
import unicodedata

# Invisible characters, Arabic vowel signs and tatweel, and the marks of Markdown, LaTeX and JSON around a word.
_NOISE = re.compile(r"[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\u0640\u064b-\u065f\u0670*_`#$~\\{}]+")
_BOXED = re.compile(r"\\boxed\s*\{")
_STYLE = re.compile(r"\\(?:text|mathrm|mathbf|textbf|mathsf|bf|rm)\b|</?(?:strong|em|br|p)\s?/?>")
_BOLD_TAG = re.compile(r"<([biu])>([^<>\n]{0,200})</\1>")
_ANSWER_TAG = re.compile(r"<(/?)(?:final_)?answer>", re.IGNORECASE)
_CJK = "\u3005-\u3007\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"  # no word spaces: a character is a word here
_SIGN = "\u0300-\u036f\u0900-\u0903\u093a-\u094f\u0962\u0963"  # accents, and Hindi vowel signs, which \w leaves out
_WORD = rf"[^\W_{_CJK}](?:[^\W_{_CJK}]|[{_SIGN}])*+"
_TOKEN = re.compile(
    rf"""(?P<newline>\s*\n\s*)
    |(?P<initials>(?:[A-Z]\.){{2,}})  # "U.S." states no letters
    |(?P<elided>\b(?i:l|d|un|[dn]ell|[ds]?all|sull)')(?=\w|$)
    |(?P<word>[{_CJK}]|{_WORD}(?:['-]{_WORD})*+)
    |(?P<mark>\S)""",
    re.VERBOSE,
)


def clean(text: str) -> str:
    """Brings width, white space, markup and invisible characters to one form."""
    text = _ANSWER_TAG.sub(lambda tag: "\n" if tag[1] else "\nanswer: ", text)
    text = _BOLD_TAG.sub(r"\2", _STYLE.sub("", _BOXED.sub("\nboxed: ", text)))
    text = _NOISE.sub("", unicodedata.normalize("NFKC", text)).replace("\u2019", "'")
    return re.sub(r"[^\S\n]+", " ", text.replace("\r", "\n")).strip()


def tokens(text: str) -> list[re.Match[str]]:
    """Cuts clean text into words, marks and line ends; a match's `lastgroup` says which."""
    return list(_TOKEN.finditer(text))


def words(text: str) -> tuple[str, ...]:
    """Returns the lower-case tokens of a text that is not clean yet, without line ends."""
    return tuple(match[0].lower() for match in tokens(clean(text)) if match.lastgroup != "newline")
