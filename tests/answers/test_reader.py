"""What `extract` reads in real responses (labelled by hand) and in written ones (the rule decided what is expected)."""

import json
import re
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calm_harness.answers import extract, spoken
from calm_harness.answers.words import WORDS
from calm_harness.prompts.languages import LANGUAGES

LABELS = Path(__file__).parents[1] / "data" / "answers" / "labels.jsonl"
LABELLED = LABELS.with_name("labelled.jsonl")

EN = ["hospital", "florida keys", "city", "movie theater", "own home"]
ZH = ["医院", "佛罗里达群岛", "城市", "电影院", "自己的家"]
DE = ["Krankenhaus", "der Wald", "Großstadt", "Kino", "Erfrischungsgetränk"]
FR = ["l'hôpital", "la forêt", "ville", "salle de cinéma", "alcool"]
IT = ["ospedale", "la foresta", "città", "a scuola", "casa propria"]
JA = ["病院", "森", "都市", "映画館", "自宅"]
ES = ["hospital", "el bosque", "ciudad", "cine", "casa"]
PT = ["hospital", "a floresta", "cidade", "cinema", "casa própria"]
NL = ["ziekenhuis", "het bos", "stad", "bioscoop", "eigen huis"]
PL = ["szpital", "las", "miasto", "kino", "własny dom"]
RU = ["больница", "лес", "город", "кинотеатр", "собственный дом"]
AR = ["مستشفى", "غابة", "مدينة", "سينما", "منزل"]
VI = ["bệnh viện", "rừng", "thành phố", "rạp chiếu phim", "nhà riêng"]
HI = ["अस्पताल", "जंगल", "शहर", "सिनेमाघर", "अपना घर"]
SW = ["hospitali", "msitu", "mji", "sinema", "nyumbani"]
UR = ["ہسپتال", "جنگل", "شہر", "سینما", "اپنا گھر"]
OPTIONS = {
    "en": EN, "zh": ZH, "de": DE, "fr": FR, "it": IT, "ja": JA, "es": ES, "pt": PT, "nl": NL, "pl": PL, "ru": RU,
    "ar": AR, "vi": VI, "hi": HI, "sw": SW, "ur": UR,
}  # fmt: skip

