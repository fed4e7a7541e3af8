"""How the options of a cloze are scored (pure)."""

from __future__ import annotations

from collections.abc import Sequence


def option_scores(likelihoods: Sequence[float], choices: Sequence[str]) -> dict[str, list[float]]:
    """Score a cloze's options in each way that was asked for.

    Args:
        likelihoods: log-likelihoods of the n choices after the context, and n more after the null context where `pmi`
            needs them.
        choices: what was scored, white space included.

    Returns:
        `sum` (log-likelihood, nats), `bytes` (per UTF-8 byte) and `pmi` (minus that after the null context; only where
        it is there).
    """
    after, null = likelihoods[: len(choices)], likelihoods[len(choices) :]
    scores = {
        "sum": list(after),
        "bytes": [value / len(choice.encode()) for value, choice in zip(after, choices, strict=True)],
    }
    if null:
        scores["pmi"] = [value - base for value, base in zip(after, null, strict=True)]
    return scores
