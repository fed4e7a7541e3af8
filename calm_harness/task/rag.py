"""The passages of a `_rag` task: found, cut to what the model's context leaves, and reported."""

from __future__ import annotations

import functools
import json
import logging
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from calm_harness.errors import CalmError
from calm_harness.passages import budget
from calm_harness.passages.choice import GLOSSARY
from calm_harness.questions import QuestionSet
from calm_harness.questions.schema import normalise
from calm_harness.task.options import Options
from calm_harness.task.tokens import Tokens
from calm_harness.task.tokens import load as tokens_of

if TYPE_CHECKING:
    from calm_harness.passages.needle.settings import Needle
    from calm_harness.passages.retrieved import Retrieved

log = logging.getLogger(__name__)
COPIED = 0.25  # share of rows whose options all stand in their passages, from which on it is said


def find(question_set: QuestionSet, options: Options, task: str, model_args: Mapping[str, Any]) -> Retrieved:
    """Find the passages of all questions.

    Raises:
        CalmError: no index is named, it (or a glossary) cannot be read, the packages for it are missing, or a needle's
            tokens cannot be counted.
    """
    if options.passage_language == GLOSSARY:
        return _explained(question_set, options, task)
    if options.index is None:
        raise CalmError(
            f'{task} needs an index of passages: --metadata \'{{"index": "DIR"}}\'; build one with '
            "python -m retrieval.build"
        )
    try:
        from calm_harness.passages.needle.haystack import hide
        from calm_harness.passages.retrieved import retrieve

        if options.hidden is not None:
            counter = tokens_of(model_args)
            if counter is None:
                raise CalmError(
                    f"{task}: where a needle stands is counted in the model's tokens, and whether all fits; give "
                    "--model_args tokenizer= or pretrained=, and max_length= where it is not the model's own"
                )
            retrieved = hide(question_set, options.index, options.hidden, counter.count)
        else:
            retrieved = retrieve(
                question_set,
                options.index,
                k=options.k,
                passage_language=options.passage_language,
                keep_leaks=options.keep_leaks,
            )
    except ModuleNotFoundError as error:
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
    if options.score == "pmi":
        _warn_of_copies(question_set, retrieved.passages, task)
    return retrieved


def _warn_of_copies(question_set: QuestionSet, passages: Sequence[Sequence[Mapping[str, Any]]], task: str) -> None:
    """Say where the rule of scores does not fit: an option that is copied gains by its length, which pmi counts."""
    copied, folded = 0, functools.cache(normalise)  # a passage is that of many rows
    for row, row_passages in zip(question_set.rows, passages, strict=True):
        text = " ".join(folded(passage["text"]) for passage in row_passages)
        copied += all(normalise(option) in text for option in row.options)
    if copied > COPIED * len(question_set.rows):
        log.warning(
            "%s: in %d of %d rows all options stand word for word in the passages; pmi favours long ones there, of "
            'which more is copied: give --metadata \'{"score": "sum"}\'',
            task,
            copied,
            len(question_set.rows),
        )


def _explained(question_set: QuestionSet, options: Options, task: str) -> Retrieved:
    """Look up what a glossary says of all questions.

    Raises:
        CalmError: the table cannot be read, or lacks a language.
    """
    from calm_harness.passages.glossary import lines, table
    from calm_harness.passages.retrieved import Retrieved

    source, pivot, rows = str(options.glossary), options.pivot or "en", question_set.rows
    entities = table.read(source, question_set.name, question_set.languages, pivot)
    glossary = lines.Glossary(entities, question_set.languages, pivot)
    found = [glossary.of(row.stem, row.language) for row in rows]
    passages = [glossary.laid_out(entries, row.language) for row, (entries, _) in zip(rows, found, strict=True)]
    counts = lines.coverage(
        {**vars(row), "passages": row_passages} for row, row_passages in zip(rows, passages, strict=True)
    )
    ambiguous = [name for _, names in found for name in names]
    if ambiguous:
        log.warning(
            "%s: %d names in questions stand for several things of the glossary and are not explained; the first is %s",
            task,
            len(ambiguous),
            ambiguous[0],
        )
    silent = [tag for tag, count in counts["by_language"].items() if not count and tag != pivot]
    (log.warning if counts["gold_alone"] or silent else log.info)("%s: %s", task, lines.said(counts))
    identity = {"kind": GLOSSARY, "entities": len(entities), "pivot": pivot}
    fingerprint = table.digest(source, question_set.name)
    return Retrieved(passages, {}, False, {**identity, "fingerprint": fingerprint}, glossary=counts)


def tokens_needed(counter: Tokens, context: object, longest: int | Sequence[str]) -> int:
    """Count the tokens of a prompt and of the longest answer to it.

    Args:
        counter: the model's tokenizer.
        context: the prompt, or messages for a server that knows the template.
        longest: the most tokens of a response, or the answers that are scored.
    """
    text = context if isinstance(context, str) else json.dumps(context, ensure_ascii=False)
    return counter.count(text) + (longest if isinstance(longest, int) else max(map(counter.count, longest)))