WRITTEN = [
    # A letter after the word for "answer".
    ("en", "Answer: B. florida keys", "B"),
    ("en", "Answer:<B>", "B"),
    ("en", "Explanation: One goes to the sea.\n\n**Answer: B**", "B"),
    ("en", "**Answer:** B", "B"),
    ("en", "### Answer\n\n**B. florida keys**", "B"),
    ("en", "Answer: <correct option>: B", "B"),
    ("en", "Answer:<correct option>\nB. florida keys", "B"),
    ("en", "answer: b", "B"),
    ("en", "answer: b) florida keys", "B"),
    ("en", "ANSWER: C", "C"),
    ("en", "Final Answer: (D) movie theater", "D"),
    ("en", "Answer - E", "E"),
    ("en", "Answer: Option C", "C"),
    ("en", "Answer: The correct option is C.", "C"),
    ("en", "My answer would be option D because of the screen.", "D"),
    ("en", "The correct answer is (B).", "B"),
    ("en", "The correct answer is therefore B, the Keys.", "B"),
    ("en", "The best answer to this question is most likely C.", "C"),
    ("en", "Therefore, the most appropriate option is B) florida keys.", "B"),
    ("en", "So the answer is:\n\nD. movie theater", "D"),
    ("en", "The answer is A because patients go there.", "A"),
    ("en", '{"answer": "C"}', "C"),
    ("en", "<answer>C</answer>", "C"),
    ("en", "<answer>\nC\n</answer>", "C"),
    ("en", r"The final answer is $\boxed{B}$.", "B"),
    ("en", r"\boxed{\text{D}}", "D"),
    ("en", r"Thus \boxed{(E)}", "E"),
    ("en", "Answer: B. a place that is no option", "B"),
    ("en", "Answer: B. hospital", "B"),
    ("en", "Answer: hospital (C)", "C"),
    ("en", "Answer: A cliff", None),  # "a cliff" is no option
    ("en", "Answer: A city", "C"),
    ("en", "Answer: A. city", "A"),
    ("en", "Sure! Here is my answer:\n\nAnswer: E. own home\n\nLet me know if you need anything else!", "E"),
    (
        "en",
        "Answer: D. movie theater\n\nExplanation: The movie theater has a screen. A hospital is no place for it.",
        "D",
    ),
    ("en", "Answer: B. florida keys\n\nOption A is wrong because it is inland, and C is too large.", "B"),
    # A letter before what is said of it.
    ("en", "B is the correct answer.", "B"),
    ("en", "Option C would be the best choice here.", "C"),
    ("en", "(B) appears to be the most plausible.", "B"),
    ("en", "I think B. florida keys is the most likely answer.", "B"),
    ("en", "D is not the best answer. E is the best answer.", "E"),
    ("en", "I would choose option D.", "D"),
    ("en", "I'll go with (C) city.", "C"),
    # A bare letter.
    ("en", "B", "B"),
    ("en", " B.\n", "B"),
    ("en", " b  ", "B"),
    ("en", "(B)", "B"),
    ("en", "**B**", "B"),
    ("en", "B. florida keys", "B"),
    ("en", "B) florida keys\n\nThe sea is warm there.", "B"),
    ("en", "The sea is warm there.\n\nB. florida keys", "B"),
    ("en", "Explanation: B. florida keys\nThe sea is warm there.", "B"),
    ("en", "Option B", "B"),
    ("en", "Ｂ", "B"),
    ("en", "A hospital is where the doctors are", None),
    # An option's text.
    ("en", "Answer: florida keys", "B"),
    ("en", "Answer: The Florida Keys.", "B"),
    ("en", "Answer: the keys of Florida", None),
    ("en", "Answer: city life", None),
    ("en", "florida keys", "B"),
    ("en", "The correct answer is own home.", "E"),
    ("en", "The correct answer is **movie theater**, because there is a screen.", "D"),
    ("en", "Answer: city or hospital", None),
    # Several letters, refusals, nothing.
    ("en", "Answer: A or C", None),
    ("en", "Answer: A, B and C", None),
    ("en", "Answer: A. hospital, B. florida keys", None),
    ("en", "Answer: A/B", None),
    ("en", "The answer could be found in the text.", None),
    ("en", "A and B are both correct.", None),
    ("en", "Answer: None of the above", None),
    ("en", "Answer: None of the options (A, B, C, D, E) is right.", None),
    ("en", "Answer: It cannot be determined.", None),
    ("en", "I cannot answer this question.", None),
    ("en", "Option A might be wrong. Option B is wrong because it is far.", None),
    ("en", "", None),
    ("en", "Explanation: The general took the hill and the city of", None),
    ("en", "Answer:", None),
    ("en", "Answer:<correct option>", None),
    ("en", "E-mail is the way to reach an A-level student with vitamin C.", None),
    # Negation and change of mind.
    ("en", "The answer is not B.", None),
    ("en", "B is not the answer.", None),
    ("en", "Answer: B (incorrect). The answer is C.", "C"),
    ("en", "Answer: A. hospital\n\nWait, no. The correct answer is C. city.", "C"),
    ("en", "Answer: B\n\nHowever, the right answer is not among the options.", None),
    ("en", "The answer is not A but B.", "B"),
    ("en", "Answer: C (not D)", "C"),
    ("en", "The incorrect options are A and C. The answer is B.", "B"),
    ("en", "None of the other options fit. Answer: B", "B"),
    ("en", "Answer: B. None of the other options fits.", "B"),
    # The prompt or the options repeated, further questions.
    (
        "en",
        "A. hospital B. florida keys C. city D. movie theater E. own home\nThe answer is D.",
        "D",
    ),
    ("en", "A. hospital\nB. florida keys\nC. city\nD. movie theater\nE. own home\n\nC", "C"),
    ("en", "A. hospital\nB. florida keys\nC. city\nD. movie theater\nE. own home", None),
    ("en", "Question: Where?\nA. hospital\nB. florida keys\nC. city\nD. movie theater\nE. own home\nAnswer: E", "E"),
    ("en", "Answer: B\n\nQuestion: Where do fish live?\nA. sea\nB. land\nAnswer: A", "B"),
    ("en", "A. hospital: no\nB. florida keys: no\nC. city: perhaps\nD. movie theater: no", None),
    # The other languages, with their words, with English ones, with Latin letters in every script.
    ("zh", "解析：海水温暖。\n\n答案：B", "B"),
    ("zh", "答案:E自己的家", "E"),
    ("zh", "答案:<D> 电影院", "D"),
    ("zh", "正确答案是B", "B"),
    ("zh", "因此，正确的选项是Ｃ。", "C"),
    ("zh", "综上所述，选项B最合适。", "B"),
    ("zh", "所以选D。", "D"),
    ("zh", "答案不是A，而是C。", "C"),
    ("zh", "答案：电影院", "D"),
    ("zh", "答案：A和C", None),
    ("zh", "答案：以上都不是", None),
    ("zh", "选项A不正确，因为太远。", None),
    ("zh", "Answer: B. 佛罗里达群岛", "B"),
    ("ja", "説明：病気だから。\n\n正答: A", "A"),
    ("ja", "解答: B", "B"),
    ("ja", "正しい選択肢はBです。", "B"),
    ("ja", "最も適切な答えは、Cの「都市」です。", "C"),
    ("ja", "したがって、Dが正解です。", "D"),
    ("ja", "Eが最も適切です。", "E"),
    ("ja", "答え：映画館", "D"),
    ("ja", "答え：AまたはB", None),
    ("ja", "答えはBではありません。", None),
    ("ja", "答え：「Ｂ」", "B"),
    ("de", "Antwort:<B. der Wald>", "B"),
    ("de", "Die richtige Antwort ist B.", "B"),
    ("de", "Die richtige Antwort lautet also: C. Großstadt", "C"),
    ("de", "Antwort: Wald", "B"),
    ("de", "Option D ist die beste Wahl.", "D"),
    ("de", "Antwort: A und B", None),
    ("de", "Antwort: Keine der Optionen A bis E", None),
    ("de", "Die Antwort ist nicht A, sondern B.", "B"),
    ("fr", "Réponse : <B>", "B"),
    ("fr", "La bonne réponse est donc B.", "B"),
    ("fr", "Réponse: A. l'hôpital, à cause des médecins", "A"),
    ("fr", "Réponse : hôpital", "A"),
    ("fr", "La réponse la plus probable est l'option C.", "C"),
    ("fr", "Réponse : C'est un lieu calme.", None),
    ("fr", "A n'est pas la bonne réponse.", None),
    ("fr", "Réponse : aucune des propositions", None),
    ("it", "La risposta corretta è B", "B"),
    ("it", "Risposta: A scuola", "D"),
    ("it", "Risposta: E", "E"),
    ("it", "Risposta: A e B", None),
    ("it", "È vero. E la foresta è grande.", "B"),
    ("it", "L'opzione C è la più probabile.", "C"),
    ("es", "Respuesta: C. ciudad", "C"),
    ("es", "La respuesta correcta es la opción (D).", "D"),
    ("es", "A casa iba el hombre, y el bosque es oscuro.", None),
    ("es", "La respuesta no es A.", None),
    ("pt", "Resposta: A floresta", "B"),
    ("pt", "A resposta correta é a letra C.", "C"),
    ("pt", "A alternativa correta é: D) cinema", "D"),
    ("nl", "Antwoord: B. het bos", "B"),
    ("nl", "Het juiste antwoord is dus optie C.", "C"),
    ("nl", "Antwoord: geen van de opties", None),
    ("pl", "Odpowiedź: D", "D"),
    ("pl", "Poprawna odpowiedź to B. las", "B"),
    ("pl", "A to jest trudne pytanie.", None),
    ("ru", "Ответ: C", "C"),
    ("ru", "Правильный ответ — B.", "B"),
    ("ru", "Правильным ответом является вариант D.", "D"),
    ("ru", "Ответ: лес", "B"),
    ("ar", "الإجابة: B", "B"),
    ("ar", "الإجابة الصحيحة هي C. مدينة", "C"),
    ("ar", "الخيار D هو الأنسب", "D"),
    ("vi", "Đáp án: B. rừng", "B"),
    ("vi", "Đáp án đúng là C.", "C"),
    ("vi", "Vì vậy, tôi chọn phương án D.", "D"),
    ("hi", "उत्तर: B", "B"),
    ("hi", "सही उत्तर (C) शहर है।", "C"),
    ("hi", "इसलिए सही विकल्प D है।", "D"),
    ("hi", "उत्तर B नहीं है।", None),
    ("sw", "Jibu: E", "E"),
    ("sw", "Jibu sahihi ni C. mji", "C"),
    ("ur", "جواب: B", "B"),
    ("ur", "درست جواب C ہے۔", "C"),
    ("ur", "صحیح جواب: شہر", "C"),
    # Other phrasings, language by language.
    ("en", "Answer: <B>. florida keys", "B"),
    ("en", "Answer: <correct option> B. florida keys", "B"),
    ("fr", "Réponse: <option correcte: B>", "B"),
    ("zh", "答案：<正确选项>B", "B"),
    ("de", "Antwort: <richtige Option>: B", "B"),
    ("en", "The correct option is A) hospital", "A"),
    ("en", "Answer: The correct answer is not listed.", None),
    ("fr", "Réponse: L'option correcte est B.", "B"),
    ("it", "Risposta: <opzione corretta> (B)", "B"),
    ("en", "<correct option>A</correct option>", "A"),
    ("en", "Answer: Option B: florida keys", "B"),
    ("zh", "答案：（B）", "B"),
    ("zh", "正确选项：<B>", "B"),
    ("ja", "回答: Bです", "B"),
    ("ja", "答え:<正しい選択肢>はB", "B"),
    ("de", "Die richtige Option ist (B) Großstadt", "B"),
    ("en", "Answer: <A> or <E>", None),
    ("en", "Answer: [B] florida", "B"),
    ("en", "Answer:<B> is the correct option.", "B"),
    ("en", "Answer: No correct option provided.", None),
    ("en", "Answer: Neither A nor B", None),
    ("en", "Answer: <b>", "B"),
    ("zh", "答案是：A. 医院和C. 城市", None),
    ("zh", "答案：A、B", None),
    ("ja", "正解は、<A>", "A"),
    ("ja", "正しい回答：「A」", "A"),
    ("ja", "答えは B です", "B"),
    ("ja", "選択肢Bが正解です", "B"),
    ("zh", "答案：B选项", "B"),
    ("zh", "答案：选B", "B"),
    ("en", "Answer: <A: hospital>", "A"),
    ("en", "Answer: A: hospital", "A"),
    ("en", "Answer: B, florida keys", "B"),
    ("en", "Answer: B florida keys", "B"),
    ("en", "Answer: florida keys, option B", "B"),
    ("en", "Answer: <florida keys (B)>", "B"),
    ("ja", "答え：Aの病院", "A"),
    ("en", "The correct option for this question is B", "B"),
    ("en", "The correct response is B.", "B"),
    ("fr", "La bonne option est la B.", "B"),
    ("fr", "L'option la plus appropriée serait B.", "B"),
    ("it", "L'opzione migliore sarebbe B.", "B"),
    ("it", "Quindi, la risposta più probabile sarebbe la B.", "B"),
    ("de", "Die wahrscheinlichste Option wäre C.", "C"),
    ("de", "C wäre die plausibelste Option.", "C"),
    ("de", "Am wahrscheinlichsten ist Option B.", "B"),
    ("de", "Daher ist (C) die richtige Antwort.", "C"),
    ("zh", "我们可以得出答案是B", "B"),
    ("zh", "最佳选项是B", "B"),
    ("zh", "因此，B选项是正确的。", "B"),
    ("ja", "Bの「都市」が最も適切です。", "B"),
    ("ja", "選択肢Bの「都市」が正解です。", "B"),
    ("ja", "AではなくBが正解です。", "B"),
    ("de", "Daher ist die richtige Antwort B.", "B"),
    ("de", "Somit ist Antwort B richtig.", "B"),
    ("de", "Antwort B ist richtig.", "B"),
    ("de", "Antwort B ist falsch.", None),
    ("fr", "Donc, la réponse est B.", "B"),
    ("fr", "La réponse correcte est donc : <C. ville>", "C"),
    ("fr", "La réponse est l'hôpital (A).", "A"),
    ("it", "La risposta corretta è quindi <B. la foresta>.", "B"),
    ("it", 'La risposta più appropriata è "C. città".', "C"),
    ("it", "Risposta: <B>: la foresta", "B"),
    ("en", "The most likely answer is therefore <C. city>.", "C"),
    ("en", "Based on the text, the answer is likely to be C.", "C"),
    ("en", "Out of the given options, the most suitable one is D. movie theater.", "D"),
    ("en", "Among the options, B is the most appropriate.", "B"),
    ("en", "So, I would say the answer is B.", "B"),
    ("en", "The answer is B or C.", None),
    ("en", "Answer: Both A and B", None),
    ("en", "Answer: All of the above", None),
    ("en", "Answer: B\n\nB is not the only possibility, but it is the most likely.", "B"),
    ("en", "Answer: C. city. (A) hospital is not correct since it is small.", "C"),
    ("en", "Option A is not the best choice. Option B is more suitable. Answer: B", "B"),
    ("en", "The correct answer is: B. Florida Keys. Option A is not the answer.", "B"),
    ("en", "Answer: B) It is warm there", "B"),
    ("en", "Answer: E. none of these", None),
    ("zh", "正确的答案应该是C. 城市", "C"),
    ("zh", "答案：C。城市", "C"),
    ("zh", "答案为B。", "B"),
    ("zh", "答案应该是选项D：电影院。", "D"),
    ("zh", "根据题意，应选择B。", "B"),
    ("zh", "正确答案：B：佛罗里达群岛", "B"),
    ("zh", "A选项不正确。B选项也不正确。", None),
    ("ja", "答え：B\u3000森", "B"),
    ("ja", "答えは「森」です。", "B"),
    ("ja", "正しい答えは森です。", "B"),
    ("ja", "正解：B（森）", "B"),
    ("ja", "答え:<B.森>", "B"),
    ("ja", "よって、答えはBとなります。", "B"),
    ("ja", "Aは間違いです。Bは正しいです。", "B"),
    ("ja", "選択肢の中で最も適切なのはCです。", "C"),
    ("ja", "選択肢Cを選びます。", "C"),
    ("de", "Antwort: <C> Großstadt", "C"),
    ("de", "Die Antwort lautet <B>.", "B"),
    ("de", "Die richtige Antwort wäre Großstadt.", "C"),
    ("de", "Antwort: Die richtige Antwort ist D, da es dunkel ist.", "D"),
    ("de", "Von den gegebenen Optionen ist B die wahrscheinlichste.", "B"),
    ("fr", "Parmi les options proposées, la plus probable est D.", "D"),
    ("fr", "La bonne réponse est la lettre C", "C"),
    ("fr", "Réponse : B ou C", None),
    ("fr", "C'est donc la réponse B.", "B"),
    ("it", "È quindi la risposta B.", "B"),
    ("it", "Risposta: l'opzione corretta è D.", "D"),
    ("it", 'Risposta: "foresta"', "B"),
    ("it", "Risposta: B - la foresta", "B"),
    ("es", "La opción más probable es la C.", "C"),
    ("pt", "A resposta é B.", "B"),
    ("nl", "Het antwoord is B.", "B"),
    ("pl", "Odpowiedź: B, ponieważ las jest duży.", "B"),
    ("ru", "Ответ: B) лес", "B"),
    ("ru", "Вариант B — правильный ответ.", "B"),
    ("vi", "Câu trả lời đúng là phương án B.", "B"),
    ("ar", "الجواب الصحيح: (B)", "B"),
    ("hi", "सही विकल्प है: B", "B"),
    ("hi", "विकल्प B सबसे उपयुक्त है।", "B"),
    ("ur", "B درست جواب ہے۔", "B"),
    ("sw", "Jibu ni B.", "B"),
    ("en", "Answer: C\nExplanation: The answer to the riddle is a city, not a hospital.", "C"),
    ("en", "Answer: C\nNote: The answer may vary.", "C"),
    ("en", "Answer: <correct option: C. city>", "C"),
    ("en", "Answer: Correct option - C", "C"),
    ("en", "Correct: C", "C"),
    ("en", "A. hospital is the correct answer.", "A"),
    ("en", 'Answer: "C"', "C"),
    ("en", "Answer: 'C. city'", "C"),
    ("en", "The answer would be A hospital.", "A"),
    ("en", "Answer: D.movie theater", "D"),
    ("en", "Answer:D", "D"),
    ("en", "answer is (d) movie theater", "D"),
    ("en", "The answer (B) is correct.", "B"),
    ("en", "Hence, (C).", "C"),
    ("en", "Therefore, B.", "B"),
    ("en", "So the answer is C, city.", "C"),
    # Explanations that state no answer, or several.
    ("zh", "解释：电影院是看电影的地方。", "D"),
    ("zh", "所以选项B和C都是不合适的。", None),
    ("zh", "因此，最佳地点是城市（C）或电影院（D）。", None),
    ("de", "Eine Möglichkeit ist das Kino, das dunkel ist.", "D"),
    ("de", "Die Option A Krankenhaus scheint irrelevant, ebenso E.", None),
    ("en", 'Explanation: A "city" in this sense is a place.', "C"),
    ("xx", "Answer: B", "B"),
    # What an option is for, said after the answer.
    ("fr", "Réponse : B. L'option A est pour les malades.", "B"),
    ("it", "Risposta: B\nSpiegazione: l'opzione C è per chi ama la folla.", "B"),
    ("de", "Antwort: B. Option A ist, wenn man krank ist.", "B"),
    ("es", "Respuesta: B. La opción A es si estás enfermo.", "B"),
    ("nl", "Antwoord: B\n\nUitleg: optie A is als je ziek bent, optie C is voor wie van drukte houdt.", "B"),
    ("ru", "Ответ: Б\n\nПояснение: вариант А это если человек болен.", "B"),
    ("en", "Answer: B. Option C should be chosen only by those who like crowds.", "B"),
    # Words of one letter at the start of a sentence.
    ("pt", "A melhor opção é cinema.", "D"),
    ("pt", 'A alternativa correta é a letra "e".', "E"),
    ("pl", "A zatem prawidłowa odpowiedź to kino.", "D"),
    ("en", "A best option is city", "C"),
    ("ru", "В ответе нужно назвать место. Ответ: Г", "D"),
    # Letters of other alphabets, numbers, and letters that look like Latin ones.
    ("ar", "الإجابة: ج", "C"),
    ("ar", "الخيار الصحيح هو (ب).", "B"),
    ("hi", "उत्तर: (ग) शहर", "C"),
    ("hi", "सही उत्तर सी है।", "C"),
    ("ur", "جواب: ب", "B"),
    ("fa", "پاسخ: ب", "B"),
    ("ru", "Ответ: С", "C"),
    ("ru", "Правильный ответ — в.", "C"),
    ("uk", "Відповідь: Г", "D"),
    ("el", "Απάντηση: γ", "C"),
    ("he", "התשובה היא ג׳", "C"),
    ("ko", "정답은 '다'입니다.", "C"),
    ("ko", "정답은 B입니다.", "B"),
    ("th", "คำตอบคือ ข.", "B"),
    ("bn", "সঠিক উত্তর গ।", "C"),
    ("am", "መልስ፦ ለ", "B"),
    ("zh", "答案：丙", "C"),
    ("zh", "答案：②", "B"),
    ("ja", "答え：ウ", "C"),
    ("ja", "答え：ロ", "B"),
    ("en", "The answer is option number 2.", "B"),
    ("tr", "Doğru cevap B'dir.", "B"),
    ("cs", "Správná odpověď je b).", "B"),
    ("ca", "La resposta correcta és la B, perquè és a prop del mar.", "B"),
    ("ca", "Resposta: C. L'opció A seria per als malalts.", "C"),
    ("hu", "A helyes válasz a B.", "B"),
    ("hu", "Válasz: C\nA többi lehetőség helytelen.", "C"),
    ("id", "Jawaban yang benar adalah B.", "B"),
    ("ro", "Varianta corectă este litera b.", "B"),
    ("ta", "விடை: B", "B"),
    ("te", "సరైన సమాధానం B.", "B"),
    ("yo", "Ìdáhùn: B", "B"),
    ("ha", "Amsa: B", "B"),
    # Letters without an answer word, in lower case, first, or after others were ruled out.
    ("en", "=> B", "B"),
    ("en", "B, obviously.", "B"),
    ("en", "B – florida keys", "B"),
    ("en", "The correct choice is b, by the sea.", "B"),
    ("es", "Es la B.", "B"),
    ("es", "Yo diría que es la d.", "D"),
    ("en", "They swim, which rules out C, leaving B.", "B"),
    ("en", "B. They swim.\n\nQuestion: Who sells bread?\nA. a baker\nAnswer: A", "B"),
    # Texts in sentences.
    ("en", "I would send them to the florida keys.", "B"),
    ("en", "It is hospital", "A"),
    ("fr", "C'est la forêt.", "B"),
    ("hi", "सही उत्तर जंगल है।", "B"),
    ("ur", "صحیح جواب جنگل ہے۔", "B"),
    ("en", "They would go to the city, not to a hospital.", "C"),
    ("en", "They may like the city. They may like a hospital.", None),
]

