"""The passages of a `_rag` task: found, cut to what the model's context leaves, and reported."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from calm_harness.errors import CalmError
from calm_harness.passages import budget
from calm_harness.questions import QuestionSet
from calm_harness.task.options import Options
from calm_harness.task.tokens import Tokens

if TYPE_CHECKING:
    from calm_harness.passages.retrieved import Retrieved

log = logging.getLogger(__name__)


def find(question_set: QuestionSet, options: Options, task: str) -> Retrieved:
    """Find the passages of all questions.

    Raises:
        CalmError: no index is named, it cannot be read, or the packages for it are missing.
    """
    if options.index is None:
        raise CalmError(
            f'{task} needs an index of passages: --metadata \'{{"index": "DIR"}}\'; build one with '
            "python -m retrieval.build"
        )
    try:
        from calm_harness.passages.retrieved import retrieve

        retrieved = retrieve(
            question_set,
            options.index,
            k=options.k,
            passage_language=options.passage_language,
            keep_leaks=options.keep_leaks,
        )
    except ImportError as error:
        raise CalmError(f"{error.name} is not installed; run: pip install 'calm-harness[retrieval]'") from None
    if retrieved.leaks:
        name, leak = next(iter(retrieved.leaks.items()))
        log.warning(
            "%s: %d passages contain a question nearly word for word and are %s; the first is %s (%s)",
            task,
            len(retrieved.leaks),
            "kept" if retrieved.kept else "left out",
            name,
            leak.question_id,
        )
    return retrieved


def fitted(
    docs: Sequence[Mapping[str, Any]],
    passages: Sequence[Sequence[Mapping[str, Any]]],
    *,
    most: int | None,
    tokens: Tokens | None,
    needed: Callable[[Mapping[str, Any]], int],
) -> list[list[Mapping[str, Any]]]:
    """Cut passages to what question and answer leave of the model's context, so that these are never cut.

    Args:
        docs: the questions.
        passages: for each, the nearest first.
        most: what the user allows them; None for all that the context leaves.
        tokens: of the model, None where it is not known: then characters are counted.
        needed: how many tokens a question without passages takes, and the answer to it.
    """
    measure: budget.Measure = tokens or budget.Characters()
    result = []
    for doc, nearest in zip(docs, passages, strict=True):
        allowed = most
        if tokens is not None:
            room = tokens.context - needed({**doc, "passages": []}) - budget.RESERVE
            allowed = room if most is None else min(most, room)
        result.append(budget.fit(nearest, doc["language"], budget.CHARACTERS if allowed is None else allowed, measure))
    return result


def report(retrieved: Retrieved, shown: Sequence[Sequence[Mapping[str, Any]]], options: Options) -> dict[str, Any]:
    """Say where passages came from, how many were shown, and which would have given a question away."""
    return {
        "index": retrieved.index,
        "k": options.k,
        "passage_language": options.passage_language,
        "shown": sum(map(len, shown)) / len(shown),
        "cut": sum(passage["cut"] for passages in shown for passage in passages),
        "leaks": {name: asdict(leak) for name, leak in retrieved.leaks.items()},
        "leaks_kept": retrieved.kept,
    }
