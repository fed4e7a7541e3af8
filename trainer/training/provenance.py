"""Where pairs and the adapter that training goes on with come from, and so what a training has seen."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from calm_harness.models import trained
from trainer.preferences.same_question import Asked
from trainer.preferences.write import SUMMARY
from trainer.training.arguments import DataArguments


def trained_on(rows: Iterable[Mapping[str, Any]], adapter: str | None) -> set[str]:
    """Hash the questions of pairs, and take those of the adapter that training went on with."""
    asked = (Asked.read(row, number) for number, row in enumerate(rows))
    earlier = trained.read(Path(adapter)) if adapter else set()
    return set().union(earlier, *(trained.keys(question.question_id, question.text) for question in asked))


def lets_in(arguments: DataArguments) -> bool:
    """Whether evaluated questions are let in: now, or when the pairs were made."""
    return arguments.transductive or _settings(arguments.pairs).get("transductive") is True


def transductive(arguments: DataArguments) -> bool:
    """Whether evaluated questions were let in, also by the training that this one goes on with."""
    return lets_in(arguments) or (arguments.adapter is not None and trained.declared(Path(arguments.adapter)))


def vote(pairs: str) -> str | None:
    """Return which vote made the pairs, where their folder says so."""
    name = _settings(pairs).get("vote")
    return None if name is None else str(name)


def _settings(pairs: str) -> Mapping[str, Any]:
    """Read what the making of pairs was told; nothing where they were not made here."""
    path = Path(pairs).expanduser()
    try:
        summary = json.loads(((path if path.is_dir() else path.parent) / SUMMARY).read_text(encoding="utf-8"))
        settings: Mapping[str, Any] = dict(summary["settings"])
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return settings
