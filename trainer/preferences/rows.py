"""Pairs as rows: TRL's columns of preferences, and where each pair comes from."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from calm_harness.answers import closing
from calm_harness.errors import CalmError
from calm_harness.predictions import Prediction
from trainer.preferences.texts import Text
from trainer.preferences.write import CLOZE, REFERENCE, RESPONSE, TURN


@dataclass(frozen=True)
class Pair:
    """A preference.

    Attributes:
        cell: the samples of its question in its language.
        chosen: the text with the winning answer.
        rejected: the other.
        share: of the votes, the winner's.
        margin: by how much that is above the next one's.
    """

    cell: Prediction
    chosen: Text
    rejected: Text
    share: float
    margin: float


def lay_out(pair: Pair, *, chat: bool) -> dict[str, Any]:
    """Lay a pair out.

    Args:
        pair: the pair.
        chat: whether as messages.

    Raises:
        CalmError: the log does not say what was asked in this form.
    """
    prediction = pair.cell
    prompt: Any = prediction.prompt
    completions: list[Any] = [_completion(prediction, text) for text in (pair.chosen, pair.rejected)]
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
        "chosen_answer": pair.chosen.answer,
        "rejected_answer": pair.rejected.answer,
        "vote_share": pair.share,
        "margin": pair.margin,
        "source": pair.chosen.source,
        "format": kind,
        "stem": prediction.stem,
        "options": list(prediction.options),
        **rendered,
        **_reference(pair),
    }


def _reference(pair: Pair) -> dict[str, float | None]:
    """Return TRL's columns of what the reference says of scored options: their log-likelihoods, of all their tokens.

    They are the sampled model's; None where one is no finite number.
    """
    totals = pair.cell.likelihoods.get("sum")
    if totals is None:
        return {}
    scores = [float(totals[text.answer]) for text in (pair.chosen, pair.rejected)]
    known = all(map(math.isfinite, scores))
    return dict(zip(REFERENCE, scores if known else (None, None), strict=True))


def _completion(prediction: Prediction, text: Text) -> str:
    """Return what follows the prompt: where that opened thoughts and the text has none, it closes them, empty."""
    if prediction.continuations or prediction.served or text.thoughts:
        return text.whole
    mark = closing(prediction.prompt or "", prediction.thinking)
    return f"\n{mark}\n\n{text.text.lstrip()}" if mark else text.text


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
