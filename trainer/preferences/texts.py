"""The texts of a pair: what the winning answer sounds like in a language, and what the others sound like (pure).

A response has the answer whose letter it states. Two options of a question may have the same text in a translation:
responses that state their letters are told apart all the same, as in the CALM authors' pairs, scored options never are.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from calm_harness import prompts
from calm_harness.answers import extract, spoken
from calm_harness.answers.ending import is_whole
from calm_harness.answers.mentions import is_answer_line
from calm_harness.metrics import twins
from calm_harness.predictions import Prediction
from calm_harness.prompts.languages import Language, words_of
from trainer.preferences.language import LINE, in_language

Source = Literal["native", "translate", "template"]
"""Where a chosen response comes from: a sample of the language, another language's translated, an answer line alone."""
Rejection = Literal["all", "one", "random", "top"]
"""Which dissenting responses are rejected (all, one), or which of the other options (random, top, all)."""


@dataclass(frozen=True)
class Text:
    """A completion.

    Attributes:
        text: what it says.
        answer: the option that it gives.
        source: where it comes from.
        thoughts: what stands before the text, marks included; "" where there are none, or they are left out.
    """

    text: str
    answer: int
    source: str
    thoughts: str = ""

    @property
    def whole(self) -> str:
        """The completion with its thoughts."""
        return f"{self.thoughts}{self.text}"


def words(cell: Prediction) -> Language:
    """The words of a cell's language."""
    return words_of({"language": cell.language, "words": cell.words})


def template(cell: Prediction, answer: int) -> Text:
    """Only the answer line, as the task asks for it."""
    doc = {"language": cell.language, "words": cell.words, "options": cell.options, "answer": answer}
    return Text(prompts.cot_target(doc).strip(), answer, "template")


def unfit(cell: Prediction) -> list[str | None]:
    """Say of each response why it may stand on no side of a pair, as far as a log tells; None where nothing does."""
    return [_unfit(cell, number, cell.spoken(number).finished) for number in range(len(cell.responses))]


def _unfit(cell: Prediction, number: int, finished: bool) -> str | None:
    if not finished:
        return "thoughts that never end"
    if cell.cuts[number]:
        return "cut at the token limit"
    return "no answer" if cell.choices[number] is None else None


def usable(cell: Prediction, *, thoughts: bool = False) -> list[Text]:
    """Return the responses that may stand in a pair, in their order; where a log does not say it, the text tells.

    Args:
        cell: the responses in a language.
        thoughts: whether to keep those before a response.
    """
    found = []
    for number, response in enumerate(cell.responses):
        choice, (said, finished) = cell.choices[number], cell.spoken(number)
        if choice is None or _unfit(cell, number, finished):
            continue
        if cell.cuts[number] is None and _breaks_off(cell, number):
            continue
        if said == response:
            found.append(Text(response.rstrip(), choice, "native"))
        elif thoughts:
            found.append(Text(said.rstrip(), choice, "native", response[: len(response) - len(said)]))
        else:
            found.append(Text(said.strip(), choice, "native"))
    return found


def _breaks_off(cell: Prediction, number: int) -> bool:
    return not is_whole(cell.responses[number], cell.options, cell.language, words(cell).answers)


def native(responses: Sequence[Text], answer: int) -> list[Text]:
    """The language's own responses with that answer, in their order."""
    return [text for text in responses if text.answer == answer]


def in_own_language(cell: Prediction, text: Text) -> bool:
    """Whether an explanation is in its question's language; one that is shorter than a line is taken to be."""
    said = explanation(cell, text.text)
    return len(said.encode()) < LINE or in_language(said, words(cell))


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
        cell = cells[tag]
        responses = native(usable(cell), answer) if tag != language else []
        response = next((response for response in responses if in_own_language(cell, response)), None)
        if response is not None and (text := explanation(cell, response.text)):
            return cell, text
    return None


def dissenting(responses: Sequence[Text], answer: int, policy: Rejection) -> list[Text]:
    """The responses with another answer, equal ones once.

    Args:
        responses: of a language.
        answer: the winning option.
        policy: `all`, or `one`: those that have the language's most frequent wrong answer.
    """
    others = [text for text in responses if text.answer != answer]
    if policy == "one" and others:
        counts = Counter(text.answer for text in others)
        others = [text for text in others if counts[text.answer] == max(counts.values())]
    return list(dict.fromkeys(others))


def paired(
    chosen: Sequence[Text], rejected: Sequence[Text], measure: Callable[[str], int] | None, *, one: bool
) -> list[tuple[Text, Text]]:
    """Pair each rejected text with a chosen one; one with thoughts never stands beside one without.

    Args:
        chosen: of these the first is taken, or that of closest length.
        rejected: the others.
        measure: tells how long a text is; None where that is no matter.
        one: return one pair at most, the first, or that whose lengths are closest.
    """

    def gap(pair: tuple[Text, Text]) -> int:
        return abs(measure(pair[0].whole) - measure(pair[1].whole)) if measure else 0

    pairs = []
    for text in rejected:
        alike = [(other, text) for other in chosen if bool(other.thoughts) == bool(text.thoughts)]
        if alike:
            pairs.append(min(alike, key=gap))
    return [min(pairs, key=gap)] if one and pairs else pairs


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
