"""The words by which a question asks (a table: adding a language is adding a row).

`The capital of France is` and `太阳系最大的行星` are stems as well, and a passage that has them word for word may just
complete them: "The capital of France is Paris." What asks by itself has a word that does: the ones below. Those that
often begin a clause or a phrase (when, quand, wie, как) are left out. A language without a row is told by marks alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from calm_harness.passages.words import words_of

_FIRST = {  # phrases that ask where a stem begins with them; `_` stands between their words
    "ar": "ما ماذا أي أية كم متى أين كيف لماذا هل",
    "de": "was welche welcher welches welchen welchem wer wen wem wessen wo wann warum wieso weshalb wie_viele "
    "wie_viel wie_heißt wie_nennt wozu woraus womit wodurch woran worin wofür wohin woher",
    "el": "τι ποιος ποια ποιο ποιοι ποιες ποιον πού πότε πώς πόσο πόση πόσα πόσες πόσοι γιατί",
    "en": "what which who whom whose where why how",
    "es": "qué cuál cuáles quién quiénes dónde cuánto cuánta cuántos cuántas",
    "fa": "چه کدام چند چرا چگونه",
    "fr": "quel quelle quels quelles qui que quoi qu où pourquoi comment combien lequel laquelle lesquels lesquelles",
    "he": "מה מי איזה איזו אילו כמה מדוע איפה",
    "it": "che chi cosa quale quali qual perché quanto quanta quanti quante dove",
    "nl": "wat welk welke wie waar waarom hoe hoeveel",
    "pl": "co kto kogo który która które jaki jaka jakie ile gdzie dlaczego czym",
    "pt": "que quem qual quais quanto quanta quantos quantas onde",
    "ro": "ce care cine unde câte câți cât",
    "ru": "что кто какой какая какое какие каков какова каково каковы куда откуда где почему зачем как_называется "
    "сколько чей чем чему",
}
_ANYWHERE = {  # phrases that ask wherever they stand
    "hi": "क्या कौन कितने कितनी कितना कहाँ किस किसे कैसे क्यों",
    "ja": "何 誰 どこ どの どれ どちら なぜ いくつ",
    "ko": "무엇 누구 어디 어느 어떤 몇",
    "sw": "nini nani gani wapi lini ngapi",
    "th": "อะไร ใคร ไหน ใด เท่าไร เมื่อไร กี่ ทำไม",
    "tr": "hangi hangisi hangisidir nedir kimdir kaç nerede ne_zaman",
    "ur": "کیا کون کتنے کتنی کہاں کس کیسے",
    "vi": "gì nào ai đâu bao_nhiêu bao_lâu tại_sao",
    "zh": "什么 什麼 哪 谁 誰 多少 怎 为何 為何 如何",
}


def asking_words(language: str, words: Sequence[str]) -> range:
    """Return the places of the first words that ask in a stem, an empty range where none does.

    Args:
        language: BCP 47 tag; what follows the language itself does not matter.
        words: of the stem.
    """
    first, anywhere = _phrases(language.partition("-")[0])
    for phrase in first:
        if list(words[: len(phrase)]) == phrase:
            return range(len(phrase))
    for phrase in anywhere:
        for start in range(len(words) - len(phrase) + 1):
            if list(words[start : start + len(phrase)]) == phrase:
                return range(start, start + len(phrase))
    return range(0)


@cache
def _phrases(tag: str) -> tuple[list[list[str]], list[list[str]]]:
    first, anywhere = ([words_of(phrase) for phrase in table.get(tag, "").split()] for table in (_FIRST, _ANYWHERE))
    return first, anywhere
