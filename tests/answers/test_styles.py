"""Responses as instruction-tuned models write them: a kind of wording a table, in many languages."""

import time

import pytest

from calm_harness.answers import extract

DRUGS = ["Aspirin", "Ibuprofen", "Paracetamol", "Naproxen", "Morphine"]
ZH = ["银行", "图书馆", "百货商店", "商场", "纽约"]
KO = ["은행", "도서관", "백화점", "쇼핑몰", "뉴욕"]
JA = ["銀行", "図書館", "デパート", "本屋", "ニューヨーク"]
TR = ["banka", "kütüphane", "mağaza", "çarşı", "New York"]
OPTIONS = {
    "en": DRUGS, "zh": ZH, "ko": KO, "ja": JA, "tr": TR,
    "ar": ["بنك", "مكتبة", "متجر", "سوق", "نيويورك"],
    "he": ["בנק", "ספרייה", "חנות", "קניון", "ניו יורק"],
    "hi": ["बैंक", "पुस्तकालय", "दुकान", "मॉल", "न्यूयॉर्क"],
    "bn": ["ব্যাংক", "গ্রন্থাগার", "দোকান", "মল", "নিউ ইয়র্ক"],
    "it": ["banca", "biblioteca", "grande magazzino", "centro commerciale", "New York"],
    "pt": ["banco", "biblioteca", "loja", "shopping", "Nova York"],
}  # fmt: skip