NEGATIONS = ["Yes", "No", "None of these", "Not enough information"]


@pytest.mark.parametrize(
    ("response", "letter"),
    [
        ("Answer: (B) No.", "B"),
        ("No, it does not.", "B"),
        ("The answer is no.", "B"),
        ("No such link was found, so the answer is A.", "A"),
        ("None of these is correct. Answer: C", "C"),
        ("None of these.", "C"),
        ("Not enough information.", "D"),
        ("Answer: D. Not enough information is given to say yes or no.", "D"),
    ],
)
def test_options_that_deny_and_refuse_are_options(response: str, letter: str):
    index = extract(response, NEGATIONS, "en")
    assert (None if index is None else "ABCD"[index]) == letter


@pytest.mark.parametrize(("language", "response", "letter"), WRITTEN)
def test_written_responses(language: str, response: str, letter: str | None):
    index = extract(response, OPTIONS.get(language, EN), language)
    assert (None if index is None else "ABCDE"[index]) == letter


LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@pytest.fixture(scope="module")
def sampled(calm_release) -> dict[str, list[dict]]:
    """The release's rows with their sampled responses, by BCP 47 tag."""
    folder = calm_release / "data" / "xcsqa" / "samples"
    files = {
        tag: folder / f"x_csqa_{code}_train_sampled.json"
        for tag, code in {"en": "en", "zh": "cn", "fr": "fr", "de": "de", "it": "it", "ja": "ja"}.items()
    }
    return {tag: json.loads(file.read_text(encoding="utf-8")) for tag, file in files.items()}


