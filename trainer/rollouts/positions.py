"""When a training on agreement is stopped: where the positions of its answers collapse.

One answer that is given to everything agrees with itself in all languages, and no reward without labels tells it from
what is right. A loop stops where the entropy of answer positions on questions that nobody trains on falls below a part
of the base model's (`trainer.rounds.stopping`); here the last questions that were answered are held against the first.
"""

from __future__ import annotations

import logging
import math
from collections import Counter
from collections.abc import Iterable
from typing import Any

import numpy as np
from transformers import TrainerCallback
from transformers.trainer_callback import ExportableState

from calm_harness import metrics

log = logging.getLogger(__name__)

QUESTIONS = 32  # that a window has at least: the entropy of fewer is low by chance

Tally = list[list[int]]  # how often a position was named: options of the question, position, count


def tally(given: Iterable[tuple[int, int]]) -> Tally:
    """Count answers, each the number of its question's options and its position."""
    return [[size, position, count] for (size, position), count in sorted(Counter(given).items())]


def entropy(window: Iterable[Tally]) -> float:
    """Return `calm_harness.metrics.position_entropy` of the answers of several steps; NaN where there are none."""
    counts = np.array([entry for step in window for entry in step], dtype=np.int64)
    if not len(counts):
        return math.nan
    sizes, positions = (np.repeat(counts[:, column], counts[:, 2]) for column in (0, 1))
    table = metrics.Answers(
        question_ids=("",) * len(sizes),
        languages=("",),
        chosen=(1 << positions)[:, None],
        position=positions[:, None],
        gold=np.full(len(sizes), -1),
        size=sizes,
    )
    return float(metrics.position_entropy(table))


class Positions(TrainerCallback, ExportableState):
    """Stops a training whose answers' positions collapse; checkpoints carry what it has seen.

    Args:
        steps: generation steps that a window has.
        min_entropy: the least part of the first window's entropy that a later one may keep.
    """

    def __init__(self, steps: int, min_entropy: float) -> None:
        self.steps = steps
        self.min_entropy = min_entropy
        self.first: list[Tally] = []
        self.last: list[Tally] = []

    @classmethod
    def over(cls, questions: int, min_entropy: float) -> Positions:
        """Take windows of at least `QUESTIONS` questions, of which a step has so many."""
        return cls(math.ceil(QUESTIONS / questions), min_entropy)

    def add(self, given: Iterable[tuple[int, int]]) -> float:
        """Take the answers of a step, and return the entropy of the last window's positions."""
        counted = tally(given)
        if len(self.first) < self.steps:
            self.first.append(counted)
        self.last = [*self.last, counted][-self.steps :]
        return entropy(self.last)

    def verdict(self) -> str | None:
        """Say why training is to stop; None where it is to go on, or a window is not full yet."""
        if len(self.last) < self.steps:
            return None
        before, now = entropy(self.first), entropy(self.last)
        if math.isnan(before):
            return "no answer names an option; take a model that answers, or a longer --max_completion_length"
        if math.isnan(now):
            return "no answer names an option any more"
        if now >= self.min_entropy * before:
            return None
        return f"the answers' positions collapsed (entropy {before:.3f} to {now:.3f})"

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Go on from what a checkpoint has seen."""
        for name, value in state.stateful_callbacks.get(type(self).__name__, {}).get("attributes", {}).items():
            setattr(self, name, value)

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """End the training where positions have collapsed: on all processes, which have seen the same answers."""
        reason = self.verdict()
        if reason is not None:
            said = f"stopped after step {state.global_step} of {state.max_steps}: {reason}"
            state.log_history.append({"stopped": said, "step": state.global_step})
            if state.is_world_process_zero:
                log.warning("%s", said)
            control.should_training_stop = True

    def state(self) -> dict[str, Any]:
        """Return what a checkpoint keeps."""
        return {
            "args": {"steps": self.steps, "min_entropy": self.min_entropy},
            "attributes": {"first": self.first, "last": self.last},
        }
