"""What is chosen and what rejected: of a question in a language, the texts that may stand on either side."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from calm_harness.predictions import Prediction
from trainer.logs.cells import NONE, Cell
from trainer.preferences import texts
from trainer.preferences.arguments import PairArguments
from trainer.preferences.samples import Samples
from trainer.preferences.texts import Rejection, Text

Numbers = NDArray[np.int64]


class Sides(NamedTuple):
    """The texts of both sides, of a question in a language that has some on both.

    Attributes:
        number: of the question in its language, among all of them.
        cell: the question's number, and the language's.
        samples: its samples.
        chosen: with the winning answer; a pair takes one of them.
        rejected: with another; each is rejected, or one of them.
    """

    number: int
    cell: Cell
    samples: Prediction
    chosen: list[Text]
    rejected: list[Text]


@dataclass
class Why:
    """Why questions in a language have no sides, and why samples stand on none: how many, as they are gone through."""

    nothing_to_reject: int = 0
    nothing_to_choose: int = 0
    one_sided: int = 0
    unfit: Counter[str] = field(default_factory=Counter)
    breaks_off: int = 0
    in_another_language: int = 0

    def dropped(self) -> Counter[str]:
        """Name the reasons of questions."""
        return Counter(
            {
                "nothing to reject": self.nothing_to_reject,
                "no text for the chosen answer": self.nothing_to_choose,
                "thoughts on one side alone": self.one_sided,
            }
        )

    def left_out(self) -> Counter[str]:
        """Name the reasons of samples."""
        behind = {
            "breaks off": self.breaks_off,
            "with the chosen answer, in another language": self.in_another_language,
        }
        return +Counter({**self.unfit, **behind})


class Finder:
    """Finds the texts of both sides, which are read as they are asked for.

    Args:
        samples: of all questions.
        answers: [C] the winning option of each question in a language, -1 where there are to be no pairs.
        args: where chosen texts come from.
        rejection: which texts are rejected.
    """

    def __init__(self, samples: Samples, answers: Numbers, args: PairArguments, rejection: Rejection) -> None:
        self._samples, self._args, self._rejection = samples, args, rejection
        self._places, self._answers = samples.places(), answers

    def find(self, numbers: Numbers, why: Why, translated: Mapping[Cell, Text]) -> Iterator[Sides]:
        """Find the texts of some questions in languages, one after the other.

        Args:
            numbers: which; also of those that are to be no pairs it is counted why responses stand on no side.
            why: what is counted.
            translated: translations of other languages' responses, where these are chosen.
        """
        for number, cell, answer in self._each(numbers):
            samples = self._samples.cells[cell]
            responses = self._responses(samples, answer, why)
            if answer == NONE:
                continue
            rejected = self._rejected(samples, responses, answer)
            if not rejected:
                why.nothing_to_reject += 1
                continue
            chosen = self._chosen(samples, responses, answer, why, translated.get(cell))
            if chosen:
                yield Sides(number, cell, samples, chosen, rejected)
            else:
                why.nothing_to_choose += 1

    def without_native(self, numbers: Numbers) -> dict[Cell, int]:
        """Find the questions in languages, and their answers, that have a text to reject and none of their own."""
        why, found = Why(), {}
        for _, cell, answer in self._each(numbers[self._answers[numbers] != NONE]):
            samples = self._samples.cells[cell]
            responses = self._responses(samples, answer, why)
            native = texts.native(responses, answer) if "native" in self._args.chosen else []
            if self._rejected(samples, responses, answer) and not self._native(samples, native, why):
                found[cell] = answer
        return found

    def _each(self, numbers: Numbers) -> Iterator[tuple[int, Cell, int]]:
        for number in numbers.tolist():
            question, language = self._places[number].tolist()
            yield number, (question, language), int(self._answers[number])

    def _responses(self, samples: Prediction, answer: int, why: Why) -> list[Text]:
        """Return the responses that may stand in a pair; none where all answers are the winning one."""
        if self._samples.scored:
            return []
        reasons = texts.unfit(samples)
        why.unfit.update(reason for reason in reasons if reason is not None)
        if answer == NONE or not set(samples.choices) - {answer, None}:
            return []
        responses = texts.usable(samples, thoughts=self._args.thoughts)
        why.breaks_off += reasons.count(None) - len(responses)
        return responses

    def _rejected(self, samples: Prediction, responses: Sequence[Text], answer: int) -> list[Text]:
        if not self._samples.scored:
            return texts.dissenting(responses, answer, self._rejection)
        args = self._args
        scores = samples.likelihoods[args.score] if args.score else samples.scores or ()
        seed = f"{args.seed}/{samples.question_id}/{samples.language}"
        return texts.other_options(samples, answer, self._rejection, scores, seed)

    def _chosen(
        self, samples: Prediction, responses: Sequence[Text], answer: int, why: Why, translated: Text | None
    ) -> list[Text]:
        """Find the texts of the winning answer, of the first source that has some."""
        if self._samples.scored:
            return [texts.chosen_option(samples, answer)]
        for source in self._args.chosen:
            if source == "native":
                found = self._native(samples, texts.native(responses, answer), why)
            elif source == "template":
                found = [texts.template(samples, answer)]
            else:
                found = [] if translated is None else [translated]
            if found:
                return found
        return []

    def _native(self, samples: Prediction, found: Sequence[Text], why: Why) -> list[Text]:
        """Return responses in their question's language: all where one is to be matched, else the first."""
        own: list[Text] = []
        for text in found:
            if texts.in_own_language(samples, text):
                own.append(text)
                if not (self._args.balance_length or self._args.thoughts):
                    break
            else:
                why.in_another_language += 1
        return own
