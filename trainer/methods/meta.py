"""First-order meta-learning over DPO: weights from which few pairs of another language will do.

As in X-METRA-ADA (arXiv 2104.09696) a model is not trained on languages, but to be trained on one: a task is some steps
on pairs of one language, after which the weights go a part of the way to where these steps led. The outer step is
Reptile's (arXiv 1803.02999, algorithm 1; its size falls linearly, as in its section 6), which needs no second
derivatives, and no second set of pairs. Inner steps and loss are TRL's, one after the other as a trainer takes them.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from transformers import TrainerCallback

from calm_harness.errors import CalmError
from trainer.methods import dpo
from trainer.methods.dpo import CalmDPOConfig
from trainer.training import data
from trainer.training.arguments import Arguments, Method
from trainer.training.shared_prompts import SharedPromptDPOTrainer
from trainer.training.tokens import SIDES


@dataclass
class CalmMetaConfig(CalmDPOConfig):
    """TRL's DPO arguments with our defaults, and those of the outer steps."""

    inner_steps: int = field(
        default=4, metadata={"help": "Steps on pairs of one language, after which the outer step is taken."}
    )
    outer_learning_rate: float = field(
        default=1.0,
        metadata={"help": "How far the first outer step goes towards the adapted weights (0 to 1); it falls to 0."},
    )
    lr_scheduler_type: str = field(default="constant", metadata={"help": "Of the inner steps' learning rate."})
    save_strategy: str = field(
        default="no",
        metadata={"help": "There are no checkpoints: within a task, weights are no one's.", "choices": ["no"]},
    )
    train_sampling_strategy: str = field(
        default="sequential", metadata={"help": "Pairs are in the order of tasks.", "choices": ["sequential"]}
    )


class Reptile(TrainerCallback):
    """Takes the outer steps: after each task, weights go from where it began towards where it ended.

    Args:
        inner_steps: of a task.
        outer_learning_rate: of the first task; of the last of T it is a T-th of that.
    """

    def __init__(self, inner_steps: int, outer_learning_rate: float) -> None:
        self.inner_steps = inner_steps
        self.outer_learning_rate = outer_learning_rate
        self.begun: list[torch.Tensor] = []

    def on_train_begin(self, args: Any, state: Any, control: Any, model: Any = None, **_: Any) -> None:
        """Remember where the first task begins."""
        self.begun = [weight.detach().clone() for weight in learned(model)]

    @torch.no_grad()
    def on_step_end(
        self, args: Any, state: Any, control: Any, model: Any = None, optimizer: Any = None, **_: Any
    ) -> None:
        """After a task's last step, take the outer one: φ + ε (θ − φ)."""
        if state.global_step % self.inner_steps:
            return
        tasks = state.max_steps // self.inner_steps
        size = self.outer_learning_rate * (1 - (state.global_step // self.inner_steps - 1) / tasks)
        for begun, weight in zip(self.begun, learned(model), strict=True):
            begun.add_(weight - begun, alpha=size)
            weight.copy_(begun)
        optimizer.state.clear()  # the next task is another language's


def learned(model: Any) -> list[torch.Tensor]:
    """List the weights that are trained."""
    return [weight for weight in model.parameters() if weight.requires_grad]


def in_tasks(languages: Sequence[str], size: int, seed: int) -> list[int]:
    """Order pairs into tasks of one language each; what does not fill a task is left out.

    Args:
        languages: of each pair.
        size: pairs of a task.
        seed: of which pairs are in a task, and of the order of tasks.

    Returns:
        The numbers of pairs, task after task.

    Raises:
        CalmError: a language has too few pairs for a task, or there is one language alone.
    """
    drawing = random.Random(seed)
    tasks: list[list[int]] = []
    for language in sorted(set(languages)):
        numbers = [number for number, of_pair in enumerate(languages) if of_pair == language]
        drawing.shuffle(numbers)
        whole = [numbers[at : at + size] for at in range(0, len(numbers) - size + 1, size)]
        if not whole:
            raise CalmError(
                f"{language} has {len(numbers)} pairs, and a task is {size} (--inner_steps times the batch); "
                "make one smaller, or more pairs"
            )
        tasks += whole
    if len(set(languages)) < 2:
        raise CalmError(f"all pairs are in {', '.join(set(languages))}; meta-learning is from several languages")
    drawing.shuffle(tasks)
    return [number for task in tasks for number in task]


def build(dataset: Any, tokenizer: Any, arguments: Arguments) -> SharedPromptDPOTrainer:
    """Make the trainer, whose data are in the order of tasks.

    Raises:
        CalmError: model or adapter cannot be loaded, or pairs and settings make no tasks.
    """
    config = arguments.training
    _check(config)
    rows = data.load(arguments.data.pairs)
    if len(rows) != len(dataset):
        raise CalmError(
            f"{len(rows) - len(dataset)} pairs are longer than {config.max_length} tokens, so that it is not known "
            "whose language the others are; raise --max_length"
        )
    languages = [str(row.get("language") or "all") for row in rows]
    batch = config.per_device_train_batch_size * config.gradient_accumulation_steps * config.world_size
    order = in_tasks(languages, config.inner_steps * batch, config.seed)
    trainer = dpo.build(dataset.select(order), tokenizer, arguments)
    trainer.add_callback(Reptile(config.inner_steps, config.outer_learning_rate))
    return trainer


def _check(config: CalmMetaConfig) -> None:
    if config.objective != "dpo":
        raise CalmError("--objective has to be dpo, over which it is learned to learn; leave it out")
    if config.inner_steps < 1 or not 0 < config.outer_learning_rate <= 1:
        raise CalmError("--inner_steps has to be 1 or more, and --outer_learning_rate above 0 and at most 1")
    if config.max_steps > 0 and config.max_steps % config.inner_steps:
        raise CalmError(
            f"--max_steps {config.max_steps} ends within a task of {config.inner_steps} --inner_steps; take a multiple"
        )
    if config.save_strategy != "no" or config.train_sampling_strategy != "sequential":
        raise CalmError("--save_strategy has to be no, and --train_sampling_strategy sequential; leave them out")


METHOD = Method("META", {data.COLUMNS: SIDES}, iter, build)
