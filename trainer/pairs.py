"""Make preference pairs out of samples, by a vote over languages.

# CALM: what most samples in all languages agree on is the target, what dissents is rejected
python -m trainer.pairs --samples runs/sampled --vote crosslingual --output runs/pairs

# the CALM authors' own samples
python -m trainer.pairs --samples en=x_csqa_en_train_sampled.json zh=x_csqa_cn_train_sampled.json --output runs/pairs

# a base model, by its options' scores: vote on PMI, only questions on which three languages agree
python -m trainer.pairs --samples runs/cloze --score pmi --min_languages 3 --output runs/pairs

`--samples` are lm-eval sample logs of calm_*_cot or calm_*_cloze tasks, folders that hold some, or samples files of the
CALM release. The output folder has pairs.parquet and pairs.jsonl (TRL's preference format, with where each pair comes
from), summary.json, and llama_factory/ with a file a language and dataset_info.json.
"""

from __future__ import annotations

import random
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from calm_harness.errors import CalmError
from calm_harness.predictions import Prediction
from calm_harness.questions.files import read_text
from trainer import held_out, summary, texts, votes
from trainer.command import run
from trainer.samples import Samples, load
from trainer.texts import Text
from trainer.votes import Vote
from trainer.write import write

CLOZE, RESPONSE = "cloze", "response"


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
    languages: list[str] | None = field(default=None, metadata={"help": "BCP 47 tags; all by default."})
    questions: str | None = field(
        default=None, metadata={"help": "A file with the ids of the questions to use, one a line; all by default."}
    )
    vote: str = field(
        default="crosslingual",
        metadata={
            "help": "Whose answer is the target: all languages' samples pooled (crosslingual); the same with languages "
            "weighted by reliability, estimated from agreement (weighted) or by how far scores depend on the question "
            "(sensitive); the English ones (english), each language's own (own), the label (gold: an upper bound), "
            "nobody's (random: a control).",
            "choices": list(votes.POLICIES),
        },
    )
    score: str | None = field(
        default=None,
        metadata={"help": "Score that decides between options (sum, bytes, pmi); the run's own by default."},
    )
    probabilities: bool = field(
        default=False, metadata={"help": "Sum the options' probabilities instead of counting each language's best."}
    )
    ties: str = field(default="drop", metadata={"help": "What to do with a tie.", "choices": ["drop", "random"]})
    min_languages: int = field(
        default=0, metadata={"help": "Keep questions on which so many languages agree, whatever the vote."}
    )
    min_votes: float = field(default=0.0, metadata={"help": "Keep answers with at least so many votes."})
    min_margin: float = field(
        default=0.0, metadata={"help": "Keep answers whose share of votes is so far above the next one's."}
    )
    chosen: list[str] = field(
        default_factory=lambda: ["native", "template"],
        metadata={
            "help": "Where chosen responses come from, first choice first: a sample of the language (native), another "
            "language's sample translated (translate), the answer line alone (template).",
            "choices": list(texts.SOURCES),
        },
    )
    rejected: str | None = field(
        default=None,
        metadata={
            "help": "Rejected: all dissenting responses (all, the default), or one a question and language (one). Of "
            "scored options: one drawn at random (random, the default), the likeliest (top), or all.",
            "choices": list(texts.REJECTED),
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
            "help": "Refuse pairs that touch these questions: SET, SET:SPLIT, SET:SPLIT@SOURCE, or a sample log. The "
            "test splits that can be read here are always among them."
        },
    )
    transductive: bool = field(
        default=False,
        metadata={"help": "Allow questions that will be evaluated: no label is used, but say so wherever you report."},
    )
    seed: int = field(default=0, metadata={"help": "Seed of everything that is drawn."})


