"""How each language asks for a translation into itself.

The instruction stands in the language of the completion: a task's prompt is in the language of its answer too, so what
is learned is to go on in the language of what asks. It also takes one sentence a language, not one a pair of languages.
"""

from __future__ import annotations

from calm_harness.errors import CalmError

INSTRUCTIONS = {
    "en": "Translate the following text into English:",
    "zh": "请将以下文本翻译成中文：",
    "de": "Übersetzen Sie den folgenden Text ins Deutsche:",
    "es": "Traduzca el siguiente texto al español:",
    "fr": "Traduisez le texte suivant en français\u00a0:",
    "it": "Traduca il seguente testo in italiano:",
    "ja": "次の文章を日本語に翻訳してください：",
    "nl": "Vertaal de volgende tekst naar het Nederlands:",
    "pl": "Przetłumacz poniższy tekst na język polski:",
    "pt": "Traduza o texto a seguir para o português:",
    "ru": "Переведите следующий текст на русский язык:",
    "ar": "ترجم النص التالي إلى العربية:",
    "vi": "Hãy dịch văn bản sau sang tiếng Việt:",
    "hi": "निम्नलिखित पाठ का हिन्दी में अनुवाद कीजिए:",
    "sw": "Tafsiri maandishi yafuatayo kwa Kiswahili:",
    "ur": "درج ذیل متن کا اردو میں ترجمہ کیجیے:",
    "ko": "다음 글을 한국어로 번역하십시오:",
    "tr": "Aşağıdaki metni Türkçeye çevirin:",
    "id": "Terjemahkan teks berikut ke dalam bahasa Indonesia:",
    "th": "จงแปลข้อความต่อไปนี้เป็นภาษาไทย:",
    "bn": "নিচের পাঠ্যটি বাংলায় অনুবাদ করুন:",
    "fa": "متن زیر را به فارسی ترجمه کنید:",
    "he": "תרגמו את הטקסט הבא לעברית:",
    "el": "Μεταφράστε το ακόλουθο κείμενο στα ελληνικά:",
    "uk": "Перекладіть наведений нижче текст українською мовою:",
    "cs": "Přeložte následující text do češtiny:",
    "ro": "Traduceți următorul text în limba română:",
    "ta": "பின்வரும் உரையைத் தமிழில் மொழிபெயர்க்கவும்:",
    "te": "కింది వచనాన్ని తెలుగులోకి అనువదించండి:",
    "yo": "Ẹ túmọ̀ ọ̀rọ̀ ìsàlẹ̀ yìí sí èdè Yorùbá:",
    "ha": "Ku fassara rubutun da ke ƙasa zuwa Hausa:",
    "am": "የሚከተለውን ጽሑፍ ወደ አማርኛ ይተርጉሙ፦",
    "ca": "Traduïu el text següent al català:",
    "hu": "Fordítsa le a következő szöveget magyarra:",
}


def instruction(language: str) -> str:
    """Return the sentence that asks for a translation into a language, in that language.

    Raises:
        CalmError: there is none.
    """
    if language not in INSTRUCTIONS:
        raise CalmError(
            f"no instruction to translate into {language!r} (known: {' '.join(INSTRUCTIONS)}); leave the language out "
            "with --languages, or add one to trainer/parallel/instructions.py"
        )
    return INSTRUCTIONS[language]
