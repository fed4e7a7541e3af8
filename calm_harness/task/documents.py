"""A question set as lm-eval's documents: a row a question and language."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from functools import partial
from typing import Any

import datasets

from calm_harness.answers.words import WORDS
from calm_harness.errors import CalmError
from calm_harness.prompts.languages import Language, laid_out, language
from calm_harness.questions import QuestionSet, few_shot_pool
from calm_harness.questions.mixing import mixed
from calm_harness.task.options import Options

log = logging.getLogger(__name__)

COLUMNS = ("question_id", "language", "stem", "options", "answer", "order", "prompt")
EXAMPLE_COLUMNS = (*COLUMNS, "rationale")  # an explanation is for examples alone: a question must not show its answer


def read_set(read: Callable[..., QuestionSet], name: str, options: Options) -> QuestionSet:
    """Read what a task's options ask for.

    Args:
        read: `calm_harness.questions.load`, or `few_shot_pool`.
        name: of the question set.
        options: split, source, languages, order of options, and how languages are mixed.

    Raises:
        CalmError: it cannot be read, or its languages cannot be mixed so.
    """
    mix, tags = options.mixing, options.languages
    if mix is not None and tags is not None and mix.language not in tags:
        tags = (*tags, mix.language)
    question_set = read(
        name, split=options.split, source=options.source, languages=tags, option_seed=options.option_seed
    )
    if mix is None:
        return question_set
    if mix.language not in question_set.languages:
        there = ", ".join(question_set.languages)
        raise CalmError(
            f"--metadata: mix_with={mix.language} is no language of {question_set.name}; take one of {there}"
        )
    return mixed(question_set, mix, options.languages or question_set.languages)


def warn_of(question_set: QuestionSet, task: str) -> None:
    """Say what of a set could not be used, and where its languages disagree."""
    left_out = sum(finding.kind in ("unparsed", "unaligned") for finding in question_set.findings)
    if left_out:
        log.warning("%s: %d rows could not be used; see: calm data audit", task, left_out)
    mix = question_set.mix
    if mix is not None and mix.language in question_set.languages:
        log.warning("%s: rows in %s are asked unmixed: mixed ones are compared with them", task, mix.language)
    unmixed = sum(finding.kind == "unmixed" for finding in question_set.findings)
    if mix is not None and unmixed:
        log.warning(
            "%s: %d of %d rows read with mix=%s as they do in one language alone; they count all the same",
            task,
            unmixed,
            sum(row.language != mix.language for row in question_set.rows),
            mix.kind,
        )
    disputed = sum(len({row.answer for row in question}) > 1 for question in question_set.questions())
    if disputed:
        log.warning(
            "%s: languages disagree on the gold option of %d questions; that of %s counts; see: calm data audit",
            task,
            disputed,
            question_set.languages[0],
        )


def read_examples(name: str, options: Options) -> QuestionSet:
    """Read the questions that few-shot examples are drawn from.

    Raises:
        CalmError: languages are mixed.
    """
    if options.mix is not None:
        raise CalmError("--num_fewshot: examples would show in which language the right option is; ask mix zero-shot")
    return read_set(partial(few_shot_pool, leave_one_out=options.fewshot == "leave_one_out"), name, options)


def warn_of_shared(pool: QuestionSet, asked: QuestionSet, options: Options, task: str) -> None:
    """Say how many questions serve as examples and are asked too, where that was not asked for."""
    shared = {row.question_id for row in pool.rows} & {row.question_id for row in asked.rows}
    if shared and options.fewshot is None:
        log.warning(
            "%s: examples come from %s, and %d of its %d questions are asked too (never as examples of themselves)",
            task,
            pool.split,
            len(shared),
            len(pool.rows) // len(pool.languages),
        )


def lay_out(
    question_set: QuestionSet,
    passages: Sequence[Sequence[Mapping[str, Any]]] | None = None,
    columns: Sequence[str] = COLUMNS,
    needles: Sequence[Mapping[str, Any]] = (),
) -> datasets.Dataset:
    """Lay a set out as documents; where languages disagree on the gold option, the first one's counts.

    Args:
        question_set: the questions.
        passages: of each row, where it is shown some.
        columns: of the rows.
        needles: where the needle of each row stands among its passages.
    """
    rows = [replace(row, answer=question[0].answer) for question in question_set.questions() for row in question]
    values = {name: [getattr(row, name) for row in rows] for name in columns}
    own = {tag: laid_out(words) for tag, words in question_set.words.items()}
    if own:
        values["words"] = [own.get(row.language) for row in rows]
    if question_set.mix is not None:
        said = asdict(question_set.mix)
        values["mix"] = [{**said, "languages": row.languages} for row in rows]
        values["words"] = [laid_out(_frame(row.languages[0], row.language, question_set.words)) for row in rows]
        if own:
            values["option_words"] = [[own.get(tag) for tag in row.languages[1:]] for row in rows]
    if needles:
        values["needle"] = list(needles)
    return datasets.Dataset.from_dict(values if passages is None else {**values, "passages": passages})


def _frame(stem: str, asked: str, brought: Mapping[str, Language]) -> Language:
    """Return the words of the stem's language, in which the prompt is; answers may be in it as well as in the row's."""
    words = brought.get(stem) or language(stem)
    return words if words.answers or stem == asked else replace(words, answers=WORDS.get(stem))
