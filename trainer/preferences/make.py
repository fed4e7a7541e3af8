"""Make preference pairs out of samples, by a vote over languages."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from calm_harness.errors import CalmError
from calm_harness.files import read_text
from calm_harness.predictions import Prediction
from trainer.preferences import held_out, summary, texts
from trainer.preferences.arguments import PairArguments
from trainer.preferences.samples import Samples, load
from trainer.preferences.texts import Rejection, Text
from trainer.preferences.write import CLOZE, RESPONSE, write
from trainer.votes.agreement import agreement
from trainer.votes.policies import Vote, vote


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
        outcome = vote(ballots, args.vote, ties=args.ties, seed=args.seed)
    except ValueError as error:
        raise CalmError(str(error)) from None
    if args.vote == "gold" and not (ballots.gold >= 0).any():
        raise CalmError("vote=gold needs labels, and these samples have none; take another vote")
    agreeing = agreement(ballots)
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
        won_by = float(outcome.share[q, language]), float(outcome.margin[q, language])
        rows += [_row(cell, won_by, (best, other), chat=args.chat) for other in against]
    rows = _capped(rows, args, dropped)
    if not rows:
        reasons = ", ".join(f"{reason}: {count}" for reason, count in dropped.most_common())
        raise CalmError(f"no pair is left ({reasons}); relax the limits, or sample more")
    return rows, summary.summarise(rows, samples, (ballots, outcome), dropped, asdict(args))


def _rejected(args: PairArguments, samples: Samples) -> Rejection:
    """Tell which policy of rejection fits the samples."""
    fitting: tuple[Rejection, ...] = ("random", "top", "all") if samples.scored else ("all", "one")
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
    from trainer.preferences.translate import Order, translator

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


def _against(cell: Prediction, answer: int, policy: Rejection, args: PairArguments) -> list[Text]:
    if not cell.continuations:
        return texts.dissenting(cell, answer, policy)
    scores = cell.likelihoods[args.score] if args.score else cell.scores or ()
    return texts.other_options(cell, answer, policy, scores, f"{args.seed}/{cell.question_id}/{cell.language}")


def _row(cell: Prediction, won_by: tuple[float, float], pair: tuple[Text, Text], *, chat: bool) -> dict[str, Any]:
    """Lay a pair out; `won_by` is the share of the votes and the margin."""
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
        "vote_share": won_by[0],
        "margin": won_by[1],
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


def make_folder(args: PairArguments) -> dict[str, Any]:
    """Read samples, make pairs and write them; return their summary.

    Raises:
        CalmError: samples cannot be read or do not fit the arguments, or pairs touch a question that is held out.
    """
    samples = load(args.samples, args.languages, _ids(args.questions))
    rows, summed = make(samples, args)
    summed["held_out"] = held_out.check(rows, args.held_out, transductive=args.transductive)
    write(Path(args.output).expanduser(), rows, summed)
    return summed


def _ids(file: str | None) -> list[str] | None:
    return None if file is None else read_text(Path(file).expanduser(), "write one question id a line").split()