CORRECTED = [
    ("en", "The answer is B... no wait, C.", "C"),
    ("en", "The answer is B, no, sorry, D.", "D"),
    ("en", "Some would say A. But the answer is really E.", "E"),
    ("en", "My first instinct is D, but upon closer inspection, A is the better choice.", "A"),
    ("it", "La risposta è B. Anzi no, è la A.", "A"),
    ("es", "Al principio pensé que era B, pero en realidad es la C.", "C"),
    ("pl", "Odpowiedź: B. Nie, jednak D.", "D"),
    ("id", "Jawaban: B. Eh, maaf, jawabannya D.", "D"),
    ("ko", "정답은 B가 아니라 A입니다.", "A"),
    ("ja", "AではないのでBです。", "B"),
    ("en", "The answer is C. Is it B? No.", "C"),
    ("zh", "不是A，是B。", "B"),
    ("zh", "我觉得是B吧。", "B"),
]
LEFT_OVER = [
    ("en", "1. Aspirin is no good, so A is out.\n2. D is out.\n\nThat leaves us with C.", "C"),
    ("en", "A, B and D are NSAIDs, and E is an opioid. By elimination, C.", "C"),
    ("en", "It can't be A or B. D is out as well. C it is.", "C"),
    ("de", "A, B und D scheiden aus. Damit bleibt nur C.", "C"),
    ("pt", "Por eliminação, letra D.", "D"),
    ("ru", "Варианты B, C и D можно исключить. Остаётся A.", "A"),
    ("tr", "A, B ve C elenir, geriye D kalır.", "D"),
    ("zh", "因此，选项C是正确的，而A、B、D都不正确。", "C"),
    ("ja", "B、C、Eは違うので、Dです。", "D"),
    ("vi", "Các phương án còn lại đều sai, nên chọn D.", "D"),
]
SEVERAL = [
    ("en", "A, B are correct.", None),
    ("en", r"\boxed{A} and \boxed{B}", None),
    ("en", '{"answer": "A, B"}', None),
    ("en", "Answer: C. A, B are not correct.", "C"),
    ("de", "Sowohl A als auch B sind richtig.", None),
    ("es", "Tanto A como C son correctas.", None),
    ("nl", "Zowel B als C zijn correct.", None),
    ("tr", "Hem A hem de C doğru.", None),
    ("zh", "A、C都正确。", None),
    ("ja", "AもCも正しい。", None),
    ("ja", "正解はAとCです。", None),
    ("ko", "A, C가 정답입니다.", None),
]
GROWN = [  # what is written onto a noun
    ("ko", "은행입니다.", "A"),
    ("ko", "정답은 쇼핑몰입니다.", "D"),
    ("ko", "도서관이 아니라 은행입니다.", "A"),
    ("ko", "도서관이 아닙니다.", None),
    ("ko", "올바른 선택은 D입니다.", "D"),
    ("ko", "정답은 E인 뉴욕입니다.", "E"),
    ("ko", "정답은 ㄴ입니다.", "B"),
    ("tr", "Cevap kütüphanedir.", "B"),
    ("tr", "Doğru seçenek D'dir.", "D"),
    ("tr", "Bu nedenle doğru yanıt A şıkkıdır.", "A"),
    ("ar", "الإجابة هي المكتبة.", "B"),
    ("he", "התשובה היא הבנק.", "A"),
]
BROKEN_OFF = [
    ("en", "The patient needs a safe analgesic. Option A is an NSAID. Option B is", None),
    ("en", "Let me look at each option in turn.\n\nOption A: Aspirin is", None),
    ("en", "**Option A: Aspirin**\nIt inhibits platelets.\n\n**Option B: Ibup", None),
    ("de", "Betrachten wir die Optionen:\nA. Bank: Hier gibt es Türen.\nB. Bibliothek: Hier", None),
    ("zh", "选项分析：\nA. 银行用旋转门\nB. 图书馆", None),
    ("hi", "इसलिए सही विकल्प D है", "D"),
    # The last letter would lead the next line of the list; after a whole list it is the answer.
    ("en", "A. Aspirin: thins the blood.\nB. Ibuprofen: hard on the stomach.\nC", None),
    ("zh", "A. 银行：不开放。\nB. 图书馆：很安静。\nC. 百货商店：很吵。\nD", None),
    ("en", "A. Aspirin: no\nB. Ibuprofen: no\nC. Paracetamol: no\nD. Naproxen: yes\nE. Morphine: no\nD", "D"),
    ("en", "Let us see.\n- **Aspirin**: thins the blood.\n- **Ibuprofen**: hard on the stomach, which is", None),
    ("it", "La banca è un luogo chiuso. La biblioteca è un luogo dove", None),
    ("it", "La banca è un luogo chiuso. Nella banca si entra", "A"),
]
REPEATED = [  # all options once more, behind the answer or in its place
    ("de", "Antwort: C. Paracetamol\n\nBuchstabe der richtigen Antwort:\nA. Aspirin\nB. Ibuprofen\nC. Para", "C"),
    ("en", "Answer:\nA. Aspirin\nB. Ibuprofen\nC. Paracetamol\nD. Naproxen", None),
    ("en", "Answer:\nA. Aspirin\n\nExplanation:\nB. Ibuprofen is hard on the stomach.\nC. Paracetamol is not.", "A"),
    (
        "it",
        "Risposta:\nA. banca\nB. biblioteca\nC. grande magazzino\n\nLa lettera dell'opzione corretta è:\nB. biblioteca",
        "B",
    ),
]
IN_LINE = [
    ("en", "It is safe in pregnancy. This aligns with option C: paracetamol.", "C"),
    ("en", "That would only fit option C.", None),
    ("fr", "Elle doit donc accepter la proposition B.", "B"),
    ("zh", "他们需要安静，这符合选项B：图书馆。", "B"),
    ("zh", "这不符合选项B。", None),
    ("de", "Antwort: B. Ibuprofen. In der Apotheke gibt es nicht viel davon.", "B"),
    ("de", "Antwort: B. Nein, eine richtige Antwort gibt es nicht.", None),
]
DENIED = [
    ("en", "I wouldn't choose A.", None),
    ("en", "That is the wrong answer B.", None),
    ("en", "Answer: C. You might select A in adults.", "C"),
    ("es", "No se trata de la opción A.", None),
    ("fr", "Il ne s'agit pas de la réponse A.", None),
    ("pl", "Pozostaje pytanie, czy A jest poprawna.", None),
    ("zh", "选A是错误的。", None),
    ("zh", "A、B都不正确，C、D也不正确。", None),
]
MARKED = [
    (
        "en",
        "| | Drug | Verdict |\n|---|---|---|\n| A | Aspirin | ❌ |\n| B | Ibuprofen | ✅ |\n| C | Other | ❌ |",
        "B",
    ),
    ("en", "A. Aspirin ❌\nB. Ibuprofen ❌\nC. Paracetamol ✔️\nD. Naproxen ❌", "C"),
    ("en", "| Answer | C |", "C"),
    ("en", "(A) Aspirin (B) Ibuprofen (C) Paracetamol (D) Naproxen (E) Morphine\n\n(C)", "C"),
    ("en", "C<|im_end|>", "C"),
    ("en", "C</s>", "C"),
    ("en", "{'answer_choice': 'D', 'explanation': 'long half-life'}", "D"),
    ("en", r"So \boxed{C} is what they take.", "C"),
    ("ko", "정답: ④ 쇼핑몰", "D"),
    ("ko", "④", "D"),
    ("zh", "① 太远；② 太小。因此选C。", "C"),
]
WORDED = [
    ("en", "It should be C since it is safe.", "C"),
    ("en", "The answer would have to be C.", "C"),
    ("en", "Answer: paracetamol (acetaminophen)", "C"),
    ("en", "While aspirin could help, the kidneys make paracetamol most likely.", "C"),
    ("fr", "Il s'agit de la réponse B.", "B"),
    ("de", "Es handelt sich um Option C.", "C"),
    ("it", "La porta si trova nel grande magazzino.", "C"),
    ("pt", "A resposta é biblioteca.", "B"),
    ("ja", "Bだと思います。", "B"),
    ("ja", "答えはAと考えられます。", "A"),
    ("hi", "मेरा उत्तर B है क्योंकि यह शांत है।", "B"),
    ("bn", "সুতরাং, সঠিক উত্তর C।", "C"),
]


