"""The texts of a pair: what the winning answer sounds like in a language, and what the others sound like (pure).

A response has the answer whose letter it states. Two options of a question may have the same text in a translation:
responses that state their letters are told apart all the same, as in the CALM authors' pairs, scored options never are.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from calm_harness import prompts
from calm_harness.answers import extract, spoken
from calm_harness.answers.ending import is_whole
from calm_harness.answers.mentions import is_answer_line
from calm_harness.metrics import twins
from calm_harness.predictions import Prediction
from calm_harness.prompts.languages import Language, words_of

Source = Literal["native", "translate", "template"]
"""Where a chosen response comes from: a sample of the language, another language's translated, an answer line alone."""
Rejection = Literal["all", "one", "random", "top"]
"""Which dissenting responses are rejected (all, one), or which of the other options (random, top, all)."""


@dataclass(frozen=True)
class Text:
    """A completion, the option that it gives, and where it comes from."""

    text: str
    answer: int
    source: str


def words(cell: Prediction) -> Language:
    """The words of a cell's language."""
    return words_of({"language": cell.language, "words": cell.words})


def template(cell: Prediction, answer: int) -> Text:
    """Only the answer line, as the task asks for it."""
    doc = {"language": cell.language, "words": cell.words, "options": cell.options, "answer": answer}
    return Text(prompts.cot_target(doc).strip(), answer, "template")


def native(cell: Prediction, answer: int) -> Text | None:
    """The language's own first whole response with that answer; None where there is none."""
    for number, response in enumerate(cell.responses):
        if cell.choices[number] == answer and _whole(cell, number):
            return Text(response.rstrip(), answer, "native")
    return None


def explanation(cell: Prediction, text: str) -> str:
    """What a response says above its answer line, or below it where nothing stands above; all of it without one."""
    said = text.strip().split("\n")
    for number in range(len(said) - 1, -1, -1):
        if _is_answer_line(cell, said[number]):
            return "\n".join(said[:number]).strip() or "\n".join(said[number + 1 :]).strip()
    return text.strip()


def _is_answer_line(cell: Prediction, text: str) -> bool:
    own = words(cell)
    if re.match(rf"\W*{re.escape(own.answer)}", text, re.IGNORECASE):
        return True
    return is_answer_line(text, cell.options, cell.language, own.answers)


def translated(cell: Prediction, text: str, answer: int) -> Text | None:
    """A translated explanation with the answer line below it, if the answer is what is then read from it."""
    said = explanation(cell, spoken(text).text)
    response = f"{said}\n{template(cell, answer).text}"
    if not said or extract(response, cell.options, cell.language, words(cell).answers) != answer:
        return None
    return Text(response, answer, "translate")


def to_translate(cells: Mapping[str, Prediction], language: str, answer: int) -> tuple[Prediction, str] | None:
    """The explanation of that answer to be translated, and its cell: English first, then in the given order."""
    for tag in sorted(cells, key=lambda tag: tag != "en"):
        response = native(cells[tag], answer) if tag != language else None
        if response is not None and (text := explanation(cells[tag], response.text)):
            return cells[tag], text
    return None


def dissenting(cell: Prediction, answer: int, policy: Rejection) -> list[Text]:
    """The whole responses with another answer, equal ones once; a response without an answer is none.

    Args:
        cell: the responses in a language.
        answer: the winning option.
        policy: `all`, or `one`: the first of those that have the language's most frequent wrong answer.
    """
    answers: dict[str, int] = {}
    counts: dict[int, int] = {}
    for number, response in enumerate(cell.responses):
        choice = cell.choices[number]
        if choice is not None and choice != answer and _whole(cell, number):
            answers.setdefault(response.rstrip(), choice)
            counts[choice] = counts.get(choice, 0) + 1
    texts = [Text(text, choice, "native") for text, choice in answers.items()]
    if policy == "one" and texts:
        most = max(counts.values())
        texts = [next(text for text in texts if counts[text.answer] == most)]
    return texts


def chosen_option(cell: Prediction, answer: int) -> Text:
    """The winning option as it was scored."""
    return Text(cell.continuations[answer], answer, "option")


def other_options(cell: Prediction, answer: int, policy: Rejection, scores: Sequence[float], seed: str) -> list[Text]:
    """Options to reject.

    Args:
        cell: the scored options in a language.
        answer: the winning option; options with its text are never rejected.
        policy: `random` draws one, `top` takes the likeliest, `all` takes all.
        scores: one an option, for `top`.
        seed: what the draw depends on.
    """
    twin_of = twins(cell.options)
    rejected = [option for option in range(len(twin_of)) if twin_of[option] == option and option != twin_of[answer]]
    if policy == "random" and rejected:
        rejected = [random.Random(seed).choice(rejected)]
    elif policy == "top" and rejected:
        rejected = [max(rejected, key=lambda option: scores[option])]
    return [Text(cell.continuations[option], option, "option") for option in rejected]


def _whole(cell: Prediction, number: int) -> bool:
    """Whether a response was not cut at the token limit: where that is not known, the text tells."""
    cut = cell.cuts[number]
    return (
        is_whole(cell.responses[number], cell.options, cell.language, words(cell).answers) if cut is None else not cut
    )
