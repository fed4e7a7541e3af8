"""The rules by which an answer is found: each with what it is for, and examples that a test walks.

A rule finds statements in a line of tokens; of all statements the last one counts (`calm_harness.answers.reader`). To
change one, change its examples first; `calm data explain` says which rule decides.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from calm_harness.answers.statements import B_FIRST, B_LAST, SO_B, Find, instead, judged, linked, set_off, unlinked
from calm_harness.answers.texts import alone, headed, only_text, option_named, refusals, text_is

OPTIONS = {  # of the examples
    "en": ("hospital", "florida keys", "city", "movie theater", "own home"),
    "de": ("Krankenhaus", "der Wald", "Großstadt", "Kino", "zu Hause"),
    "es": ("hospital", "el bosque", "ciudad", "cine", "casa"),
    "pt": ("hospital", "a floresta", "cidade", "cinema", "casa própria"),
    "ru": ("больница", "лес", "город", "кинотеатр", "собственный дом"),
    "ar": ("مستشفى", "غابة", "مدينة", "سينما", "منزل"),
    "hi": ("अस्पताल", "जंगल", "शहर", "सिनेमाघर", "अपना घर"),
    "ja": ("病院", "森", "都市", "映画館", "自宅"),
    "yes": ("Yes", "No", "Maybe"),
}


class Example(NamedTuple):
    """A response and the letter that it states, "-" for none; the options are those of the language."""

    language: str
    response: str
    letter: str
    options: str = ""  # which of `OPTIONS`, where not the language's

    @property
    def texts(self) -> tuple[str, ...]:
        """The options' texts."""
        return OPTIONS[self.options or self.language]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule.

    Attributes:
        name: Short, as `calm data explain` prints it.
        about: What it is for.
        find: Finds its statements.
        examples: What it decides.
    """

    name: str
    about: str
    find: Find
    examples: tuple[Example, ...]


def _e(language: str, response: str, letter: str, options: str = "") -> Example:
    return Example(language, response, letter, options)


STATING = (
    Rule(
        "the answer is B",
        "A letter linked to an answer word, a good word or an option word, or chosen in the first person.",
        linked,
        (
            _e("en", "The best answer to this question is most likely C.", "C"),
            _e("en", "Answer:<B>", "B"),
            _e("en", "I'd go with option D, since films are shown there.", "D"),
            _e("en", "The answer is not A but B.", "B"),
            _e("en", "The answer is A or C.", "-"),
            _e("es", "La respuesta correcta es la letra d, el cine.", "D"),
            _e("ru", "Правильный ответ — Б.", "B"),
            _e("ar", "الإجابة: **(د)**", "D"),
        ),
    ),
    Rule(
        "answer B",
        "A letter right after the answer or option word: alone on its line, or at a sentence's end before the verb.",
        unlinked,
        (
            _e("en", "Explanation: It is by the sea.\nAnswer B", "B"),
            _e("hi", "उत्तर B है।", "B"),
            _e("en", "So they swim: the correct answer (B).", "B"),
            _e("en", "Option A is for the sick.", "-"),
        ),
    ),
    Rule(
        "not A but B",
        "Two letters, of which the second stands in the place of the first.",
        instead,
        (
            _e("en", "The best one to name here is not A but B.", "B"),
            _e("de", "Es ist nicht A, sondern B.", "B"),
        ),
    ),
    Rule(
        "B first",
        "A response that begins with a letter, set off by a mark or followed by its own text or a reason.",
        set_off(B_FIRST),
        (
            _e("en", "B - florida keys", "B"),
            _e("en", "**B**\n\nHere is why the others are less suitable:\n* **A. hospital** is for the sick.", "B"),
            _e("en", "It's B.", "B"),
            _e("es", "Es la C, no la D.", "C"),
            _e("en", "A. hospital: no\nB. florida keys: no\nC. city: perhaps", "-"),
            _e("en", "A hospital is no place to swim.", "-"),
        ),
    ),
    Rule(
        "so B",
        "A sentence that is nothing but a conclusion.",
        set_off(SO_B),
        (_e("en", "They swim. So B.", "B"), _e("en", "They swim, so B.", "B")),
    ),
    Rule(
        "B last",
        "A last line that is a letter.",
        set_off(B_LAST),
        (_e("en", "The answer could be D. But they swim.\n\n**B**", "B"),),
    ),
    Rule(
        "B is right",
        "A letter that is said to be right, best, or the answer; if only in passing, where nothing else is stated.",
        judged,
        (
            _e("en", "B is the best choice here.", "B"),
            _e("ja", "Bが正解です。", "B"),
            _e("en", "Answer: B. A would be right if they were ill.", "B"),
            _e("en", "A is wrong, B is correct.", "B"),
        ),
    ),
    Rule(
        "the answer is this text",
        "The text of an option, linked to an answer word; a letter in the same sentence counts before it.",
        text_is,
        (
            _e("en", "The answer is florida keys.", "B"),
            _e("pt", "A alternativa correta é cinema.", "D"),
            _e("hi", "सही उत्तर शहर है।", "C"),
            _e("en", "The answer is no.", "B", "yes"),
        ),
    ),
    Rule(
        "none of them",
        "A refusal: what was stated before it no longer counts.",
        refusals,
        (_e("en", "None of the above is correct.", "-"), _e("en", "It cannot be determined.", "-")),
    ),
)
"""Rules that find statements; the last statement counts."""

HEADED = Rule(
    "Answer: this text",
    "What stands after the answer word at the start of a line, where no other rule finds anything there.",
    headed,
    (
        _e("en", "Answer: florida keys, by the sea", "B"),
        _e("en", "Answer: hospital or city", "-"),
        _e("en", "No, it does not show that.\nAnswer: (B) No", "B", "yes"),
    ),
)

LEAST = (
    Rule(
        "lines led by one letter",
        "Lines that begin with a letter, if it is the same in all of them.",
        alone(
            r"(?m) ^ (?P<after_colon> (?<= : newline ))?"
            r"(?:[^ newline . ! : letter ]{1,6}:)?[-(\" filler good option ,:]{0,4}"
            r"(?P<said> letter )(?:[.):](?P<broken_off> (?= [^ newline ]*[^ newline .!)\" text letter ] \Z ))?"
            r"| (?= [(\"]* text?[)\".!]*$ ))"
        ),
        (_e("en", "They swim there\nB. florida keys\nwhich is by the sea", "B"),),
    ),
    Rule(
        "a line that is a text",
        "A line that is nothing but the text of an option, if it is the same in all such lines.",
        alone(r"(?m) ^[-(\" filler :]{0,3} (?P<said> text )[).\"!]*$"),
        (_e("en", "They swim there.\nflorida keys", "B"), _e("en", "No.", "B", "yes")),
    ),
    Rule(
        "a text first",
        "A response that begins with the text of an option, set off by a mark.",
        alone(r"\A [-(\" filler ]{0,3} (?P<said> text ) (?! , [ filler (\"]? text )(?= [)\".!:,-]| newline | \Z )"),
        (_e("en", "No, they did not find that.", "B", "yes"), _e("en", "Florida keys, because they swim.", "B")),
    ),
    Rule(
        "a text is right",
        "The text of an option that is said to be right or best, if it is the only one.",
        alone(
            r"(?P<said> text )[\")]{0,2}(?: is filler{0,3}| filler? ) good+ [ word option ]?+"
            r"(?= [)]?(?:[.!, newline ]| \Z ))"
        ),
        (
            _e("en", "A movie theater is the best place. They might see a hospital there.", "D"),
            _e("en", "A city is best, a hospital is best.", "-"),
        ),
    ),
    Rule(
        "one letter in brackets",
        "A letter in brackets, if there is no other one.",
        alone(r"\( option? (?P<said> letter ) \)"),
        (_e("en", "They may be glad to swim (B) by the sea.", "B"),),
    ),
    Rule(
        "in line with option B",
        "The one letter of a response, after the option word at a clause's end; denied, asked, supposed by nothing.",
        option_named,
        (
            _e("en", "They want to swim. This aligns well with option B, florida keys.", "B"),
            _e("en", "They swim, which matches option B. The sea is there.", "B"),
            _e("es", "Encaja con la opción D: cine.", "D"),
            _e("en", "This is not in line with option B.", "-"),
            _e("en", "This fits option B. It fits option D as well.", "-"),
        ),
    ),
    Rule(
        "one text in a sentence",
        "A sentence with the text of one option and no letter, which denies, asks and supposes nothing.",
        only_text,
        (
            _e("en", "I would send them to the hospital.", "A"),
            _e("de", "Eine Möglichkeit ist das Kino, das dunkel ist.", "D"),
            _e("en", "They may go to a hospital. They may go to a city.", "-"),
            _e("en", "They would not go to a hospital.", "-"),
            _e("en", "They go to a movie theater, not to a hospital.", "D"),
            _e("en", "A. hospital: for the ill\nB. florida keys: by the sea\nC. city\n\nThey need a hospital", "A"),
        ),
    ),
)
"""Rules for responses in which the others find nothing: the first that finds something decides."""

RULES = (*STATING, HEADED, *LEAST)
