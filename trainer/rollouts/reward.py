"""The reward function that TRL calls: it reads answers, puts a question's languages together, and rewards them."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from typing import Any

from accelerate.utils import gather_object

from calm_harness import answers
from calm_harness.errors import CalmError
from calm_harness.prompts.languages import own_words
from trainer.rollouts.positions import Positions
from trainer.votes.rewards import EMPTY, LABELLED, NO_OPTION, Reward, rewards

Row = Mapping[str, Any]
COLUMNS = ("question_id", "language", "options", "thinking", "in_thoughts", "words", "right")


def pooled(reward: Reward, languages: int, generations: int, watch: Positions) -> Callable[..., list[float]]:
    """Make TRL's reward function.

    Args:
        reward: what an answer is worth.
        languages: of a question.
        generations: of a prompt.
        watch: is given the answers of all processes.
    """
    size = languages * generations

    def function(
        completions: Sequence[str], log_metric: Callable[[str, float], None], **columns: Sequence[Any]
    ) -> list[float]:
        rows = [dict(zip(COLUMNS, row, strict=True)) for row in zip(*(columns[name] for name in COLUMNS), strict=True)]
        said = [read(completion, row) for completion, row in zip(completions, rows, strict=True)]
        named = [(len(row["options"]), answer) for row, answer in zip(rows, said, strict=True) if answer >= 0]
        if not math.isnan(entropy := watch.add(gather_object(named))):
            log_metric("position_entropy", entropy)
        log_metric("no_answer", 1 - len(named) / len(said))
        parts = [slice(start, start + size) for start in range(0, len(rows), size)]
        return [worth for part in parts for worth in of_question(reward, rows[part], said[part], generations)]

    function.__name__ = reward  # by which TRL logs it
    return function


def read(completion: str, row: Row) -> int:
    """Return the option that a response names, `NO_OPTION`, or `EMPTY` for one of nothing but white space."""
    if not completion.strip():
        return EMPTY
    own = own_words({"language": row["language"], "words": json.loads(row["words"])})
    answer, _ = answers.read(
        completion,
        row["options"],
        row["language"],
        thinking=row["thinking"],
        in_thoughts=row["in_thoughts"],
        own=own,
    )
    return NO_OPTION if answer is None else answer


def of_question(reward: Reward, rows: Sequence[Row], said: Sequence[int], generations: int) -> list[float]:
    """Reward the answers to a question, in their order.

    Args:
        reward: what an answer is worth.
        rows: of the question, each language's as often as it was asked, one language after another.
        said: what was answered.
        generations: how often each language was asked.

    Raises:
        CalmError: the rows are no whole question.
    """
    languages = rows[::generations]
    asked = [(row["question_id"], row["language"]) for row in rows]
    question = [(rows[0]["question_id"], row["language"]) for row in languages for _ in range(generations)]
    if asked != question or len({row["language"] for row in languages}) < len(languages):
        raise CalmError(f"a process was given a part of question {asked[0][0]}; leave --accelerator_config out")
    table = [said[start : start + generations] for start in range(0, len(said), generations)]
    right = [row["right"] for row in languages] if reward in LABELLED else ()
    return list(chain.from_iterable(rewards(reward, table, right)))
