"""The script and the family of each language that has words of its own (`calm_harness.prompts.languages`).

Scripts are ISO 15924's codes, of the writing that CLDR's likely subtags give for the language alone; a tag that names a
script has that one (`zh-Hant`, `eng_Latn`). Families are the topmost ones of Glottolog. What is not in the table is not
known, and not guessed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

TRAITS = ("script", "family")


class Kind(NamedTuple):
    """A language's script and family; None where it is not known."""

    script: str | None
    family: str | None


_KINDS = {
    "am": Kind("Ethi", "Afro-Asiatic"),
    "ar": Kind("Arab", "Afro-Asiatic"),
    "bn": Kind("Beng", "Indo-European"),
    "ca": Kind("Latn", "Indo-European"),
    "cs": Kind("Latn", "Indo-European"),
    "de": Kind("Latn", "Indo-European"),
    "el": Kind("Grek", "Indo-European"),
    "en": Kind("Latn", "Indo-European"),
    "es": Kind("Latn", "Indo-European"),
    "fa": Kind("Arab", "Indo-European"),
    "fr": Kind("Latn", "Indo-European"),
    "ha": Kind("Latn", "Afro-Asiatic"),
    "he": Kind("Hebr", "Afro-Asiatic"),
    "hi": Kind("Deva", "Indo-European"),
    "hu": Kind("Latn", "Uralic"),
    "id": Kind("Latn", "Austronesian"),
    "it": Kind("Latn", "Indo-European"),
    "ja": Kind("Jpan", "Japonic"),
    "ko": Kind("Kore", "Koreanic"),
    "nl": Kind("Latn", "Indo-European"),
    "pl": Kind("Latn", "Indo-European"),
    "pt": Kind("Latn", "Indo-European"),
    "ro": Kind("Latn", "Indo-European"),
    "ru": Kind("Cyrl", "Indo-European"),
    "sw": Kind("Latn", "Atlantic-Congo"),
    "ta": Kind("Taml", "Dravidian"),
    "te": Kind("Telu", "Dravidian"),
    "th": Kind("Thai", "Tai-Kadai"),
    "tr": Kind("Latn", "Turkic"),
    "uk": Kind("Cyrl", "Indo-European"),
    "ur": Kind("Arab", "Indo-European"),
    "vi": Kind("Latn", "Austroasiatic"),
    "yo": Kind("Latn", "Atlantic-Congo"),
    "zh": Kind("Hans", "Sino-Tibetan"),
}
_BY_REGION = {
    "ha": {"NG": "Latn", "NE": "Latn", "GH": "Latn"},
    "zh": {"CN": "Hans", "SG": "Hans", "TW": "Hant", "HK": "Hant", "MO": "Hant"},
}
"""Languages whose script another region changes, and the regions of which it is known."""
_TAG = re.compile(r"([a-z]{2,3})(?:[-_]([a-z]{4}))?(?:[-_]([a-z]{2}|\d{3}))?", re.IGNORECASE)


def kind_of(tag: str) -> Kind:
    """Return the script and the family of a BCP 47 tag's language; None for what is not known.

    Of a tag with anything beside language, script and region (`zh-yue`, which is another language) nothing is known.
    """
    parts = _TAG.fullmatch(tag)
    if parts is None:
        return Kind(None, None)
    language, script, region = parts[1].lower(), parts[2], parts[3]
    known = _KINDS.get(language, Kind(None, None))
    if script:
        return Kind(script.title(), known.family)
    if region and language in _BY_REGION:
        return Kind(_BY_REGION[language].get(region.upper()), known.family)
    return known


def told(tags: Sequence[str]) -> dict[str, dict[str, str | None]]:
    """Lay out the script and the family of languages, for JSON."""
    return {tag: dict(zip(TRAITS, kind_of(tag), strict=True)) for tag in tags}


def unknown(tags: Sequence[str]) -> list[str]:
    """Name the languages whose script or family is not known."""
    return [tag for tag in tags if None in kind_of(tag)]
