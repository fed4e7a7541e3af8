"""What is refused of translations, and what is not: written for one fault each, and real parallel texts."""

from dataclasses import replace
from itertools import permutations

import pytest

from calm_harness.prompts.languages import LANGUAGES, Language
from calm_harness.questions import load
from tests.recorded import CODES, samples_file
from trainer.preferences.samples import load as load_samples
from trainer.preferences.texts import explanation
from trainer.preferences.translation.faults import Side, fault

OPTIONS = {
    "en": ("hospital", "florida keys", "city", "movie theater", "own home"),
    "fr": ("hôpital", "l'archipel des Keys", "ville", "cinéma", "chez soi"),
}
ORIGINAL = Side(
    "Explanation: Coral reefs need warm and shallow water, and the question asks where one may dive among them.\n\n"
    "Of the places that are named, only (B) lies by a warm sea.",
    LANGUAGES["en"],
    OPTIONS["en"],
)
FRENCH = (
    "Explication : Les récifs de corail ont besoin d'une eau chaude et peu profonde, et la question demande où l'on "
    "peut plonger parmi eux.\n\nDe tous les lieux cités, seul (B) se trouve au bord d'une mer chaude."
)
FAULTS = [
    ("", "no words"),
    (".", "no words"),
    ("…\n\n…", "no words"),
    ("12345", "no words"),
    ("<think>\nThe user wants French. " + FRENCH, "thoughts"),
    (ORIGINAL.text, "not in the language"),
    ("I'm sorry, but I cannot translate this text for you, since it may be against the rules.", "not in the language"),
    (FRENCH + "\n\n" + ORIGINAL.text, "not in the language"),
    ("Here is the translation of the text that you gave me, in French:\n\n" + FRENCH, "not in the language"),
    (
        "Spiegazione: Le barriere coralline hanno bisogno di acqua calda e poco profonda, e la domanda chiede dove si "
        "possa nuotare tra di esse. Tra i luoghi citati, solo (B) si trova vicino a un mare caldo.",
        "not in the language",
    ),
    ("La question demande où l'on peut plonger parmi eux. " * 4, "repeats itself"),
    ("eau " * 50, "repeats itself"),
    ("Les récifs ont besoin de chaleur : " + "haha" * 40, "repeats itself"),
    ("Désolé, je ne peux pas traduire ce texte.", "too short"),
    ("B", "not in the language"),
    (FRENCH + "\n\nRéponse : A", "another answer"),
    ("Réponse : A\n\n" + FRENCH, "another answer"),
    (FRENCH + " La bonne réponse est donc C.", "another answer"),
    (FRENCH.replace("(B)", "(D)"), "other letters"),
    (FRENCH + " Les options A, C et D sont fausses.", "other letters"),
    (FRENCH + " C et D sont fausses.", "other letters"),
    ("Okay, let me do this.\n" + FRENCH, "not in the language"),
    ("Voici la traduction du texte : " + FRENCH, "words about the translation"),
    ("Voici la traduction :\n" + FRENCH, "words about the translation"),
    (
        "Je suis désolé, mais je ne peux pas répondre à cette demande. Posez-moi une autre question, s'il vous plaît, "
        "ou adressez-vous à quelqu'un d'autre qui pourra vous aider.",
        "a refusal",
    ),
    (FRENCH[:-10], "breaks off"),
    (FRENCH + "\n\nParmi les autres lieux de cette liste, on", "breaks off"),
]


def judged(text, original=ORIGINAL, answer=1):
    return fault(original, Side(text, LANGUAGES["fr"], OPTIONS["fr"]), answer)


@pytest.mark.parametrize(("text", "reason"), FAULTS)
def test_a_fault_is_named(text, reason):
    assert judged(text) == reason


@pytest.mark.parametrize(
    "text",
    [
        FRENCH,
        FRENCH.replace("\n\n", " "),
        FRENCH + "\n\nRéponse : B",  # the right one
        "<think>Let me translate this into French.</think>\n" + FRENCH,
        FRENCH.replace("Explication", "Explanation"),
        FRENCH.replace("seul (B)", "seul ce lieu"),
    ],
)
def test_a_translation_passes(text):
    assert judged(text) is None


