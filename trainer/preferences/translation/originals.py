"""Which responses of other languages are translated where a language has none of its own, and what becomes of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from calm_harness.errors import CalmError
from trainer.logs.cells import Cell
from trainer.preferences import texts
from trainer.preferences.arguments import PairArguments
from trainer.preferences.samples import Samples
from trainer.preferences.texts import Text
from trainer.preferences.translation.faults import Side, fault
from trainer.preferences.translation.translate import Order, translator


def translated(
    samples: Samples, answers: Mapping[Cell, int], args: PairArguments
) -> tuple[dict[Cell, Text], Counter[str]]:
    """Translate responses of other languages, all at once.

    Args:
        samples: of all questions.
        answers: the questions in languages that lack a text, and what it is to answer.
        args: what translates, and where translations are kept.

    Returns:
        The translations, and how many are none for what fault.

    Raises:
        CalmError: nothing translates.
    """
    if args.translator is None:
        raise CalmError("chosen=translate needs a translator: --translator hf --translator_args pretrained=MODEL")
    originals: dict[Cell, Side] = {}
    of_question = _languages(samples, {question for question, _ in answers})
    for (q, language), answer in answers.items():
        cells = {samples.languages[number]: samples.cells[q, number] for number in of_question[q]}
        found = texts.to_translate(cells, samples.languages[language], answer)
        if found is not None:
            origin, text = found
            originals[q, language] = Side(text, texts.words(origin), origin.options)
    orders = [
        Order(original.text, original.language, texts.words(samples.cells[cell]))
        for cell, original in originals.items()
    ]
    cache = Path(args.output).expanduser() / "translations.jsonl"
    translations = translator(args.translator, args.translator_args, cache, chat=args.chat)(orders)
    chosen: dict[Cell, Text] = {}
    faults: Counter[str] = Counter()
    for (cell, original), translation in zip(originals.items(), translations, strict=True):
        prediction, answer = samples.cells[cell], answers[cell]
        reason = fault(original, Side(translation, texts.words(prediction), prediction.options), answer)
        response = texts.translated(prediction, translation, answer) if reason is None else None
        if response is None:
            faults[f"translation: {reason or 'the answer is not read'}"] += 1
        else:
            chosen[cell] = response
    return chosen, faults


def _languages(samples: Samples, questions: set[int]) -> dict[int, list[int]]:
    """List the languages in which each question was sampled, in their order."""
    languages: dict[int, list[int]] = {question: [] for question in questions}
    for question, language in samples.places().tolist():
        if question in languages:
            languages[question].append(language)
    return languages
