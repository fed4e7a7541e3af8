"""Few-shot examples: the same questions in every language, drawn anew for each question."""

from __future__ import annotations

import random
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from lm_eval.api.samplers import ContextSampler

from calm_harness.errors import CalmError, LastLineError
from calm_harness.questions import QuestionSet


@dataclass
class Pool:
    """What may serve as an example in one language: rows by question id, and the ids in their order."""

    rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    ids: list[str] = field(default_factory=list)


class SameQuestions(ContextSampler):
    """Few-shot examples: the same questions in every language, in the question's own language, never itself."""

    seed: int | None = None

    def set_rnd(self, rnd: int | None) -> SameQuestions:
        """Take lm-eval's few-shot seed (the last of `--seed`)."""
        self.seed = rnd
        return self

    def replace_df(self, df: Sequence[dict[str, Any]]) -> SameQuestions:
        """Take the rows that examples are drawn from, and sort them once: a draw then costs nothing."""
        super().replace_df(df)
        self._pools: dict[str, Pool] = {}
        for row in df:
            self._pools.setdefault(row["language"], Pool()).rows[row["question_id"]] = row
        for pool in self._pools.values():
            pool.ids = sorted(pool.rows)
        return self

    def sample(
        self, n: int, eval_doc: Mapping[str, Any] | None = None, df: object = None, **_: object
    ) -> Sequence[dict[str, Any]]:
        """Draw n examples by hash(seed, question_id), whatever the order of rows or the number of processes."""
        if eval_doc is None:
            raise ValueError("examples depend on the question; the task file must give fewshot_split as its test_split")
        pool = self._pools.get(eval_doc["language"], Pool())
        available = len(pool.ids) - (eval_doc["question_id"] in pool.rows)
        if n > available:
            raise LastLineError(f"--num_fewshot {n}: only {available} questions can serve as examples")
        # The question itself is stepped over, which draws what drawing from a list without it would.
        itself = bisect_left(pool.ids, eval_doc["question_id"]) if available < len(pool.ids) else len(pool.ids)
        drawn = random.Random(f"{self.seed}/{eval_doc['question_id']}").sample(range(available), n)
        return [pool.rows[pool.ids[place + (place >= itself)]] for place in drawn]


def explained(pool: QuestionSet) -> QuestionSet:
    """Keep the questions whose examples can explain their answer, as the `_cot` tasks ask for it, in every language.

    An example without an explanation, or with one in English below a German question, would teach a model another
    task than the one that is scored, and some languages another than the rest.

    Raises:
        CalmError: there is no such question.
    """
    questions = [question for question in pool.questions() if all(row.rationale for row in question)]
    if not questions:
        explained_languages = dict.fromkeys(row.language for row in pool.rows if row.rationale)
        lacking = ", ".join(language for language in pool.languages if language not in explained_languages)
        remedy = (
            f'ask in {", ".join(explained_languages)} alone (--metadata \'{{"languages": '
            f'"{",".join(explained_languages)}"}}\'), or zero-shot'
            if explained_languages
            else "ask zero-shot"
        )
        raise CalmError(
            f"--num_fewshot: {pool.name} {pool.split} has no explanations in {lacking or 'all languages at once'}, "
            f"which examples of a _cot task need; {remedy}"
        )
    return replace(pool, rows=[row for question in questions for row in question])
