"""What GRPO is told beside TRL's arguments."""

from __future__ import annotations

from dataclasses import dataclass, field

from trainer.training.arguments import Outcome
from trainer.votes.rewards import Reward


@dataclass(kw_only=True)
class PromptArguments(Outcome):
    """Whose questions are asked while training, and what their answers are worth."""

    samples: list[str] = field(
        metadata={
            "help": "lm-eval sample logs of a calm_*_cot task, or folders that hold some: their questions are asked "
            "again, word for word."
        }
    )
    reward: Reward = field(
        default="vote",
        metadata={
            "help": "What an answer is worth: 1 if it is that of all languages' majority (vote), the share of the "
            "other languages' samples that give it (agree), how many languages' answers of the same rollout are right "
            "(gold: by the labels), and 1 more if all are (gold+all).",
        },
    )
    languages: list[str] | None = field(default=None, metadata={"help": "BCP 47 tags; all by default."})
    questions: str | None = field(
        default=None, metadata={"help": "A file with the ids of the questions to use, one a line; all by default."}
    )
    min_entropy: float = field(
        default=0.8,
        metadata={"help": "Stop where the entropy of answer positions falls below this part of the first steps'."},
    )