REFUSALS = {  # as long as what they stand for
    "de": "Es tut mir leid, aber ich kann diese Anfrage nicht erfüllen. Bitte stellen Sie mir eine andere Frage, oder "
    "wenden Sie sich an jemanden, der Ihnen dabei weiterhelfen kann.",
    "es": "Lo siento, pero no puedo ayudar con esa petición. Hágame otra pregunta, por favor, o diríjase a otra "
    "persona que sepa más de ese asunto que yo.",
    "it": "Mi dispiace, ma come modello linguistico non posso soddisfare questa richiesta. Fammi un'altra domanda, per "
    "favore, o rivolgiti a qualcun altro che ne sappia di più.",
    "ja": "申し訳ありませんが、そのご要望にはお応えできません。別の質問をしていただくか、ほかの方にお尋ねください。",
    "zh": "很抱歉，我无法满足您的请求。作为一个人工智能语言模型，我只能回答别的问题，请您另外提问。",
    "ru": "Извините, но я не могу выполнить эту просьбу. Задайте мне, пожалуйста, другой вопрос или обратитесь к тому, "
    "кто сможет вам помочь.",
}


@pytest.mark.parametrize("tag", REFUSALS)
def test_a_refusal_is_none_of_the_translations(tag):
    found = fault(ORIGINAL, Side(REFUSALS[tag], LANGUAGES[tag], OPTIONS["en"]), 1)
    assert found == "a refusal"


def test_letters_that_the_original_has_or_that_are_words_are_no_options():
    original = replace(ORIGINAL, text=ORIGINAL.text + " Vitamin C plays no part, says J. Smith; e.g. in plan D.")
    french = FRENCH + " La vitamine C ne joue aucun rôle, dit J. Smith, par exemple dans le plan D. À Y aller, ou non."
    assert judged(french, original) is None


def test_a_text_may_be_much_too_long():
    long = "Les récifs de corail vivent au bord de la mer."
    short = replace(ORIGINAL, text="They live by the sea.")
    assert judged(long, short) is None
    assert judged(f"{long} {FRENCH}", short) == "too long"


SENTENCES = {  # that are alike in languages that are alike
    "es": "La respuesta se explica porque los arrecifes de coral necesitan agua caliente y poco profunda para crecer.",
    "pt": "A resposta explica-se porque os recifes de coral precisam de água quente e pouco profunda para crescer.",
    "ca": "La resposta s'explica perquè els esculls de corall necessiten aigua calenta i poc profunda per créixer.",
    "it": "La risposta si spiega perché le barriere coralline hanno bisogno di acqua calda e poco profonda.",
    "uk": "Відповідь пояснюється тим, що коралові рифи потребують теплої та неглибокої води для росту.",
    "ru": "Ответ объясняется тем, что коралловые рифы нуждаются в тёплой и неглубокой воде для роста.",
    "fa": "پاسخ این است که صخره‌های مرجانی برای رشد به آب گرم و کم‌عمق نیاز دارند.",
    "ur": "جواب یہ ہے کہ مرجانی چٹانوں کو بڑھنے کے لیے گرم اور کم گہرے پانی کی ضرورت ہوتی ہے۔",
    "ar": "والسبب أن الشعاب المرجانية تحتاج إلى مياه دافئة وضحلة لكي تنمو.",
    "zh": "珊瑚礁需要温暖的浅水才能生长，所以可以在那里潜水看到它们。",
    "ja": "サンゴ礁が育つには暖かくて浅い水が必要であるため、そこで潜ると見られる。",
    "nl": "Het antwoord is te verklaren doordat koraalriffen warm en ondiep water nodig hebben om te groeien.",
    "de": "Die Antwort erklärt sich daraus, dass Korallenriffe warmes und flaches Wasser brauchen, um zu wachsen.",
    "cs": "Odpověď se vysvětluje tím, že korálové útesy potřebují k růstu teplou a mělkou vodu.",
    "pl": "Odpowiedź wynika z tego, że rafy koralowe potrzebują do wzrostu ciepłej i płytkiej wody.",
    "ha": "Dalilin amsar shi ne tudun murjani yana bukatar ruwa mai dumi kuma marar zurfi domin ya girma.",
    "yo": "Ìdí ìdáhùn náà ni pé òkìtì iyùn nílò omi tó lọ́wọ́ọ́wọ́ tí kò sì jinlẹ̀ kí ó tó lè dàgbà.",
    "sw": "Jibu linaelezwa na kwamba miamba ya matumbawe inahitaji maji ya joto na ya kina kifupi ili kukua.",
}


