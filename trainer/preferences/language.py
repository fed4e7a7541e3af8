"""Which language a text is in, as far as that can be told (pure)."""

from __future__ import annotations

import unicodedata
from functools import cache

from py3langid.langid import MODEL_FILE, LanguageIdentifier

from calm_harness.prompts.languages import LANGUAGES, Language

LINE = 60  # bytes in UTF-8 from which on the language of a line is asked for by itself
SHORT = 4  # words of a shorter first line, which has to be more like its own language than like the original's
OWN_SCRIPT = 0.5  # share of a text's width in letters that has to be of the language's script
_KANA = ("HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA")


def in_language(text: str, target: Language, source: Language | None = None) -> bool:
    """Whether a text, and each of its longer lines, is in a language, as far as that is known.

    Of the sentences of XQuAD that have `LINE` bytes, in twelve languages, at most 0.6% are refused: lists of names.

    Args:
        text: an explanation.
        target: the language that it should be in.
        source: of a translation, the language that it was translated from: what a language is told apart from that
            py3langid lacks.
    """
    text = text.strip()
    lines = [line for line in text.split("\n") if len(line.encode()) >= LINE]
    first, _, rest = text.partition("\n")
    return (
        _in_script(text, target)
        and all(_identified(part, source, target) for part in {text, *lines})
        and not (source and rest and len(first.split()) >= SHORT and _is_source(first, source, target))
    )


def _is_source(line: str, source: Language, target: Language) -> bool:
    """Whether a line is more like the language that was translated from."""
    before, after = (language.code.partition("-")[0] for language in (source, target))
    identifier = _identifier(frozenset((before, after)))
    return len(identifier.labels) > 1 and bool(identifier.classify(line)[0] == before)


def _identified(text: str, source: Language | None, target: Language) -> bool:
    before = source.code.partition("-")[0] if source else None
    tag = target.code.partition("-")[0]
    identifier = _identifier(frozenset(known.partition("-")[0] for known in (*LANGUAGES, before or tag, tag)))
    found = identifier.classify(text)[0]
    return bool(found == tag if tag in identifier.labels else found != before)


@cache
def _identifier(tags: frozenset[str]) -> LanguageIdentifier:
    """Load what tells these languages apart, as far as it knows them."""
    identifier = LanguageIdentifier.from_model_file(MODEL_FILE)
    identifier.set_languages([tag for tag in sorted(tags) if tag in identifier.labels])
    return identifier


def _in_script(text: str, language: Language) -> bool:
    """Whether most of a text is in the scripts of a language's own instruction; a wide letter says as much as two."""
    own = {_script(char) for char in language.instruction if char.isalpha()}
    widths = [
        (2 if unicodedata.east_asian_width(char) in "WF" else 1, _script(char)) for char in text if char.isalpha()
    ]
    in_own = sum(width for width, script in widths if script in own)
    return not own or in_own >= OWN_SCRIPT * sum(width for width, _ in widths)


def _script(char: str) -> str:
    """Name a letter's script; Japanese has two that go together."""
    name = unicodedata.name(char, "").removeprefix("HALFWIDTH ").partition(" ")[0]
    return "KANA" if name in _KANA else name
