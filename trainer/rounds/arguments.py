"""What a loop and a study can be told; usually YAML files."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from trainer.parallel.arguments import MixedArguments, ParallelArguments, TranslationArguments

Method = Literal["dpo", "sft", "grpo", "translations", "mixed"]
TEXTS: dict[str, type[ParallelArguments]] = {"translations": TranslationArguments, "mixed": MixedArguments}
"""Methods that learn texts instead of pairs, and what the making of these can be told."""


@dataclass
class LoopArguments:
    """What a loop can be told; usually a YAML file."""

    output: str = field(metadata={"help": "The run's folder."})
    model: str = field(metadata={"help": "The base model: a folder, or a name on the Hub."})
    task: str = field(metadata={"help": "The calm_* task that samples for training: _cloze or _cot."})
    metadata: dict[str, Any] = field(
        default_factory=dict, metadata={"help": "The sampling task's --metadata; its split is a training split."}
    )
    gen_kwargs: str | None = field(
        default=None, metadata={"help": "How to sample, as lm-eval has it: do_sample=True,temperature=0.7 (_cot)."}
    )
    backend: str = field(default="hf-prefix", metadata={"help": "lm-eval's name of the model class."})
    model_args: str = field(default="", metadata={"help": "More of lm-eval's --model_args: dtype=bfloat16."})
    eval_args: list[str] = field(
        default_factory=list, metadata={"help": "More of lm-eval's flags: --device cpu --apply_chat_template."}
    )
    launcher: list[str] = field(
        default_factory=list,
        metadata={"help": "How to start training; this Python by default: accelerate launch --config_file FILE."},
    )
    train_questions: int | None = field(default=None, metadata={"help": "Questions to train on; all by default."})
    dev_questions: int = field(
        default=100,
        metadata={"help": "Questions that tell when to stop; without any, all rounds are run and the last is kept."},
    )
    test_questions: int = field(
        default=0, metadata={"help": "Questions of the same split that are only tested on (no setting may see them)."}
    )
    rotation: int = field(default=0, metadata={"help": "Which questions are the test: 0, 1, 2, ... are disjoint."})
    rounds: int = field(default=1, metadata={"help": "The most rounds."})
    fresh: bool = field(default=False, metadata={"help": "Give every round questions of its own."})
    go_on: bool = field(
        default=True, metadata={"help": "A later round goes on with the adapter; otherwise it starts a new one."}
    )
    reference: Literal["start", "base"] = field(
        default="start",
        metadata={"help": "DPO's reference in later rounds: what the round starts from, or the base model."},
    )
    min_entropy: float = field(
        default=0.8,
        metadata={"help": "Stop where the entropy of answer positions falls below this part of the base's."},
    )
    method: Method = field(
        default="dpo",
        metadata={
            "help": "How to train: on pairs (dpo, sft), on answers that are written meanwhile (grpo, which asks the "
            "training questions as a _cot task does), or by SFT on what needs no vote, the training questions' "
            "translations (translations) and passages whose sentences change language (mixed)."
        },
    )
    texts: dict[str, Any] = field(
        default_factory=dict,
        metadata={
            "help": "Settings of trainer.translations (or mixed), for these methods; `parallel` names other texts than "
            "those of the training questions."
        },
    )
    pairs: dict[str, Any] = field(
        default_factory=dict, metadata={"help": "Settings of trainer.pairs, for methods that learn pairs."}
    )
    training: dict[str, Any] = field(
        default_factory=dict, metadata={"help": "Settings of trainer.dpo (or sft, or grpo: reward)."}
    )
    evaluate: list[dict[str, Any]] = field(
        default_factory=list,
        metadata={"help": "What to evaluate besides: a list of {name, task, metadata, questions, num_fewshot}."},
    )
    transductive: bool = field(
        default=False, metadata={"help": "Train on the very questions that are evaluated, and say so in the report."}
    )
    base: str | None = field(
        default=None, metadata={"help": "A folder with the base model's runs, where another loop made them."}
    )
    seed: int = field(default=0, metadata={"help": "Seed of pairs and training."})


@dataclass
class StudyArguments:
    """What a study can be told; usually a YAML file."""

    output: str = field(metadata={"help": "The study's folder."})
    loop: dict[str, Any] = field(metadata={"help": "Settings of trainer.loop that all arms share."})
    arms: dict[str, dict[str, Any]] = field(
        default_factory=dict,
        metadata={"help": "Name of an arm to the settings that it changes; pairs and training are merged."},
    )
    adapt: dict[str, Any] | None = field(
        default=None,
        metadata={"help": "Instead of arms, a study of adaptation: {targets, questions, training, meta}."},
    )
    title: str = field(default="Study", metadata={"help": "What the report is called."})
    seeds: list[int] = field(
        default_factory=lambda: [0, 1, 2], metadata={"help": "A run an arm and seed; tests are disjoint."}
    )
    against: str | None = field(
        default=None, metadata={"help": "The arm that is compared with all others; the first by default."}
    )
    arms_only: list[str] | None = field(
        default=None, metadata={"help": "Run these arms only; report all that are done."}
    )


@dataclass
class ShownArguments:
    """What of a loop or a study is shown."""

    verbose: bool = field(
        default=False,
        metadata={
            "aliases": ["-v"],
            "help": "Show all that goes to the log: other libraries' lines, details, progress bars.",
        },
    )


@dataclass
class AdaptArguments:
    """What a study of adaptation can be told."""

    targets: list[str] = field(metadata={"help": "Languages to adapt to, BCP 47 tags."})
    questions: list[int] = field(
        default_factory=lambda: [0, 8, 32],
        metadata={"help": "How many questions of the target to train on, drawn from the dev questions."},
    )
    training: dict[str, Any] = field(
        default_factory=dict, metadata={"help": "What adaptation changes of the settings of training."}
    )
    meta: dict[str, Any] = field(
        default_factory=dict, metadata={"help": "What meta-learning changes of them, and settings of trainer.meta."}
    )