@pytest.mark.parametrize("target", SENTENCES)
def test_languages_that_are_alike_are_told_apart(target):
    english = Side(
        "The answer follows since coral reefs need warm and shallow water in order to grow.",
        LANGUAGES["en"],
        ("x", "y"),
    )
    found = {
        language: fault(english, Side(sentence, LANGUAGES[target], ("x", "y")), 0)
        for language, sentence in SENTENCES.items()
    }
    assert found.pop(target) is None
    assert set(found.values()) == {"not in the language"}


@pytest.mark.parametrize("tag", LANGUAGES)
def test_what_every_language_says_in_its_own_words_passes(tag):
    """The instructions of the prompts say the same in all languages; their colons stand for full stops."""
    source = LANGUAGES["fr" if tag == "en" else "en"]
    original, text = (words.instruction.rstrip(":：፦ \u00a0") + "." for words in (source, LANGUAGES[tag]))
    assert fault(Side(original, source, ("x", "y")), Side(text, LANGUAGES[tag], ("x", "y")), 0) is None
    left = fault(Side(original, source, ("x", "y")), Side(original, LANGUAGES[tag], ("x", "y")), 0)
    assert left == "not in the language"


def test_a_language_that_cannot_be_told_is_not_the_one_translated_from():
    made = Language(code="xx", name="Made up", question="q", answer="a")
    assert fault(ORIGINAL, Side("Wo li ba na to me ka ri so; (B) lu ma.", made, OPTIONS["en"]), 1) is None
    assert fault(ORIGINAL, Side(ORIGINAL.text, made, OPTIONS["en"]), 1) == "not in the language"


# Real texts -----------------------------------------------------------------------------------------------------------


def share(faults):
    return sum(found is None for found in faults) / len(faults)


def test_parallel_stems_pass(calm_release):
    """Questions of the release in all pairs of languages: true translations; the bounds were set on the even ones."""
    rows = load("xcsqa", split="train", source=str(calm_release)).rows
    by_question = {}
    for row in rows:
        by_question.setdefault(row.question_id, {})[row.language] = Side(row.stem, LANGUAGES[row.language], row.options)
    faults = [
        fault(cells[source], cells[target], 0)
        for cells in list(by_question.values())[1::4]
        for source, target in permutations(cells, 2)
    ]
    assert len(faults) > 6000
    assert share(faults) > 0.985


def test_what_is_spoilt_is_refused(calm_release):
    """Explanations of the same answer in two languages, and what a translator that fails may make of them."""
    samples = load_samples([f"{language}={samples_file(calm_release, language)}" for language in CODES])
    spoilt = {name: [] for name in ("left", "refusal", "loop", "thoughts", "letter", "dot", "third")}
    for q in range(1, 100, 2):
        sides = {}
        for place, language in enumerate(samples.languages):
            cell = samples.cells[q, place]
            sides[language] = Side(explanation(cell, cell.responses[0]), LANGUAGES[language], cell.options)
        for source, target in permutations(sides, 2):
            original, good = sides[source], sides[target]
            words, third = LANGUAGES[target], next(tag for tag in sides if tag not in (source, target))
            texts = {
                "left": original.text,
                "refusal": "I cannot help with that." if target != "en" else "Ich kann dabei nicht helfen.",
                "loop": f"{good.text} " * 4,
                "thoughts": f"<think>{good.text}",
                "letter": f"{good.text}\n{words.answer}{words.colon}{words.space}E",
                "dot": ".",
                "third": sides[third].text,
            }
            for name, text in texts.items():
                spoilt[name].append(fault(original, replace(good, text=text), 0))
    passed = {name: share(faults) for name, faults in spoilt.items()}
    assert max(passed.values()) < 0.03, passed
