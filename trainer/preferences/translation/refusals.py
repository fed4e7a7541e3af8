"""What a model says in place of a translation: that it cannot, or something about the translation first (pure).

`calm_harness.answers` knows how a text refuses to choose an option ("none of the above"). Here a model refuses to do
what it was asked, in the first person or as what it is; the words are ours, for the languages of X-CSQA and MEDQA.
"""

from __future__ import annotations

import re

PHRASES = {
    "ar": r"لا (أستطيع|يمكنني|أقدر)|نموذج لغوي|أعتذر|آسف",
    "de": r"\bich\b[^.!?]{0,40}\bnicht\b[^.!?]{0,60}\b(erfüllen|übersetzen|helfen|beantworten|bearbeiten|weiterhelfen)"
    r"|\bki-(sprach)?(modell|assistent)|\b(tut mir leid|entschuldigung)\b",
    "en": r"\bI('m| am)? (cannot|can't|can not|unable to|not able to)\b|\bas an? (AI|language model)\b"
    r"|\bI('m| am) sorry\b",
    "es": r"\bno puedo (ayudar|traducir|responder|cumplir|hacer|proporcionar)|\bmodelo de lenguaje\b|\blo siento\b",
    "fr": r"\bje (ne peux|suis incapable)|\b(modèle de langage|intelligence artificielle), je\b|\bdésolée?\b",
    "hi": r"मैं[^।]{0,60}नहीं (कर सकता|कर सकती|दे सकता|दे सकती)|क्षमा करें|भाषा मॉडल",
    "it": r"\bnon (posso|sono in grado di) (aiutar|tradur|rispond|soddisf|fornir)|\bmodello linguistico\b"
    r"|\bmi dispiace\b",
    "ja": r"(お応え|お答え|お手伝い|翻訳|回答|対応)(することは|することが|は)?(でき|致しかね|いたしかね)"
    r"|申し訳(あり|ござい)ません|言語モデル",
    "ko": r"죄송합니다|(도와드릴|번역할|답변할|답할) 수 없|언어 모델",
    "nl": r"\bik kan\b[^.!?]{0,60}\bniet\b|\btaalmodel\b|\bhet spijt me\b",
    "pl": r"\bnie mogę (pomóc|przetłumaczyć|odpowiedzieć|spełnić)|\bmodel językowy\b|\bprzykro mi\b|\bprzepraszam\b",
    "pt": r"\bnão posso (ajudar|traduzir|responder|atender)|\bmodelo de linguagem\b|\b(sinto muito|desculpe)\b",
    "ru": r"\bя не (могу|в состоянии)|\bязыковая модель\b|\b(извините|простите|к сожалению, я)\b",
    "sw": r"\bsiwezi (kutafsiri|kusaidia|kujibu)|\bsamahani\b",
    "tr": r"\b(çeviremem|yardımcı olamam|yanıtlayamam)\b|\bdil modeli\b|\büzgünüm\b",
    "ur": r"معذرت|معاف کیجی|زبان کا ماڈل",
    "vi": r"\btôi (không thể|xin lỗi)|\bmô hình ngôn ngữ\b|\bxin lỗi\b",
    "zh": r"(无法|無法|不能)(满足|滿足|提供|翻译|翻譯|协助|協助|帮助|幫助|回答|完成)"
    r"|(人工智能|語言|语言)(模型|助手)|抱歉",
}
_PATTERNS = {tag: re.compile(phrases, re.IGNORECASE) for tag, phrases in PHRASES.items()}
_TRANSLATION = re.compile(
    "translat|übersetz|traduc|traduz|traduit|tradott|vertaal|vertal|tłumacz|перевод|перевед|ترجم|অনুবাদ|अनुवाद|翻译|翻譯|翻訳|번역|"
    "dịch|çevir|tafsiri",
    re.IGNORECASE,
)
BEGINNING = 160  # characters of a text in which a refusal begins


def refuses(text: str, code: str) -> bool:
    """Whether a text begins by saying that its speaker cannot do what was asked; `code` is a BCP 47 tag."""
    pattern = _PATTERNS.get(code.partition("-")[0])
    return pattern is not None and pattern.search(text[:BEGINNING]) is not None


def announces(original: str, translation: str) -> bool:
    """Whether a translation's first line speaks of translating ("Here is the translation:"), and the original not."""
    return bool(_TRANSLATION.search(translation.strip().partition("\n")[0]) and not _TRANSLATION.search(original))