def _options(row: dict) -> list[str]:
    match = re.search(r"\nA\. (.*)\nB\. (.*)\nC\. (.*)\nD\. (.*)\nE\. (.*)", row["input"])
    assert match
    return [text.strip() for text in match.groups()]


def test_agrees_with_readers_on_real_responses(sampled):
    labels = [json.loads(line) for line in LABELS.read_text(encoding="utf-8").splitlines()]
    differ, wrong = [], []
    for label in labels:
        row = sampled[label["language"]][label["row"]]
        index = extract(row["pred"][label["sample"]], _options(row), label["language"])
        letter = None if index is None else LETTERS[index]
        if letter != label["label"]:
            (differ if letter is None else wrong).append((label, letter))
    assert len(labels) == 372
    assert len(differ) + len(wrong) <= 0.03 * len(labels), differ + wrong
    assert len(wrong) <= 6, wrong


def labelled(sampled, chat_responses):
    """Group, language, options, response and label of each of the 401."""
    chats = {
        path.stem: [json.loads(line) for line in path.read_text("utf-8").splitlines()]
        for path in chat_responses.glob("*.jsonl")
    }
    for line in LABELLED.read_text("utf-8").splitlines():
        row = json.loads(line)
        group, name, *places = row["id"].split("/")
        options, response = row.get("options"), row.get("response")
        if group == "chat":
            chat = chats[name][int(places[0])]
            options, response = chat["options"], chat["response"]
        elif group == "release":
            sample = sampled[name][int(places[0])]
            options, response = _options(sample), sample["pred"][int(places[1])]
        yield group, row, options, response


