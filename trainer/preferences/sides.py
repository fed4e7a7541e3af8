"""What is chosen and what rejected: for each question and language, the texts that may stand on either side."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from calm_harness.errors import CalmError
from calm_harness.predictions import Prediction
from trainer.preferences import texts
from trainer.preferences.arguments import PairArguments
from trainer.preferences.samples import Cell, Samples
from trainer.preferences.texts import Rejection, Text


class Sides(NamedTuple):
    """The texts of both sides, of the questions and languages that have some on both.

    Attributes:
        chosen: with the winning answer; a pair takes one of them.
        rejected: with another; each is rejected, or one of them.
        dropped: why a question in a language has none.
        left_out: why samples stand on no side.
    """

    chosen: dict[Cell, list[Text]]
    rejected: dict[Cell, list[Text]]
    dropped: Counter[str]
    left_out: Counter[str]


def find(samples: Samples, answers: Mapping[Cell, int], args: PairArguments, rejection: Rejection) -> Sides:
    """Find the texts.

    Args:
        samples: of all questions.
        answers: the winning option of each question and language that may become pairs.
        args: where chosen texts come from.
        rejection: which texts are rejected.

    Raises:
        CalmError: texts are to be translated, and nothing translates.
    """
    if samples.scored:
        chosen = {cell: [texts.chosen_option(samples.cells[cell], answer)] for cell, answer in answers.items()}
        rejected = {cell: _options(samples.cells[cell], answer, rejection, args) for cell, answer in answers.items()}
        return _on_both(chosen, rejected, Counter(), Counter())
    unfit = {cell: texts.unfit(prediction) for cell, prediction in samples.cells.items()}
    left_out = Counter(reason for reasons in unfit.values() for reason in reasons if reason is not None)
    responses = {
        cell: texts.usable(samples.cells[cell], thoughts=args.thoughts)
        for cell, answer in answers.items()
        if set(samples.cells[cell].choices) - {answer, None}
    }
    left_out["breaks off"] = sum(unfit[cell].count(None) - len(found) for cell, found in responses.items())
    rejected = {cell: texts.dissenting(responses.get(cell, []), answers[cell], rejection) for cell in answers}
    dropped: Counter[str] = Counter()
    contested = {cell: answer for cell, answer in answers.items() if rejected[cell]}
    return _on_both(_chosen(samples, responses, contested, args, (dropped, left_out)), rejected, dropped, left_out)


def _on_both(
    chosen: Mapping[Cell, list[Text]],
    rejected: Mapping[Cell, list[Text]],
    dropped: Counter[str],
    left_out: Counter[str],
) -> Sides:
    contested = [cell for cell in rejected if rejected[cell]]
    both = [cell for cell in contested if chosen[cell]]
    dropped["nothing to reject"] = len(rejected) - len(contested)
    dropped["no text for the chosen answer"] = len(contested) - len(both)
    return Sides({cell: chosen[cell] for cell in both}, {cell: rejected[cell] for cell in both}, dropped, left_out)


def _options(prediction: Prediction, answer: int, policy: Rejection, args: PairArguments) -> list[Text]:
    scores = prediction.likelihoods[args.score] if args.score else prediction.scores or ()
    return texts.other_options(
        prediction, answer, policy, scores, f"{args.seed}/{prediction.question_id}/{prediction.language}"
    )


def _chosen(
    samples: Samples,
    responses: Mapping[Cell, Sequence[Text]],
    answers: Mapping[Cell, int],
    args: PairArguments,
    counts: tuple[Counter[str], Counter[str]],
) -> dict[Cell, list[Text]]:
    """Find the texts of the winning answer for each question and language."""
    dropped, left_out = counts
    chosen: dict[Cell, list[Text]] = {cell: [] for cell in answers}
    for source in args.chosen:
        missing = {cell: answer for cell, answer in answers.items() if not chosen[cell]}
        if source == "native":
            for cell, answer in missing.items():
                chosen[cell] = _native(samples.cells[cell], texts.native(responses[cell], answer), args, left_out)
        elif source == "template":
            chosen |= {cell: [texts.template(samples.cells[cell], answer)] for cell, answer in missing.items()}
        else:
            chosen |= _translated(samples, missing, args, dropped)
    return chosen


def _native(prediction: Prediction, found: Sequence[Text], args: PairArguments, left_out: Counter[str]) -> list[Text]:
    """Return responses in their question's language: all where one is to be matched, else the first; others count."""
    own: list[Text] = []
    for text in found:
        if texts.in_own_language(prediction, text):
            own.append(text)
            if not (args.balance_length or args.thoughts):
                break
        else:
            left_out["with the chosen answer, in another language"] += 1
    return own


def _translated(
    samples: Samples, answers: Mapping[Cell, int], args: PairArguments, dropped: Counter[str]
) -> dict[Cell, list[Text]]:
    """Translate responses of other languages; translations with a fault are none, and counted by what it is."""
    from trainer.preferences.translation.faults import Side, fault
    from trainer.preferences.translation.translate import Order, translator

    if args.translator is None:
        raise CalmError("chosen=translate needs a translator: --translator hf --translator_args pretrained=MODEL")
    by_question: dict[int, dict[str, Prediction]] = {}
    for (q, language), prediction in samples.cells.items():
        by_question.setdefault(q, {})[samples.languages[language]] = prediction
    originals: dict[Cell, Side] = {}
    for (q, language), answer in answers.items():
        found = texts.to_translate(by_question[q], samples.languages[language], answer)
        if found is not None:
            origin, text = found
            originals[q, language] = Side(text, texts.words(origin), origin.options)
    orders = [
        Order(original.text, original.language, texts.words(samples.cells[cell]))
        for cell, original in originals.items()
    ]
    cache = Path(args.output).expanduser() / "translations.jsonl"
    translations = translator(args.translator, args.translator_args, cache, chat=args.chat)(orders)
    chosen: dict[Cell, list[Text]] = {}
    for (cell, original), translation in zip(originals.items(), translations, strict=True):
        prediction, answer = samples.cells[cell], answers[cell]
        reason = fault(original, Side(translation, texts.words(prediction), prediction.options), answer)
        response = texts.translated(prediction, translation, answer) if reason is None else None
        chosen[cell] = [] if response is None else [response]
        if response is None:
            dropped[f"translation: {reason or 'the answer is not read'}"] += 1
    return chosen