def make(samples: Samples, args: PairArguments) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Make pairs.

    Returns:
        The rows (TRL's preference columns and provenance), and the summary.

    Raises:
        CalmError: the arguments do not fit the samples, or no pair is left.
    """
    rejected = _rejected(args, samples)
    ballots = samples.ballots(args.score, probabilities=args.probabilities)
    try:
        outcome = votes.vote(ballots, args.vote, ties=args.ties, seed=args.seed)
    except ValueError as error:
        raise CalmError(str(error)) from None
    if args.vote == "gold" and not (ballots.gold >= 0).any():
        raise CalmError("vote=gold needs labels, and these samples have none; take another vote")
    agreeing = votes.agreement(ballots)
    dropped: Counter[str] = Counter()
    kept: list[tuple[int, int]] = []
    for place in samples.cells:
        reason = _reason(place, outcome, agreeing, args)
        if reason is None:
            kept.append(place)
        else:
            dropped[reason] += 1
    chosen = _chosen(samples, outcome, kept, args)
    rows = []
    for q, language in kept:
        cell, best = samples.cells[q, language], chosen[q, language]
        if best is None:
            dropped["no text for the chosen answer"] += 1
            continue
        against = _against(cell, best.answer, rejected, args)
        if not against:
            dropped["nothing to reject"] += 1
        vote = float(outcome.share[q, language]), float(outcome.margin[q, language])
        rows += [_row(cell, vote, (best, other), chat=args.chat) for other in against]
    rows = _capped(rows, args, dropped)
    if not rows:
        reasons = ", ".join(f"{reason}: {count}" for reason, count in dropped.most_common())
        raise CalmError(f"no pair is left ({reasons}); relax the limits, or sample more")
    return rows, summary.summarise(rows, samples, (ballots, outcome), dropped, asdict(args))


def _rejected(args: PairArguments, samples: Samples) -> str:
    """Tell which policy of rejection fits the samples."""
    fitting = ("random", "top", "all") if samples.scored else ("all", "one")
    found = args.rejected or fitting[0]
    if found not in fitting:
        kind = "scored options" if samples.scored else "responses"
        raise CalmError(f"rejected={found} is not for {kind}; take one of {', '.join(fitting)}")
    if samples.scored and args.chat:
        raise CalmError("chat is for responses; scored options carry the prompt as the model read it")
    return found


def _reason(cell: tuple[int, int], outcome: Vote, agreeing: np.ndarray, args: PairArguments) -> str | None:
    """Say why a question gives no pair in a language, or None."""
    if outcome.tied[cell] and args.ties == "drop":
        return "tie"
    if outcome.winner[cell] < 0:
        return "no vote"
    if agreeing[cell[0]] < args.min_languages:
        return f"fewer than {args.min_languages} languages agree"
    if outcome.votes[cell] < args.min_votes and args.vote not in ("gold", "random"):
        return f"fewer than {args.min_votes:g} votes"
    if outcome.margin[cell] < args.min_margin:
        return f"margin below {args.min_margin:g}"
    return None


def _chosen(
    samples: Samples, outcome: Vote, kept: Sequence[tuple[int, int]], args: PairArguments
) -> dict[tuple[int, int], Text | None]:
    """Find the text of the winning answer for each question and language."""
    if samples.scored:
        return {cell: texts.chosen_option(samples.cells[cell], int(outcome.winner[cell])) for cell in kept}
    found: dict[tuple[int, int], Text | None] = dict.fromkeys(kept)
    for source in args.chosen:
        missing = [cell for cell in kept if found[cell] is None]
        if source == "native":
            found |= {cell: texts.native(samples.cells[cell], int(outcome.winner[cell])) for cell in missing}
        elif source == "template":
            found |= {cell: texts.template(samples.cells[cell], int(outcome.winner[cell])) for cell in missing}
        else:
            found |= _translated(samples, outcome, missing, args)
    return found


def _translated(
    samples: Samples, outcome: Vote, cells: Sequence[tuple[int, int]], args: PairArguments
) -> dict[tuple[int, int], Text | None]:
    """Translate responses of other languages; a translation from which another answer is read is none."""
    from trainer.translate import Order, translator

    if args.translator is None:
        raise CalmError("chosen=translate needs a translator: --translator hf --translator_args pretrained=MODEL")
    of_question: dict[int, dict[str, Prediction]] = {}
    for (q, language), cell in samples.cells.items():
        of_question.setdefault(q, {})[samples.languages[language]] = cell
    orders: dict[tuple[int, int], Order] = {}
    for q, language in cells:
        target, answer = samples.languages[language], int(outcome.winner[q, language])
        origin = texts.to_translate(of_question[q], target, answer)
        text = texts.native(origin, answer) if origin is not None else None
        if origin is not None and text is not None:
            orders[q, language] = Order(texts.explanation(origin, text.text), origin.language, target)
    cache = Path(args.output).expanduser() / "translations.jsonl"
    translate = translator(args.translator, args.translator_args, cache, chat=args.chat)
    done = dict(zip(orders, translate(list(orders.values())), strict=True))
    return {cell: texts.translated(samples.cells[cell], text, int(outcome.winner[cell])) for cell, text in done.items()}


def _against(cell: Prediction, answer: int, policy: str, args: PairArguments) -> list[Text]:
    if not cell.continuations:
        return texts.dissenting(cell, answer, policy)
    scores = cell.likelihoods[args.score] if args.score else cell.scores or ()
    return texts.other_options(cell, answer, policy, scores, f"{args.seed}/{cell.question_id}/{cell.language}")


def _row(cell: Prediction, vote: tuple[float, float], pair: tuple[Text, Text], *, chat: bool) -> dict[str, Any]:
    """Lay a pair out; `vote` is its share and margin."""
    prompt: Any = cell.prompt
    both: list[Any] = [text.text for text in pair]
    if chat:
        if cell.user is None:
            raise CalmError(f"question {cell.question_id} in {cell.language}: the log does not hold the task's prompt")
        prompt = [{"role": "user", "content": cell.user}]
        both = [[{"role": "assistant", "content": text.strip()}] for text in both]
    elif not cell.continuations and not str(prompt)[-1:].isspace():
        both = [text if text[:1].isspace() else "\n" + text for text in both]
    return {
        "prompt": prompt,
        "chosen": both[0],
        "rejected": both[1],
        "question_id": cell.question_id,
        "language": cell.language,
        "chosen_answer": pair[0].answer,
        "rejected_answer": pair[1].answer,
        "vote_share": vote[0],
        "margin": vote[1],
        "source": pair[0].source,
        "format": CLOZE if cell.continuations else RESPONSE,
        "stem": cell.stem,
    }


def _capped(rows: list[dict[str, Any]], args: PairArguments, dropped: Counter[str]) -> list[dict[str, Any]]:
    """Keep what the caps allow, drawn at random and in the old order."""
    by_language: dict[str, list[int]] = {}
    for number, row in enumerate(rows):
        by_language.setdefault(row["language"], []).append(number)
    most = args.max_pairs_per_language
    if args.balance and by_language:
        fewest = min(map(len, by_language.values()))
        most = fewest if most is None else min(most, fewest)
    kept = [
        number
        for language, numbers in by_language.items()
        for number in _drawn(numbers, most, f"{args.seed}/{language}")
    ]
    kept = sorted(_drawn(kept, args.max_pairs, f"{args.seed}/all"))
    if len(kept) < len(rows):
        dropped["beyond the cap (pairs)"] = len(rows) - len(kept)
    return [rows[number] for number in kept]


def _drawn(numbers: list[int], most: int | None, seed: str) -> list[int]:
    return numbers if most is None or most >= len(numbers) else random.Random(seed).sample(numbers, most)


def command(args: PairArguments) -> int:
    """Read samples, make pairs, write them, and say what they are."""
    samples = load(args.samples, args.languages, _ids(args.questions))
    rows, found = make(samples, args)
    found["held_out"] = held_out.check(rows, args.held_out, transductive=args.transductive)
    write(Path(args.output).expanduser(), rows, found)
    print(summary.render(found))
    return 0


def _ids(file: str | None) -> list[str] | None:
    return None if file is None else read_text(Path(file).expanduser(), "write one question id a line").split()


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command."""
    return run("trainer.pairs", __doc__, [PairArguments], command, argv)


if __name__ == "__main__":
    sys.exit(main())