def test_agrees_with_readers_on_responses_of_every_kind(sampled, chat_responses):
    rows = list(labelled(sampled, chat_responses))
    assert len(rows) == 401
    missed, wrong = [], []
    for _, row, options, response in rows:
        index = extract(response, options, row["language"])
        if index != row["answer"]:
            (missed if index is None else wrong).append(row["id"])
    assert len(missed) + len(wrong) <= 0.03 * len(rows), missed + wrong
    assert len(wrong) <= 0.01 * len(rows), wrong


def test_thoughts_that_never_end_are_those_that_readers_found(sampled, chat_responses):
    found = {row["id"] for _, row, _, response in labelled(sampled, chat_responses) if not spoken(response).finished}
    assert found == {row["id"] for _, row, _, _ in labelled(sampled, chat_responses) if row.get("unfinished")}


def test_reads_all_real_responses_in_seconds(sampled):
    start = time.perf_counter()
    read = [
        extract(response, _options(row), tag)
        for tag, rows in sampled.items()
        for row in rows
        for response in row["pred"]
    ]
    assert len(read) == 16182
    assert read.count(None) / len(read) < 0.015
    assert time.perf_counter() - start < 30


@pytest.mark.parametrize("count", [2, 4, 26])
def test_letters_range_over_the_options(count: int):
    options = [f"thing {number}" for number in range(count)]
    for index, letter in enumerate(LETTERS):
        assert extract(f"Answer: {letter}", options, "en") == (index if index < count else None)


