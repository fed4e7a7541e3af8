"""Passages whose sentences change language: the arm of the knowledge-barrier paper (Chua et al., arXiv 2406.16135).

The paper translates each sentence of an English text into a language drawn at random; here the sentences are of
parallel passages, so every one is a translation that was made as such.
"""

from __future__ import annotations

import itertools
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from calm_harness.errors import CalmError
from trainer.parallel.arguments import MixedArguments, Unit
from trainer.parallel.sentences import joined, sentences
from trainer.parallel.texts import Parallel


def units(text: Parallel, unit: Unit) -> dict[str, list[str]]:
    """Split a passage in each of its languages: language -> units; the numbers of them may differ."""
    if unit == "passage":
        return {language: [passage.strip()] for language, passage in text.texts.items()}
    return {language: sentences(passage) for language, passage in text.texts.items()}


def draw(count: int, languages: Sequence[str], seed: str) -> list[str]:
    """Draw the language of each unit; where there are several, until they are not all of one.

    Args:
        count: of the units.
        languages: two or more.
        seed: decides the draw.
    """
    generator = random.Random(seed)
    while True:
        drawn = generator.choices(languages, k=count)
        if count == 1 or len(set(drawn)) > 1:
            return drawn


def aligned(
    texts: Sequence[Parallel], unit: Unit, left_out: Counter[str]
) -> list[tuple[Parallel, dict[str, list[str]]]]:
    """Split the passages among texts, and keep those whose languages have the same number of units.

    Args:
        texts: parallel texts.
        unit: what has one language.
        left_out: is told how many passages are left out, by reason.

    Raises:
        CalmError: there are no passages, they are in one language, or none is left.
    """
    passages = [text for text in texts if text.kind == "passage"]
    if not passages:
        raise CalmError(
            "these sets have no passages; name XQuAD's files (--parallel en=xquad.en.json ...) or mini:train"
        )
    if len(passages[0].texts) < 2:
        raise CalmError(f"there is only {', '.join(passages[0].texts)}, and texts mix languages; name more --languages")
    kept = []
    for passage in passages:
        found = units(passage, unit)
        counts = Counter(map(len, found.values()))
        if len(counts) > 1:
            left_out["languages differ in their number of sentences"] += 1
            usual = counts.most_common(1)[0][0]
            left_out.update(f"(otherwise than most: {tag})" for tag, parts in found.items() if len(parts) != usual)
        elif unit == "sentence" and max(counts) < 2:
            left_out["one sentence"] += 1
        else:
            kept.append((passage, found))
    if not kept:
        reasons = ", ".join(f"{reason} {count}" for reason, count in left_out.items())
        raise CalmError(f"no passage is left ({reasons}); leave out --languages that differ, or take --unit passage")
    return kept


def make(texts: Sequence[Parallel], args: MixedArguments, left_out: Counter[str]) -> Iterator[dict[str, Any]]:
    """Yield a text of each passage, in a drawn order; then another of each by another draw, as long as there are any.

    Only a budget of tokens asks for more than the first of each.

    Args:
        texts: parallel texts.
        args: what to make.
        left_out: is told how many passages are left out, by reason.

    Raises:
        CalmError: see `aligned`.
    """
    passages = aligned(texts, args.unit, left_out)
    seen: set[str] = set()
    for number in itertools.count() if args.max_tokens is not None else (0,):
        before = len(seen)
        for passage, found in random.Random(f"{args.seed}/{number}").sample(passages, len(passages)):
            languages = list(found)
            drawn = draw(len(found[languages[0]]), languages, f"{args.seed}/{number}/{passage.text_id}")
            text = joined([found[language][place] for place, language in enumerate(drawn)])
            if text not in seen:
                seen.add(text)
                yield row(passage, drawn, text)
        if len(seen) == before:
            return


def row(passage: Parallel, languages: list[str], text: str) -> dict[str, Any]:
    """Lay a text out; `languages` are those of its units, in their order."""
    return {
        "text": text,
        "question_id": passage.question_id,
        "passage_id": passage.text_id,
        "languages": languages,
        "kind": passage.kind,
    }
