"""Few-shot examples: the same questions in every language."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any

from lm_eval.api.samplers import ContextSampler

from calm_harness.errors import LastLineError


class SameQuestions(ContextSampler):
    """Few-shot examples: the same questions in every language, in the question's own language, never itself."""

    seed: int | None = None

    def set_rnd(self, rnd: int | None) -> SameQuestions:
        """Take lm-eval's few-shot seed (the last of `--seed`)."""
        self.seed = rnd
        return self

    def sample(
        self, n: int, eval_doc: Mapping[str, Any] | None = None, df: object = None, **_: object
    ) -> Sequence[dict[str, Any]]:
        """Draw n examples by hash(seed, question_id), whatever the order of rows or the number of processes."""
        if eval_doc is None:
            raise ValueError("examples depend on the question; the task file must give fewshot_split as its test_split")
        pool = {row["question_id"]: row for row in self.df if row["language"] == eval_doc["language"]}
        pool.pop(eval_doc["question_id"], None)
        if n > len(pool):
            raise LastLineError(f"--num_fewshot {n}: only {len(pool)} questions can serve as examples")
        drawn = random.Random(f"{self.seed}/{eval_doc['question_id']}").sample(sorted(pool), n)
        return [pool[question_id] for question_id in drawn]
