"""Translations as demonstrations (TRL's prompt-completion format): x-LLaMA's arm.

Zhu et al., arXiv 2308.04948, train on translations beside instructions and find that with the non-English side as the
target they align languages best: `en-xx` is the default.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from calm_harness.errors import CalmError
from calm_harness.questions.schema import as_written
from trainer.parallel.arguments import Direction, TranslationArguments
from trainer.parallel.instructions import instruction
from trainer.parallel.texts import Parallel

ENGLISH = "en"


def directions(languages: Sequence[str], direction: Direction) -> list[tuple[str, str]]:
    """List source and target languages.

    Raises:
        CalmError: English is not among the languages, or nothing else is.
    """
    others = [language for language in languages if language != ENGLISH]
    if ENGLISH not in languages or not others:
        raise CalmError(f"translations are from or into English, and there is {', '.join(languages)}; name en and more")
    from_english = [(ENGLISH, other) for other in others]
    into_english = [(other, ENGLISH) for other in others]
    return {"en-xx": from_english, "xx-en": into_english, "both": from_english + into_english}[direction]


def demonstration(text: Parallel, source: str, target: str, *, chat: bool) -> dict[str, Any]:
    """Lay a translation out.

    Args:
        text: the parallel text.
        source: the language that is read.
        target: the language that is learned, in which the instruction stands.
        chat: whether as messages.

    Raises:
        CalmError: the target has no instruction.
    """
    asked, said = f"{instruction(target)}\n\n{text.texts[source].strip()}", text.texts[target].strip()
    return {
        "prompt": [{"role": "user", "content": asked}] if chat else f"{asked}\n\n",
        "completion": [{"role": "assistant", "content": said}] if chat else said,
        "question_id": text.question_id,
        "language": target,
        "source_language": source,
        "kind": text.kind,
        "stem": text.stems.get(target, ""),
        "source_stem": text.stems.get(source, ""),
    }


def make(texts: Sequence[Parallel], args: TranslationArguments, left_out: Counter[str]) -> Iterator[dict[str, Any]]:
    """Yield demonstrations in a drawn order, each once.

    Args:
        texts: the parallel texts.
        args: what to make.
        left_out: is told how many are left out, by reason.

    Raises:
        CalmError: a language has no instruction, or English is missing.
    """
    rows = []
    seen: set[tuple[str, str, str]] = set()
    for text in texts:
        for source, target in directions(list(text.texts), args.direction):
            key = target, as_written(text.texts[source]), as_written(text.texts[target])
            if key[1] == key[2]:
                left_out["the same in both languages"] += 1  # it would teach to repeat
            elif key in seen:
                left_out["stands in another question too"] += 1
            else:
                seen.add(key)
                rows.append((text, source, target))
    random.Random(args.seed).shuffle(rows)
    for text, source, target in rows:
        yield demonstration(text, source, target, chat=args.chat)