@pytest.mark.parametrize(
    ("language", "response", "letter"),
    [*CORRECTED, *LEFT_OVER, *SEVERAL, *GROWN, *BROKEN_OFF, *REPEATED, *IN_LINE, *DENIED, *MARKED, *WORDED],
)
def test_a_response_in_the_style_of_a_model(language: str, response: str, letter: str | None):
    index = extract(response, OPTIONS.get(language, DRUGS), language)
    assert (None if index is None else "ABCDE"[index]) == letter


@pytest.mark.parametrize(
    ("options", "response", "letter"),
    [
        (["wait", "run", "pick", "select"], "The answer is pick.", "C"),
        (["answer_key", "primary_key", "foreign_key"], "It's the `foreign_key`.", "C"),
        (["①", "②", "③"], "Answer: ②", "B"),
        (["-2", "2", "0"], "The answer is -2.", "A"),
        (["사과", "사과나무", "종이", "종"], "정답은 종이입니다.", "C"),
        (["kış", "yaz", "çadır"], "Cevap: çadır", "C"),
        (["a cat", "a dog", "both"], "Answer: both", "C"),
    ],
)
def test_options_that_are_words_of_answers_or_look_grown(options: list[str], response: str, letter: str):
    assert extract(response, options, "ko") == "ABCDE".index(letter)


@pytest.mark.parametrize(
    ("language", "response", "place"),
    [
        ("zh", "她心里充满了热情。", None),  # passion
        ("zh", "大家叫它热。", 1),
        ("zh", "答案是热。", 1),
        ("zh", "他们住在海边。", None),  # the coast
        ("ja", "彼は熱心だ。", None),
    ],
)
def test_an_option_of_one_character_is_not_found_in_a_longer_word(language: str, response: str, place: int | None):
    assert extract(response, ["海", "热" if language == "zh" else "熱", "桌"], language) == place


@pytest.mark.parametrize(
    "piece",
    [
        "Answer:\nA. ",
        "A. x\nB. y\n",
        "not option A, ",
        "| A ",
        "|\n",
        "은행입니다",
        "은행",
        "_a_",
        "① ",
        "no, ",
        "wait, ",
        "A, ",
        "\\boxed{A} and ",
    ],
)
def test_takes_linear_time(piece: str):
    start = time.process_time()
    extract((piece * 100_000)[:100_000], KO, "ko")
    assert time.process_time() - start < 1