def test_text_of_two_options_is_no_answer_but_a_letter_is():
    assert extract("Answer: night", ["night", "dusk", "night"], "en") is None
    assert extract("Answer: C. night", ["night", "dusk", "night"], "en") == 2


def test_options_may_contain_the_words_of_answers():
    options = ["answer telephone call", "none of the above", "the answer is B", "not", "vitamin C"]
    assert extract("Answer: D. not", options, "en") == 3
    assert extract("Answer: none of the above", options, "en") == 1
    assert extract("Answer: vitamin C", options, "en") == 4
    assert extract("Answer: answer telephone call", options, "en") == 0
    assert extract("Answer: B. none of the above", options, "en") == 1


@pytest.mark.parametrize(
    "piece",
    [
        *[
            "answer ",
            "answer: ",
            "Answer: ",
            "Answer: A\n",
            "\nAnswer:\n",
            "answer is ",
            "the answer A, ",
            "is correct ",
        ],
        *["A", "A ", "A, ", "A.", "A or ", "A. city ", "\nA. hospital", "A wrong ", "not A but ", "option is option "],
        *[
            "none of the ",
            "city ",
            "x-",
            "x'",
            "- ",
            "(",
            "<b>",
            "**",
            "\\boxed{",
            "\\boxed ",
            "a\u0301",
            "क्षा",
            "答案",
            "Bは",
        ],
        *[" ", "\t", "\r", "\n", "\n\n "],
    ],
)
def test_takes_linear_time(piece: str):
    response = (piece * 100_000)[:100_000]
    start = time.process_time()
    extract(response, EN, "en")
    assert time.process_time() - start < 1


