"""Where pairs and the adapter that training goes on with come from, and so what a training has seen."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from calm_harness.models import trained
from trainer.preferences.same_question import asked_in
from trainer.preferences.write import SUMMARY
from trainer.training.arguments import DataArguments, Outcome


def parents(adapter: str | None, model: str | None) -> list[Path]:
    """Return the folders of what a training goes on with: an adapter, and a model that may itself have been trained."""
    return [Path(name) for name in (adapter, model) if name]


def trained_on(rows: Iterable[Mapping[str, Any]], came_from: Iterable[Path]) -> set[str]:
    """Hash the questions of what is trained on, and take those of what training went on with."""
    asked = (question for number, row in enumerate(rows) for question in asked_in(row, number))
    earlier = map(trained.read, came_from)
    return set().union(*earlier, *(trained.keys(question.question_id, question.text) for question in asked))


def lets_in(arguments: DataArguments) -> bool:
    """Whether evaluated questions are let in: now, or when the pairs were made."""
    return arguments.transductive or _settings(arguments.pairs).get("transductive") is True


def transductive(arguments: Outcome, model: str | None) -> bool:
    """Whether evaluated questions were let in, also by a training that this one goes on with."""
    let_in = lets_in(arguments) if isinstance(arguments, DataArguments) else arguments.transductive
    return let_in or any(map(trained.declared, parents(arguments.adapter, model)))


def vote(pairs: str) -> str | None:
    """Return which vote made the pairs, where their folder says so; `dco` of pairs for DCO, which none made."""
    settings = _settings(pairs)
    name = "dco" if settings.get("objective") == "dco" else settings.get("vote")
    return None if name is None else str(name)


def _settings(pairs: str) -> Mapping[str, Any]:
    """Read what the making of pairs was told; nothing where they were not made here."""
    path = Path(pairs).expanduser()
    try:
        summary = json.loads(((path if path.is_dir() else path.parent) / SUMMARY).read_text(encoding="utf-8"))
        settings: Mapping[str, Any] = dict(summary["settings"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return {}
    return settings
