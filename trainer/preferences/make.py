"""Make preference pairs out of samples, by a vote over languages."""

from __future__ import annotations

import logging
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
from trainer.preferences.write import CLOZE, RESPONSE, TURN, write
from trainer.votes.agreement import agreement
from trainer.votes.policies import Vote, vote

log = logging.getLogger(__name__)


def make(samples: Samples, args: PairArguments) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Make pairs.

    Returns:
        The rows (TRL's preference columns and provenance), and the summary.

    Raises:
        CalmError: the arguments do not fit the samples, or no pair is left.
    """
    rejection = _rejected(args, samples)
    check_labels(args)
    ballots = samples.ballots(args.score, probabilities=args.probabilities)
    try:
        outcome = vote(ballots, args.vote, ties=args.ties, seed=args.seed)
    except ValueError as error:
        raise CalmError(str(error)) from None
    if args.vote == "gold" and not (ballots.gold >= 0).any():
        raise CalmError("vote=gold needs labels, and these samples have none; take another vote")
    agreeing = agreement(ballots)
    dropped: Counter[str] = Counter()
    cells: list[tuple[int, int]] = []
    for cell in samples.cells:
        reason = _reason(cell, outcome, agreeing, args)
        if reason is None:
            cells.append(cell)
        else:
            dropped[reason] += 1
    chosen_texts = _chosen(samples, outcome, cells, args, dropped)
    rows = []
    for q, language in cells:
        prediction, chosen = samples.cells[q, language], chosen_texts[q, language]
        if chosen is None:
            dropped["no text for the chosen answer"] += 1
            continue
        rejected = _against(prediction, chosen.answer, rejection, args)
        if not rejected:
            dropped["nothing to reject"] += 1
        won_by = float(outcome.share[q, language]), float(outcome.margin[q, language])
        rows += [_row(prediction, won_by, (chosen, text), chat=args.chat) for text in rejected]
    rows = _capped(rows, args, dropped)
    if not rows:
        reasons = ", ".join(f"{reason}: {count}" for reason, count in dropped.most_common())
        raise CalmError(f"no pair is left ({reasons}); relax the limits, sample more, or name more --chosen")
    return rows, summary.summarise(rows, samples, (ballots, outcome), dropped, asdict(args))


def check_labels(args: PairArguments) -> None:
    """Check that no label of a question that is evaluated is trained on.

    Raises:
        CalmError: it would be.
    """
    if args.vote == "gold" and args.transductive:
        raise CalmError(
            "vote=gold would train on the labels of questions that are evaluated; take another vote, or other questions"
        )


def _rejected(args: PairArguments, samples: Samples) -> Rejection:
    """Tell which policy of rejection fits the samples."""
    fitting: tuple[Rejection, ...] = ("random", "top", "all") if samples.scored else ("all", "one")
    rejection = args.rejected or fitting[0]
    if rejection not in fitting:
        kind = "scored options" if samples.scored else "responses"
        raise CalmError(f"rejected={rejection} is not for {kind}; take one of {', '.join(fitting)}")
    if samples.scored and args.chat:
        raise CalmError("chat is for responses; scored options carry the prompt as the model read it")
    return rejection


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
    samples: Samples, outcome: Vote, cells: Sequence[tuple[int, int]], args: PairArguments, dropped: Counter[str]
) -> dict[tuple[int, int], Text | None]:
    """Find the text of the winning answer for each question and language."""
    if samples.scored:
        return {cell: texts.chosen_option(samples.cells[cell], int(outcome.winner[cell])) for cell in cells}
    chosen: dict[tuple[int, int], Text | None] = dict.fromkeys(cells)
    for source in args.chosen:
        missing = [cell for cell in cells if chosen[cell] is None]
        if source == "native":
            chosen |= {cell: texts.native(samples.cells[cell], int(outcome.winner[cell])) for cell in missing}
        elif source == "template":
            chosen |= {cell: texts.template(samples.cells[cell], int(outcome.winner[cell])) for cell in missing}
        else:
            chosen |= _translated(samples, outcome, missing, args, dropped)
    return chosen


def _translated(
    samples: Samples, outcome: Vote, cells: Sequence[tuple[int, int]], args: PairArguments, dropped: Counter[str]
) -> dict[tuple[int, int], Text | None]:
    """Translate responses of other languages; translations with a fault are none, and counted by what it is."""
    from trainer.preferences.translate import Order, translator
    from trainer.preferences.translations import Side, fault

    if args.translator is None:
        raise CalmError("chosen=translate needs a translator: --translator hf --translator_args pretrained=MODEL")
    by_question: dict[int, dict[str, Prediction]] = {}
    for (q, language), prediction in samples.cells.items():
        by_question.setdefault(q, {})[samples.languages[language]] = prediction
    originals: dict[tuple[int, int], Side] = {}
    for q, language in cells:
        found = texts.to_translate(by_question[q], samples.languages[language], int(outcome.winner[q, language]))
        if found is not None:
            origin, text = found
            originals[q, language] = Side(text, texts.words(origin), origin.options)
    orders = [
        Order(original.text, original.language, texts.words(samples.cells[cell]))
        for cell, original in originals.items()
    ]
    cache = Path(args.output).expanduser() / "translations.jsonl"
    translations = translator(args.translator, args.translator_args, cache, chat=args.chat)(orders)
    chosen: dict[tuple[int, int], Text | None] = {}
    for (cell, original), translation in zip(originals.items(), translations, strict=True):
        prediction, answer = samples.cells[cell], int(outcome.winner[cell])
        reason = fault(original, Side(translation, texts.words(prediction), prediction.options), answer)
        chosen[cell] = texts.translated(prediction, translation, answer) if reason is None else None
        if chosen[cell] is None:
            dropped[f"translation: {reason or 'the answer is not read'}"] += 1
    return chosen


def _against(prediction: Prediction, answer: int, policy: Rejection, args: PairArguments) -> list[Text]:
    if not prediction.continuations:
        return texts.dissenting(prediction, answer, policy)
    scores = prediction.likelihoods[args.score] if args.score else prediction.scores or ()
    return texts.other_options(
        prediction, answer, policy, scores, f"{args.seed}/{prediction.question_id}/{prediction.language}"
    )


def _row(prediction: Prediction, won_by: tuple[float, float], pair: tuple[Text, Text], *, chat: bool) -> dict[str, Any]:
    """Lay a pair out; `won_by` is the share of the votes and the margin."""
    prompt: Any = prediction.prompt
    completions: list[Any] = [text.text for text in pair]
    kind = CLOZE if prediction.continuations else _kind(prediction)
    rendered = {}
    if chat:
        prompt = _messages(prediction)
        contents = completions if kind == TURN else [text.strip() for text in completions]
        completions = [[{"role": "assistant", "content": text}] for text in contents]
        rendered = {"rendered": None if prediction.served else prediction.prompt}
    elif prediction.served:
        raise CalmError(f"{_where(prediction)}: a server was sent messages, and the log has no text; take --chat true")
    elif kind == RESPONSE and not str(prompt)[-1:].isspace():
        completions = [text if text[:1].isspace() else "\n" + text for text in completions]
    return {
        "prompt": prompt,
        "chosen": completions[0],
        "rejected": completions[1],
        "question_id": prediction.question_id,
        "language": prediction.language,
        "chosen_answer": pair[0].answer,
        "rejected_answer": pair[1].answer,
        "vote_share": won_by[0],
        "margin": won_by[1],
        "source": pair[0].source,
        "format": kind,
        "stem": prediction.stem,
        "options": list(prediction.options),
        **rendered,
    }


def _kind(prediction: Prediction) -> str:
    """Tell whether responses are turns of a chat: then the prompt goes on behind the user's text."""
    behind = (prediction.prompt or "").rpartition(prediction.user)[2] if prediction.user else ""
    return TURN if prediction.messages or behind.strip() else RESPONSE


def _messages(prediction: Prediction) -> list[dict[str, str]]:
    """Return the turns of a prompt; where the log is of an earlier version, the user's alone, which training checks."""
    if prediction.messages:
        return [dict(message) for message in prediction.messages]
    if prediction.user is None:
        raise CalmError(f"{_where(prediction)}: the log does not hold the task's prompt; make pairs without --chat")
    if _kind(prediction) == RESPONSE and prediction.prompt != prediction.user:
        raise CalmError(
            f"{_where(prediction)}: its prompt is plain text with examples or a system text, which a chat would lose; "
            "make pairs without --chat, or sample with --apply_chat_template"
        )
    return [{"role": "user", "content": prediction.user}]


def _where(prediction: Prediction) -> str:
    return f"question {prediction.question_id} in {prediction.language}"


def _capped(rows: list[dict[str, Any]], args: PairArguments, dropped: Counter[str]) -> list[dict[str, Any]]:
    """Keep what the caps allow, drawn at random and in the old order."""
    by_language: dict[str, list[int]] = {}
    for number, row in enumerate(rows):
        by_language.setdefault(row["language"], []).append(number)
    cap = args.max_pairs_per_language
    if args.balance and by_language:
        fewest = min(map(len, by_language.values()))
        cap = fewest if cap is None else min(cap, fewest)
    drawn = [
        number
        for language, numbers in by_language.items()
        for number in _drawn(numbers, cap, f"{args.seed}/{language}")
    ]
    drawn = sorted(_drawn(drawn, args.max_pairs, f"{args.seed}/all"))
    if len(drawn) < len(rows):
        dropped["beyond the cap (pairs)"] = len(rows) - len(drawn)
    return [rows[number] for number in drawn]


def _drawn(numbers: list[int], cap: int | None, seed: str) -> list[int]:
    return numbers if cap is None or cap >= len(numbers) else random.Random(seed).sample(numbers, cap)


def make_folder(args: PairArguments) -> dict[str, Any]:
    """Read samples, make pairs and write them; return their summary.

    Raises:
        CalmError: samples cannot be read or do not fit the arguments, or pairs touch a question that is held out.
    """
    samples = load(args.samples, args.languages, _ids(args.questions), args.model)
    rows, figures = make(samples, args)
    for warning in figures["warnings"]:
        log.warning("%s", warning)
    figures["held_out"] = held_out.check(rows, args.held_out, transductive=args.transductive)
    write(Path(args.output).expanduser(), rows, figures)
    return figures


def _ids(file: str | None) -> list[str] | None:
    return None if file is None else read_text(Path(file).expanduser(), "write one question id a line").split()