PIECES = [
    *["answer", "Answer:", "answer:", "Réponse", "答案", "उत्तर", "option", "correct", "none of the above", "Question:"],
    *[
        "is",
        "是",
        "は",
        "not",
        "or",
        "and",
        "the",
        "because",
        "A",
        "B",
        "C",
        "E",
        "a",
        "e",
        "é",
        "B.",
        "D)",
        "hospital",
        "city",
    ],
    *["(", ")", "<", ">", ".", ",", ":", "-", " ", "\n", "'", "*", "\\boxed{", "}"],
]
ALPHABET = st.sampled_from(PIECES)
RESPONSES = st.one_of(st.text(), st.lists(ALPHABET, max_size=30).map("".join), st.lists(ALPHABET).map(" ".join))
TAGS = st.sampled_from([*LANGUAGES, "xx", ""])


@given(RESPONSES, st.lists(st.text(), min_size=2, max_size=26), TAGS)
def test_returns_none_or_an_index(response: str, options: list[str], language: str):
    index = extract(response, options, language)
    assert index is None or 0 <= index < len(options)


@given(RESPONSES, TAGS, st.sampled_from([" ", "\n", "\n\n", "\t", " \n \u200b"]), st.sampled_from(["", "\n", "  "]))
def test_space_around_changes_nothing(response: str, language: str, before: str, after: str):
    assert extract(before + response + after, EN, language) == extract(response, EN, language)


@given(
    st.sampled_from(sorted(LANGUAGES)),
    st.sampled_from("ABCDE"),
    st.sampled_from(["{}", "**{}**", "__{}__", "{}.", "<{}>", "({})", "`{}`", " {} ", "{}\n", "[{}]"]),
    st.sampled_from(["{}", "**{}**", "* {}", "\n\n{}", "### {}", "- {}"]),
)
def test_every_language_in_any_markup(language: str, letter: str, mark: str, line_mark: str):
    row = LANGUAGES[language]
    line = line_mark.format(f"{row.answer}{row.colon}{row.space}{mark.format(letter)}")
    response = f"{row.explanation}{row.colon}{row.space}{row.placeholder_explanation}\n{line}"
    assert extract(response, OPTIONS.get(language, EN), language) == "ABCDE".index(letter)


def test_a_language_is_a_row_in_both_tables():
    assert set(WORDS) == set(LANGUAGES)
