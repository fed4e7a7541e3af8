"""What the making of pairs can be told."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, get_args

from calm_harness.task.options import Score
from trainer.preferences.texts import Rejection, Source
from trainer.votes.fixed_point import Partners
from trainer.votes.policies import Policy, Ties
from trainer.votes.pools import Pool


@dataclass
class PairArguments:
    """What `python -m trainer.pairs` can be told.

    Args:
        samples (`list[str]`): sample logs, folders of them, or LANG=FILE of the CALM release.
        output (`str`): folder to write.
    """

    samples: list[str] = field(
        metadata={"help": "lm-eval sample logs, folders that hold some, or LANG=FILE (samples of the CALM release)."}
    )
    output: str = field(metadata={"help": "The folder to write."})
    model: str | None = field(
        default=None,
        metadata={"help": "Whose samples to take, where there are several models': a model's or an adapter's name."},
    )
    languages: list[str] | None = field(default=None, metadata={"help": "BCP 47 tags; all by default."})
    questions: str | None = field(
        default=None, metadata={"help": "A file with the ids of the questions to use, one a line; all by default."}
    )
    objective: Literal["dpo", "dco"] = field(
        default="dpo",
        metadata={
            "help": "What the pairs are for: the answer of a vote against others (dpo), or, without a vote, two "
            "options of a question and their log-odds in another language (dco)."
        },
    )
    partners: Partners = field(
        default="english",
        metadata={
            "help": "For objective=dco, whose log-odds a language learns: English those of each other language and "
            "they English's (english), each language and one drawn among the others each other's (random), or all "
            "those of all others (all)."
        },
    )
    vote: Policy = field(
        default="crosslingual",
        metadata={
            "help": "Whose answer is the target: all languages' samples pooled (crosslingual); the same with languages "
            "weighted by reliability, estimated from agreement (weighted) or by how far scores depend on the question "
            "(sensitive); all languages' scores of options pooled (pooled); those of the language that is surest of "
            "itself, over all questions (pivot) or on each (confident); the English ones (english), each language's "
            "own (own), the label (gold: an upper bound), nobody's (random: a control)."
        },
    )
    pool: Pool = field(
        default="log",
        metadata={
            "help": "How the vote pooled pools options' scores over languages: log-probabilities added up (log), their "
            "median (median), or scores standardised within the question and added up (zscored)."
        },
    )
    score: Score | None = field(
        default=None,
        metadata={"help": "Score that decides between options (sum, bytes, pmi); the run's own by default."},
    )
    probabilities: bool = field(
        default=False, metadata={"help": "Sum the options' probabilities instead of counting each language's best."}
    )
    ties: Ties = field(default="drop", metadata={"help": "What to do with a tie."})
    min_languages: int = field(
        default=0, metadata={"help": "Keep questions on which so many languages agree, whatever the vote."}
    )
    min_votes: float = field(default=0.0, metadata={"help": "Keep answers with at least so many votes."})
    min_margin: float = field(
        default=0.0, metadata={"help": "Keep answers whose share of votes is so far above the next one's."}
    )
    chosen: list[str] = field(
        default_factory=lambda: ["native"],
        metadata={
            "help": "Where chosen responses come from, first choice first, in this order: a sample of the language "
            "(native), another language's sample translated (translate), the answer line alone (template: next to "
            "rejected explanations it teaches not to explain).",
            "choices": list(get_args(Source)),
        },
    )
    rejected: Rejection | None = field(
        default=None,
        metadata={
            "help": "Rejected: all dissenting responses (all, the default), or one a question and language (one). Of "
            "scored options: one drawn at random (random, the default), the likeliest (top), or all."
        },
    )
    thoughts: bool = field(
        default=False,
        metadata={
            "help": "Keep the thoughts before responses (of models that reason); both sides of a pair have them, or "
            "neither. Without, a response begins where they end."
        },
    )
    tokenizer: str | None = field(
        default=None,
        metadata={"help": "The model to be trained, in whose tokens lengths are told; characters by default."},
    )
    balance_length: bool = field(
        default=False,
        metadata={
            "help": "Match the lengths of both sides: of the samples with the winning answer take that of closest "
            "length, then leave out the pairs by which a language's mean lengths differ (at most half)."
        },
    )
    chat: bool = field(
        default=False, metadata={"help": "Write message lists, to which training applies the model's chat template."}
    )
    max_pairs: int | None = field(default=None, metadata={"help": "Keep at most so many pairs, drawn at random."})
    max_pairs_per_language: int | None = field(
        default=None, metadata={"help": "Keep at most so many pairs of each language, drawn at random."}
    )
    balance: bool = field(
        default=False, metadata={"help": "Keep as many pairs of each language as the one with the fewest has."}
    )
    translator: str | None = field(
        default=None,
        metadata={
            "help": "For --chosen translate: lm-eval's name of a model (hf, vllm, local-chat-completions), or "
            "`seq2seq` for a transformers translation model."
        },
    )
    translator_args: str = field(
        default="", metadata={"help": "The translator's arguments as lm-eval's --model_args: pretrained=MODEL,..."}
    )
    held_out: list[str] = field(
        default_factory=list,
        metadata={
            "help": "Refuse pairs that touch these questions: SET, SET:SPLIT, SET:SPLIT@SOURCE, or a sample log "
            "(LANG=FILE, where it does not say its language). The test splits that can be read here are always among "
            "them."
        },
    )
    transductive: bool = field(
        default=False,
        metadata={"help": "Allow questions that will be evaluated: no label is used, but say so wherever you report."},
    )
    seed: int = field(default=0, metadata={"help": "Seed of everything that is drawn."})