def shown(
    docs: Sequence[Mapping[str, Any]],
    retrieved: Retrieved,
    *,
    most: int | None,
    tokens: Tokens | None,
    needed: Callable[[dict[str, Any]], int],
    asked: Container[int],
    task: str,
) -> Sequence[Sequence[Mapping[str, Any]]]:
    """Return the passages that are shown: cut to what fits, or whole where there are needles. See `fitted`.

    Raises:
        CalmError: there are needles, and a prompt that this run asks does not fit into the model's context.
    """
    if not retrieved.needles:
        return fitted(docs, retrieved.passages, most=most, tokens=tokens, needed=needed, asked=asked, task=task)
    assert tokens is not None  # or `find` would have refused
    for number, doc in enumerate(docs):
        if number not in asked:
            continue
        size = needed({**doc, "passages": retrieved.passages[number]})
        if size + budget.RESERVE > tokens.context:
            raise CalmError(
                f"{task}: question {doc['question_id']} in {doc['language']} takes {size} tokens with needle, haystack "
                f"and answer, and {budget.RESERVE} to spare, of a context of {tokens.context}; nothing is cut: give "
                "fewer haystack_tokens or haystack_passages"
            )
    return retrieved.passages


def fitted(
    docs: Sequence[Mapping[str, Any]],
    passages: Sequence[Sequence[Mapping[str, Any]]],
    *,
    most: int | None,
    tokens: Tokens | None,
    needed: Callable[[dict[str, Any]], int],
    asked: Container[int],
    task: str,
) -> list[list[Mapping[str, Any]]]:
    """Cut passages to what prompt and answer leave of the model's context, so that these are never cut.

    Prompts that are too long even without passages are counted in a warning: the model's class cuts them.

    Args:
        docs: the questions.
        passages: for each, the nearest first.
        most: what the user allows them; None for all that the context leaves.
        tokens: of the model, None where it is not known: then characters are counted.
        needed: how many tokens a prompt without passages takes, and the answer to it.
        asked: the numbers of the questions that this run asks, of which the warning speaks.
        task: lm-eval's name of the task, for the warning.
    """
    measure: budget.Measure = tokens or budget.Characters()
    result = []
    too_long = 0
    for number, (doc, nearest) in enumerate(zip(docs, passages, strict=True)):
        allowed = most
        if tokens is not None:
            left = tokens.context - needed({**doc, "passages": []})
            too_long += left < 0 and number in asked
            room = left - budget.RESERVE
            allowed = room if most is None else min(most, room)
        result.append(budget.fit(nearest, doc, budget.CHARACTERS if allowed is None else allowed, measure))
    if too_long and tokens is not None:
        log.warning(
            "%s: %d prompts with their answers are longer than the model's context of %d tokens even without passages, "
            "and will be cut; give fewer examples",
            task,
            too_long,
            tokens.context,
        )
    return result


def report(
    retrieved: Retrieved, shown: Sequence[Sequence[Mapping[str, Any]]], options: Options, tokens: Tokens | None
) -> dict[str, Any]:
    """Say where passages came from, how many were shown, and which would have given a question away.

    The budget is what all passages of a question might count: as many as were allowed, or what the context leaves.
    """
    if options.hidden is not None:
        return _report_of_needles(retrieved, options.hidden)
    size = budget.CHARACTERS if tokens is None else tokens.context
    gold: dict[str, Any] = {"glossary": retrieved.glossary} if retrieved.glossary else {}
    if options.passage_language == "oracle":  # pieces of the documents that answer, of which those that fit are shown
        gold["gold"] = sum(map(len, retrieved.passages)) / len(retrieved.passages)
    return {
        "budget": {
            "unit": "characters" if tokens is None else "tokens",
            "size": options.passage_budget or size,
            "context": None if tokens is None else tokens.context,
        },
        "index": retrieved.index,
        "k": options.k,
        "passage_language": options.passage_language,
        **gold,
        "shown": sum(map(len, shown)) / len(shown),
        "cut": sum(passage["cut"] for passages in shown for passage in passages),
        "leaks": {name: asdict(leak) for name, leak in retrieved.leaks.items()},
        "leaks_kept": retrieved.kept,
    }


def _report_of_needles(retrieved: Retrieved, needle: Needle) -> dict[str, Any]:
    """Say what needles and haystacks were asked for, and what they came to, as means over all rows."""
    places = [where["at"] for where in retrieved.needles if where["at"] is not None]
    return {
        "index": retrieved.index,
        "needle": asdict(needle) | {"said": str(needle)},
        "at": sum(places) / len(places) if places else None,
        **{
            name: sum(where[name] for where in retrieved.needles) / len(retrieved.needles)
            for name in ("tokens", "haystack_tokens", "haystack_passages")
        },
        "leaks": {name: asdict(leak) for name, leak in retrieved.leaks.items()},
        "leaks_kept": False,
    }
