"""The letters by which options are marked in other alphabets than the Latin one, and their places.

A letter that is also a word (Russian "в", Arabic "و") marks an option only where it is set off: see
`calm_harness.answers.line`.
"""

from functools import cache

from calm_harness.answers.tokens import words

LISTS = (
    "أ ب ج د ه",
    "ا ب ج د هـ",
    "إ ب ج د ه",
    "الف ب ج د ه",  # Persian, Urdu
    "اے بی سی ڈی ای",  # the names of A to E in Urdu
    "क ख ग घ ङ",
    "अ ब स द",
    "ए बी सी डी",  # the names of A to D in Hindi
    "ক খ গ ঘ ঙ",
    "এ বি সি ডি",
    "அ ஆ இ ஈ உ",
    "ஏ பி சி டி",
    "అ ఆ ఇ ఈ ఉ",
    "ఎ బి సి డి",
    "ಅ ಆ ಇ ಈ ಉ",
    "അ ആ ഇ ഈ ഉ",
    "અ બ ક ડ",
    "а б в г д",
    "α β γ δ ε",
    "א ב ג ד ה",
    "ሀ ለ ሐ መ ሠ",
    "ก ข ค ง จ",
    "ກ ຂ ຄ ງ",
    "ក ខ គ ឃ",
    "가 나 다 라 마",
    "ㄱ ㄴ ㄷ ㄹ ㅁ",
    "甲 乙 丙 丁 戊",
    "ア イ ウ エ オ",
    "ა ბ გ დ ე",
    "ա բ գ դ ե",
)
IROHA = "イ ロ ハ ニ ホ"  # イ is second in the list above: where ロ, ハ or ニ stand, it is the first
LOOKALIKES = {"с": 2, "е": 4, "ϲ": 2}  # of Latin letters, without a place of their own among the first five
_B = "в"  # third in its own alphabet, and like a Latin B beside letters that are like Latin ones


def _letters(letters: str) -> list[str]:
    return [word for letter in letters.split() for word in words(letter)]


LETTERS = frozenset(letter for letters in (*LISTS, IROHA) for letter in _letters(letters)) | LOOKALIKES.keys()


@cache
def places(iroha: bool, latin: bool) -> dict[str, int]:
    """Letter, in lower case -> place.

    Args:
        iroha: Whether ロ, ハ or ニ are used as letters.
        latin: Whether Cyrillic letters stand for the Latin ones that they look like.
    """
    found = {letter: place for letters in LISTS for place, letter in enumerate(_letters(letters))} | LOOKALIKES
    for place, letter in enumerate(_letters(IROHA)):
        if iroha or place > 0:
            found[letter] = place
    return found | ({_B: 1} if latin else {})
